//! `explain`: the smallest change of a request that would be more permissive.

use actra_engine::analyze::{Analyzer, NearestChange};
use actra_engine::{Policy, decide};
use actra_model::{Effect, RawRequest, RawValue, RecordName};

use super::{Outcome, compiled, failed, rng, shown, valid};
use crate::enumerate::case::Case;
use crate::enumerate::field::{Field, Record};
use crate::enumerate::request::{Requests, json, overlaid};
use crate::enumerate::value;

/// Requests that are asked about.
const ASKED: usize = 3;

pub fn judge(case: &Case) -> Outcome {
    let Some(policy) = compiled(&case.set) else { return Outcome::Skipped };
    let requests = valid(case, &policy, 60);
    let all = Requests::new(&[&case.set.schema], &case.text());
    let mut rng = rng(case);
    let mut answer = Outcome::Sound("nothing to ask");
    for _ in 0..ASKED.min(requests.len()) {
        let request = &requests[rng.below(requests.len())];
        let spoilt = all.spoilt(request, &mut rng);
        let request = if rng.one_in(3) { &spoilt } else { request };
        if decide(&policy, request).effect == Effect::Allow {
            continue;
        }
        let asked = Asked { case, policy: &policy, request };
        answer = match Analyzer::default().nearest(&policy, request) {
            None => asked.nothing(),
            Some(change) => asked.change(&change),
        };
        if matches!(answer, Outcome::Failed(_)) {
            return answer;
        }
    }
    answer
}

struct Asked<'a> {
    case: &'a Case,
    policy: &'a Policy,
    request: &'a RawRequest,
}

fn record(record_name: RecordName) -> Record {
    match record_name.as_str() {
        "action" => Record::Action,
        "actor" => Record::Actor,
        _ => Record::Snapshot,
    }
}

impl Asked<'_> {
    /// A request that is more permissive and differs in one field.
    fn single(&self) -> Option<(&Field, RawRequest)> {
        let effect = decide(self.policy, self.request).effect;
        let has_its_own = |field: &&Field| {
            let record = match field.record {
                Record::Action => &self.request.action,
                Record::Actor => &self.request.actor,
                Record::Snapshot => &self.request.snapshot,
            };
            matches!(record, Some(RawValue::Map(_))) && !self.request.unknown.contains(&field.path())
        };
        self.case.set.schema.fields.iter().filter(has_its_own).find_map(|field| {
            let absent = field.optional.then_some(None);
            let values = value::small(&field.ty).into_iter().map(Some).chain(absent);
            let mut changed =
                values.map(|value| overlaid(self.request, field.record, field.name, value.as_ref()));
            let permissive = changed.find(|raw| decide(self.policy, raw).effect < effect)?;
            Some((field, permissive))
        })
    }

    fn nothing(&self) -> Outcome {
        match self.single() {
            Some(_) => Outcome::Open("no change is shown although there is one".to_owned()),
            None => Outcome::Sound("no change"),
        }
    }

    fn change(&self, change: &NearestChange) -> Outcome {
        let changed = change.fields.iter().fold(self.request.clone(), |raw, field| {
            overlaid(&raw, record(field.record), &field.name, field.after.as_ref())
        });
        let (before, after) =
            (decide(self.policy, self.request).effect, decide(self.policy, &changed).effect);
        if after != change.effect || after >= before {
            return self.against("nearest: the change does not give what it says", &changed);
        }
        match self.single() {
            Some((_, other)) if change.fields.len() > 1 => {
                self.against("nearest: fewer fields would do", &other)
            }
            _ => self.closer(change).unwrap_or(Outcome::Sound("a change")),
        }
    }

    /// A number that is closer and does as well.
    fn closer(&self, change: &NearestChange) -> Option<Outcome> {
        let [field] = change.fields.as_slice() else { return None };
        let (Some(RawValue::Number(_)), Some(after)) = (&field.before, &field.after) else { return None };
        let far = distance(field.before.as_ref()?, after)?;
        let declared = self.case.set.schema.fields.iter().find(|known| *known.name == *field.name)?;
        let effect = decide(self.policy, self.request).effect;
        let better = value::small(&declared.ty).into_iter().find_map(|value| {
            let near = distance(field.before.as_ref()?, &value)? < far;
            let raw = overlaid(self.request, declared.record, declared.name, Some(&value));
            (near && decide(self.policy, &raw).effect < effect).then_some(raw)
        })?;
        Some(self.against("nearest: a closer number would do", &better))
    }

    fn against(&self, class: &'static str, raw: &RawRequest) -> Outcome {
        let (before, after) = (shown(self.policy, self.request), shown(self.policy, raw));
        failed(class, format!("request {}\n{before}\nother {}\n{after}", json(self.request), json(raw)))
    }
}

fn distance(a: &RawValue, b: &RawValue) -> Option<f64> {
    let number = |value: &RawValue| value.to_json().to_string().parse::<f64>().ok();
    Some((number(a)? - number(b)?).abs())
}
