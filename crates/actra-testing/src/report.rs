//! What a run of tests found, and the answer `actra/test/v1` about it.

use actra_engine::model::{RawMap, RawRequest, RawValue, write_json_string};

use crate::test_set::{TestResult, TestSet};

/// What a run of tests found.
#[derive(Debug)]
pub struct Report {
    /// In the order of the files.
    pub results: Vec<TestResult>,
}

impl Report {
    /// How many tests fail.
    pub fn failed(&self) -> usize {
        self.results.iter().filter(|result| !result.passed()).count()
    }

    /// Whether all tests hold.
    pub fn passed(&self) -> bool {
        self.failed() == 0
    }
}

/// Appends a report as `actra/test/v1`. Paths are relative to the set, lines and columns count from 1.
pub fn write_report(tests: &TestSet<'_>, report: &Report, out: &mut Vec<u8>) {
    let mut text = format!(
        "{{\"schema\":\"actra/test/v1\",\"ok\":{},\"passed\":{},\"failed\":{},\"tests\":",
        report.passed(),
        report.results.len() - report.failed(),
        report.failed()
    );
    list(&mut text, &report.results, |text, result| test(text, tests, result));
    text.push('}');
    out.extend_from_slice(text.as_bytes());
}

fn test(text: &mut String, tests: &TestSet<'_>, result: &TestResult) {
    text.push_str("{\"name\":");
    write_json_string(text, &result.name);
    text.push_str(",\"file\":");
    write_json_string(text, &result.file);
    text.push_str(&format!(",\"line\":{},\"ok\":{},\"differences\":", result.line, result.passed()));
    list(text, &result.differences, |text, difference| {
        text.push_str(&format!("{{\"line\":{},\"subject\":", difference.line));
        write_json_string(text, &difference.subject);
        text.push_str(",\"actual\":");
        write_json_string(text, &difference.actual);
        text.push_str(",\"expected\":");
        write_json_string(text, &difference.expected);
        text.push('}');
    });
    text.push_str(",\"explanation\":");
    let explained = (!result.passed()).then(|| {
        tests.explained(result, |_, explanation, sources| {
            let mut bytes = Vec::new();
            actra_wire::write_explanation(explanation, sources, &mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        })
    });
    text.push_str(explained.flatten().as_deref().unwrap_or("null"));
    text.push('}');
}

/// `[a,b]`
pub(crate) fn list<T>(
    text: &mut String,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    text.push('[');
    for (idx, item) in items.into_iter().enumerate() {
        if idx > 0 {
            text.push(',');
        }
        write(text, item);
    }
    text.push(']');
}

/// A request as one line of JSON, `type` first; also YAML.
pub fn request_json(request: &RawRequest) -> String {
    let records = [("action", &request.action), ("actor", &request.actor), ("snapshot", &request.snapshot)];
    let records: Vec<_> =
        records.into_iter().filter_map(|(name, record)| Some((name, record.as_ref()?))).collect();
    let mut text = String::from("{");
    for (idx, (name, record)) in records.iter().enumerate() {
        text.push_str(if idx > 0 { ", \"" } else { "\"" });
        text.push_str(name);
        text.push_str("\": ");
        match record {
            RawValue::Map(members) => write_record(&mut text, members),
            other => other.write_json(&mut text),
        }
    }
    text.push('}');
    text
}

fn write_record(text: &mut String, members: &RawMap) {
    let kind = members.get_key_value("type");
    let rest = members.iter().filter(|(name, _)| *name != "type");
    text.push('{');
    for (idx, (name, value)) in kind.into_iter().chain(rest).enumerate() {
        if idx > 0 {
            text.push_str(", ");
        }
        write_json_string(text, name);
        text.push_str(": ");
        value.write_json(text);
    }
    text.push('}');
}
