//! What each rule costs: a decision by a policy with this rule alone, less one by a policy with none.

use std::hint::black_box;
use std::time::{Duration, Instant};

use actra_engine::model::{ActionId, RawRequest, RawValue};
use actra_engine::{Policy, decide, ir};
use actra_wire::RuleCost;

use super::measure::nanoseconds;
use super::requests::Requests;

/// Requests that a rule is measured with at most, taken evenly from all.
const SAMPLE: usize = 200;
/// Measurements of one rule at least; the median counts.
const PASSES: usize = 3;

/// The rules that are in scope of some request, the slowest first.
pub(crate) fn costs(policy: &Policy, requests: &Requests, time: Duration) -> Vec<RuleCost> {
    let sample = sample(policy, requests);
    let base = alone(policy, Vec::new());
    let share = time / u32::try_from(policy.rules.len().max(1)).unwrap_or(u32::MAX);
    let mut costs: Vec<RuleCost> = Vec::new();
    for (idx, rule) in policy.rules.iter().enumerate() {
        let in_scope: Vec<&RawRequest> = sample
            .iter()
            .filter(|(action, _)| rule.actions.contains(action))
            .map(|(_, request)| request)
            .collect();
        if in_scope.is_empty() {
            continue;
        }
        let alone = alone(policy, vec![rule.clone()]);
        costs.push(RuleCost { rule: idx, nanoseconds: difference(&alone, &base, &in_scope, share) });
    }
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.nanoseconds));
    costs
}

/// Valid actions with their requests.
fn sample(policy: &Policy, requests: &Requests) -> Vec<(ActionId, RawRequest)> {
    let step = requests.len().div_ceil(SAMPLE);
    let read = requests.iter().step_by(step).filter_map(|line| actra_wire::parse_request(line).ok());
    read.filter_map(|request| Some((action(policy, &request)?, request))).collect()
}

fn action(policy: &Policy, request: &RawRequest) -> Option<ActionId> {
    let Some(RawValue::Map(members)) = &request.action else { return None };
    let Some(RawValue::String(name)) = members.get("type") else { return None };
    policy.schema.action_id(name)
}

/// The policy with other rules.
fn alone(policy: &Policy, rules: Vec<ir::Rule>) -> Policy {
    Policy::new(ir::Policy {
        schema: policy.schema.clone(),
        default: policy.default,
        rules,
        hash: policy.hash,
    })
}

/// The median, in nanoseconds for one request, of what deciding by the one policy takes longer than by the other.
fn difference(with: &Policy, without: &Policy, requests: &[&RawRequest], time: Duration) -> u64 {
    let start = Instant::now();
    let mut differences = Vec::new();
    pass(with, requests);
    while differences.len() < PASSES || start.elapsed() < time {
        let (with, without) = (pass(with, requests), pass(without, requests));
        differences.push(with.saturating_sub(without) / (requests.len() as u64).max(1));
    }
    differences.sort_unstable();
    differences.get(differences.len() / 2).copied().unwrap_or_default()
}

/// How long deciding all of them takes, in nanoseconds.
fn pass(policy: &Policy, requests: &[&RawRequest]) -> u64 {
    let start = Instant::now();
    for request in requests {
        black_box(decide(policy, black_box(request)));
    }
    nanoseconds(start.elapsed())
}
