//! Questions, and their answers.

use actra_model::RawRequest;

use crate::fixed::Fixed;
use crate::goal::Clause;
use crate::rule_goals::{AnyRule, EachRule};
use crate::space::Space;

/// What to look for among the requests of one action.
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    pub(crate) space: Space<'a>,
    /// Fields of which the value is known.
    pub(crate) fixed: Option<&'a Fixed>,
    /// What must hold.
    pub(crate) clauses: Vec<Clause<'a>>,
    /// What must hold, too, of many rules.
    pub(crate) lazy: Vec<EachRule<'a>>,
    /// Rules of which one must be as wanted, too.
    pub(crate) any: Option<AnyRule<'a>>,
    /// Rules, by id, that are looked at from the start where something is said of them later.
    pub(crate) eager: Vec<&'a str>,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// There is no such request: a proof.
    Never,
    /// This request, tried with the engine itself.
    Witness(Box<RawRequest>),
    /// Neither; what stood in the way, ascending, each once.
    Unknown(Vec<String>),
}
