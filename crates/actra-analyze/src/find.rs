//! Is there a request for which these conditions are as wanted?

mod choice;
mod nearby;

use std::collections::BTreeSet;

use actra_ir::Expr;
use actra_ir::print::print;
use actra_model::RawRequest;

use crate::atom::Atom;
use crate::budget::Budget;
use crate::candidate::Candidate;
use crate::encode::{Encoder, LONG, MANY, PIECES};
use crate::formula::Formula;
use crate::goal::{Clause, Goal, Polarity};
use crate::memory::Memory;
use crate::question::{Answer, Question};
use crate::rule_goals::EachRule;
use crate::small_model::ModelSize;
use crate::solve::{Found, Model, Search};
use crate::space::{Side, Space};
use crate::witness::Plain;
use crate::{size_check, witness};

/// Rules that are looked at, by what is said of many and by number.
type Included = BTreeSet<(usize, usize)>;

/// Requests that only differ in what is not looked into, tried before giving up.
const TRIES: usize = 24;
/// Those of them near which others are tried.
const BASES: usize = 3;
/// Rules that are added at once because a request breaks them; where there are more already, as many.
const INCLUDED: usize = 64;
/// Those of them that are likely to stand in the way of other questions.
const NOTED: usize = 4;

/// What stands in the way where there are more cases than there are steps.
const LARGE: &str = "conditions of this size";

/// Answers a question.
pub(crate) fn find(question: &Question<'_>, memory: &mut Memory) -> Answer {
    let budget = Budget::default();
    let answer = match &question.any {
        Some(any) => choice::find(question, any, memory, &budget),
        None => find_within(question, memory, &budget),
    };
    memory.steps += budget.taken();
    answer
}

fn find_within(question: &Question<'_>, memory: &mut Memory, budget: &Budget) -> Answer {
    let mut included = first(question);
    loop {
        match round(question, &included, memory, budget) {
            Round::Answer(answer) => return answer,
            Round::Include(more) => {
                for (rest, number) in more.iter().take(NOTED).rev() {
                    let rest = question.later.get(*rest).into_iter();
                    rest.for_each(|rest| memory.note(rest.rules.policy, rest.action, *number));
                }
                included.extend(more);
            }
        }
    }
}

/// What is looked at from the start.
fn first(question: &Question<'_>) -> Included {
    let mut included = Included::new();
    for (idx, rest) in (0..).zip(&question.later) {
        let numbers = question.first.iter().filter_map(|id| rest.rules.number(id));
        included.extend(numbers.filter(|number| rest.wish(*number).is_some()).map(|number| (idx, number)));
    }
    included
}

enum Round {
    Answer(Answer),
    Include(Included),
}

fn round(question: &Question<'_>, included: &Included, memory: &mut Memory, budget: &Budget) -> Round {
    let wish = |(idx, number): &(usize, usize)| question.later.get(*idx)?.wish(*number);
    let later = included.iter().filter_map(wish).map(|wish| vec![wish]);
    let clauses: Vec<Clause<'_>> = question.clauses.iter().cloned().chain(later).collect();
    let demands = ModelSize::of(&clauses, question.space, question.fixed, budget);
    let mut encoder = Encoder::new(question.space, demands, budget);
    encoder.fixed = question.fixed.map(|fixed| fixed.slots.clone()).unwrap_or_default();
    encoder.known = question.fixed.map(|fixed| fixed.request(&question.space));
    let mut roots = Vec::new();
    for clause in &clauses {
        let wishes: Vec<Formula> = clause.iter().map(|wish| wanted(&mut encoder, wish)).collect();
        roots.push(encoder.unknowns.formulas.or(wishes));
    }
    roots.extend(encoder.admissions());
    roots.extend(std::mem::take(&mut encoder.unknowns.axioms));
    if budget.is_spent() {
        return Round::Answer(Answer::Unknown(vec![LARGE.to_owned()]));
    }
    let beyond: Vec<String> = encoder.unknowns.truncated.iter().map(|path| too_many(path)).collect();
    let mut search =
        Search::new(&encoder.unknowns.formulas, &encoder.unknowns.atoms, &encoder.unknowns.variables, &roots, budget);
    let mut opaque: BTreeSet<String> = BTreeSet::new();
    let mut bases: Vec<RawRequest> = Vec::new();
    let are_met = |requests: &Candidate| {
        requests.is_admitted(&question.space) && clauses.iter().all(|clause| is_met(clause, requests))
    };
    for _ in 0..TRIES {
        let model = match search.next(&mut memory.library) {
            Found::Model(model) => model,
            Found::Nothing if opaque.is_empty() && beyond.is_empty() => {
                return Round::Answer(recounted(question, &clauses, &encoder, budget));
            }
            Found::Nothing => break,
            Found::Unsure(what) => {
                opaque.insert(what.to_owned());
                break;
            }
            Found::Doubt(relations) => {
                let names = &encoder.unknowns.names;
                opaque
                    .extend(relations.iter().filter_map(|atom| names.get(atom)).map(|name| name.to_string()));
                break;
            }
        };
        let first = attempt(question, &encoder, &model, Plain::Alike);
        let Some(requests) = first else {
            opaque.insert("a value that cannot be written".to_owned());
            break;
        };
        let other = || attempt(question, &encoder, &model, Plain::Different).filter(&are_met);
        // Texts that nothing is said of may still meet in what is not looked into.
        let requests = if are_met(&requests) { requests } else { other().unwrap_or(requests) };
        let broken = broken(question, included, &requests, memory, budget);
        if !broken.is_empty() {
            return Round::Include(broken);
        }
        if are_met(&requests) {
            return Round::Answer(Answer::Witness(Box::new(requests.raw)));
        }
        let names = opaque_names(&encoder);
        if names.is_empty() {
            opaque.insert("a difference between analysis and engine".to_owned());
            break;
        }
        // Whether a value is too long, or what a part that is not looked into makes of it, is said of this value
        // only; others may do.
        let is_about_values =
            encoder.has_unknown_values || names.iter().all(|name| name == LONG || name == PIECES);
        opaque.extend(names);
        search.exclude_model(is_about_values);
        if bases.len() < BASES {
            bases.push(requests.raw);
        }
    }
    if let Some(round) = nearby::search(question, included, &clauses, &encoder, &bases, (memory, budget)) {
        return round;
    }
    // What is left out may hold the same words, which are the same unknown, and leave no case at all.
    let more = alike(question, included, &opaque);
    if !more.is_empty() && !budget.is_spent() {
        return Round::Include(more);
    }
    opaque.extend(beyond);
    if opaque.is_empty() {
        opaque.extend(opaque_names(&encoder));
    }
    Round::Answer(Answer::Unknown(opaque.into_iter().collect()))
}

/// The rules that are looked at later and of which a request breaks what is said.
fn broken(
    question: &Question<'_>,
    included: &Included,
    requests: &Candidate,
    memory: &Memory,
    budget: &Budget,
) -> Included {
    let most = included.len().max(INCLUDED);
    let mut found = Included::new();
    for (idx, rest) in (0..).zip(&question.later) {
        let is_known = |number: usize| included.contains(&(idx, number));
        let broken = rest.broken(requests, &is_known, most, memory, budget);
        found.extend(broken.into_iter().map(|number| (idx, number)));
    }
    found
}

/// The rules that are looked at later and hold a part that is not looked into and stood in the way.
fn alike(question: &Question<'_>, included: &Included, opaque: &BTreeSet<String>) -> Included {
    if opaque.is_empty() {
        return Included::new();
    }
    let holds = |wish: &Goal<'_>| {
        let printed = print(wish.condition);
        opaque.iter().any(|part| printed.contains(part.as_str()))
    };
    let of_rest = |(idx, rest): (usize, &EachRule<'_>)| {
        let numbers = rest.rules.numbers(rest.action).iter().map(|number| (idx, *number));
        let new = numbers.filter(|place| !included.contains(place));
        new.filter(|(_, number)| rest.wish(*number).is_some_and(|wish| holds(&wish))).collect::<Vec<_>>()
    };
    (0..).zip(&question.later).flat_map(of_rest).take(INCLUDED).collect()
}

/// Whether a request is as one of the wishes of a clause wants it.
fn is_met(clause: &Clause<'_>, requests: &Candidate) -> bool {
    clause.iter().any(|wish| wish.is_met(requests))
}

/// There is no such request, if there were enough cells to say so.
fn recounted(
    question: &Question<'_>,
    clauses: &[Clause<'_>],
    encoder: &Encoder<'_>,
    budget: &Budget,
) -> Answer {
    match size_check::too_few(clauses, &encoder.unknowns.unrolled, question.fixed, budget) {
        Some(lists) if lists.is_empty() => Answer::Never,
        Some(lists) => Answer::Unknown(lists.iter().map(|path| too_many(path)).collect()),
        None => Answer::Unknown(vec!["conditions about elements of many lists".to_owned()]),
    }
}

fn too_many(path: &str) -> String {
    format!("many different elements of {path}")
}

fn attempt(question: &Question<'_>, encoder: &Encoder<'_>, model: &Model, plain: Plain) -> Option<Candidate> {
    witness::request(encoder, model, question.fixed, plain)
        .and_then(|raw| Candidate::admit(&question.space, question.fixed, raw))
}

fn wanted(encoder: &mut Encoder<'_>, wish: &Goal<'_>) -> Formula {
    let truth = encoder.condition(wish.condition, wish.side);
    match wish.want {
        Polarity::True => truth.is_true,
        Polarity::False => truth.is_false,
        Polarity::NotTrue => !truth.is_true,
        Polarity::NotFalse => !truth.is_false,
    }
}

/// The parts of a condition that are not looked into, as people may read them, ascending.
pub(crate) fn opaque_parts(space: Space<'_>, condition: &Expr) -> BTreeSet<String> {
    let demands =
        ModelSize::of(&[vec![Goal::own(condition, Polarity::True)]], space, None, &Budget::default());
    let mut encoder = Encoder::new(space, demands, &Budget::default());
    encoder.condition(condition, Side::Own);
    let mut names = opaque_names(&encoder);
    // Limits that values may meet, no parts that are not looked into.
    names.retain(|name| name != LONG && name != PIECES && !name.starts_with(MANY));
    names
}

/// What is not looked into, as people may read it.
fn opaque_names(encoder: &Encoder<'_>) -> BTreeSet<String> {
    let name = |atom: &Atom| match atom {
        Atom::Opaque(name, ..) => Some(name.to_string()),
        _ => None,
    };
    let opaque = encoder.unknowns.atoms.iter().filter_map(|(_, atom)| name(atom));
    opaque.chain(encoder.joint.undecided.iter().cloned()).collect()
}
