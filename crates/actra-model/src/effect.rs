//! Effects of rules, from mild to strict.

use std::fmt;

/// The effect of a rule or a decision, from mild to strict; `max` is the stricter one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// The operation may run.
    Allow,
    /// The operation may run once somebody has granted exactly it.
    RequireApproval,
    /// The operation must not run.
    Block,
}

impl Effect {
    /// All effects, from mild to strict.
    pub const ALL: [Effect; 3] = [Effect::Allow, Effect::RequireApproval, Effect::Block];

    /// The word in policies and decisions: `allow`, `require_approval` or `block`.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Allow => "allow",
            Effect::RequireApproval => "require_approval",
            Effect::Block => "block",
        }
    }

    /// The effect with this word.
    pub fn parse(text: &str) -> Option<Effect> {
        Effect::ALL.into_iter().find(|effect| effect.as_str() == text)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
