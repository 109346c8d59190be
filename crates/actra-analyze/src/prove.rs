//! Does an outcome hold for all requests of some kind?

use std::collections::BTreeSet;

use actra_eval::{Truth, decide, evaluate_condition};
use actra_ir::governance::{AcceptedEffects, Invariant};
use actra_ir::{Expr, ExprKind, Policy};
use actra_model::{ActionId, Effect, RawMap, RawRequest, Request, Value};

use crate::Analyzer;
use crate::fields::reads_action_type;
use crate::find::find;
use crate::goal::Polarity;
use crate::indexed_rules::IndexedRules;
use crate::question::{Question, SearchAnswer};
use crate::request_space::{RequestSpace, Side};
use crate::rule_goals::AnyRule;
use crate::scenario::{Scenario, has_all};

/// A statement about the outcomes of all valid requests of some actions.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// The actions, by the numbers of the policy's schema.
    pub actions: &'a [ActionId],
    /// Which of their requests; all of them if `None`. Compiled under the policy's schema.
    ///
    /// Where it cannot be decided for a request, that request counts for lower bounds and does not for upper bounds.
    pub when: Option<&'a Expr>,
    /// What the outcome shall be.
    pub accepted: AcceptedEffects,
    /// What it shall demand of the caller, unless it is a block: each by a required action with at least these keys.
    pub with: &'a [RawMap],
}

impl<'a> Statement<'a> {
    /// What an invariant says.
    pub fn of(invariant: &'a Invariant) -> Self {
        let Invariant { actions, condition, accepted, with, .. } = invariant;
        let is_always = matches!(condition.kind, ExprKind::Literal(Value::Bool(true)));
        Self { actions, when: Some(condition).filter(|_| !is_always), accepted: *accepted, with }
    }
}

/// The verdict about a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofVerdict {
    /// It holds for every valid request.
    Proved,
    /// It does not hold for this one.
    Refuted(Box<RawRequest>),
    /// Neither could be shown; what stood in the way, ascending, each once.
    Unproven(Vec<String>),
    /// There is no request that it speaks of.
    Vacuous,
    /// It does not hold, whatever requests say: which protections the new policy no longer has, in words.
    ProtectionsLost(Vec<String>),
}

impl Analyzer {
    /// Whether a statement holds for all valid requests.
    ///
    /// Cost: for each group of actions that are alike to the policy, one search over the rules that the question
    /// needs; linear in the rules that cover the action, plus what the search takes, which is bounded.
    pub fn prove(&mut self, policy: &Policy, statement: &Statement<'_>) -> ProofVerdict {
        // Where there is none, or none can be shown, a condition that is undetermined still counts for lower bounds.
        let is_empty =
            self.satisfiable(policy, statement.actions, statement.when) == SearchAnswer::Unsatisfiable;
        let index = self.index(policy);
        let rules = IndexedRules::new(policy, &index);
        let mut obstacles = BTreeSet::new();
        for action in distinct(rules, statement) {
            obstacles.extend(self.uninhabited(&policy.schema, action));
            for question in refutations(rules, action, statement) {
                match find(&question, &mut self.cache) {
                    SearchAnswer::Unsatisfiable => {}
                    SearchAnswer::Witness(request) if breaks(policy, statement, &request) => {
                        return ProofVerdict::Refuted(request);
                    }
                    SearchAnswer::Witness(_) => {
                        obstacles.insert("a mismatch between the analysis and the engine".to_owned());
                    }
                    SearchAnswer::Unknown(opaque) => obstacles.extend(opaque),
                }
            }
        }
        match (obstacles.is_empty(), is_empty) {
            (true, false) => ProofVerdict::Proved,
            (true, true) => ProofVerdict::Vacuous,
            (false, _) => ProofVerdict::Unproven(obstacles.into_iter().collect()),
        }
    }

    /// A valid request of one of these actions for which a condition is true.
    pub fn satisfiable(
        &mut self,
        policy: &Policy,
        actions: &[ActionId],
        when: Option<&Expr>,
    ) -> SearchAnswer {
        let mut obstacles = BTreeSet::new();
        for action in actions {
            let outcome = Scenario::default();
            let outcome = match when {
                Some(when) => outcome.and(when, Polarity::True, Side::Own),
                None => outcome,
            };
            match find(&outcome.question(RequestSpace::valid(&policy.schema, *action), None), &mut self.cache)
            {
                SearchAnswer::Unsatisfiable => {}
                SearchAnswer::Unknown(opaque) => obstacles.extend(opaque),
                witness => return witness,
            }
        }
        if obstacles.is_empty() {
            SearchAnswer::Unsatisfiable
        } else {
            SearchAnswer::Unknown(obstacles.into_iter().collect())
        }
    }
}

/// Whether a request refutes a statement, as the engine itself decides.
fn breaks(policy: &Policy, statement: &Statement<'_>, request: &RawRequest) -> bool {
    let request = Request::from_raw(&policy.schema, request);
    let decision = decide(policy, &request);
    let has = |required| decision.required_actions.iter().any(|action| has_all(action, required));
    let is_met = decision.effect == Effect::Block || statement.with.iter().all(has);
    let is_meant = statement.when.is_none_or(|when| match evaluate_condition(when, &request) {
        Truth::True => true,
        Truth::False => false,
        // Counts for lower bounds, and not against an effect that is too strict.
        Truth::Undetermined(_) => match statement.accepted {
            AcceptedEffects::AtMost(most) => decision.effect <= most,
            AcceptedEffects::Exactly(effect) => decision.effect <= effect,
            AcceptedEffects::AtLeast(_) => true,
        },
    });
    is_meant && !(statement.accepted.accepts(decision.effect) && is_met)
}

/// One action of each group that neither the policy nor the statement tells apart.
fn distinct(rules: IndexedRules<'_>, statement: &Statement<'_>) -> Vec<ActionId> {
    let Statement { actions, when, .. } = *statement;
    if actions.len() == 1 || when.is_some_and(reads_action_type) {
        return actions.to_vec();
    }
    let mut seen = BTreeSet::new();
    let is_new = |action: &ActionId| rules.group(*action).is_none_or(|group| seen.insert(group));
    actions.iter().copied().filter(is_new).collect()
}

/// What a request looks like that refutes a statement.
fn refutations<'a>(rules: IndexedRules<'a>, id: ActionId, statement: &Statement<'a>) -> Vec<Question<'a>> {
    let policy = rules.policy;
    let mut questions = Vec::new();
    let (least, most) = match statement.accepted {
        AcceptedEffects::Exactly(effect) => (Some(effect), Some(effect)),
        AcceptedEffects::AtLeast(effect) => (Some(effect), None),
        AcceptedEffects::AtMost(effect) => (None, Some(effect)),
    };
    // Before the effect, where a request may break both.
    let lacking: Vec<_> = statement
        .with
        .iter()
        .flat_map(|action| Scenario::lacking_required_action(rules, id, action))
        .collect();
    let mut ask = |outcome: Scenario<'a>, polarity| {
        let outcome = match statement.when {
            Some(when) => outcome.and(when, polarity, Side::Own),
            None => outcome,
        };
        questions.push(outcome.question(RequestSpace::valid(&policy.schema, id), None));
    };
    for outcome in lacking {
        ask(outcome, Polarity::NotFalse);
    }
    if let Some(outcome) = least.and_then(|least| Scenario::below(rules, id, least, Side::Own)) {
        ask(outcome, Polarity::NotFalse);
    }
    if let Some(most) = most {
        let stricter = Effect::ALL.into_iter().find(|effect| *effect > most);
        let stricter = stricter.map(|least| AnyRule::at_least_as_strict(rules, id, least));
        if let Some(outcome) = stricter.and_then(|any| Scenario::default().and_any(any)) {
            ask(outcome, Polarity::True);
        }
        if policy.default > most {
            ask(Scenario::by_default(rules, id, Side::Own), Polarity::True);
        }
    }
    questions
}
