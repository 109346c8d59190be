//! `prove`: statements about all valid requests.

use actra_engine::analyze::ProofVerdict;
use actra_engine::{InvariantText, Policy, decide, prove};
use actra_model::{Effect, RawRequest};

use super::{EFFORT, Outcome, Truth, compiled, failed, is_valid, probe, shown, truth_of, valid};
use crate::enumerate::case::{Bound, Case, Statement};
use crate::enumerate::request::{Requests, json};
use crate::enumerate::tree::Tree;

pub fn judge(case: &Case, statement: &Statement) -> Outcome {
    let Some(policy) = compiled(&case.set) else { return Outcome::Skipped };
    let Some(claim) = Claim::new(case, &policy, statement) else { return Outcome::Skipped };
    match answer(&policy, statement) {
        None => Outcome::Skipped,
        Some(ProofVerdict::Proved) => claim.holds().unwrap_or(Outcome::Sound("proved")),
        Some(ProofVerdict::Vacuous) => claim.is_empty().unwrap_or(Outcome::Sound("empty")),
        Some(ProofVerdict::Unproven(why)) => Outcome::Open(why.join(", ")),
        // Nothing is asked with required actions here.
        Some(ProofVerdict::ProtectionsLost(what)) => Outcome::Open(what.join(", ")),
        Some(ProofVerdict::Refuted(request)) => claim.is_refuted_by(&request),
    }
}

/// What `prove` says; `None` for a statement that it does not take.
pub fn answer(policy: &Policy, statement: &Statement) -> Option<ProofVerdict> {
    let when = statement.when.as_ref().map(Tree::show);
    let effect = match statement.bound {
        Bound::Exactly => statement.effect.to_string(),
        Bound::AtLeast => format!("at_least:{}", statement.effect),
        Bound::AtMost => format!("at_most:{}", statement.effect),
    };
    prove(policy, &InvariantText { scope: &statement.scope.keys(), when: when.as_deref(), effect: &effect })
        .ok()
        .map(|proof| proof.verdict)
}

/// A statement, with what its condition is for a request.
pub struct Claim<'a> {
    case: &'a Case,
    policy: &'a Policy,
    statement: &'a Statement,
    probe: Policy,
}

impl<'a> Claim<'a> {
    pub fn new(case: &'a Case, policy: &'a Policy, statement: &'a Statement) -> Option<Self> {
        let when = statement.when.as_ref().map_or_else(|| "true".to_owned(), Tree::show);
        let probe = probe(&case.set.schema, statement.scope, &when)?;
        Some(Self { case, policy, statement, probe })
    }

    fn breaks(&self, raw: &RawRequest) -> bool {
        let when = truth_of(&decide(&self.probe, raw), "probe");
        let effect = decide(self.policy, raw).effect;
        self.outcome_breaks(when, effect)
    }

    fn outcome_breaks(&self, when: Truth, effect: Effect) -> bool {
        let (lower, upper) = (effect < self.statement.effect, effect > self.statement.effect);
        // A condition that cannot be decided counts for lower bounds alone.
        match (self.statement.bound, when) {
            (_, Truth::False) | (Bound::AtMost, Truth::Undetermined) => false,
            (Bound::AtLeast, _) | (Bound::Exactly, Truth::Undetermined) => lower,
            (Bound::AtMost, _) => upper,
            (Bound::Exactly, Truth::True) => lower || upper,
        }
    }

    /// What speaks against a proof.
    pub fn holds(&self) -> Option<Outcome> {
        let found = valid(self.case, self.policy, EFFORT).into_iter().find(|raw| self.breaks(raw));
        let found = found.map(|raw| self.against("prove: proved, and a valid request breaks it", &raw));
        found.or_else(|| self.holds_for_less()).or_else(|| self.holds_for_all())
    }

    /// A lower bound holds for whoever knows less.
    fn holds_for_less(&self) -> Option<Outcome> {
        if self.statement.bound != Bound::AtLeast {
            return None;
        }
        let mut rng = super::rng(self.case);
        let known = valid(self.case, self.policy, EFFORT / 8);
        known.iter().filter(|raw| truth_of(&decide(&self.probe, raw), "probe") == Truth::True).find_map(
            |raw| {
                let less = actra_reference::generate::know_less(&self.policy.schema, raw, &mut rng);
                let weaker = decide(self.policy, &less).effect < self.statement.effect;
                weaker.then(|| self.against("prove: proved, and a request that knows less breaks it", &less))
            },
        )
    }

    /// What fits and is not valid knows less than a valid request that fits.
    fn holds_for_all(&self) -> Option<Outcome> {
        if self.statement.bound == Bound::AtMost {
            return None;
        }
        let mut rng = super::rng(self.case);
        let requests = Requests::new(&[&self.case.set.schema], &self.case.text());
        let some = requests.some(&mut rng, EFFORT / 4);
        let spoilt: Vec<RawRequest> =
            some.iter().take(EFFORT / 4).map(|raw| requests.spoilt(raw, &mut rng)).collect();
        some.iter().chain(&spoilt).find_map(|raw| {
            let fits = truth_of(&decide(&self.probe, raw), "probe") == Truth::True;
            let breaks = fits && decide(self.policy, raw).effect < self.statement.effect;
            breaks.then(|| self.against("prove: proved, and a request that is not valid breaks it", raw))
        })
    }

    pub fn is_empty(&self) -> Option<Outcome> {
        let fits = |raw: &RawRequest| truth_of(&decide(&self.probe, raw), "probe") == Truth::True;
        let found = valid(self.case, self.policy, EFFORT).into_iter().find(fits);
        found.map(|raw| self.against("prove: empty, and a valid request fits", &raw))
    }

    fn is_refuted_by(&self, request: &RawRequest) -> Outcome {
        if !is_valid(self.policy, request) {
            return self.against("prove: refuted by a request that is not valid", request);
        }
        match self.breaks(request) {
            true => Outcome::Sound("refuted"),
            false => self.against("prove: refuted by a request that keeps it", request),
        }
    }

    fn against(&self, class: &'static str, raw: &RawRequest) -> Outcome {
        let when = truth_of(&decide(&self.probe, raw), "probe");
        failed(class, format!("request {}\nwhen is {when:?}; {}", json(raw), shown(self.policy, raw)))
    }
}
