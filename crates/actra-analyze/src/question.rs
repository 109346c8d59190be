//! A question about the requests of an action, and its answer.

use actra_model::RawRequest;

use crate::goal::Clause;
use crate::known_fields::KnownFields;
use crate::request_space::RequestSpace;
use crate::rule_goals::{AnyRule, EachRule};

/// What is asked for: a request of a space.
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    pub(crate) space: RequestSpace<'a>,
    /// Fields whose values are known.
    pub(crate) known_fields: Option<&'a KnownFields>,
    /// Each of these must hold.
    pub(crate) clauses: Vec<Clause<'a>>,
    /// Statements about many rules that must hold, too, and are instantiated only as far as needed.
    pub(crate) lazy: Vec<EachRule<'a>>,
    /// A choice among many rules, of which one goal must be met, too.
    pub(crate) any: Option<AnyRule<'a>>,
    /// Rules, by id, for which the lazy statements are instantiated from the start.
    pub(crate) eager: Vec<&'a str>,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchAnswer {
    /// There is no such request: a proof.
    Unsatisfiable,
    /// This request, tried with the engine itself.
    Witness(Box<RawRequest>),
    /// Neither; what stood in the way, ascending, each once.
    Unknown(Vec<String>),
}
