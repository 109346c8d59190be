//! Goals: conditions with the truth values that a request must give them.

use actra_eval::{Truth, evaluate_condition};
use actra_ir::Expr;

use crate::candidate::Candidate;
use crate::request_space::Side;

/// The truth values that a condition may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Polarity {
    True,
    False,
    NotTrue,
    NotFalse,
}

/// A condition, and the truth values that it must have one of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal<'a> {
    pub(crate) condition: &'a Expr,
    pub(crate) polarity: Polarity,
    pub(crate) side: Side,
}

impl<'a> Goal<'a> {
    pub(crate) fn own(condition: &'a Expr, polarity: Polarity) -> Self {
        Self { condition, polarity, side: Side::Own }
    }

    pub(crate) fn is_met(&self, candidate: &Candidate) -> bool {
        let Some(request) = candidate.read(self.side) else { return false };
        match evaluate_condition(self.condition, request) {
            Truth::True => matches!(self.polarity, Polarity::True | Polarity::NotFalse),
            Truth::False => matches!(self.polarity, Polarity::False | Polarity::NotTrue),
            Truth::Undetermined(_) => matches!(self.polarity, Polarity::NotTrue | Polarity::NotFalse),
        }
    }
}

/// Goals of which at least one must be met.
pub(crate) type Clause<'a> = Vec<Goal<'a>>;
