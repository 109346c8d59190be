//! Message templates: text and holes.

use actra_diagnostics::{Diagnostic, Span, codes};

use super::condition::segments;
use super::expect::{described, text_scalar};
use crate::ast::{Template, TemplatePart};
use crate::foreign_words;
use crate::identifier::{is_identifier_char, is_identifier_start};
use crate::in_backticks;
use crate::yaml::{Node, NodeKind, Scalar, quoted};

/// The records that a message may read.
const DOMAINS: [&str; 3] = ["action", "actor", "snapshot"];

/// Reads a message; `None` if it is faulty.
pub(super) fn template(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Template> {
    if let (NodeKind::Mapping(_) | NodeKind::Sequence(_), Some(source)) = (&node.kind, &node.flow_source) {
        report_misread(node, source, diagnostics);
        return None;
    }
    let scalar = text_scalar(node, "`message`", diagnostics)?;
    let mut parser =
        TemplateParser { scalar, parts: Vec::new(), text: String::new(), faulty: false, diagnostics };
    parser.read();
    let TemplateParser { parts, faulty, .. } = parser;
    (!faulty).then_some(Template { span: node.span, parts })
}

fn report_misread(node: &Node, source: &str, diagnostics: &mut Vec<Diagnostic>) {
    let message = format!("YAML reads this message as {}", described(node));
    diagnostics.push(
        Diagnostic::new(codes::YAML_ATE_EXPRESSION, node.span, message)
            .help("a text that starts with `{` or `[` needs quotes")
            .fix("quote the message", node.span, quoted(source)),
    );
}

struct TemplateParser<'a> {
    scalar: &'a Scalar,
    parts: Vec<TemplatePart>,
    text: String,
    faulty: bool,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl TemplateParser<'_> {
    fn read(&mut self) {
        let whole = &self.scalar.text;
        let mut at = 0;
        while let Some(rest) = whole.get(at..).filter(|rest| !rest.is_empty()) {
            at += match rest.find(['{', '}']) {
                Some(0) => self.brace(rest, at),
                plain => {
                    let length = plain.unwrap_or(rest.len());
                    self.text.push_str(rest.get(..length).unwrap_or(""));
                    length
                }
            };
        }
        self.flush();
    }

    /// Reads what a brace at the start of `rest` begins; gives the length read.
    fn brace(&mut self, rest: &str, at: usize) -> usize {
        if rest.starts_with("{{") || rest.starts_with("}}") {
            self.text.push_str(rest.get(..1).unwrap_or(""));
            return 2;
        }
        let Some(inner) = rest.strip_prefix('{') else {
            self.fault(at..at + 1, "a `}` that closes nothing", "write `}}` for a brace");
            return 1;
        };
        match inner.find(['{', '}']) {
            Some(end) if inner.get(end..).is_some_and(|tail| tail.starts_with('}')) => {
                self.hole(inner.get(..end).unwrap_or(""), at + 1);
                end + 2
            }
            // Whether the rest belongs to the hole is unknown, so nothing more is reported.
            _ => {
                self.fault(at..at + 1, "a `{` that is not closed", "add the `}`, or write `{{` for a brace");
                rest.len()
            }
        }
    }

    fn hole(&mut self, path: &str, at: usize) {
        let segments = segments(path, at, &self.scalar.map);
        let domain = segments.first().is_some_and(|first| DOMAINS.contains(&first.value.as_str()));
        if domain && segments.len() > 1 && segments.iter().all(|segment| is_field_name(&segment.value)) {
            self.flush();
            self.parts.push(TemplatePart::Hole(segments));
            return;
        }
        let message = match path.trim() {
            "" => "an empty `{}`".to_owned(),
            _ => format!("{} is not a field", in_backticks(path)),
        };
        let first = segments.first().map_or("", |first| first.value.trim());
        let instead = foreign_words::records::replacement_for(first)
            .map(|instead| format!("for `{first}`, {}", instead.help()));
        let help = "write a field such as `{actor.id}`, or `{{` and `}}` for braces";
        let help = instead.map_or_else(|| help.to_owned(), |instead| format!("{help}; {instead}"));
        self.fault(at.saturating_sub(1)..at + path.len() + 1, message, &help);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(TemplatePart::Text(std::mem::take(&mut self.text)));
        }
    }

    fn fault(&mut self, range: std::ops::Range<usize>, message: impl Into<String>, help: &str) {
        let span: Span = self.scalar.map.span(range);
        self.diagnostics.push(Diagnostic::new(codes::BAD_MESSAGE, span, message).help(help));
        self.faulty = true;
    }
}

/// Whether a hole can name a field like this: an identifier that may also contain `-`.
fn is_field_name(text: &str) -> bool {
    text.starts_with(is_identifier_start) && text.chars().all(|c| is_identifier_char(c) || c == '-')
}
