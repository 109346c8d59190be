//! What an expression loses when YAML folds its lines: the ends of its comments, and line breaks in its texts.

use std::ops::Range;

use actra_diagnostics::{Diagnostic, codes};

use super::fault::Faults;
use crate::token_in_backticks;
use crate::yaml::LineJoin;

/// Characters that end a line for some readers, but do not end a comment.
const BREAKS: [char; 6] = ['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// Reports a comment that continues after the end of its line as the author sees it.
///
/// `comment` reaches from its `//` to the next line break that is part of the text.
pub(super) fn check_comment(text: &str, comment: &Range<usize>, faults: &mut Faults<'_>) {
    let lost = faults.joined_lines(comment.clone()).next().map(|(at, _)| at);
    let written = text.get(comment.clone()).unwrap_or("");
    let shown_break = written.find(BREAKS).map(|at| comment.start + at);
    let Some(end) = lost.into_iter().chain(shown_break).min() else { return };
    let behind = text.get(end..comment.end).unwrap_or("");
    let swallowed = behind.trim();
    if swallowed.is_empty() || faults.is_full() {
        return;
    }
    let start = end + behind.len() - behind.trim_start().len();
    let own = text.get(comment.start..end).unwrap_or("").trim_end().len();
    let message = format!("this comment would swallow {}", token_in_backticks(swallowed));
    let (why, help) = match lost == Some(end) {
        true => (
            "YAML makes this a part of the line above",
            "write the condition after `|`: there a comment ends where its line ends",
        ),
        false => ("the comment continues here", "end the line with a line feed"),
    };
    let place = faults.span(comment.start..comment.start + own.max(1));
    faults.push(
        Diagnostic::new(codes::SWALLOWED_LINE, place, message)
            .also(faults.span(start..start + swallowed.len()), why)
            .help(help),
    );
}

/// Reports a text or a name in quotes that the author wrote over two lines and YAML folded into one.
pub(super) fn check_quoted(text: &str, quoted: Range<usize>, faults: &mut Faults<'_>) {
    let folded = faults.joined_lines(quoted.clone()).find(|(_, by)| *by == LineJoin::Folding);
    let Some((at, _)) = folded.filter(|_| !faults.is_full()) else { return };
    let first_line = text.get(quoted.start..at).unwrap_or("").trim_end().len();
    let place = faults.span(quoted.start..quoted.start + first_line.max(1));
    let message = "this string continues on the next line, and YAML removes the line break";
    faults.push(
        Diagnostic::new(codes::FOLDED_TEXT, place, message)
            .help("end it where its line ends; a string of several lines needs triple quotes, after `|`"),
    );
}
