//! `actra explain SET --plan`: how the plan finds rules; first the rules that it cannot find and always evaluates.

use std::fmt::Write;

use actra_engine::diagnostics::Verbosity;
use actra_engine::{AccessMethod, RuleAccess, describe_plan};

use crate::args::{ExplainArguments, Format};
use crate::exit::{Exit, ExitStatus};
use crate::listing::{count, limit};
use crate::output::Output;
use crate::policy_set;
use crate::source_locations::{Locations, RuleLocations};

/// How many rules are shown unless all are asked for.
const MAX_RULES_SHOWN: usize = 50;

pub(super) fn explain_plan(arguments: &ExplainArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let (policy, sources) = policy_set::open(&arguments.subject, arguments.verbosity.level())?;
    let reached = describe_plan(&policy);
    match arguments.format {
        Format::Human => {
            let locations = Locations { sources: &sources, set: &arguments.subject };
            let rules = RuleLocations { policy: &policy, locations };
            output.bytes(render(reached.as_deref(), &rules, arguments.verbosity.level()).as_bytes())?;
        }
        Format::Json => {
            output.json(|json| actra_wire::write_plan(&policy, reached.as_deref(), &sources, json))?;
        }
    }
    Ok(ExitStatus::Success)
}

/// A summary, and a line for each rule.
fn render(reached: Option<&[RuleAccess]>, rules: &RuleLocations<'_>, verbosity: Verbosity) -> String {
    let Some(reached) = reached else {
        return "the policy is too large to be indexed: every rule is evaluated for every request in its scope\n"
            .to_owned();
    };
    let mut text = summary(reached);
    text.push('\n');
    let mut sorted: Vec<&RuleAccess> = reached.iter().collect();
    sorted.sort_by_key(|reach| {
        (!reach.by.contains(&AccessMethod::Scope), !reach.by.contains(&AccessMethod::Few))
    });
    let limit = limit(verbosity, MAX_RULES_SHOWN);
    for reach in sorted.iter().take(limit) {
        let _ = writeln!(text, "{}", line(reach, rules));
    }
    if sorted.len() > limit {
        let _ = writeln!(text, "and {} more; `--all` shows them", sorted.len() - limit);
    }
    text
}

fn summary(reached: &[RuleAccess]) -> String {
    let mut text = count(reached.len(), "rule");
    let mut part = |holds: &dyn Fn(&RuleAccess) -> bool, what: &str| {
        let count = reached.iter().filter(|reach| holds(reach)).count();
        if count > 0 {
            let _ = write!(text, "\n  {count} {what}");
        }
        count > 0
    };
    let by = |holds: fn(&AccessMethod) -> bool| move |reach: &RuleAccess| reach.by.iter().any(holds);
    let any_without_test = part(
        &by(|by| *by == AccessMethod::Scope),
        "evaluated for every request in scope: the index cannot find it",
    );
    let any_among_few =
        part(&by(|by| *by == AccessMethod::Few), "evaluated for every request in scope: only a few rules");
    part(&by(|by| matches!(by, AccessMethod::Equality(_))), "found by equality");
    part(&by(|by| matches!(by, AccessMethod::Membership(_))), "found by membership");
    part(&by(|by| matches!(by, AccessMethod::Prefix(_))), "found by prefix");
    part(&by(|by| *by == AccessMethod::Range), "found by threshold");
    part(&|reach| reach.by.is_empty(), "never evaluated: the condition is false");
    part(&|reach| reach.walked > 0, "with complex parts, which do more than compare fields");
    text.push('\n');
    if any_without_test {
        text.push_str(
            "the index can find a rule if its condition compares a field with literals (equality, membership, prefix, threshold)\n\
             and joins that comparison to the rest by `&&`; with `||`, each side needs one\n",
        );
    }
    if any_among_few {
        text.push_str("up to eight rules for an action are evaluated one by one, and so are fewer than three that the same test finds (fewer than eight for thresholds): that is faster\n");
    }
    text
}

/// `large  set/policy.yaml:7  by action.amount == ...`
fn line(reach: &RuleAccess, rules: &RuleLocations<'_>) -> String {
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

fn access_path(by: &AccessMethod) -> String {
    match by {
        AccessMethod::Scope => "every request in scope".to_owned(),
        AccessMethod::Few => "every request in scope, as one of only a few rules".to_owned(),
        AccessMethod::Equality(field) => format!("by {field} == ..."),
        AccessMethod::Membership(field) => format!("by ... in {field}"),
        AccessMethod::Prefix(field) => format!("by {field}.startsWith(...)"),
        AccessMethod::Range => "by threshold".to_owned(),
    }
}
