//! Measurements of a policy, as JSON.

use actra_engine::diagnostics::Sources;
use actra_engine::{Policy, RuleAccess};

use crate::{plan, write};

/// Measurements of a policy. All times are in nanoseconds.
#[derive(Debug, Clone)]
pub struct Measurements<'a> {
    /// Requests that were measured with.
    pub requests: usize,
    /// Of those, the ones that are no requests at all.
    pub faults: usize,
    /// Decisions that were timed.
    pub decisions: usize,
    /// Over their times, from JSON to JSON.
    pub quantiles: Quantiles,
    /// What reading the clock adds to each time.
    pub clock: u64,
    /// Decisions in a second, in one thread, without reading the clock for each.
    pub per_second: u64,
    /// The rules that are in scope of some request, the slowest first.
    pub rules: Vec<RuleCost>,
    /// How rules are found; `None` for a policy that is too large for an index.
    pub reached: Option<&'a [RuleAccess]>,
}

/// Times that half, 99 % and 99.9 % of all times do not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantiles {
    /// The time that half of all do not exceed.
    pub p50: u64,
    /// The time that 99 % do not exceed.
    pub p99: u64,
    /// The time that 99.9 % do not exceed.
    pub p999: u64,
}

/// The cost of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleCost {
    /// Its index in the policy.
    pub rule: usize,
    /// How much longer a decision with only this rule takes than one without any rule, for a request in its scope.
    pub nanoseconds: u64,
}

/// Appends what measuring a policy gave, as `actra/bench/v1`; `plan` is as `rules` of `actra/plan/v1`.
pub fn write_bench(policy: &Policy, bench: &Measurements<'_>, sources: &Sources, out: &mut Vec<u8>) {
    let Measurements { requests, faults, decisions, quantiles, clock, per_second, .. } = bench;
    let Quantiles { p50, p99, p999 } = quantiles;
    out.extend_from_slice(b"{\"schema\":\"actra/bench/v1\"");
    write::display(
        out,
        format_args!(",\"requests\":{requests},\"faults\":{faults},\"decisions\":{decisions}"),
    );
    write::display(out, format_args!(",\"nanoseconds\":{{\"p50\":{p50},\"p99\":{p99},\"p99.9\":{p999}}}"));
    write::display(out, format_args!(",\"clock_nanoseconds\":{clock},\"decisions_per_second\":{per_second}"));
    out.extend_from_slice(b",\"slowest\":");
    write::list(out, &bench.rules, |out, cost| {
        plan::place(out, cost.rule, policy, sources);
        write::display(out, format_args!(",\"nanoseconds\":{}}}", cost.nanoseconds));
    });
    out.extend_from_slice(b",\"plan\":");
    plan::rules(out, policy, bench.reached, sources);
    out.push(b'}');
}
