//! Diagnostics as SARIF 2.1.0 (OASIS, with Errata 01), for tools that collect findings of many others.

use std::fmt::Write;

use actra_engine::Compilation;
use actra_engine::diagnostics::{Code, Diagnostic, Fix, Sources, Span, path_below};

use crate::{diagnostic, write};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Appends all diagnostics as a SARIF log with one run for each set.
///
/// With each set is where it was found; locations are relative to where that path is, or `file:` URIs if it is
/// absolute. Columns count characters. A diagnostic without a place is located at the set's directory. The codes that
/// occur are the rules, with their pages as help.
pub fn write_sarif(sets: &[(&Compilation, &str)], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"$schema\":");
    write::string(out, SCHEMA);
    out.extend_from_slice(b",\"version\":\"2.1.0\",\"runs\":");
    write::list(out, sets, |out, (outcome, origin)| run(out, outcome, origin));
    out.push(b'}');
}

fn run(out: &mut Vec<u8>, outcome: &Compilation, origin: &str) {
    let log = Log { sources: &outcome.sources, origin, rules: rules(&outcome.diagnostics) };
    out.extend_from_slice(b"{\"tool\":{\"driver\":{\"name\":\"actra\",\"version\":");
    write::string(out, env!("CARGO_PKG_VERSION"));
    out.extend_from_slice(b",\"rules\":");
    write::list(out, &log.rules, |out, code| rule(out, *code));
    out.extend_from_slice(b"}},\"invocations\":[{\"executionSuccessful\":true}]");
    out.extend_from_slice(b",\"columnKind\":\"unicodeCodePoints\",\"results\":");
    write::list(out, &outcome.diagnostics, |out, diagnostic| log.result(out, diagnostic));
    out.push(b'}');
}

struct Log<'a> {
    sources: &'a Sources,
    origin: &'a str,
    /// The codes that occur, ascending, each once.
    rules: Vec<Code>,
}

fn rules(diagnostics: &[Diagnostic]) -> Vec<Code> {
    let mut codes: Vec<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn rule(out: &mut Vec<u8>, code: Code) {
    out.extend_from_slice(b"{\"id\":");
    write::string(out, code.as_str());
    out.extend_from_slice(b",\"shortDescription\":");
    message(out, code.title());
    out.extend_from_slice(b",\"fullDescription\":");
    message(out, code.summary());
    out.extend_from_slice(b",\"help\":{\"text\":");
    message_string(out, code.page());
    out.extend_from_slice(b",\"markdown\":");
    message_string(out, code.page());
    out.extend_from_slice(b"},\"defaultConfiguration\":{\"level\":");
    write::string(out, diagnostic::severity(code));
    out.extend_from_slice(b"}}");
}

impl Log<'_> {
    fn result(&self, out: &mut Vec<u8>, diagnostic: &Diagnostic) {
        out.extend_from_slice(b"{\"ruleId\":");
        write::string(out, diagnostic.code.as_str());
        let rule = self.rules.binary_search(&diagnostic.code).unwrap_or_default();
        write::display(out, format_args!(",\"ruleIndex\":{rule},\"level\":"));
        write::string(out, diagnostic::severity(diagnostic.code));
        out.extend_from_slice(b",\"message\":");
        message(out, &text(diagnostic));
        out.extend_from_slice(b",\"locations\":[{");
        self.physical(out, diagnostic.span);
        out.extend_from_slice(b"}]");
        if !diagnostic.labels.is_empty() {
            out.extend_from_slice(b",\"relatedLocations\":");
            write::list(out, (1..).zip(&diagnostic.labels), |out, (id, (span, text))| {
                write::display(out, format_args!("{{\"id\":{id},"));
                self.physical(out, Some(*span));
                out.extend_from_slice(b",\"message\":");
                message(out, text);
                out.push(b'}');
            });
        }
        if let Some(fix) = &diagnostic.fix {
            self.fix(out, fix);
        }
        out.push(b'}');
    }

    fn fix(&self, out: &mut Vec<u8>, fix: &Fix) {
        out.extend_from_slice(b",\"fixes\":[{\"description\":");
        message(out, &fix.title);
        out.extend_from_slice(b",\"artifactChanges\":[{\"artifactLocation\":");
        self.artifact(out, Some(fix.span));
        out.extend_from_slice(b",\"replacements\":[{\"deletedRegion\":");
        self.region(out, fix.span);
        out.extend_from_slice(b",\"insertedContent\":{\"text\":");
        write::string(out, &fix.replacement);
        out.extend_from_slice(b"}}]}]}]");
    }

    fn physical(&self, out: &mut Vec<u8>, span: Option<Span>) {
        out.extend_from_slice(b"\"physicalLocation\":{\"artifactLocation\":");
        self.artifact(out, span);
        if let Some(span) = span {
            out.extend_from_slice(b",\"region\":");
            self.region(out, span);
        }
        out.push(b'}');
    }

    fn artifact(&self, out: &mut Vec<u8>, span: Option<Span>) {
        let path = span.and_then(|span| self.sources.get(span.file)).map_or("", |source| &source.path);
        out.extend_from_slice(b"{\"uri\":");
        write::string(out, &uri(&path_below(self.origin, path)));
        out.push(b'}');
    }

    /// The end is where the text behind the place begins, as the format has it, too.
    fn region(&self, out: &mut Vec<u8>, span: Span) {
        let start = self.sources.position(span.file, span.start);
        let end = self.sources.position(span.file, span.end.max(span.start));
        write::display(out, format_args!("{{\"startLine\":{},\"startColumn\":{}", start.line, start.column));
        write::display(out, format_args!(",\"endLine\":{},\"endColumn\":{}}}", end.line, end.column));
    }
}

/// The message, the label of its place, and the help, each on a line of its own.
fn text(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    if !diagnostic.label.is_empty() {
        let _ = write!(text, "\n{}", diagnostic.label);
    }
    for help in &diagnostic.help {
        let _ = write!(text, "\nhelp: {help}");
    }
    text
}

/// A message object.
fn message(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(b"{\"text\":");
    message_string(out, text);
    out.push(b'}');
}

/// In message strings, single braces are for placeholders (section 3.11.5 of the specification).
fn message_string(out: &mut Vec<u8>, text: &str) {
    write::string(out, &text.replace('{', "{{").replace('}', "}}"));
}

/// A path as a relative reference, or as a `file:` URI if it is absolute (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = match path {
        "" => "./",
        _ if path.starts_with('/') => "file://",
        _ => "",
    }
    .to_owned();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use actra_engine::diagnostics::codes;

    use super::*;

    #[test]
    fn paths_are_encoded() {
        assert_eq!(uri("a b/é:%.yaml"), "a%20b/%C3%A9%3A%25.yaml");
        assert_eq!(uri("/srv/set/policy.yaml"), "file:///srv/set/policy.yaml");
        assert_eq!(uri(""), "./");
    }

    #[test]
    fn a_log_has_rules_and_results() {
        let mut sources = Sources::new();
        let file = sources.add("policy.yaml", "é: {\nx\n");
        let span = Span { file, start: 4, end: 5 };
        let diagnostics = vec![
            Diagnostic::new(codes::UNKNOWN_KEY, span, "unknown `{`")
                .also(Span { start: 6, ..span }, "x")
                .help("write `[`")
                .fix("rename it", span, "{"),
            Diagnostic::without_place(codes::MISSING_FILE, "missing"),
        ];
        let mut out = Vec::new();
        write_sarif(
            &[(&Compilation { sources, diagnostics, policy: None, governance: None }, "./set")],
            &mut out,
        );
        let log: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let run = &log["runs"][0];
        let ids: Vec<&str> = run["tool"]["driver"]["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| rule["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, ["E0001", "E0103"]);
        let region = serde_json::json!({ "startLine": 1, "startColumn": 4, "endLine": 1, "endColumn": 5 });
        let first = &run["results"][0];
        assert_eq!(first["ruleIndex"], 1);
        assert_eq!(first["message"]["text"], "unknown `{{`\nhelp: write `[`");
        assert_eq!(first["locations"][0]["physicalLocation"]["region"], region);
        let change = &first["fixes"][0]["artifactChanges"][0];
        assert_eq!(change["artifactLocation"]["uri"], "set/policy.yaml");
        assert_eq!(change["replacements"][0]["insertedContent"]["text"], "{");
        assert_eq!(change["replacements"][0]["deletedRegion"], region);
        let second = &run["results"][1]["locations"][0]["physicalLocation"];
        assert_eq!(*second, serde_json::json!({ "artifactLocation": { "uri": "set/" } }));
    }
}
