//! An explained decision for people: the outcome, and the rules that matter with what each part of them came to.

mod tree;
mod written;

use std::fmt::Write;
use std::path::Path;

use actra_engine::diagnostics::{Sources, Verbosity};
use actra_engine::ir::RuleMode;
use actra_engine::{Definition, Explanation, Policy, RuleExplanation, Truth, definitions};

use crate::decision::describe;
use crate::output::printable;
use tree::{ConditionTree, truth};

/// How many rules are shown where the default decides.
const MAX_RULES: usize = 3;

/// An explained decision with everything that is needed to show it.
pub(crate) struct HumanExplanation<'a> {
    pub(crate) explanation: &'a Explanation<'a>,
    pub(crate) policy: &'a Policy,
    pub(crate) sources: &'a Sources,
    pub(crate) set: &'a Path,
    pub(crate) verbosity: Verbosity,
}

impl HumanExplanation<'_> {
    /// The outcome, the rules that are shown in full, the text about the nearest more permissive outcome, and how
    /// many rules there are besides.
    pub(crate) fn render(&self, nearest: &str) -> String {
        let mut text = describe(&self.explanation.decision);
        text.push('\n');
        let definitions = definitions(self.sources);
        let (in_full, others) = self.split_rules();
        in_full.iter().for_each(|rule| self.write_rule(&mut text, rule, &definitions));
        text.push_str(nearest);
        self.count_others(&mut text, &others);
        if self.explanation.rules.is_empty() && self.explanation.decision.errors.is_empty() {
            text.push_str("\nno rule covers this action\n");
        }
        text
    }

    /// The rules that are shown in full, the one that decides first, and the others.
    fn split_rules(&self) -> (Vec<&RuleExplanation>, Vec<&RuleExplanation>) {
        let decides = |rule: &&RuleExplanation| {
            self.explanation.decision.matched_rule.as_deref() == Some(rule.rule.as_ref())
        };
        let (mut in_full, others): (Vec<_>, Vec<_>) = self.explanation.rules.iter().partition(decides);
        if self.verbosity == Verbosity::All {
            in_full.extend(others);
            return (in_full, Vec::new());
        }
        if !in_full.is_empty() {
            return (in_full, others);
        }
        // The default decides, because none of these rules did.
        let could_decide =
            |rule: &&RuleExplanation| rule.mode == RuleMode::Enforce && rule.effect != self.policy.default;
        let (could, mut others): (Vec<_>, Vec<_>) = others.into_iter().partition(could_decide);
        let (in_full, more) = could.split_at(could.len().min(MAX_RULES));
        others.extend(more);
        (in_full.to_vec(), others)
    }

    fn write_rule(&self, text: &mut String, rule: &RuleExplanation, definitions: &[Definition]) {
        let mode = match rule.mode {
            RuleMode::Enforce => "",
            RuleMode::Shadow => ", in shadow",
        };
        let heading = format!("{} ({}{mode}) {}", rule.rule, rule.effect, truth(&rule.truth));
        let _ = write!(text, "\n{heading}\n");
        let compiled = self.policy.rules.iter().find(|compiled| compiled.id == rule.rule);
        let tree = ConditionTree::new(self.sources, definitions, compiled, self.verbosity);
        let location = tree.location(rule.condition.span);
        if let Some(location) = location {
            let set = self.set.to_string_lossy();
            let _ = writeln!(text, "  at {}/{location}", printable(set.trim_end_matches('/')));
        }
        tree.write_condition(text, &rule.condition);
    }

    /// How many rules are not shown, and those among them that are true.
    fn count_others(&self, text: &mut String, others: &[&RuleExplanation]) {
        let Verbosity::Few(how) = self.verbosity else { return };
        let how = how.replace("shows them", if others.len() == 1 { "shows it" } else { "shows them" });
        let is_true: Vec<String> = others
            .iter()
            .filter(|rule| rule.truth == Truth::True)
            .map(|rule| format!("{} ({})", rule.rule, rule.effect))
            .take(MAX_RULES + 1)
            .collect();
        let also = match is_true.as_slice() {
            [] => String::new(),
            [some @ .., _] if some.len() == MAX_RULES => {
                format!(", of which true: {} and more", some.join(", "))
            }
            all => format!(", of which true: {}", all.join(", ")),
        };
        let _ = match others.len() {
            0 => Ok(()),
            1 => writeln!(text, "\n1 other rule covers this action{also}; {how}"),
            many => writeln!(text, "\n{many} other rules cover this action{also}; {how}"),
        };
    }
}
