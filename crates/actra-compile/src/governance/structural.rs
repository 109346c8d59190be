//! Structural rules: what the text of a policy must look like.

use std::sync::Arc;

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::governance::{Must, SkippedRule, StructuralRule};
use actra_model::ActionId;
use actra_syntax::ast::governance as decl;

use super::{GovernanceContext, demand, fields, select};
use crate::scope::{matching_actions, no_such_action};

/// What a structural rule resolves to.
pub(super) enum RuleResolution {
    /// It is to be checked.
    Rule(Box<StructuralRule>),
    /// None of its actions is declared.
    Skipped(SkippedRule),
}

/// Checks a rule; `None` after reporting an error.
pub(super) fn resolve<'a>(
    ctx: &mut GovernanceContext<'a>,
    rule: &'a decl::StructuralRule,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<RuleResolution> {
    let faults = diagnostics.len();
    let demand = demand(ctx, rule.id.as_ref(), rule.error.as_ref(), diagnostics);
    let applicable_actions =
        rule.applies_to.as_ref().map(|applies_to| applicable_actions(ctx, applies_to, diagnostics));
    if let (Some(decl), Some(Applicability::Nothing)) = (&rule.applies_to, &applicable_actions) {
        let demand = demand?;
        let actions = decl.actions.value.iter().map(|name| name.value.as_str().into()).collect();
        return Some(RuleResolution::Skipped(SkippedRule { id: demand.id, place: demand.place, actions }));
    }
    let applies_to = match applicable_actions {
        Some(Applicability::Actions(actions)) => Some(actions),
        _ => None,
    };
    let select = rule
        .select
        .as_ref()
        .and_then(|select| select::resolve(ctx, select, applies_to.as_ref(), diagnostics));
    let must = rule.must.as_ref().and_then(|must| {
        let place = must.span;
        self::must(ctx, &must.value, place, diagnostics).map(|must| (must, place))
    });
    let sound = !diagnostics.iter().skip(faults).any(Diagnostic::is_error);
    let whole = rule.narrowed == rule.applies_to.is_some();
    let ((must, must_place), demand, select) = (must?, demand?, select?);
    (sound && whole).then(|| {
        RuleResolution::Rule(Box::new(StructuralRule { demand, applies_to, select, must, must_place }))
    })
}

/// The actions that `applies_to` names.
enum Applicability {
    Actions(Arc<[ActionId]>),
    /// None of them is declared, and `if_declared` allows that.
    Nothing,
    Faulty,
}

fn applicable_actions(
    ctx: &GovernanceContext<'_>,
    decl: &decl::AppliesTo,
    diagnostics: &mut Vec<Diagnostic>,
) -> Applicability {
    if decl.actions.value.is_empty() {
        let message = "`actions` is empty, so the rule applies to nothing";
        diagnostics.push(
            Diagnostic::new(codes::USELESS_DEMAND, decl.actions.span, message)
                .help("name actions, or leave out `applies_to` to mean the whole policy"),
        );
        return Applicability::Nothing;
    }
    let mut found = Vec::new();
    let mut missing = false;
    for name in &decl.actions.value {
        let actions = matching_actions(ctx.schema, &name.value);
        if actions.is_empty() && !decl.if_declared {
            missing = true;
            let report = no_such_action(ctx.schema, name, codes::UNKNOWN_ACTION, diagnostics.len());
            diagnostics.push(report.help("`if_declared: true` passes over actions that a set does not have"));
        }
        found.extend(actions);
    }
    found.sort_unstable();
    found.dedup();
    if missing {
        return Applicability::Faulty;
    }
    if found.is_empty() { Applicability::Nothing } else { Applicability::Actions(found.into()) }
}

fn must(
    ctx: &GovernanceContext<'_>,
    must: &decl::Must,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Must> {
    Some(match must {
        decl::Must::Exists(true) => Must::AtLeast(1),
        decl::Must::Exists(false) | decl::Must::Forbid(true) => Must::AtMost(0),
        decl::Must::MaxCount(count) => Must::AtMost(*count),
        decl::Must::MinCount(0) => {
            report_useless(place, "there are always at least 0 rules", diagnostics);
            Must::AtLeast(0)
        }
        decl::Must::MinCount(count) => Must::AtLeast(*count),
        decl::Must::Forbid(false) => {
            report_useless(place, "`forbid: false` forbids nothing", diagnostics);
            Must::AtLeast(0)
        }
        decl::Must::AllowedFields(paths) => {
            let fields: Vec<_> =
                paths.iter().map(|path| fields::allowed(ctx.schema, path, diagnostics)).collect();
            Must::AllowedFields(fields.into_iter().collect::<Option<_>>()?)
        }
    })
}

fn report_useless(place: Span, message: &str, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.push(
        Diagnostic::new(codes::USELESS_DEMAND, place, message)
            .help("drop the rule, or write what it demands"),
    );
}
