//! Each kind of question: asked through the public interface, its answer held against requests.

pub mod can;
pub mod diff;
pub mod findings;
pub mod govern;
pub mod nearest;
pub mod prove;

use actra_engine::{Policy, PolicySet, compile, decide};
use actra_model::{Decision, RawRequest, Request};
use actra_reference::generate::Rng;

use super::case::{Ask, Case};
use super::request::Requests;
use super::set::{RuleSpec, SchemaSpec, Scope, SetSpec};
use actra_model::Effect;

/// What became of a question.
#[derive(Debug)]
pub enum Outcome {
    /// The answer, which nothing speaks against.
    Sound(&'static str),
    /// Not decided, and what stood in the way.
    Open(String),
    /// The generated text does not compile.
    Skipped,
    Failed(Failure),
}

/// An answer that is wrong.
#[derive(Debug, Clone)]
pub struct Failure {
    /// One of a closed list, by which failures are counted and known ones are let through.
    pub class: &'static str,
    pub detail: String,
}

pub fn failed(class: &'static str, detail: String) -> Outcome {
    Outcome::Failed(Failure { class, detail })
}

/// How many requests are made at random for a claim about all of them.
pub const EFFORT: usize = 600;

pub fn judge(case: &Case) -> Outcome {
    match &case.ask {
        Ask::Prove(statement) => prove::judge(case, statement),
        Ask::Invariant(statement) => govern::invariant(case, statement),
        Ask::Diff(new) => diff::judge(case, new),
        Ask::Baseline(new) => govern::baseline(case, new),
        Ask::Findings => findings::judge(case),
        Ask::Can => can::judge(case),
        Ask::Nearest => nearest::judge(case),
    }
}

pub fn rng(case: &Case) -> Rng {
    Rng::new(case.seed ^ 0xE4_4E4A)
}

pub fn policy_set(files: &[(String, String)]) -> PolicySet {
    PolicySet::from_texts(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

pub fn compiled(set: &SetSpec) -> Option<Policy> {
    compile(&policy_set(&set.files())).policy
}

/// Whether compiling says that a demand of the governance was proved.
pub fn proves(outcome: &actra_engine::Compilation, id: &str) -> bool {
    outcome.governance.as_ref().is_some_and(|governed| governed.proved().any(|proved| proved == id))
}

/// A policy with one rule, by which the truth of a condition can be seen.
pub fn probe(schema: &SchemaSpec, scope: Scope, when: &str) -> Option<Policy> {
    let when = super::tree::Tree::leaf(super::field::Ty::Bool, when);
    let rule = RuleSpec {
        id: "probe".to_owned(),
        scope,
        when,
        unless: None,
        effect: Effect::Block,
        shadow: false,
        required: None,
        defined: false,
    };
    compiled(&SetSpec { schema: schema.clone(), default: Effect::Allow, rules: vec![rule] })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    Undetermined,
}

/// What a rule is in a decision.
pub fn truth_of(decision: &Decision<'_>, rule: &str) -> Truth {
    if decision.matched_rules.iter().any(|id| id == rule) {
        return Truth::True;
    }
    match decision.undetermined.iter().any(|open| open.rule == rule) {
        true => Truth::Undetermined,
        false => Truth::False,
    }
}

/// Whether every declared field of a request is as the schema wants it.
pub fn is_valid(policy: &Policy, raw: &RawRequest) -> bool {
    let request = Request::from_raw(&policy.schema, raw);
    !request.invalid && request.faults.is_empty()
}

/// Valid requests for what a case reads, `more` of them made at random.
pub fn valid(case: &Case, policy: &Policy, more: usize) -> Vec<RawRequest> {
    let requests = Requests::new(&[&case.set.schema], &case.text());
    let mut some = requests.some(&mut rng(case), more);
    some.retain(|raw| is_valid(policy, raw));
    some
}

/// A decision on one line.
pub fn shown(policy: &Policy, raw: &RawRequest) -> String {
    let decision = decide(policy, raw);
    let open: Vec<&str> = decision.undetermined.iter().map(|open| &*open.rule).collect();
    format!(
        "{} (true: {:?}, undetermined: {open:?})",
        decision.effect,
        decision.matched_rules.iter().collect::<Vec<_>>()
    )
}
