//! How rules are found, for people: first those that are not.

use std::fmt::Write;
use std::path::Path;

use actra_engine::diagnostics::Sources;
use actra_engine::{Policy, ReachedBy, RuleReach};

use crate::load::shown;

/// Rules that are shown unless all are asked for.
pub(crate) const SHOWN: usize = 50;

/// Where rules stand.
pub(crate) struct Places<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) sources: &'a Sources,
    pub(crate) set: &'a Path,
}

/// A summary, and a line for each of the first `most` rules.
pub(crate) fn show(reached: Option<&[RuleReach]>, places: &Places<'_>, most: usize) -> String {
    let Some(reached) = reached else {
        return "the policy is too large to be indexed: every rule is evaluated for every request in its scope\n"
            .to_owned();
    };
    let mut text = summary(reached);
    text.push('\n');
    let mut rules: Vec<&RuleReach> = reached.iter().collect();
    rules.sort_by_key(|reach| (!reach.by.contains(&ReachedBy::Scope), !reach.by.contains(&ReachedBy::Few)));
    for reach in rules.iter().take(most) {
        let _ = writeln!(text, "{}", rule(reach, places));
    }
    if rules.len() > most {
        let _ = writeln!(text, "and {} more; `--all` shows them", rules.len() - most);
    }
    text
}

fn summary(reached: &[RuleReach]) -> String {
    let mut text = counted(reached.len());
    let mut part = |holds: &dyn Fn(&RuleReach) -> bool, what: &str| {
        let count = reached.iter().filter(|reach| holds(reach)).count();
        if count > 0 {
            let _ = write!(text, "\n  {count} {what}");
        }
        count > 0
    };
    let by = |holds: fn(&ReachedBy) -> bool| move |reach: &RuleReach| reach.by.iter().any(holds);
    let untested =
        part(&by(|by| *by == ReachedBy::Scope), "evaluated for every request in scope: no test to find by");
    let few = part(&by(|by| *by == ReachedBy::Few), "evaluated for every request in scope: few enough");
    part(&by(|by| matches!(by, ReachedBy::Equality(_))), "found by equality");
    part(&by(|by| matches!(by, ReachedBy::Membership(_))), "found by membership");
    part(&by(|by| matches!(by, ReachedBy::Prefix(_))), "found by prefix");
    part(&by(|by| *by == ReachedBy::Range), "found by threshold");
    part(&|reach| reach.by.is_empty(), "never evaluated: the condition is false");
    part(&|reach| reach.walked > 0, "with complex parts: more than tests of fields");
    text.push('\n');
    if untested {
        text.push_str(
            "a rule can be found by a test of a field against literals (equality, membership, prefix, threshold)\n\
             that is joined to the rest of its condition by `&&`; with `||`, each side needs one\n",
        );
    }
    if few {
        text.push_str("up to eight rules for an action, and fewer than three by one test (eight by thresholds), are gone through: that is faster\n");
    }
    text
}

fn counted(rules: usize) -> String {
    format!("{rules} rule{}", if rules == 1 { "" } else { "s" })
}

/// `large  set/policy.yaml:7  by action.amount == ...`
fn rule(reach: &RuleReach, places: &Places<'_>) -> String {
    let mut text = format!("{}  {}  ", rule_name(reach.rule, places), rule_place(reach.rule, places));
    let ways: Vec<String> = reach.by.iter().map(way).collect();
    text.push_str(if ways.is_empty() { "never evaluated" } else { "" });
    text.push_str(&ways.join(", or "));
    if reach.walked > 0 {
        let parts = if reach.walked == 1 { "part" } else { "parts" };
        let _ = write!(text, ", with {} complex {parts}", reach.walked);
    }
    text
}

/// The id of a rule.
pub(crate) fn rule_name<'p>(rule: usize, places: &Places<'p>) -> &'p str {
    places.policy.rules.get(rule).map_or("", |rule| &*rule.id)
}

/// Where the condition of a rule stands: `set/policy.yaml:7`.
pub(crate) fn rule_place(rule: usize, places: &Places<'_>) -> String {
    let Some(rule) = places.policy.rules.get(rule) else { return String::new() };
    let span = rule.condition.span;
    let file = places.sources.get(span.file).map_or("", |source| source.path.as_str());
    let line = places.sources.position(span.file, span.start).line;
    let set = places.set.to_string_lossy();
    format!("{}/{}:{line}", shown(set.trim_end_matches('/')), shown(file))
}

fn way(by: &ReachedBy) -> String {
    match by {
        ReachedBy::Scope => "every request in scope".to_owned(),
        ReachedBy::Few => "every request in scope, among few".to_owned(),
        ReachedBy::Equality(field) => format!("by {field} == ..."),
        ReachedBy::Membership(field) => format!("by ... in {field}"),
        ReachedBy::Prefix(field) => format!("by {field}.startsWith(...)"),
        ReachedBy::Range => "by threshold".to_owned(),
    }
}
