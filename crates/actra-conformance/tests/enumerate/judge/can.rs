//! `can`: what is possible with facts that are known.

use actra_engine::analyze::{Analyzer, PossibleOutcomes, SearchAnswer};
use actra_engine::ir::print::print;
use actra_engine::{Policy, decide};
use actra_model::{ActionId, Effect, RawRequest, RawValue};

use super::{EFFORT, Outcome, Truth, compiled, failed, is_valid, probe, rng, shown, truth_of};
use crate::enumerate::case::Case;
use crate::enumerate::field::Record;
use crate::enumerate::request::{Requests, json, overlaid};
use crate::enumerate::set::Scope;
use crate::enumerate::value;

pub fn judge(case: &Case) -> Outcome {
    let Some(policy) = compiled(&case.set) else { return Outcome::Skipped };
    let known = known(case);
    let requests = Requests::new(&[&case.set.schema], &case.text()).some(&mut rng(case), EFFORT);
    let requests: Vec<RawRequest> =
        requests.iter().map(|raw| given_to(case, raw, &known)).filter(|raw| is_valid(&policy, raw)).collect();
    if requests.is_empty() {
        return Outcome::Skipped;
    }
    let mut given = RawRequest::default();
    for (record, name, value) in &known {
        given = overlaid(&given, *record, name, Some(value));
    }
    let mut answer = Outcome::Sound("decided");
    for (number, action) in (0..).zip(&policy.schema.actions) {
        let possible = Analyzer::default().can(&policy, ActionId(number), &given);
        let of_action = |raw: &&RawRequest| is_for(raw, &action.name);
        let own: Vec<&RawRequest> = requests.iter().filter(of_action).collect();
        let asked = Asked { case, policy: &policy, given: &given, known: &known, possible: &possible };
        if let Some(wrong) = asked.effects(&own).or_else(|| asked.conditions(&own)) {
            return wrong;
        }
        let open = possible.effects.iter().find_map(|(_, answer)| match answer {
            SearchAnswer::Unknown(why) => Some(why.join(", ")),
            _ => None,
        });
        if let Some(why) = open {
            answer = Outcome::Open(why);
        }
    }
    answer
}

type Known = Vec<(Record, &'static str, RawValue)>;

/// Some facts about actor and snapshot.
fn known(case: &Case) -> Known {
    let mut rng = rng(case);
    let fields = case.set.schema.fields.iter().filter(|field| field.record != Record::Action);
    let mut known = Known::new();
    for field in fields {
        if rng.one_in(2) {
            known.push((field.record, field.name, value::random(&field.ty, &mut rng)));
        }
    }
    if case.set.schema.typed_actor && rng.one_in(2) {
        known.push((
            Record::Actor,
            "type",
            RawValue::from(*["agent", "human"].get(rng.below(2)).unwrap_or(&"agent")),
        ));
    }
    known
}

fn with(raw: &RawRequest, known: &Known) -> RawRequest {
    known.iter().fold(raw.clone(), |raw, (record, name, value)| overlaid(&raw, *record, name, Some(value)))
}

/// A request with these facts, in which no optional field of their records is there besides.
fn given_to(case: &Case, raw: &RawRequest, known: &Known) -> RawRequest {
    let is_known =
        |record: Record, name: &str| known.iter().any(|(other, known, _)| (*other, *known) == (record, name));
    let is_given = |record: Record| known.iter().any(|(other, ..)| *other == record);
    let fields = case.set.schema.fields.iter();
    let left_out = fields
        .filter(|field| field.optional && is_given(field.record) && !is_known(field.record, field.name));
    left_out.fold(with(raw, known), |raw, field| overlaid(&raw, field.record, field.name, None))
}

fn is_for(raw: &RawRequest, action: &str) -> bool {
    let Some(RawValue::Map(members)) = &raw.action else { return false };
    members.get("type") == Some(&RawValue::from(action))
}

struct Asked<'a> {
    case: &'a Case,
    policy: &'a Policy,
    given: &'a RawRequest,
    known: &'a Known,
    possible: &'a PossibleOutcomes,
}

impl Asked<'_> {
    fn effects(&self, requests: &[&RawRequest]) -> Option<Outcome> {
        for (effect, answer) in &self.possible.effects {
            let SearchAnswer::Witness(witness) = answer else { continue };
            if decide(self.policy, witness).effect != *effect {
                return Some(self.against("can: a request that is not decided as shown", witness));
            }
            if !is_valid(self.policy, witness) || !is_for(witness, &self.possible.action) {
                return Some(self.against("can: a request that is not valid", witness));
            }
            if with(witness, self.known) != **witness {
                return Some(self.against("can: a request against the given facts", witness));
            }
        }
        let possible: Vec<Effect> = self.possible.effects.iter().map(|(effect, _)| *effect).collect();
        let other = requests.iter().find(|raw| !possible.contains(&decide(self.policy, raw).effect))?;
        Some(self.against("can: an effect that is not listed", other))
    }

    /// What is left of the conditions compiles, and is true for the same requests.
    fn conditions(&self, requests: &[&RawRequest]) -> Option<Outcome> {
        if self.possible.effects.len() <= 1 {
            return None;
        }
        let scope = if &*self.possible.action == "ship" { Scope::Ship } else { Scope::Pay };
        let mut shown = Vec::new();
        for (effect, rule, condition) in &self.possible.rules {
            let printed = print(condition);
            let Some(probe) = probe(&self.case.set.schema, scope, &printed) else {
                let detail = format!("given {}\nrule {rule}: {printed}", json(self.given));
                return Some(failed("can: a condition that does not compile", detail));
            };
            let differs = |raw: &&&RawRequest| {
                truth_of(&decide(&probe, raw), "probe") != truth_of(&decide(self.policy, raw), rule)
            };
            if let Some(raw) = requests.iter().find(differs) {
                let Outcome::Failed(mut failure) =
                    self.against("can: a condition that says something else", raw)
                else {
                    continue;
                };
                failure.detail += &format!("\nrule {rule}: {printed}");
                return Some(Outcome::Failed(failure));
            }
            shown.push((*effect, probe));
        }
        let other =
            requests.iter().find(|raw| self.by_lines(&shown, raw) != decide(self.policy, raw).effect)?;
        Some(self.against("can: the lines that are shown give another effect", other))
    }

    /// What somebody who reads the lines expects.
    fn by_lines(&self, shown: &[(Effect, Policy)], raw: &RawRequest) -> Effect {
        let truths: Vec<(Effect, Truth)> =
            shown.iter().map(|(effect, probe)| (*effect, truth_of(&decide(probe, raw), "probe"))).collect();
        let of = |wanted: Truth| {
            truths.iter().filter(move |(_, truth)| *truth == wanted).map(|(effect, _)| *effect).max()
        };
        let base = of(Truth::True).unwrap_or(self.policy.default);
        of(Truth::Undetermined).map_or(base, |open| base.max(open))
    }

    fn against(&self, class: &'static str, raw: &RawRequest) -> Outcome {
        let effects: Vec<Effect> = self.possible.effects.iter().map(|(effect, _)| *effect).collect();
        let detail = format!(
            "action {}, given {}\nrequest {}\nlisted {effects:?}; {}",
            self.possible.action,
            json(self.given),
            json(raw),
            shown(self.policy, raw)
        );
        failed(class, detail)
    }
}
