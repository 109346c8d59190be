//! What a set must state explicitly.

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_model::Effect;
use actra_syntax::ast::Name;
use actra_syntax::ast::governance as decl;

use crate::rule::effect;

/// The `default` of a set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DefaultEffect {
    pub(crate) effect: Effect,
    /// Where it is written; `None` if it is left out.
    pub(crate) place: Option<Span>,
    /// Where it would be written: at the first key of the policy.
    pub(crate) top: Option<Span>,
}

/// Reports a set that does not say what is required.
pub(super) fn check(requires: &decl::Requires, actual: DefaultEffect, diagnostics: &mut Vec<Diagnostic>) {
    let Some(wanted) = &requires.default else { return };
    let Some(demanded) = effect(wanted, diagnostics) else { return };
    match actual.place {
        None => broken(wanted, "the set leaves `default` out", actual.top, demanded, diagnostics),
        Some(place) if actual.effect != demanded => {
            let what = format!("the set says `default: {}`", actual.effect);
            broken(wanted, &what, Some(place), demanded, diagnostics);
        }
        Some(_) => {}
    }
}

fn broken(
    wanted: &Name,
    what: &str,
    place: Option<Span>,
    demanded: Effect,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let message = format!("{what}, but `default: {demanded}` is required");
    let report = Diagnostic::new(codes::REQUIREMENT_BROKEN, place.unwrap_or(wanted.span), message)
        .help(format!("write `default: {demanded}`"));
    diagnostics.push(match place {
        Some(_) => report.also(wanted.span, "this requires it"),
        None => report,
    });
}
