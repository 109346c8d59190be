//! Warnings about single rules, from what is proved of them.

use actra_analyze::cost_caveats::{self, CostCaveats};
use actra_analyze::{Analyzer, RuleFinding};
use actra_diagnostics::{Diagnostic, codes};
use actra_ir::{DeclarationSpans, Policy, Rule};

/// Warnings about rules that do not do what they seem to, and about a default that does nothing.
pub(crate) fn of(policy: &Policy, places: &DeclarationSpans) -> Vec<Diagnostic> {
    let mut analyzer = Analyzer::default();
    let mut found: Vec<Diagnostic> = policy
        .rules
        .iter()
        .filter_map(|rule| Some(warning(policy, rule, analyzer.rule(policy, rule)?)))
        .collect();
    if !analyzer.default_reachable(policy) {
        let message = format!("no valid request falls back to `default: {}`", policy.default);
        let help = "every request matches some rule; narrow those that are meant for only some requests";
        let report = Diagnostic {
            span: places.default,
            ..Diagnostic::without_place(codes::DEFAULT_UNREACHABLE, message)
        };
        found.push(within(report.help(help), &cost_caveats::of_policy(policy)));
    }
    found
}

/// Adds to a warning the containers that it holds within the cost limit of.
fn within(warning: Diagnostic, containers: &CostCaveats) -> Diagnostic {
    match cost_caveats::note(containers) {
        Some(note) => warning.help(note),
        None => warning,
    }
}

fn warning(policy: &Policy, rule: &Rule, finding: RuleFinding) -> Diagnostic {
    let id = &rule.id;
    let (code, message, help) = match finding {
        RuleFinding::NeverTrue => (
            codes::NEVER_TRUE,
            format!("`{id}` matches no valid request"),
            "its condition, with `actor` and `unless`, is never true: look for parts that exclude each other",
        ),
        RuleFinding::AlwaysTrue => (
            codes::ALWAYS_TRUE,
            format!("every valid request meets the condition of `{id}`"),
            "if that is intended, write `when: true`",
        ),
        RuleFinding::NeverDecisive => (
            codes::NEVER_DECISIVE,
            format!("without `{id}` every valid request would have the same effect"),
            "other rules or the default already say it: remove the rule, or look for what it should have said",
        ),
    };
    let found = Diagnostic::new(code, rule.metadata.id, message).help(help);
    within(found, &cost_caveats::of_finding(policy, rule, finding))
}
