//! What checking a set came to, for people: `check` and `watch` say it alike.

use std::sync::Arc;

use actra_engine::analyze::cost_caveats::note;
use actra_engine::{Compilation, GovernanceReport, diagnostics};

use crate::listing::count;
use crate::output::printable;

/// One line: whether the set is fine, and what it holds; then one for each rule of governance that says nothing about
/// this set.
pub(crate) fn summary(compilation: &Compilation, denied: bool) -> String {
    let counted = diagnostics::summary(&compilation.diagnostics);
    let mut summary = match &compilation.policy {
        None => format!("refused: {counted}"),
        Some(_) if denied => format!("refused: {counted}, and warnings are denied"),
        Some(policy) => {
            let rules = count(policy.rules.len(), "rule");
            let actions = count(policy.schema.actions.len(), "action");
            let demands = compilation.governance.as_ref().map(demands).unwrap_or_default();
            let warnings =
                if compilation.diagnostics.is_empty() { String::new() } else { format!(", {counted}") };
            format!("ok: {rules}, {actions}{demands}{warnings}, {}", policy.hash)
        }
    };
    for skipped in compilation.governance.iter().flat_map(|governed| &governed.skipped) {
        summary.push_str(&format!("\nskipped: `{}`, {}", skipped.id, why_skipped(&skipped.actions)));
    }
    for verdict in compilation.governance.iter().flat_map(|governed| &governed.verdicts) {
        if let Some(note) = note(&verdict.within_cost) {
            summary.push_str(&format!("\nproved: `{}`, {note}", verdict.demand));
        }
    }
    summary
}

fn demands(governance: &GovernanceReport) -> String {
    let all = governance.rules + governance.invariants + usize::from(governance.baseline);
    format!(", {} of governance", count(all, "demand"))
}

/// Why a rule of governance says nothing about the set.
fn why_skipped(actions: &[Arc<str>]) -> String {
    let names: Vec<String> = actions.iter().map(|name| format!("`{}`", printable(name))).collect();
    if names.is_empty() {
        return "which applies to no action".to_owned();
    }
    format!("since the schema declares none of {}", names.join(", "))
}
