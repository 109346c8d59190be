//! Questions in which one of many rules is to hold.

use std::collections::BTreeSet;

use super::{BUDGET_OBSTACLE, refine};
use crate::budget::Budget;
use crate::cache::AnalyzerCache;
use crate::candidate::Candidate;
use crate::goal::Goal;
use crate::question::{Question, SearchAnswer};
use crate::rule_goals::AnyRule;

/// Rules that are looked at together at first; twice as many each time, up to [`MAX_GROUP`].
const FIRST_GROUP: usize = 8;
/// Rules that are looked at together at most: what a question takes grows faster than they do.
const MAX_GROUP: usize = 64;
/// Groups of rules of which it is not decided before nothing more is asked: each of them tries many requests.
const MAX_UNDECIDED_GROUPS: usize = 8;

/// Asks without the choice, which may settle it; then for some of the rules at a time.
///
/// Where none of the questions for all of the rules has a request, neither has the one for any of them.
pub(super) fn find(
    question: &Question<'_>,
    any: &AnyRule<'_>,
    cache: &mut AnalyzerCache,
    budget: &Budget,
) -> SearchAnswer {
    let plain = Question { any: None, ..question.clone() };
    match refine(&plain, cache, budget) {
        SearchAnswer::Unsatisfiable => return SearchAnswer::Unsatisfiable,
        SearchAnswer::Witness(raw) => {
            let candidate = Candidate::of_space(&question.space, question.known_fields, (*raw).clone());
            if candidate.is_some_and(|candidate| any.is_met(&candidate, budget)) {
                return SearchAnswer::Witness(raw);
            }
        }
        SearchAnswer::Unknown(_) => {}
    }
    let mut obstacles = BTreeSet::new();
    let mut undecided = 0;
    let mut left = any.in_order();
    let mut together = FIRST_GROUP;
    loop {
        let chosen: Vec<usize> = left.by_ref().take(together).collect();
        if chosen.is_empty() {
            break;
        }
        match refine(&of(&plain, any, &chosen), cache, budget) {
            SearchAnswer::Unsatisfiable => {}
            SearchAnswer::Unknown(opaque) => {
                obstacles.extend(opaque);
                undecided += 1;
            }
            witness => return witness,
        }
        if undecided == MAX_UNDECIDED_GROUPS {
            break;
        }
        if budget.is_spent() {
            obstacles.insert(BUDGET_OBSTACLE.to_owned());
            break;
        }
        together = (2 * together).min(MAX_GROUP);
    }
    if obstacles.is_empty() {
        SearchAnswer::Unsatisfiable
    } else {
        SearchAnswer::Unknown(obstacles.into_iter().collect())
    }
}

/// The question for some of the rules; what is said of the same ones elsewhere is looked at along with them.
fn of<'a>(plain: &Question<'a>, any: &AnyRule<'a>, chosen: &[usize]) -> Question<'a> {
    let mut question = plain.clone();
    question.clauses.push(chosen.iter().filter_map(|number| any.goal(*number)).collect::<Vec<Goal<'a>>>());
    let ids = chosen.iter().filter_map(|number| Some(any.rules.rule(*number)?.id.as_ref()));
    question.eager.extend(ids);
    question
}
