//! Mutants: small changes of a compiled policy, each with the place in the text that it changes.
//!
//! They change the compiled form, so nothing is compiled again. Each changes one rule or the default.

mod condition;
mod literal;
mod policy_ast;
mod rule;
mod source_text;

use std::fmt;
use std::sync::Arc;

use actra_engine::diagnostics::Span;
use actra_engine::ir::{self, Rule};
use actra_engine::model::Effect;

pub(crate) use literal::{Neighbor, neighbor};
pub(crate) use policy_ast::PolicyAst;
pub(crate) use rule::{mutants_of_default, mutants_of_rule};
pub(crate) use source_text::source_text;

/// A small change of a policy.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The kind of change.
    pub kind: MutantKind,
    /// The rule that it changes; `None` for the default.
    pub rule: Option<Arc<str>>,
    /// The part that it changes; `None` for a default that is not written.
    pub span: Option<Span>,
    /// The part as it is.
    pub before: String,
    /// The part as the mutant has it; `None` if it drops the part.
    pub after: Option<String>,
    pub(crate) change: Mutation,
}

/// What a mutant replaces, and by what.
#[derive(Debug, Clone)]
pub(crate) enum Mutation {
    /// The rule with this index.
    Rule(usize, Box<Rule>),
    Default(Effect),
}

macro_rules! kinds {
    ($($variant:ident = $word:literal, $doc:literal;)*) => {
        /// The kind of change that a mutant is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum MutantKind { $(#[doc = $doc] $variant,)* }

        impl MutantKind {
            /// All of them.
            pub const ALL: &[MutantKind] = &[$(MutantKind::$variant,)*];

            /// The word in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(MutantKind::$variant => $word,)* }
            }
        }
    };
}

kinds! {
    Threshold = "threshold", "A threshold moves to just below or just above, or its own value is included or excluded.";
    Operator = "operator", "An operator is replaced by one that is close.";
    Connective = "connective", "`&&` becomes `||` or the reverse, or one of their operands is dropped.";
    Negation = "negation", "A condition is negated.";
    Literal = "literal", "A literal is changed, or an element of a list is dropped.";
    Unless = "unless", "`unless` is dropped.";
    Effect = "effect", "The effect is changed to another one.";
    Scope = "scope", "The rule covers one action or actor less, or one more.";
    RuleMode = "mode", "An enforced rule is put in shadow mode, or the reverse.";
    RequiredAction = "required_action", "A required action is dropped.";
    Rule = "rule", "The rule is dropped.";
    Default = "default", "The default is changed to another effect.";
}

impl Mutant {
    /// The policy with this change in it, under the hash that it then has.
    pub fn apply(&self, policy: &ir::Policy) -> ir::Policy {
        let mut mutated = policy.clone();
        match &self.change {
            Mutation::Default(effect) => mutated.default = *effect,
            Mutation::Rule(idx, rule) => {
                if let Some(original) = mutated.rules.get_mut(*idx) {
                    original.clone_from(rule);
                }
                // A rule that was dropped is one that covers no action.
                mutated.rules.retain(|rule| !rule.actions.is_empty());
            }
        }
        mutated.hash = ir::hash::hash(&mutated.schema, mutated.default, &mutated.rules);
        mutated
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.after {
            Some(after) => write!(f, "`{}` became `{after}`", self.before),
            None => write!(f, "`{}` dropped", self.before),
        }
    }
}
