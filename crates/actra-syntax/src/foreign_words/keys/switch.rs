//! Keys whose value determines what they mean: `enabled: true` and `enabled: false` are opposites.

use crate::foreign_words::Replacement::{self, Form, Nothing};

/// Keys that put a rule in force if they are true.
pub(super) const ON: &[&str] = &[
    "enabled",
    "active",
    "enable",
    "enforce",
    "enforced",
    "enforcement",
    "enforcementAction",
    "validationFailureAction",
];

/// Keys that keep a rule from deciding if they are true.
pub(super) const OFF: &[&str] = &["disabled", "disable", "skip", "dry_run", "dryRun", "audit", "shadow"];

/// The help if the value is neither.
pub(super) const EITHER: &str = "a rule decides unless it says `mode: shadow`, which only watches it: leave it out for a rule that is in force";

const LEAVE_OUT: Replacement = Nothing("leave it out: a rule decides unless it says `mode: shadow`");
const SHADOW: Replacement =
    Form("mode: shadow", "such a rule is evaluated but decides nothing; to switch it off, remove it");

/// What to write instead of a key with a value, if the value makes a difference.
pub(super) fn replacement_for(what: &str, key: &str, value: &str) -> Option<Replacement> {
    let switch_state = switch_state(value);
    match what {
        "a rule" if ON.contains(&key) => Some(if switch_state? { LEAVE_OUT } else { SHADOW }),
        "a rule" if OFF.contains(&key) => Some(if switch_state? { SHADOW } else { LEAVE_OUT }),
        "a rule"
            if super::replacement_for(what, key).is_some_and(is_effect) && switch_state == Some(false) =>
        {
            Some(Nothing(
                "say what the rule does: `effect: allow`, `effect: require_approval` or `effect: block`",
            ))
        }
        "a type" if ["nullable", "nillable", "null"].contains(&key) && switch_state == Some(false) => {
            Some(Nothing("leave it out: a field is required unless it says `optional: true`"))
        }
        _ => None,
    }
}

fn is_effect(instead: Replacement) -> bool {
    matches!(instead, Form(form, _) if form.starts_with("effect: "))
}

/// Whether a value switches on or off; `None` for one that says neither.
fn switch_state(value: &str) -> Option<bool> {
    const YES: &[&str] = &[
        "true",
        "yes",
        "on",
        "1",
        "enabled",
        "active",
        "enforce",
        "enforced",
        "enforcing",
        "strict",
        "deny",
        "block",
        "always",
        "live",
    ];
    const NO: &[&str] = &[
        "false",
        "no",
        "off",
        "0",
        "none",
        "never",
        "disabled",
        "inactive",
        "audit",
        "warn",
        "dryrun",
        "dry_run",
        "dry-run",
        "shadow",
        "log",
        "monitor",
        "report",
        "permissive",
    ];
    let value = value.to_ascii_lowercase();
    if YES.contains(&&*value) {
        return Some(true);
    }
    NO.contains(&&*value).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::super::replacement_for_entry;

    #[test]
    fn a_rule_that_is_in_force_is_not_switched_off() {
        for (line, shadow) in [
            ("enabled: true", false),
            ("enabled: false", true),
            ("active: yes", false),
            ("disabled: false", false),
            ("disabled: true", true),
            ("skip: false", false),
            ("dry_run: false", false),
            ("audit: false", false),
            ("shadow: false", false),
            ("shadow: true", true),
            ("enforcementAction: deny", false),
            ("enforcementAction: dryrun", true),
            ("validationFailureAction: Enforce", false),
            ("validationFailureAction: Audit", true),
            ("enforcement: strict", false),
            ("enforcement: whatever", false),
            ("allow: false", false),
            ("enabled: maybe", false),
        ] {
            let (key, value) = line.split_once(": ").unwrap_or_default();
            let help = replacement_for_entry("a rule", key, Some(value))
                .map(super::Replacement::help)
                .unwrap_or_default();
            assert!(!help.is_empty(), "{line}");
            assert_eq!(help.starts_with("write `mode: shadow`"), shadow, "{line}: {help}");
            assert!(!help.contains("effect: allow` instead"), "{line}: {help}");
        }
    }

    #[test]
    fn a_field_that_is_required_is_not_made_optional() {
        let help =
            |value| replacement_for_entry("a type", "nullable", Some(value)).map(super::Replacement::help);
        assert!(help("true").unwrap_or_default().starts_with("write `optional: true`"));
        assert!(help("false").unwrap_or_default().starts_with("leave it out"));
    }
}
