//! Words of other engines for effects and modes.

use super::Replacement::Word;
use super::{ForeignWordRow, Replacement};

/// The effect or mode that is meant by another word, if it is one of the given choices.
pub fn replacement_for(word: &str, choices: &[&str]) -> Option<&'static str> {
    match super::find(TABLE, &word.to_ascii_lowercase()) {
        Some(Replacement::Word(word)) if choices.contains(&word) => Some(word),
        _ => None,
    }
}

/// Words, in lower case.
pub const TABLE: &[ForeignWordRow] = &[
    (
        &[
            "deny",
            "denied",
            "forbid",
            "forbidden",
            "reject",
            "refuse",
            "disallow",
            "prohibit",
            "effect_deny",
            "drop",
            "stop",
            "false",
            "no",
            "fail",
            "error",
            "blocked",
        ],
        Word("block"),
    ),
    (
        &[
            "permit",
            "permitted",
            "accept",
            "grant",
            "effect_allow",
            "pass",
            "true",
            "yes",
            "ok",
            "allowed",
            "proceed",
            "continue",
        ],
        Word("allow"),
    ),
    (
        &[
            "ask",
            "approve",
            "approval",
            "require-approval",
            "requireapproval",
            "requires_approval",
            "review",
            "confirm",
            "prompt",
            "human",
            "human_approval",
            "escalate",
            "hold",
            "challenge",
            "step_up",
            "mfa",
        ],
        Word("require_approval"),
    ),
    (
        &[
            "audit",
            "dry_run",
            "dryrun",
            "dry-run",
            "log",
            "warn",
            "monitor",
            "report",
            "observe",
            "test",
            "disabled",
            "off",
            "inactive",
            "permissive",
        ],
        Word("shadow"),
    ),
    (&["active", "on", "enabled", "enforcing", "enforced", "live", "strict"], Word("enforce")),
];
