//! How the plan finds rules, for people; first the rules that it cannot find and always evaluates.

use std::fmt::Write;

use actra_engine::diagnostics::Amount;
use actra_engine::{ReachedBy, RuleReach};

use crate::listing::{count, limit};
use crate::location::RuleLocations;

/// How many rules are shown unless all are asked for.
const FEW: usize = 50;

/// A summary, and a line for each rule.
pub(super) fn render(reached: Option<&[RuleReach]>, rules: &RuleLocations<'_>, amount: Amount) -> String {
    let Some(reached) = reached else {
        return "the policy is too large to be indexed: every rule is evaluated for every request in its scope\n"
            .to_owned();
    };
    let mut text = summary(reached);
    text.push('\n');
    let mut sorted: Vec<&RuleReach> = reached.iter().collect();
    sorted.sort_by_key(|reach| (!reach.by.contains(&ReachedBy::Scope), !reach.by.contains(&ReachedBy::Few)));
    let limit = limit(amount, FEW);
    for reach in sorted.iter().take(limit) {
        let _ = writeln!(text, "{}", line(reach, rules));
    }
    if sorted.len() > limit {
        let _ = writeln!(text, "and {} more; `--all` shows them", sorted.len() - limit);
    }
    text
}

fn summary(reached: &[RuleReach]) -> String {
    let mut text = count(reached.len(), "rule");
    let mut part = |holds: &dyn Fn(&RuleReach) -> bool, what: &str| {
        let count = reached.iter().filter(|reach| holds(reach)).count();
        if count > 0 {
            let _ = write!(text, "\n  {count} {what}");
        }
        count > 0
    };
    let by = |holds: fn(&ReachedBy) -> bool| move |reach: &RuleReach| reach.by.iter().any(holds);
    let any_without_test =
        part(&by(|by| *by == ReachedBy::Scope), "evaluated for every request in scope: no test to find by");
    let any_among_few =
        part(&by(|by| *by == ReachedBy::Few), "evaluated for every request in scope: few enough");
    part(&by(|by| matches!(by, ReachedBy::Equality(_))), "found by equality");
    part(&by(|by| matches!(by, ReachedBy::Membership(_))), "found by membership");
    part(&by(|by| matches!(by, ReachedBy::Prefix(_))), "found by prefix");
    part(&by(|by| *by == ReachedBy::Range), "found by threshold");
    part(&|reach| reach.by.is_empty(), "never evaluated: the condition is false");
    part(&|reach| reach.walked > 0, "with complex parts: more than tests of fields");
    text.push('\n');
    if any_without_test {
        text.push_str(
            "a rule can be found by a test of a field against literals (equality, membership, prefix, threshold)\n\
             that is joined to the rest of its condition by `&&`; with `||`, each side needs one\n",
        );
    }
    if any_among_few {
        text.push_str("up to eight rules for an action, and fewer than three by one test (eight by thresholds), are gone through: that is faster\n");
    }
    text
}

/// `large  set/policy.yaml:7  by action.amount == ...`
fn line(reach: &RuleReach, rules: &RuleLocations<'_>) -> String {
    let mut text = format!("{}  {}  ", rules.id(reach.rule), rules.line(reach.rule));
    if reach.by.is_empty() {
        text.push_str("never evaluated");
    }
    text.push_str(&reach.by.iter().map(access_path).collect::<Vec<_>>().join(", or "));
    if reach.walked > 0 {
        let _ = write!(text, ", with {}", count(reach.walked, "complex part"));
    }
    text
}

fn access_path(by: &ReachedBy) -> String {
    match by {
        ReachedBy::Scope => "every request in scope".to_owned(),
        ReachedBy::Few => "every request in scope, among few".to_owned(),
        ReachedBy::Equality(field) => format!("by {field} == ..."),
        ReachedBy::Membership(field) => format!("by ... in {field}"),
        ReachedBy::Prefix(field) => format!("by {field}.startsWith(...)"),
        ReachedBy::Range => "by threshold".to_owned(),
    }
}
