//! How people are shown what may be long: counts, the first few of many, the beginning of a text.

use actra_engine::diagnostics::Verbosity;

use crate::output::printable;

/// `1 rule`, `2 rules`
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// How many of many things are shown.
pub(crate) fn limit(verbosity: Verbosity, few: usize) -> usize {
    match verbosity {
        Verbosity::All => usize::MAX,
        Verbosity::Few(_) => few,
    }
}

/// What says how many things are not shown, and how to see them; `None` if all are shown.
pub(crate) fn remainder(verbosity: Verbosity, all: usize, few: usize, noun: &str) -> Option<String> {
    match (verbosity, all.saturating_sub(few)) {
        (Verbosity::Few(how), hidden @ 1..) => {
            Some(format!("... and {}; {how}", count(hidden, &format!("more {noun}"))))
        }
        _ => None,
    }
}

/// A text of at most so many characters, safe to show; an ellipsis stands for the rest.
pub(crate) fn truncated(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => printable(text),
        Some((end, _)) => printable(text.get(..end).unwrap_or(text)) + "…",
    }
}
