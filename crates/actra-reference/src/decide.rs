//! Deciding, straight from sections 5 and 6 of the language: no types, no canonical tree, no index.

use std::borrow::Cow;
use std::collections::BTreeSet;

use actra_model::{
    ActionId, Decision, Effect, Fault, FaultHandling, PolicyHash, RawMap, RawRequest, RawValue, Reason,
    Schema, ShadowMatch, ShadowTruth, Undetermined,
};
use actra_syntax::ast::{PolicyFile, Rule, Scope};

use crate::envelope::action_of;
use crate::eval::Eval;
use crate::faults::{faults, may_hide_undeclared};
use crate::names::literal;
use crate::overlap::overlap;
use crate::unresolved::without_unknown;
use crate::value::{EvalError, Truth};

/// Decides any request in full. `files` are in file order, and compile.
pub fn answer(
    schema: &Schema,
    files: &[PolicyFile],
    raw: &RawRequest,
    hash: PolicyHash,
) -> Decision<'static> {
    let refusal = |errors| Decision { errors, ..Decision::block(hash) };
    let action = match action_of(schema, raw) {
        Ok(action) => action,
        Err(fault) => return refusal(vec![fault]),
    };
    let with_unknown = without_unknown(schema, raw);
    let (raw, unknown_faults) = match &with_unknown {
        Ok(with_unknown) => (with_unknown, BTreeSet::new()),
        Err(unknown_faults) => (raw, unknown_faults.clone()),
    };
    let mut faults = faults(schema, raw, action);
    let rejects = schema.invalid_fields == FaultHandling::Reject && !faults.is_empty();
    let may_hide = schema.extra_fields == FaultHandling::Reject && may_hide_undeclared(schema, raw, action);
    let has_unknown_faults = !unknown_faults.is_empty();
    faults.extend(unknown_faults);
    if rejects
        || may_hide
        || has_unknown_faults
        || faults.iter().any(|fault| fault.reason == Reason::ExtraField)
    {
        return refusal(faults.into_iter().collect());
    }
    decide(schema, files, raw, hash).unwrap_or_else(|| Decision::block(hash))
}

/// Decides a request whose action is declared, with every undeclared or invalid field as if the schema ignored it.
pub fn decide(
    schema: &Schema,
    files: &[PolicyFile],
    raw: &RawRequest,
    hash: PolicyHash,
) -> Option<Decision<'static>> {
    let action = declared_action(schema, raw)?;
    let eval = Eval::new(schema, files, raw, action);
    let rules: Vec<(&Rule, Effect, Truth)> = files
        .iter()
        .flat_map(|file| &file.rules)
        .filter(|rule| covers(schema, &rule.scope, action))
        .filter_map(|rule| Some((rule, Effect::parse(&rule.effect.value)?, eval.rule(rule))))
        .collect();
    let shadow = |rule: &Rule| rule.mode.as_ref().is_some_and(|mode| mode.value == "shadow");
    let enforced: Vec<_> = rules.iter().filter(|(rule, ..)| !shadow(rule)).collect();
    let default = files
        .iter()
        .find_map(|file| file.default.as_ref())
        .map_or(Some(Effect::Allow), |word| Effect::parse(&word.value))?;
    let holds = |truth: &Truth| matches!(truth, Ok(true));
    let strictest = |effects: &mut dyn Iterator<Item = Effect>| effects.max().unwrap_or(default);
    let base =
        strictest(&mut enforced.iter().filter(|(_, _, truth)| holds(truth)).map(|(_, effect, _)| *effect));
    // The strictest effect obtainable by reading each undetermined rule as true or false: reading one of them as
    // true and the others as false is enough, since effects combine by their maximum.
    let read_as_true = |own: Effect| {
        let truly = enforced.iter().filter(|(_, _, truth)| holds(truth)).map(|(_, effect, _)| *effect);
        strictest(&mut truly.chain([own]))
    };
    let undetermined = enforced.iter().filter(|(_, _, truth)| truth.is_err());
    let effect = undetermined.map(|(_, own, _)| read_as_true(*own)).fold(base, Effect::max);
    let carries = |truth: &Truth, own: Effect| {
        own == effect && if effect == base { holds(truth) } else { truth.is_err() }
    };
    let first_true = enforced.iter().find(|(_, own, truth)| *own == effect && holds(truth));
    let matched = first_true.or(enforced.iter().find(|(_, own, truth)| *own == effect && truth.is_err()));
    let mut required_actions: Vec<RawMap> = Vec::new();
    for (rule, ..) in enforced.iter().filter(|(_, own, truth)| carries(truth, *own)) {
        for data in &rule.required_actions {
            if let RawValue::Map(members) = literal(data)
                && !required_actions.contains(&members)
            {
                required_actions.push(members);
            }
        }
    }
    let mentioned: BTreeSet<String> = enforced.iter().flat_map(|(rule, ..)| eval.mentions(rule)).collect();
    let listed = |fault: &Fault| mentioned.iter().any(|path| overlap(path, &fault.path));
    let id = |rule: &Rule| Cow::Owned(rule.id.value.clone());
    Some(Decision {
        effect,
        matched_rule: matched.map(|(rule, ..)| id(rule)),
        matched_rules: enforced
            .iter()
            .filter(|(_, _, truth)| holds(truth))
            .map(|(rule, ..)| id(rule))
            .collect(),
        message: matched.and_then(|(rule, ..)| Some(Cow::Owned(eval.message(rule.message.as_ref()?)))),
        errors: faults(schema, raw, action).into_iter().filter(listed).collect(),
        required_actions: required_actions.into_iter().map(Cow::Owned).collect(),
        undetermined: enforced
            .iter()
            .filter_map(|(rule, _, truth)| {
                let EvalError { path, reason } = truth.clone().err()?;
                Some(Undetermined { rule: id(rule), path: Cow::Owned(path), reason })
            })
            .collect(),
        shadow: rules
            .iter()
            .filter(|(rule, _, truth)| shadow(rule) && (holds(truth) || truth.is_err()))
            .map(|(rule, effect, truth)| {
                let truth = if holds(truth) { ShadowTruth::True } else { ShadowTruth::Undetermined };
                ShadowMatch { rule: id(rule), effect: *effect, truth }
            })
            .collect(),
        ..Decision::block(hash)
    })
}

/// What each outermost macro, `distinct` and `sets` call of a rule costs for a request, from left to right.
pub fn costs(schema: &Schema, files: &[PolicyFile], raw: &RawRequest, rule: &Rule) -> Option<Vec<u64>> {
    let action = declared_action(schema, raw)?;
    let with_unknown = without_unknown(schema, raw);
    Some(Eval::new(schema, files, with_unknown.as_ref().unwrap_or(raw), action).costs(rule))
}

/// The declared action of a request that has the right shape.
pub fn declared_action(schema: &Schema, raw: &RawRequest) -> Option<ActionId> {
    action_of(schema, raw).ok()
}

fn covers(schema: &Schema, scope: &Scope, action: ActionId) -> bool {
    let Some(declared) = schema.action(action) else { return false };
    let named = scope
        .action
        .as_ref()
        .is_none_or(|names| names.value.iter().any(|name| glob(&name.value, &declared.name)));
    let grouped = scope.group.as_ref().is_none_or(|group| {
        schema.groups.get(group.value.as_str()).is_some_and(|group| group.actions.contains(&action))
    });
    named && grouped
}

/// `*` is any run of characters: tried at every place.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| glob(tail, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests;
