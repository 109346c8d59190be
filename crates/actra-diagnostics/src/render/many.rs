//! Many diagnostics at once, those of one cause together.

use std::fmt::Write;

use crate::grouping::{DiagnosticGroup, SharedBy, Verbosity, groups, sample_by_cause, with_separators};
use crate::{Diagnostic, Sources, Style, github, render};

/// Annotations of a kind that GitHub shows of one step.
const ANNOTATIONS: usize = 10;

/// All diagnostics as people read them, those of one cause together; a blank line between two.
///
/// See [`render`] for one and for `origin`.
pub fn render_all<'d>(
    diagnostics: impl IntoIterator<Item = &'d Diagnostic>,
    sources: &Sources,
    style: Style,
    origin: &str,
    verbosity: Verbosity,
) -> String {
    let diagnostics: Vec<&Diagnostic> = diagnostics.into_iter().collect();
    let mut parts = Vec::new();
    for group in groups(&diagnostics, verbosity) {
        parts.extend(group.shown.iter().map(|diagnostic| render(diagnostic, sources, style, origin)));
        parts.extend(more(&group, verbosity).map(|more| format!("{more}\n")));
    }
    parts.join("\n")
}

/// The errors of a set that does not compile, for a message of a program: plain text, a few of each kind.
pub fn errors(diagnostics: &[Diagnostic], sources: &Sources, origin: &str) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    render_all(errors, sources, Style::Plain, origin, Verbosity::Few("`actra check --all` shows them"))
}

/// How many of a group are not shown.
pub(super) fn more(group: &DiagnosticGroup<'_>, verbosity: Verbosity) -> Option<String> {
    let (Verbosity::Few(how), 1..) = (verbosity, group.hidden) else { return None };
    let hidden = with_separators(group.hidden);
    Some(match group.shared_by {
        SharedBy::Cause => format!("... and {hidden} more like it; {how}"),
        SharedBy::Code(code) => format!("... and {hidden} more with the code {code}; {how}"),
    })
}

/// The diagnostics as workflow commands; of few, as many as GitHub shows, from as many causes as there is room for, and
/// a line that counts the others.
pub fn github_all(
    diagnostics: &[Diagnostic],
    sources: &Sources,
    origin: &str,
    verbosity: Verbosity,
) -> String {
    let all: Vec<&Diagnostic> = diagnostics.iter().collect();
    let (shown, left_out) = match verbosity {
        Verbosity::All => (all, [0; 2]),
        Verbosity::Few(_) => sample_by_cause(&all, ANNOTATIONS),
    };
    let mut text: String = shown.iter().map(|diagnostic| github(diagnostic, sources, origin)).collect();
    for (count, word) in left_out.into_iter().zip(["errors", "warnings"]) {
        if let (Verbosity::Few(how), 1..) = (verbosity, count) {
            let _ = writeln!(
                text,
                "{} more {word}: GitHub shows only {ANNOTATIONS} per step; {how}",
                with_separators(count)
            );
        }
    }
    text
}
