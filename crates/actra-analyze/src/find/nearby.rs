//! Requests near those that models describe, where parts of conditions are not looked into.

use std::sync::Arc;

use actra_model::{RawRequest, RecordName};

use super::{Instances, RoundResult, is_met, violated};
use crate::budget::Budget;
use crate::cache::AnalyzerCache;
use crate::candidate::Candidate;
use crate::encode::Encoder;
use crate::goal::Clause;
use crate::local_search;
use crate::local_search::{Evaluation, FieldCandidates};
use crate::question::{Question, SearchAnswer};

/// Conditions that are evaluated for one question.
const EVALUATED: usize = 400_000;

/// Tries requests near those that models describe, with other values in the fields that are read by what is not looked
/// into: a witness, or rules that are to be looked at, too.
pub(super) fn search(
    question: &Question<'_>,
    instances: &Instances,
    clauses: &[Clause<'_>],
    encoder: &Encoder<'_>,
    bases: &[RawRequest],
    (cache, budget): (&AnalyzerCache, &Budget),
) -> Option<RoundResult> {
    let space = &question.space;
    let literals = local_search::literals(clauses.iter().flatten().map(|goal| goal.condition));
    let is_fixed = |field: &(RecordName, Arc<str>)| encoder.known_fields.contains_key(field);
    let fields: Vec<FieldCandidates> = local_search::open(&encoder.opaque_fields, is_fixed)
        .filter_map(|(record, name)| {
            let field = space.schema.field(*record, space.action, name)?;
            Some(FieldCandidates::new(*record, Arc::clone(name), &field.ty, &literals))
        })
        .collect();
    let mut more = None;
    let mut left = EVALUATED;
    let found = local_search::search(bases, &fields, |raw| {
        left = left.saturating_sub(clauses.len());
        if left == 0 {
            return Evaluation::Refused(usize::MAX);
        }
        let Some(candidate) = Candidate::of_space(space, question.known_fields, raw.clone()) else {
            return Evaluation::Refused(usize::MAX);
        };
        let unmet = usize::from(!candidate.is_admitted(space))
            + clauses.iter().filter(|clause| !is_met(clause, &candidate)).count();
        if unmet > 0 {
            return Evaluation::Refused(unmet);
        }
        let violated = violated(question, instances, &candidate, cache, budget);
        left = left.saturating_sub(question.lazy.len() + violated.len());
        if violated.is_empty() {
            return Evaluation::Accepted(candidate.raw);
        }
        more.get_or_insert(violated);
        Evaluation::Refused(0)
    });
    match found {
        Some(raw) => Some(RoundResult::Answer(SearchAnswer::Witness(Box::new(raw)))),
        None => more.map(RoundResult::Refine),
    }
}
