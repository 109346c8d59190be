//! What each rule costs: the time of a decision by a policy with this rule alone, less that by a policy without rules.

use std::cmp::Reverse;
use std::hint::black_box;
use std::time::{Duration, Instant};

use actra_engine::model::{ActionId, RawRequest, RawValue};
use actra_engine::{Policy, decide, ir};
use actra_wire::RuleCost;

use super::measure::as_nanoseconds;
use super::requests::Requests;

/// The most requests that a rule is measured with, taken evenly from all.
const SAMPLE_SIZE: usize = 200;
/// The fewest measurements of one rule, of which the median counts.
const MIN_PASSES: usize = 3;
/// The fewest decisions in one measurement, since the clock is too coarse for fewer.
const MIN_DECISIONS: usize = 32;
/// How many of the slowest rules are measured again, for longer.
const REMEASURED: usize = 20;

/// The rules that are in scope of some request, the slowest first.
///
/// The largest of many measurements is mostly chance, so those that seem slowest are measured once more.
pub(crate) fn costs(policy: &Policy, requests: &Requests, time: Duration) -> Vec<RuleCost> {
    let measurement = Measurement {
        policy,
        sample: sample(policy, requests),
        without_rules: with_rules(policy, Vec::new()),
    };
    let share = |rules: usize| time / 2 / u32::try_from(rules.max(1)).unwrap_or(u32::MAX);
    let each = share(policy.rules.len());
    let mut costs: Vec<RuleCost> =
        (0..policy.rules.len()).filter_map(|rule| measurement.rule(rule, each)).collect();
    costs.sort_by_key(|cost| Reverse(cost.nanoseconds));
    let each = share(costs.len().min(REMEASURED));
    for cost in costs.iter_mut().take(REMEASURED) {
        *cost = measurement.rule(cost.rule, each).unwrap_or(*cost);
    }
    costs.sort_by_key(|cost| Reverse(cost.nanoseconds));
    costs
}

struct Measurement<'a> {
    policy: &'a Policy,
    sample: Vec<(ActionId, RawRequest)>,
    without_rules: Policy,
}

impl Measurement<'_> {
    /// `None` if no request is in scope.
    fn rule(&self, idx: usize, time: Duration) -> Option<RuleCost> {
        let rule = self.policy.rules.get(idx)?;
        let in_scope = self.sample.iter().filter(|(action, _)| rule.covers(*action));
        let in_scope: Vec<&RawRequest> = in_scope.map(|(_, request)| request).collect();
        if in_scope.is_empty() {
            return None;
        }
        let with = with_rules(self.policy, vec![rule.clone()]);
        let nanoseconds = difference(&with, &self.without_rules, &in_scope, time);
        Some(RuleCost { rule: idx, nanoseconds })
    }
}

/// Requests with a declared action.
fn sample(policy: &Policy, requests: &Requests) -> Vec<(ActionId, RawRequest)> {
    let step = requests.len().div_ceil(SAMPLE_SIZE);
    let read = requests.iter().step_by(step).filter_map(|line| actra_wire::parse_request(line).ok());
    read.filter_map(|request| Some((action(policy, &request)?, request))).collect()
}

fn action(policy: &Policy, request: &RawRequest) -> Option<ActionId> {
    let Some(RawValue::Map(members)) = &request.action else { return None };
    let Some(RawValue::String(name)) = members.get("type") else { return None };
    policy.schema.action_id(name)
}

/// The policy with other rules.
fn with_rules(policy: &Policy, rules: Vec<ir::Rule>) -> Policy {
    Policy::new(ir::Policy {
        schema: policy.schema.clone(),
        default: policy.default,
        rules,
        hash: policy.hash,
    })
}

/// The median, in nanoseconds for one decision, of what deciding by the one policy takes longer than by the other.
fn difference(with: &Policy, without: &Policy, requests: &[&RawRequest], time: Duration) -> u64 {
    let start = Instant::now();
    let mut differences = Vec::new();
    pass(with, requests);
    while differences.len() < MIN_PASSES || start.elapsed() < time {
        differences.push(pass(with, requests).saturating_sub(pass(without, requests)));
    }
    differences.sort_unstable();
    differences.get(differences.len() / 2).copied().unwrap_or_default()
}

/// How long a decision takes, in nanoseconds; a mean over all requests.
fn pass(policy: &Policy, requests: &[&RawRequest]) -> u64 {
    let decisions = requests.len().max(MIN_DECISIONS);
    let start = Instant::now();
    for request in requests.iter().cycle().take(decisions) {
        black_box(decide(policy, black_box(request)));
    }
    as_nanoseconds(start.elapsed()) / (decisions as u64)
}
