//! Regular expressions in policies and schemas.

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_model::{Pattern, PatternError};

/// Compiles a pattern; reports what is wrong with it, or that it searches anywhere.
pub(crate) fn compile(source: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<Pattern> {
    match Pattern::new(source) {
        Ok(pattern) => {
            warn_unanchored(&pattern, span, diagnostics);
            Some(pattern)
        }
        Err(PatternError::TooLarge) => {
            let message = "the pattern compiles to more than 1 MiB";
            diagnostics.push(
                Diagnostic::new(codes::PATTERN_TOO_LARGE, span, message)
                    .help("use smaller repetition counts"),
            );
            None
        }
        Err(error) => {
            let message = format!("the pattern is not accepted: {}", one_line(&error.to_string()));
            diagnostics.push(
                Diagnostic::new(codes::BAD_PATTERN, span, message)
                    .help("patterns follow RE2's syntax; there is no look-around and no back-reference"),
            );
            None
        }
    }
}

fn warn_unanchored(pattern: &Pattern, span: Span, diagnostics: &mut Vec<Diagnostic>) {
    let (start, end) = pattern.anchors();
    if start && end {
        return;
    }
    let anchored = match (start, end) {
        (false, false) => format!("^(?:{})$", pattern.source()),
        (false, true) => format!("^(?:{})", pattern.source()),
        _ => format!("(?:{})$", pattern.source()),
    };
    let message = match (start, end) {
        (true, false) => "the pattern is only a prefix: anything may follow it",
        (false, true) => "the pattern is only a suffix: anything may stand before it",
        _ => "the pattern is searched for anywhere in the text",
    };
    diagnostics.push(
        Diagnostic::new(codes::UNANCHORED_PATTERN, span, message)
            .help(format!("to match the whole text write `{anchored}`"))
            .help("if searching is meant, say so: `# actra: allow(W0003) reason`"),
    );
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
