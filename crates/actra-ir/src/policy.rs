//! Policies and their rules.

use std::sync::{Arc, LazyLock};

use actra_diagnostics::Span;
use actra_model::{ActionId, Effect, PolicyHash, RawMap, RecordName, Schema};

use crate::Expr;

/// A compiled policy set. Immutable.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What requests may hold.
    pub schema: Schema,
    /// The effect when no rule is true.
    pub default: Effect,
    /// INVARIANT (rules in file order): so are the lists of a decision.
    pub rules: Vec<Rule>,
    /// The hash over everything that deciding reads.
    pub hash: PolicyHash,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The id of the rule, which decisions name.
    pub id: Arc<str>,
    /// The actions it covers, ascending, each once, at least one; shared by rules with equal scopes.
    pub actions: Arc<[ActionId]>,
    /// `actor.type in [...] && when && !unless`, canonical.
    pub condition: Expr,
    /// What it says when the condition holds.
    pub effect: Effect,
    /// Whether it counts, or is only reported.
    pub mode: RuleMode,
    /// What to tell people.
    pub message: Option<Message>,
    /// Data for the caller.
    pub required_actions: Vec<RawMap>,
    /// Where it came from; not read by deciding.
    pub metadata: RuleMetadata,
}

impl Rule {
    /// Whether the rule is about an action, whatever its condition comes to.
    #[inline]
    pub fn covers(&self, action: ActionId) -> bool {
        self.actions.binary_search(&action).is_ok()
    }
}

/// Whether a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleMode {
    /// It decides.
    Enforce,
    /// It is evaluated and reported, and never changes the outcome.
    Shadow,
}

impl RuleMode {
    /// The word in policies.
    pub fn as_str(self) -> &'static str {
        match self {
            RuleMode::Enforce => "enforce",
            RuleMode::Shadow => "shadow",
        }
    }
}

/// A message with holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its parts in order.
    pub parts: Vec<MessagePart>,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessagePart {
    /// Literal text.
    Text(String),
    /// The value of a declared field: the record and the path of members in it, at least one.
    Field(RecordName, Vec<Arc<str>>),
}

/// What is known of a rule beside its meaning: its places, its description and its traits.
#[derive(Debug, Clone)]
pub struct RuleMetadata {
    /// The whole rule.
    pub rule: Span,
    /// The place of its id.
    pub id: Span,
    /// `description:`
    pub description: Option<Box<str>>,
    /// Its traits; most rules have none.
    traits: Option<Box<RuleTraits>>,
}

/// What governance selects rules by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleTraits {
    /// `tags:`
    pub tags: Box<[Box<str>]>,
    /// `actor:` of its scope, which is also a part of its condition; empty without.
    pub actors: Box<[Box<str>]>,
    /// Whether its scope says `global: true`.
    pub global: bool,
}

impl RuleMetadata {
    /// From the places of a rule and its id, its description and its traits.
    pub fn new(rule: Span, id: Span, description: Option<Box<str>>, traits: RuleTraits) -> Self {
        let traits = (traits != RuleTraits::default()).then(|| Box::new(traits));
        RuleMetadata { rule, id, description, traits }
    }

    /// From the places and the description of a rule that has no traits.
    pub fn without_traits(rule: Span, id: Span, description: Option<Box<str>>) -> Self {
        RuleMetadata { rule, id, description, traits: None }
    }

    /// What governance selects rules by.
    pub fn traits(&self) -> &RuleTraits {
        static NONE: LazyLock<RuleTraits> = LazyLock::new(RuleTraits::default);
        self.traits.as_deref().unwrap_or(&NONE)
    }
}
