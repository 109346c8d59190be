//! JUnit XML, as continuous integration reads it: one suite for each file, one case for each test.

use std::fmt::Write;

use actra_engine::diagnostics::Verbosity;
use actra_testing::TestResult;

use super::TestRun;

pub(super) fn render(runs: &[TestRun<'_>]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all: usize = runs.iter().map(|run| run.report.results.len()).sum();
    let failed: usize = runs.iter().map(|run| run.report.failed()).sum();
    let _ = writeln!(
        text,
        "<testsuites name=\"actra\" tests=\"{all}\" failures=\"{failed}\" errors=\"0\" skipped=\"0\">"
    );
    for run in runs {
        for suite in run.report.results.chunk_by(|one, next| one.file == next.file) {
            write_suite(&mut text, run, suite);
        }
    }
    text.push_str("</testsuites>\n");
    text
}

fn write_suite(text: &mut String, run: &TestRun<'_>, suite: &[TestResult]) {
    let file = suite.first().map(|result| escaped(&file(run, result))).unwrap_or_default();
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
        write_failure(text, run, result);
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n");
}

/// The path of a test file; below the set's, if there are several sets.
fn file(run: &TestRun<'_>, result: &TestResult) -> String {
    match run.of_several {
        true => run.path.join(&result.file).to_string_lossy().into_owned(),
        false => result.file.clone(),
    }
}

fn write_failure(text: &mut String, run: &TestRun<'_>, result: &TestResult) {
    let mismatches: Vec<_> = result
        .mismatches
        .iter()
        .map(|mismatch| format!("{}:{}: {}", result.file, mismatch.line, mismatch.message()))
        .collect();
    let subjects: Vec<_> = result.mismatches.iter().map(|mismatch| mismatch.subject.as_str()).collect();
    let explained = run.explained(result, Verbosity::All).map(|(_, explained)| explained);
    let body = format!("{}\n\n{}", mismatches.join("\n"), explained.unwrap_or_default());
    let _ = writeln!(
        text,
        "      <failure type=\"expectation\" message=\"not as expected: {}\">{}</failure>",
        escaped(&subjects.join(", ")),
        escaped(body.trim_end())
    );
}

/// Text for an element or an attribute. Characters that XML 1.0 cannot express become U+FFFD.
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
