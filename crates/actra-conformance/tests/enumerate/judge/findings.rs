//! `check --proofs`: rules that do nothing, and a default that nothing reaches.

use actra_engine::{Policy, check_with_proofs, decide};
use actra_model::{RawRequest, ShadowTruth};

use super::{EFFORT, Outcome, Truth, compiled, failed, policy_set, shown, truth_of, valid};
use crate::enumerate::case::Case;
use crate::enumerate::request::json;
use crate::enumerate::set::SetSpec;

pub fn judge(case: &Case) -> Outcome {
    let Some(policy) = compiled(&case.set) else { return Outcome::Skipped };
    let found = check_with_proofs(&policy_set(&case.set.files())).diagnostics;
    let requests = valid(case, &policy, EFFORT);
    let all = Requests { case, policy: &policy, requests: &requests };
    let mut answer = "nothing found";
    for diagnostic in &found {
        let rule = diagnostic.message.split('`').nth(1).unwrap_or("").to_owned();
        let wrong = match diagnostic.code.as_str() {
            "W0016" => all.never_true(&rule),
            "W0017" => all.always_true(&rule),
            "W0018" => all.idle(&rule),
            "W0019" => all.default_unreached(),
            _ => continue,
        };
        if let Some(wrong) = wrong {
            return wrong;
        }
        answer = "a finding";
    }
    Outcome::Sound(answer)
}

struct Requests<'a> {
    case: &'a Case,
    policy: &'a Policy,
    requests: &'a [RawRequest],
}

impl Requests<'_> {
    fn find(&self, class: &'static str, breaks: impl Fn(&RawRequest) -> bool) -> Option<Outcome> {
        let found = self.requests.iter().find(|raw| breaks(raw))?;
        Some(failed(class, format!("request {}\n{}", json(found), shown(self.policy, found))))
    }

    fn truth(&self, raw: &RawRequest, rule: &str) -> Truth {
        let decision = decide(self.policy, raw);
        match decision.shadow.iter().find(|shadow| shadow.rule == rule) {
            Some(shadow) if shadow.truth == ShadowTruth::True => Truth::True,
            Some(_) => Truth::Undetermined,
            None => truth_of(&decision, rule),
        }
    }

    fn never_true(&self, rule: &str) -> Option<Outcome> {
        self.find("findings: never true, and it is", |raw| self.truth(raw, rule) == Truth::True)
    }

    /// Requests that the scope leaves out say nothing about the condition.
    fn always_true(&self, rule: &str) -> Option<Outcome> {
        let scope = self.case.set.rules.iter().find(|known| known.id == rule)?.scope;
        let everyone = super::probe(&self.case.set.schema, scope, "true")?;
        self.find("findings: always true, and it is not", |raw| {
            truth_of(&decide(&everyone, raw), "probe") == Truth::True && self.truth(raw, rule) != Truth::True
        })
    }

    fn idle(&self, rule: &str) -> Option<Outcome> {
        let mut rules = self.case.set.rules.clone();
        rules.retain(|known| known.id != rule);
        let without = compiled(&SetSpec { rules, ..self.case.set.clone() })?;
        self.find("findings: nothing without a rule would change, and it does", |raw| {
            decide(self.policy, raw).effect != decide(&without, raw).effect
        })
    }

    fn default_unreached(&self) -> Option<Outcome> {
        self.find("findings: the default is not reached, and it is", |raw| {
            decide(self.policy, raw).matched_rules.iter().next().is_none()
        })
    }
}
