//! Which rules of a policy a selector selects.

use actra_ir::governance::{Must, Selector, StructuralRule};
use actra_ir::{Policy, Rule, RuleMode, glob};
use actra_model::ActionId;

use crate::atom_pattern::{MatchCertainty, contains_atom};

/// The rules that a structural rule is about.
pub(crate) struct Selection<'p> {
    /// The rules that it selects, in file order.
    pub(crate) rules: Vec<&'p Rule>,
    /// Rules that would count but for one reason, with that reason.
    pub(crate) near_misses: Vec<(&'p Rule, &'static str)>,
}

/// The rules of a policy that a structural rule looks at.
pub(crate) fn select<'p>(policy: &'p Policy, rule: &StructuralRule) -> Selection<'p> {
    let mut selection = Selection { rules: Vec::new(), near_misses: Vec::new() };
    for candidate in &policy.rules {
        if !matches_selector(policy, candidate, rule) {
            continue;
        }
        match disqualification(candidate, rule) {
            None => selection.rules.push(candidate),
            Some(why) => selection.near_misses.push((candidate, why)),
        }
    }
    selection
}

/// Whether a rule matches every part of the selector, and touches what the structural rule is about.
fn matches_selector(policy: &Policy, rule: &Rule, governed: &StructuralRule) -> bool {
    let Selector { effect, actions, actors, global, atom, id, mode, tags } = &governed.select;
    let certainty =
        if demands_rules(&governed.must) { MatchCertainty::Certain } else { MatchCertainty::Possible };
    let touches = |wanted: &[ActionId]| wanted.iter().any(|action| rule.covers(*action));
    effect.is_none_or(|effect| effect == rule.effect)
        && mode.is_none_or(|mode| mode == rule.mode)
        && id.as_ref().is_none_or(|id| glob::matches(id, &rule.id))
        && tags.iter().all(|tag| rule.metadata.traits().tags.iter().any(|own| **own == **tag))
        && actions.as_deref().is_none_or(touches)
        && governed.applies_to.as_deref().is_none_or(touches)
        && actors.as_ref().is_none_or(|wanted| {
            let own = &rule.metadata.traits().actors;
            own.is_empty() || wanted.iter().any(|actor| own.iter().any(|own| **own == **actor))
        })
        // No rule is both global and narrowed; compiling warns about a selector that asks for such rules.
        && !(*global == Some(true) && (actions.is_some() || actors.is_some()))
        && global.is_none_or(|global| global == is_global(policy, rule))
        && atom.as_ref().is_none_or(|atom| contains_atom(&rule.condition, atom, certainty))
}

/// Whether a rule covers everything, however its scope is written. Where there is one action, a rule about it is no
/// global one unless it says so.
fn is_global(policy: &Policy, rule: &Rule) -> bool {
    let all = policy.schema.actions.len();
    rule.metadata.traits().global || (all > 1 && rule.actions.len() == all)
}

/// Whether a constraint wants rules to be there.
pub(crate) fn demands_rules(must: &Must) -> bool {
    matches!(must, Must::AtLeast(_))
}

/// Why a rule does not count where rules are wanted: narrowing it would take away what is demanded.
fn disqualification(rule: &Rule, governed: &StructuralRule) -> Option<&'static str> {
    if !demands_rules(&governed.must) {
        return None;
    }
    if rule.mode == RuleMode::Shadow {
        return Some("this rule is in shadow mode, so it does not count");
    }
    let scoped = governed.select.actions.is_some()
        || governed.select.global == Some(true)
        || governed.applies_to.is_some();
    let own = &rule.metadata.traits().actors;
    let covered = match &governed.select.actors {
        Some(wanted) => wanted.iter().all(|actor| own.iter().any(|own| **own == **actor)),
        None => !scoped,
    };
    (!own.is_empty() && !covered).then_some("this rule covers only some actors, so it does not count")
}
