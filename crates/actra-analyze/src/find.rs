//! The search for a request that answers a question, or for a proof that there is none.
//!
//! Abstraction and refinement: most rules are left out at first; those that a found request violates are added.

mod choice;
mod nearby;

use std::collections::BTreeSet;

use actra_ir::print::print;
use actra_model::RawRequest;

use crate::budget::Budget;
use crate::cache::AnalyzerCache;
use crate::candidate::Candidate;
use crate::encode::{DIGITS_OBSTACLE, Encoder, PIECES_OBSTACLE};
use crate::formula::Formula;
use crate::goal::{Clause, Goal, Polarity};
use crate::opaque::opaque_names;
use crate::question::{Question, SearchAnswer};
use crate::rule_goals::EachRule;
use crate::small_model::ModelSize;
use crate::smt::{Blocked, Model, SmtResult, SmtSolver};
use crate::witness::FreeTexts;
use crate::{bound_check, witness};

/// Instances of what is said of many rules: the index of the statement among the lazy ones, and the number of a rule.
type Instances = BTreeSet<(usize, usize)>;

/// Models that only differ in opaque atoms, tried before giving up.
const MAX_OPAQUE_MODELS: usize = 24;
/// Requests of such models near which others are tried.
const MAX_BASE_REQUESTS: usize = 3;
/// Instances that are added at once; where there are more already, as many again.
const MIN_ADDED_INSTANCES: usize = 64;
/// Added instances that are remembered for other questions.
const REMEMBERED_INSTANCES: usize = 4;

/// What stands in the way where the budget does not last.
const BUDGET_OBSTACLE: &str = "conditions of this size";

/// Answers a question with a request, a proof that there is none, or what stood in the way of both.
pub(crate) fn find(question: &Question<'_>, cache: &mut AnalyzerCache) -> SearchAnswer {
    let budget = Budget::default();
    let answer = match &question.any {
        Some(any) => choice::find(question, any, cache, &budget),
        None => refine(question, cache, &budget),
    };
    cache.steps += budget.taken();
    answer
}

/// Starts with few instances of the lazy statements, and adds those that a found request violates, until none does.
fn refine(question: &Question<'_>, cache: &mut AnalyzerCache, budget: &Budget) -> SearchAnswer {
    let mut instances = eager(question);
    loop {
        match round(question, &instances, cache, budget) {
            RoundResult::Answer(answer) => return answer,
            RoundResult::Refine(more) => {
                for (statement, number) in more.iter().take(REMEMBERED_INSTANCES).rev() {
                    if let Some(each) = question.lazy.get(*statement) {
                        cache.note(each.rules.policy, each.action, *number);
                    }
                }
                instances.extend(more);
            }
        }
    }
}

/// The instances that are there from the start.
fn eager(question: &Question<'_>) -> Instances {
    let mut instances = Instances::new();
    for (statement, each) in (0..).zip(&question.lazy) {
        let numbers = question.eager.iter().filter_map(|id| each.rules.number(id));
        let numbers = numbers.filter(|number| each.goal(*number).is_some());
        instances.extend(numbers.map(|number| (statement, number)));
    }
    instances
}

enum RoundResult {
    Answer(SearchAnswer),
    /// These instances are to be added.
    Refine(Instances),
}

fn round(
    question: &Question<'_>,
    instances: &Instances,
    cache: &mut AnalyzerCache,
    budget: &Budget,
) -> RoundResult {
    let goal = |(statement, number): &(usize, usize)| question.lazy.get(*statement)?.goal(*number);
    let instantiated = instances.iter().filter_map(goal).map(|goal| vec![goal]);
    let clauses: Vec<Clause<'_>> = question.clauses.iter().cloned().chain(instantiated).collect();
    let size = ModelSize::of(&clauses, question.space, question.known_fields, budget);
    let mut encoder = Encoder::new(question.space, size, budget);
    encoder.known_fields =
        question.known_fields.map(|known_fields| known_fields.states.clone()).unwrap_or_default();
    encoder.fixed_request = question.known_fields.map(|known_fields| known_fields.request(&question.space));
    let roots = roots(&mut encoder, &clauses);
    if budget.is_spent() {
        return RoundResult::Answer(SearchAnswer::Unknown(vec![BUDGET_OBSTACLE.to_owned()]));
    }
    let truncated: Vec<String> =
        encoder.symbolic_request.truncated.iter().map(|path| too_many(path)).collect();
    let mut solver = SmtSolver::new(
        &encoder.symbolic_request.formulas,
        &encoder.symbolic_request.atoms,
        &encoder.symbolic_request.variables,
        &roots,
        budget,
    );
    let mut obstacles: BTreeSet<String> = BTreeSet::new();
    let mut bases: Vec<RawRequest> = Vec::new();
    let are_met = |candidate: &Candidate| {
        candidate.is_admitted(&question.space) && clauses.iter().all(|clause| is_met(clause, candidate))
    };
    for _ in 0..MAX_OPAQUE_MODELS {
        let model = match solver.next(&mut cache.automata) {
            SmtResult::Model(model) => model,
            SmtResult::Unsat if obstacles.is_empty() && truncated.is_empty() => {
                return RoundResult::Answer(never_if_large_enough(question, &clauses, &encoder, budget));
            }
            SmtResult::Unsat => break,
            SmtResult::GaveUp(what) => {
                obstacles.insert(what.to_owned());
                break;
            }
            SmtResult::Incomplete(relations) => {
                let names =
                    relations.iter().filter_map(|atom| encoder.symbolic_request.relation_names.get(atom));
                obstacles.extend(names.map(|name| name.to_string()));
                break;
            }
        };
        let Some(alike) = candidate(question, &encoder, &model, FreeTexts::Same) else {
            obstacles.insert("a value that cannot be written".to_owned());
            break;
        };
        // Texts of which nothing is said may still be compared in opaque parts.
        let different = || candidate(question, &encoder, &model, FreeTexts::Distinct).filter(&are_met);
        let candidate = if are_met(&alike) { alike } else { different().unwrap_or(alike) };
        let violated = violated(question, instances, &candidate, cache, budget);
        if !violated.is_empty() {
            return RoundResult::Refine(violated);
        }
        if are_met(&candidate) {
            return RoundResult::Answer(SearchAnswer::Witness(Box::new(candidate.raw)));
        }
        let names = opaque_names(&encoder);
        if names.is_empty() {
            obstacles.insert("a mismatch between the analysis and the engine".to_owned());
            break;
        }
        // Whether a value is too long, or what an uninterpreted part makes of it, depends on that value; others may do.
        let depends_on_values = encoder.has_uninterpreted
            || names.iter().all(|name| name == DIGITS_OBSTACLE || name == PIECES_OBSTACLE);
        solver.block_model(if depends_on_values { Blocked::Model } else { Blocked::OpaqueAtoms });
        obstacles.extend(names);
        if bases.len() < MAX_BASE_REQUESTS {
            bases.push(candidate.raw);
        }
    }
    if let Some(result) = nearby::search(question, instances, &clauses, &encoder, &bases, (cache, budget)) {
        return result;
    }
    // Rules that are left out may share an opaque part, which is the same unknown there, and leave no case at all.
    let more = sharing(question, instances, &obstacles);
    if !more.is_empty() && !budget.is_spent() {
        return RoundResult::Refine(more);
    }
    obstacles.extend(truncated);
    if obstacles.is_empty() {
        obstacles.extend(opaque_names(&encoder));
    }
    RoundResult::Answer(SearchAnswer::Unknown(obstacles.into_iter().collect()))
}

/// What must hold: each clause, what each schema makes of the request, and what holds of every request.
fn roots(encoder: &mut Encoder<'_>, clauses: &[Clause<'_>]) -> Vec<Formula> {
    let mut roots = Vec::new();
    for clause in clauses {
        let goals: Vec<Formula> = clause.iter().map(|goal| goal_formula(encoder, goal)).collect();
        roots.push(encoder.symbolic_request.formulas.or(goals));
    }
    roots.extend(encoder.expected_acceptance());
    roots.extend(std::mem::take(&mut encoder.symbolic_request.axioms));
    roots
}

/// Instances that a request violates, and that are not there yet.
fn violated(
    question: &Question<'_>,
    instances: &Instances,
    candidate: &Candidate,
    cache: &AnalyzerCache,
    budget: &Budget,
) -> Instances {
    let most = instances.len().max(MIN_ADDED_INSTANCES);
    let mut found = Instances::new();
    for (statement, each) in (0..).zip(&question.lazy) {
        let is_known = |number: usize| instances.contains(&(statement, number));
        let violated = each.violated(candidate, &is_known, most, cache, budget);
        found.extend(violated.into_iter().map(|number| (statement, number)));
    }
    found
}

/// Instances that are not there yet, with a part that stood in the way.
fn sharing(question: &Question<'_>, instances: &Instances, obstacles: &BTreeSet<String>) -> Instances {
    if obstacles.is_empty() {
        return Instances::new();
    }
    let holds = |goal: &Goal<'_>| {
        let printed = print(goal.condition);
        obstacles.iter().any(|part| printed.contains(part.as_str()))
    };
    let of_statement = |(statement, each): (usize, &EachRule<'_>)| {
        let numbers = each.rules.numbers(each.action).iter().map(|number| (statement, *number));
        let new = numbers.filter(|instance| !instances.contains(instance));
        new.filter(|(_, number)| each.goal(*number).is_some_and(|goal| holds(&goal))).collect::<Vec<_>>()
    };
    (0..).zip(&question.lazy).flat_map(of_statement).take(MIN_ADDED_INSTANCES).collect()
}

/// Whether a request meets one of the goals of a clause.
fn is_met(clause: &Clause<'_>, candidate: &Candidate) -> bool {
    clause.iter().any(|goal| goal.is_met(candidate))
}

/// There is no such request, provided that lists and maps were large enough to say so.
fn never_if_large_enough(
    question: &Question<'_>,
    clauses: &[Clause<'_>],
    encoder: &Encoder<'_>,
    budget: &Budget,
) -> SearchAnswer {
    match bound_check::too_small(clauses, &encoder.symbolic_request.unrolled, question.known_fields, budget) {
        Some(lists) if lists.is_empty() => SearchAnswer::Unsatisfiable,
        Some(lists) => SearchAnswer::Unknown(lists.iter().map(|path| too_many(path)).collect()),
        None => SearchAnswer::Unknown(vec!["conditions about elements of many lists".to_owned()]),
    }
}

fn too_many(path: &str) -> String {
    format!("many different elements of {path}")
}

/// The request that a model describes, if it is one of the space.
fn candidate(
    question: &Question<'_>,
    encoder: &Encoder<'_>,
    model: &Model,
    free_texts: FreeTexts,
) -> Option<Candidate> {
    let raw = witness::request(encoder, model, question.known_fields, free_texts)?;
    Candidate::of_space(&question.space, question.known_fields, raw)
}

fn goal_formula(encoder: &mut Encoder<'_>, goal: &Goal<'_>) -> Formula {
    let truth = encoder.condition(goal.condition, goal.side);
    match goal.polarity {
        Polarity::True => truth.is_true,
        Polarity::False => truth.is_false,
        Polarity::NotTrue => !truth.is_true,
        Polarity::NotFalse => !truth.is_false,
    }
}
