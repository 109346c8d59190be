//! Resolves `governance.yaml` against the schema of its set.
//!
//! Nothing in it can be misspelt silently: every effect, action, field, operator and id is checked.
//! Its conditions see no constants or definitions of the policy, since whoever may change those could weaken them.

mod baseline;
mod fields;
mod groups;
mod hash;
mod invariant;
mod invariant_text;
mod requires;
mod select;
mod structural;

use std::collections::HashMap;
use std::sync::Arc;

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::governance::Demand;
use actra_ir::{Governance, Policy};
use actra_model::Schema;
use actra_syntax::ast;
use actra_syntax::ast::governance as decl;

use crate::global_names::Names;
use crate::rule::check_id;
use crate::scope::{GroupTable, Scopes};

pub use baseline::baseline_path;
pub(crate) use baseline::path_of;
pub use invariant_text::{InvariantText, InvariantTextError, resolve_invariant};
pub(crate) use requires::DefaultEffect;

/// Checks the whole file; `None` after reporting an error.
///
/// `baseline` is the policy at the path that the file names, or why there is none.
pub(crate) fn resolve(
    schema: &Schema,
    default: DefaultEffect,
    decl: &decl::Governance,
    baseline: Option<Result<Policy, String>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Governance> {
    let faults = diagnostics.len();
    for key in &decl.empty {
        let message = format!("`{}` is empty and demands nothing", key.value);
        diagnostics.push(Diagnostic::new(codes::USELESS_DEMAND, key.span, message));
    }
    let names = Names::default();
    let groups = groups::resolve(schema, &decl.groups, diagnostics);
    let both = schema.groups.iter().chain(&groups.known);
    let both = both.map(|(name, group)| (Arc::clone(name), group.clone())).collect();
    let mut ctx = GovernanceContext {
        schema,
        scopes: Scopes::with_groups(schema, GroupTable { known: both, of_governance: false }),
        governed: Scopes::with_groups(schema, groups),
        names: &names,
        ids: HashMap::new(),
    };
    if let Some(requires) = &decl.requires {
        requires::check(requires, default, diagnostics);
    }
    let (mut rules, mut skipped) = (Vec::new(), Vec::new());
    for rule in &decl.rules {
        match structural::resolve(&mut ctx, rule, diagnostics) {
            Some(structural::RuleResolution::Rule(rule)) => rules.push(*rule),
            Some(structural::RuleResolution::Skipped(rule)) => skipped.push(rule),
            None => {}
        }
    }
    let invariants: Vec<_> = decl
        .invariants
        .iter()
        .filter_map(|invariant| invariant::resolve(&mut ctx, invariant, diagnostics))
        .collect();
    let resolved = decl.baseline.as_ref().map(|decl| baseline::resolve(schema, decl, baseline, diagnostics));
    let sound = !diagnostics.iter().skip(faults).any(Diagnostic::is_error);
    let baseline = match resolved {
        Some(resolved) => Some(resolved?),
        None => None,
    };
    // Whatever decoding reported as faulty is missing here.
    let whole = rules.len() + skipped.len() == decl.rules.len() && invariants.len() == decl.invariants.len();
    let hash = hash::hash(decl, &invariants, baseline.as_ref());
    (sound && whole).then_some(Governance { rules, skipped, invariants, baseline, hash })
}

/// What every part of governance is checked against.
struct GovernanceContext<'a> {
    schema: &'a Schema,
    /// For selectors of rules, which may name groups of governance and of the schema.
    scopes: Scopes<'a>,
    /// For invariants, which may name groups of governance only.
    governed: Scopes<'a>,
    names: &'a Names<'a>,
    /// The ids so far and their places.
    ids: HashMap<&'a str, Span>,
}

/// The id and message of a demand; reports an id that is malformed or already in use.
fn demand<'a>(
    ctx: &mut GovernanceContext<'a>,
    id: Option<&'a ast::Name>,
    error: Option<&ast::Name>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Demand> {
    let id = id?;
    let faults = diagnostics.len();
    check_id(id, &mut ctx.ids, diagnostics);
    let error = error?;
    (diagnostics.len() == faults).then(|| Demand {
        id: id.value.as_str().into(),
        place: id.span,
        error: error.value.as_str().into(),
    })
}

#[cfg(test)]
mod tests;
