//! Which truth of a condition, or of a part of it, makes an outcome milder.
//!
//! An outcome is the strictest effect of the true rules, or the default if none is true. So a rule that becomes true
//! makes an outcome milder only where the default was stricter, and one that becomes false only where something milder
//! is left: the default, or another rule.

use actra_model::Effect;
use actra_syntax::ast;

/// The truths that can make an outcome milder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Milder {
    WhenTrue,
    WhenFalse,
    /// Each of them for some request.
    Either,
}

impl Milder {
    /// What holds for the operand of a `!` that this holds for.
    pub(crate) fn flip(self) -> Milder {
        match self {
            Milder::WhenTrue => Milder::WhenFalse,
            Milder::WhenFalse => Milder::WhenTrue,
            Milder::Either => Milder::Either,
        }
    }
}

/// What a rule stands beside: the default of its set, and the effects of all rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside {
    default: Effect,
    /// The mildest effect of any rule.
    mildest: Effect,
}

impl Beside {
    pub(crate) fn new(default: Effect, files: &[ast::PolicyFile]) -> Beside {
        let rules = files.iter().flat_map(|file| &file.rules);
        let effects = rules.filter_map(|rule| Effect::parse(&rule.effect.value));
        Beside { default, mildest: effects.min().unwrap_or(default) }
    }

    /// Which truth of a rule of this effect can make an outcome milder.
    pub(crate) fn milder(self, effect: Effect) -> Milder {
        let when_true = effect < self.default;
        let when_false = self.default < effect || self.mildest < effect;
        match (when_true, when_false) {
            (true, true) => Milder::Either,
            (true, false) => Milder::WhenTrue,
            (false, true) => Milder::WhenFalse,
            // It changes nothing yet; what is said fits the sets that its author has in mind.
            (false, false) if effect == Effect::Allow => Milder::WhenTrue,
            (false, false) => Milder::WhenFalse,
        }
    }
}
