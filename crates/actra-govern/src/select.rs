//! Which rules of a policy a selector selects.

use actra_ir::governance::{Must, Selector, StructuralRule};
use actra_ir::{Mode, Policy, Rule};
use actra_model::ActionId;

use crate::atoms::{Strictness, contains_test};

/// The rules that a structural rule is about.
pub(crate) struct Selection<'p> {
    /// In file order.
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

/// Whether a rule covers an action.
pub(crate) fn covers_action(rule: &Rule, action: ActionId) -> bool {
    rule.actions.binary_search(&action).is_ok()
}

/// Whether a rule matches every part of the selector, and touches what the structural rule is about.
fn matches_selector(policy: &Policy, rule: &Rule, governed: &StructuralRule) -> bool {
    let Selector { effect, actions, actors, global, atom, id, mode, tags } = &governed.select;
    let strictness = if demands_rules(&governed.must) { Strictness::Strict } else { Strictness::Loose };
    let touches = |wanted: &[ActionId]| wanted.iter().any(|action| covers_action(rule, *action));
    effect.is_none_or(|effect| effect == rule.effect)
        && mode.is_none_or(|mode| mode == rule.mode)
        && id.as_ref().is_none_or(|id| glob(id, &rule.id))
        && tags.iter().all(|tag| rule.origin.labels().tags.iter().any(|own| **own == **tag))
        && actions.as_deref().is_none_or(touches)
        && governed.applies_to.as_deref().is_none_or(touches)
        && actors.as_ref().is_none_or(|wanted| {
            let own = &rule.origin.labels().actors;
            own.is_empty() || wanted.iter().any(|actor| own.iter().any(|own| **own == **actor))
        })
        // No rule is both global and narrowed; compiling warns about a selector that asks for such rules.
        && !(*global == Some(true) && (actions.is_some() || actors.is_some()))
        && global.is_none_or(|global| global == is_global(policy, rule))
        && atom.as_ref().is_none_or(|atom| contains_test(&rule.condition, atom, strictness))
}

/// Whether a rule covers everything, however its scope is written. Where there is one action, a rule about it is no
/// global one unless it says so.
fn is_global(policy: &Policy, rule: &Rule) -> bool {
    let all = policy.schema.actions.len();
    rule.origin.labels().global || (all > 1 && rule.actions.len() == all)
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
    if rule.mode == Mode::Shadow {
        return Some("this rule is in shadow mode, so it does not count");
    }
    let scoped = governed.select.actions.is_some()
        || governed.select.global == Some(true)
        || governed.applies_to.is_some();
    let own = &rule.origin.labels().actors;
    let covered = match &governed.select.actors {
        Some(wanted) => wanted.iter().all(|actor| own.iter().any(|own| **own == **actor)),
        None => !scoped,
    };
    (!own.is_empty() && !covered).then_some("this rule covers some actors only, so it does not count")
}

/// Matches by the parts between stars, each of which stands for any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let (Some(first), Some(last)) = (parts.next(), parts.next_back()) else { return pattern == text };
    let rest = text.strip_prefix(first).and_then(|rest| rest.strip_suffix(last));
    let Some(mut rest) = rest else { return false };
    parts.all(|part| match rest.split_once(part) {
        Some((_, behind)) => {
            rest = behind;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs_match_whole_ids() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("a*a", "a", false),
            ("*", "", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("*x*", "axb", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
