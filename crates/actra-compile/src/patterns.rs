//! Regular expressions in policies and schemas.

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::{Expr, ExprKind};
use actra_model::{Anchors, Pattern, PatternError};

use crate::permissive::{self, PermissiveWhen};

/// Compiles a pattern of a schema; reports what is wrong with it, or that it is not anchored.
pub(crate) fn compile_for_schema(
    source: &str,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Pattern> {
    let pattern = compile(source, span, diagnostics)?;
    // An anchored pattern narrows the field, and refusing more values makes no outcome more permissive.
    let found = unanchored(&pattern, span);
    diagnostics.extend(found.map(|found| {
        let mut help = vec![whole_text(&pattern)];
        help.extend(found.help);
        Diagnostic { help, ..found }
    }));
    Some(pattern)
}

/// Compiles a pattern of a condition; [`advise`] adds what to do about one that is not anchored.
pub(crate) fn compile_for_condition(
    source: &str,
    span: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Pattern> {
    let pattern = compile(source, span, diagnostics)?;
    diagnostics.extend(unanchored(&pattern, span));
    Some(pattern)
}

/// Adds to the diagnostics about unanchored patterns of a condition what anchoring them would mean for outcomes.
pub(crate) fn advise(condition: &Expr, permissive: PermissiveWhen, found: &mut [Diagnostic]) {
    let mut found: Vec<&mut Diagnostic> =
        found.iter_mut().filter(|found| found.code == codes::UNANCHORED_PATTERN).collect();
    if found.is_empty() {
        return;
    }
    permissive::visit_nodes(condition, permissive, &mut |expr, permissive| {
        let ExprKind::Matches { pattern, .. } = &expr.kind else { return };
        let of_this = |span: Span| span.file == expr.span.file && expr.span.to(span) == expr.span;
        for found in found.iter_mut().filter(|found| found.span.is_some_and(of_this)) {
            let help = match permissive {
                PermissiveWhen::True => whole_text(pattern),
                PermissiveWhen::False | PermissiveWhen::Either => format!(
                    "do not simply anchor it: `{}` no longer matches text that merely contains a match, which can make the outcome more permissive",
                    anchored(pattern)
                ),
            };
            if !found.help.contains(&help) {
                found.help.insert(0, help);
            }
        }
    });
}

fn compile(source: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<Pattern> {
    match Pattern::new(source) {
        Ok(pattern) => Some(pattern),
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

fn unanchored(pattern: &Pattern, span: Span) -> Option<Diagnostic> {
    let message = match pattern.anchors() {
        Anchors::Both => return None,
        Anchors::Start => "the pattern is only a prefix: anything may follow it",
        Anchors::End => "the pattern is only a suffix: anything may stand before it",
        Anchors::Neither => "the pattern is searched for anywhere in the text",
    };
    Some(
        Diagnostic::new(codes::UNANCHORED_PATTERN, span, message)
            .help("if searching is meant, say so: `# actra: allow(W0003) reason`"),
    )
}

fn whole_text(pattern: &Pattern) -> String {
    format!("to match the whole text write `{}`", anchored(pattern))
}

fn anchored(pattern: &Pattern) -> String {
    let source = pattern.source();
    match pattern.anchors() {
        Anchors::Neither => format!("^(?:{source})$"),
        Anchors::End => format!("^(?:{source})"),
        Anchors::Start | Anchors::Both => format!("(?:{source})$"),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
