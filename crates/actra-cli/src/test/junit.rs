//! JUnit XML as the readers of continuous integration take it: one suite for each file, one case for each test.

use std::fmt::Write;

use actra_testing::{Report, TestResult, TestSet};

use crate::explain::tree;

pub(crate) fn show(tests: &TestSet<'_>, report: &Report) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (all, failed) = (report.results.len(), report.failed());
    let _ = writeln!(
        text,
        "<testsuites name=\"actra\" tests=\"{all}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">"
    );
    for suite in report.results.chunk_by(|one, next| one.file == next.file) {
        show_suite(&mut text, tests, suite);
    }
    text.push_str("</testsuites>\n");
    text
}

fn show_suite(text: &mut String, tests: &TestSet<'_>, suite: &[TestResult]) {
    let file = suite.first().map(|result| escaped(&result.file)).unwrap_or_default();
    let failed = suite.iter().filter(|result| !result.passed()).count();
    let _ = writeln!(
        text,
        "  <testsuite name=\"{file}\" file=\"{file}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">",
        suite.len()
    );
    for result in suite {
        let name = escaped(&result.name);
        let _ = write!(
            text,
            "    <testcase name=\"{name}\" classname=\"{file}\" file=\"{file}\" line=\"{}\"",
            result.line
        );
        if result.passed() {
            text.push_str("/>\n");
            continue;
        }
        text.push_str(">\n");
        failure(text, tests, result);
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n");
}

fn failure(text: &mut String, tests: &TestSet<'_>, result: &TestResult) {
    let differences: Vec<_> = result
        .differences
        .iter()
        .map(|difference| format!("{}:{}: {}", result.file, difference.line, difference.message()))
        .collect();
    let subjects: Vec<_> = result.differences.iter().map(|difference| difference.subject.as_str()).collect();
    let explained = tests.explained(result, |_, explanation, sources| tree::show(explanation, sources, "."));
    let body = format!("{}\n\n{}", differences.join("\n"), explained.unwrap_or_default());
    let _ = writeln!(
        text,
        "      <failure type=\"expectation\" message=\"not as expected: {}\">{}</failure>",
        escaped(&subjects.join(", ")),
        escaped(body.trim_end())
    );
}

/// Text for an element or an attribute; what XML 1.0 has no way to write becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_ends_the_text_or_breaks_the_document() {
        assert_eq!(
            escaped("a<b>&\"'\n\u{1}\u{7f}]]>é"),
            "a&lt;b&gt;&amp;&quot;&apos;&#10;\u{fffd}\u{7f}]]&gt;é"
        );
    }
}
