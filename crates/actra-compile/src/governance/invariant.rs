//! Invariants: what a policy must do.

use std::sync::Arc;

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::governance::{AcceptedEffects, Invariant, OnUnproven};
use actra_ir::{Expr, ExprKind};
use actra_model::{Effect, RawMap, Value};
use actra_syntax::ast::governance as decl;
use actra_syntax::ast::{Data, Name, Scope, Spanned};

use super::{GovernanceContext, demand};
use crate::check::{Checker, conjunction};
use crate::guard;
use crate::literal;
use crate::patterns;
use crate::permissive::PermissiveWhen;
use crate::rule::{actor_condition, bad_choice, effect};

/// Checks an invariant; `None` after reporting an error.
pub(super) fn resolve<'a>(
    ctx: &mut GovernanceContext<'a>,
    invariant: &'a decl::Invariant,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Invariant> {
    let faults = diagnostics.len();
    let demand = demand(ctx, invariant.id.as_ref(), invariant.error.as_ref(), diagnostics);
    if let Some(id) = invariant.id.as_ref().filter(|id| id.value == "no_weaker_than") {
        // Proofs are reported, and signed, by their ids.
        let message = "`no_weaker_than` is reserved for the proof of a baseline";
        diagnostics.push(Diagnostic::new(codes::BAD_RULE_ID, id.span, message).help("give it another id"));
    }
    let accepted = invariant
        .demand
        .as_ref()
        .and_then(|demand| effect(&demand.effect, diagnostics).map(|effect| accepted(demand.bound, effect)));
    let on_unproven = on_unproven(invariant.unproven.as_ref(), diagnostics);
    let with = invariant.with.as_ref().map_or_else(Vec::new, |with| self::with(with, accepted, diagnostics));
    let scope = invariant.scope.as_ref()?;
    let actions = ctx.governed.actions(scope, diagnostics).map(|actions| Arc::clone(actions.ids()));
    let condition = condition(ctx, scope, invariant, diagnostics);
    let sound = !diagnostics.iter().skip(faults).any(Diagnostic::is_error);
    let whole = invariant.conditional == invariant.when.is_some();
    let (accepted, demand, on_unproven) = (accepted?, demand?, on_unproven?);
    let (actions, condition, may_be_empty) = (actions?, condition?, invariant.may_be_empty);
    (sound && whole).then_some(Invariant {
        demand,
        actions,
        condition,
        accepted,
        with,
        may_be_empty,
        on_unproven,
    })
}

fn accepted(bound: decl::EffectBound, effect: Effect) -> AcceptedEffects {
    match bound {
        decl::EffectBound::Exactly => AcceptedEffects::Exactly(effect),
        decl::EffectBound::AtLeast => AcceptedEffects::AtLeast(effect),
        decl::EffectBound::AtMost => AcceptedEffects::AtMost(effect),
    }
}

/// The actions that an outcome must demand.
fn with(
    with: &Spanned<Vec<Data>>,
    accepted: Option<AcceptedEffects>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<RawMap> {
    let is_block = matches!(
        accepted,
        Some(AcceptedEffects::Exactly(Effect::Block) | AcceptedEffects::AtLeast(Effect::Block))
    );
    if is_block || with.value.is_empty() {
        let message = match is_block {
            true => "a block satisfies `with`, whatever it demands",
            false => "`with` is empty and demands nothing",
        };
        diagnostics.push(Diagnostic::new(codes::USELESS_DEMAND, with.span, message).help("leave it out"));
    }
    with.value.iter().filter_map(|data| literal::object(data, diagnostics)).collect()
}

fn on_unproven(word: Option<&Name>, diagnostics: &mut Vec<Diagnostic>) -> Option<OnUnproven> {
    match word {
        None => Some(OnUnproven::Refuse),
        Some(word) if word.value == "warn" => Some(OnUnproven::Warn),
        Some(word) if word.value == "refuse" => Some(OnUnproven::Refuse),
        Some(word) => {
            diagnostics.push(bad_choice(word, "a value of `unproven`", &["warn", "refuse"]));
            None
        }
    }
}

/// `actor.type in [...] && when`
fn condition<'a>(
    ctx: &mut GovernanceContext<'a>,
    scope: &'a Scope,
    invariant: &'a decl::Invariant,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expr> {
    let actor = scope.actor.as_ref().map(|actors| actor_condition(ctx.schema, actors, diagnostics));
    // What is wrong with the scope was reported.
    let actions = ctx.governed.actions(scope, &mut Vec::new())?;
    let mut parts: Vec<Expr> = actor.into_iter().collect::<Option<_>>()?;
    let place = invariant.when.as_ref().map_or(scope.span, |when| when.span);
    let Some(when) = &invariant.when else {
        parts.extend(parts.is_empty().then(|| always(place)));
        return Some(conjunction(parts, place));
    };
    let faults = diagnostics.len();
    let mut checker = Checker::new(ctx.governed.fields(&actions), ctx.names, diagnostics);
    let when = checker.condition(when);
    let facts = checker.finish(place);
    parts.push(when?);
    let condition = conjunction(parts, place);
    // An invariant says nothing about requests that its condition excludes, so a condition that is false is the lenient
    // case.
    patterns::advise(&condition, PermissiveWhen::False, diagnostics.get_mut(faults..).unwrap_or_default());
    guard::check(&condition, &facts, PermissiveWhen::False, diagnostics);
    Some(condition)
}

fn always(span: Span) -> Expr {
    Expr { kind: ExprKind::Literal(Value::Bool(true)), span }
}
