//! Requests near those that models describe, where parts of conditions are not looked into.

use std::sync::Arc;

use actra_model::{Domain, RawRequest};

use super::{Included, Round, broken, is_met};
use crate::budget::Budget;
use crate::candidate::Candidate;
use crate::encode::Encoder;
use crate::goal::Clause;
use crate::local_search;
use crate::local_search::{Candidates, Tried};
use crate::memory::Memory;
use crate::question::{Answer, Question};

/// Conditions that are evaluated for one question.
const EVALUATED: usize = 400_000;

/// Tries requests near those that models describe, with other values in the fields that are read by what is not looked
/// into: a witness, or rules that are to be looked at, too.
pub(super) fn search(
    question: &Question<'_>,
    included: &Included,
    clauses: &[Clause<'_>],
    encoder: &Encoder<'_>,
    bases: &[RawRequest],
    (memory, budget): (&Memory, &Budget),
) -> Option<Round> {
    let space = &question.space;
    let literals = local_search::literals(clauses.iter().flatten().map(|wish| wish.condition));
    let is_fixed = |field: &(Domain, Arc<str>)| encoder.fixed.contains_key(field);
    let fields: Vec<Candidates> = local_search::open(&encoder.blurred, is_fixed)
        .filter_map(|(domain, name)| {
            let field = space.schema.field(*domain, space.action, name)?;
            Some(Candidates::new(*domain, Arc::clone(name), &field.ty, &literals))
        })
        .collect();
    let mut more = None;
    let mut left = EVALUATED;
    let found = local_search::search(bases, &fields, |raw| {
        left = left.saturating_sub(clauses.len());
        if left == 0 {
            return Tried::Refused(usize::MAX);
        }
        let Some(requests) = Candidate::admit(space, question.fixed, raw.clone()) else {
            return Tried::Refused(usize::MAX);
        };
        let unmet = usize::from(!requests.is_admitted(space))
            + clauses.iter().filter(|clause| !is_met(clause, &requests)).count();
        if unmet > 0 {
            return Tried::Refused(unmet);
        }
        let broken = broken(question, included, &requests, memory, budget);
        left = left.saturating_sub(question.later.len() + broken.len());
        if broken.is_empty() {
            return Tried::Accepted(requests.raw);
        }
        more.get_or_insert(broken);
        Tried::Refused(0)
    });
    match found {
        Some(raw) => Some(Round::Answer(Answer::Witness(Box::new(raw)))),
        None => more.map(Round::Include),
    }
}
