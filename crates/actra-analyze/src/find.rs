//! Is there a request for which these conditions are as wanted?

mod choice;
mod nearby;
mod rest;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_eval::{Truth as Kleene, truth};
use actra_ir::Expr;
use actra_ir::print::print;
use actra_model::{Domain, Fault, RawRequest, RawValue, Request, Slot, Value};

use crate::atom::Atom;
use crate::budget::Budget;
use crate::demand::Demands;
use crate::encode::{Admission, Encoder, LONG, MANY, PIECES, Side, Space};
use crate::formula::Formula;
use crate::given::record;
use crate::memory::Memory;
use crate::recount;
use crate::solve::{Found, Model, Search};
use crate::witness::{self, Plain};

pub(crate) use rest::{Any, Rest};

/// What a condition shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Want {
    True,
    False,
    NotTrue,
    NotFalse,
}

/// One condition and what it shall be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) condition: &'a Expr,
    pub(crate) want: Want,
    pub(crate) side: Side,
}

impl<'a> Wish<'a> {
    pub(crate) fn own(condition: &'a Expr, want: Want) -> Self {
        Self { condition, want, side: Side::Own }
    }

    fn is_met(&self, requests: &Requests) -> bool {
        let Some(request) = requests.read(self.side) else { return false };
        match truth(self.condition, request) {
            Kleene::True => matches!(self.want, Want::True | Want::NotFalse),
            Kleene::False => matches!(self.want, Want::False | Want::NotTrue),
            Kleene::Undetermined(_) => matches!(self.want, Want::NotTrue | Want::NotFalse),
        }
    }
}

/// At least one of these wishes.
pub(crate) type Clause<'a> = Vec<Wish<'a>>;

/// What to look for among the requests of one action.
#[derive(Debug, Clone)]
pub(crate) struct Question<'a> {
    pub(crate) space: Space<'a>,
    /// Fields of which the value is known.
    pub(crate) fixed: Option<&'a Fixed>,
    /// What must hold.
    pub(crate) clauses: Vec<Clause<'a>>,
    /// What must hold, too, of many rules.
    pub(crate) later: Vec<Rest<'a>>,
    /// Rules of which one must be as wanted, too.
    pub(crate) any: Option<Any<'a>>,
    /// Rules, by id, that are looked at from the start where something is said of them later.
    pub(crate) first: Vec<&'a str>,
}

/// Fields of a request whose values are known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fixed {
    /// Their states.
    pub(crate) slots: BTreeMap<(Domain, Arc<str>), Slot>,
    /// The request that these fields are of: what is looked for is this one with other values in other fields.
    pub(crate) base: RawRequest,
}

impl Fixed {
    /// A request in which these fields are as they shall be, whatever the others are.
    fn request(&self, space: &Space<'_>) -> Request {
        Request::admit(space.schema, &self.base)
    }

    /// Whether a path lies in one of these fields, or is a record that is none.
    fn covers(&self, path: &str) -> bool {
        let is_no_record = |domain: Domain| !matches!(record(&self.base, domain), Some(RawValue::Map(_)));
        let is_gone = Domain::parse(path).is_some_and(is_no_record);
        is_gone
            || self.slots.keys().any(|(domain, name)| {
                path.strip_prefix(domain.as_str())
                    .and_then(|rest| rest.strip_prefix('.')?.strip_prefix(name.as_ref()))
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            })
    }

    /// The greatest size of the lists and maps at each static path.
    pub(crate) fn sizes(&self) -> BTreeMap<String, usize> {
        let mut sizes = BTreeMap::new();
        for ((domain, name), slot) in &self.slots {
            measure(slot, format!("{domain}.{name}"), &mut sizes);
        }
        sizes
    }
}

/// Recursion is bounded: values nest as deep as their types.
fn measure(slot: &Slot, path: String, sizes: &mut BTreeMap<String, usize>) {
    let Slot::Present(value) = slot else { return };
    match value {
        Value::List(elements) => {
            let size = sizes.entry(path.clone()).or_insert(0);
            *size = elements.len().max(*size);
            elements.iter().for_each(|element| measure(element, format!("{path}[*]"), sizes));
        }
        Value::Map(entries) => {
            let size = sizes.entry(path.clone()).or_insert(0);
            *size = entries.len().max(*size);
            entries.values().for_each(|entry| measure(entry, format!("{path}[*]"), sizes));
        }
        Value::Object(record) => {
            for (name, slot) in &record.slots {
                measure(slot, format!("{path}.{name}"), sizes);
            }
        }
        _ => {}
    }
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

/// A request as both sides read it.
struct Requests {
    raw: RawRequest,
    own: Request,
    earlier: Option<Request>,
}

impl Requests {
    /// As one side reads it.
    fn read(&self, side: Side) -> Option<&Request> {
        match side {
            Side::Own => Some(&self.own),
            Side::Earlier => self.earlier.as_ref(),
        }
    }
}

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
    let demands = Demands::of(&clauses, question.space, question.fixed, budget);
    let mut encoder = Encoder::new(question.space, demands, budget);
    encoder.fixed = question.fixed.map(|fixed| fixed.slots.clone()).unwrap_or_default();
    encoder.known = question.fixed.map(|fixed| fixed.request(&question.space));
    let mut roots = Vec::new();
    for clause in &clauses {
        let wishes: Vec<Formula> = clause.iter().map(|wish| wanted(&mut encoder, wish)).collect();
        roots.push(encoder.cells.formulas.or(wishes));
    }
    roots.extend(encoder.admissions());
    roots.extend(std::mem::take(&mut encoder.cells.facts));
    if budget.is_spent() {
        return Round::Answer(Answer::Unknown(vec![LARGE.to_owned()]));
    }
    let beyond: Vec<String> = encoder.cells.cut.iter().map(|path| too_many(path)).collect();
    let mut search =
        Search::new(&encoder.cells.formulas, &encoder.cells.atoms, &encoder.cells.unknowns, &roots, budget);
    let mut opaque: BTreeSet<String> = BTreeSet::new();
    let mut bases: Vec<RawRequest> = Vec::new();
    let are_met = |requests: &Requests| {
        is_admitted(question, requests) && clauses.iter().all(|clause| is_met(clause, requests))
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
                let names = &encoder.cells.names;
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
    requests: &Requests,
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
    let holds = |wish: &Wish<'_>| {
        let printed = print(wish.condition);
        opaque.iter().any(|part| printed.contains(part.as_str()))
    };
    let of_rest = |(idx, rest): (usize, &Rest<'_>)| {
        let numbers = rest.rules.numbers(rest.action).iter().map(|number| (idx, *number));
        let new = numbers.filter(|place| !included.contains(place));
        new.filter(|(_, number)| rest.wish(*number).is_some_and(|wish| holds(&wish))).collect::<Vec<_>>()
    };
    (0..).zip(&question.later).flat_map(of_rest).take(INCLUDED).collect()
}

/// Whether a request is as one of the wishes of a clause wants it.
fn is_met(clause: &Clause<'_>, requests: &Requests) -> bool {
    clause.iter().any(|wish| wish.is_met(requests))
}

/// There is no such request, if there were enough cells to say so.
fn recounted(
    question: &Question<'_>,
    clauses: &[Clause<'_>],
    encoder: &Encoder<'_>,
    budget: &Budget,
) -> Answer {
    match recount::too_few(clauses, &encoder.cells.made, question.fixed, budget) {
        Some(lists) if lists.is_empty() => Answer::Never,
        Some(lists) => Answer::Unknown(lists.iter().map(|path| too_many(path)).collect()),
        None => Answer::Unknown(vec!["conditions about elements of many lists".to_owned()]),
    }
}

fn too_many(path: &str) -> String {
    format!("many different elements of {path}")
}

fn attempt(question: &Question<'_>, encoder: &Encoder<'_>, model: &Model, plain: Plain) -> Option<Requests> {
    witness::request(encoder, model, question.fixed, plain).and_then(|raw| admit(question, raw))
}

fn wanted(encoder: &mut Encoder<'_>, wish: &Wish<'_>) -> Formula {
    let truth = encoder.condition(wish.condition, wish.side);
    match wish.want {
        Want::True => truth.yes,
        Want::False => truth.no,
        Want::NotTrue => !truth.yes,
        Want::NotFalse => !truth.no,
    }
}

/// The request, typed under both schemas; `None` if it is not one of the space.
fn admit(question: &Question<'_>, raw: RawRequest) -> Option<Requests> {
    let space = &question.space;
    let own = Request::admit(space.schema, &raw);
    let earlier = space.earlier.map(|earlier| Request::admit(earlier.schema, &raw));
    let is_given = |fault: &Fault| question.fixed.is_some_and(|fixed| fixed.covers(&fault.path));
    let is_valid = !own.invalid && own.faults.iter().all(is_given);
    (is_valid || space.doubtful).then_some(Requests { own, earlier, raw })
}

/// Whether each schema takes or rejects the request as it shall.
fn is_admitted(question: &Question<'_>, requests: &Requests) -> bool {
    let (Some(wanted), Some(earlier)) = (&question.space.earlier, &requests.earlier) else { return true };
    let fits = |wanted: Admission, request: &Request| match wanted {
        Admission::Either => true,
        Admission::Taken => !request.invalid,
        Admission::Rejected => request.invalid,
    };
    fits(wanted.own, &requests.own) && fits(wanted.earlier, earlier)
}

/// The parts of a condition that are not looked into, as people may read them, ascending.
pub(crate) fn opaque_parts(space: Space<'_>, condition: &Expr) -> BTreeSet<String> {
    let demands = Demands::of(&[vec![Wish::own(condition, Want::True)]], space, None, &Budget::default());
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
    let opaque = encoder.cells.atoms.iter().filter_map(|(_, atom)| name(atom));
    opaque.chain(encoder.joint.undecided.iter().cloned()).collect()
}
