use std::fmt::Write;
use std::path::Path;

use actra_engine::diagnostics::{Amount, Sources};
use actra_engine::ir::Mode;
use actra_engine::{Definition, Explanation, Policy, RuleExplanation, Truth, definitions};

use super::tree::{Tree, truth};
use crate::decide::outcome;
use crate::load::shown;

/// Rules that are shown where the default decides.
const RULES: usize = 3;

/// A decision with all that is needed to tell a person why.
pub(crate) struct Told<'a> {
    pub(crate) explanation: &'a Explanation<'a>,
    pub(crate) policy: &'a Policy,
    pub(crate) sources: &'a Sources,
    pub(crate) set: &'a Path,
    pub(crate) amount: Amount,
}

impl Told<'_> {
    /// The outcome, the rule that decides with what it came from, what `milder` says, and what else there is.
    pub(crate) fn show(&self, milder: &str) -> String {
        let mut text = outcome(&self.explanation.decision);
        text.push('\n');
        let definitions = definitions(self.sources);
        let (told, rest) = self.told();
        told.iter().for_each(|rule| self.rule(&mut text, rule, &definitions));
        text.push_str(milder);
        self.others(&mut text, &rest);
        if self.explanation.rules.is_empty() && self.explanation.decision.errors.is_empty() {
            text.push_str("\nno rule covers this action\n");
        }
        text
    }

    /// The rules that are shown in full, the one that decides first, and the others.
    fn told(&self) -> (Vec<&RuleExplanation>, Vec<&RuleExplanation>) {
        let decides = |rule: &&RuleExplanation| {
            self.explanation.decision.matched_rule.as_deref() == Some(rule.rule.as_ref())
        };
        let (mut told, rest): (Vec<_>, Vec<_>) = self.explanation.rules.iter().partition(decides);
        if self.amount == Amount::All {
            told.extend(rest);
            return (told, Vec::new());
        }
        if !told.is_empty() {
            return (told, rest);
        }
        // The default decides, since none of these does.
        let would =
            |rule: &&RuleExplanation| rule.mode == Mode::Enforce && rule.effect != self.policy.default;
        let (could, mut rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(would);
        let (told, more) = could.split_at(could.len().min(RULES));
        rest.extend(more);
        (told.to_vec(), rest)
    }

    fn rule(&self, text: &mut String, rule: &RuleExplanation, definitions: &[Definition]) {
        let mode = match rule.mode {
            Mode::Enforce => "",
            Mode::Shadow => ", in shadow",
        };
        let heading = format!("{} ({}{mode}) {}", rule.rule, rule.effect, truth(&rule.truth));
        let _ = write!(text, "\n{heading}\n");
        let compiled = self.policy.rules.iter().find(|compiled| compiled.id == rule.rule);
        let tree = Tree::new(self.sources, definitions, compiled, self.amount);
        let place = tree.place(rule.condition.span);
        if let Some(place) = place {
            let set = self.set.to_string_lossy();
            let _ = writeln!(text, "  at {}/{place}", shown(set.trim_end_matches('/')));
        }
        tree.root(text, &rule.condition);
    }

    /// How many rules are not shown, and those among them that are true.
    fn others(&self, text: &mut String, rest: &[&RuleExplanation]) {
        let Amount::Few(how) = self.amount else { return };
        let how = how.replace("shows them", if rest.len() == 1 { "shows it" } else { "shows them" });
        let is_true: Vec<String> = rest
            .iter()
            .filter(|rule| rule.truth == Truth::True)
            .map(|rule| format!("{} ({})", rule.rule, rule.effect))
            .take(RULES + 1)
            .collect();
        let also = match is_true.as_slice() {
            [] => String::new(),
            [some @ .., _] if some.len() == RULES => format!(", of them true: {} and more", some.join(", ")),
            all => format!(", of them true: {}", all.join(", ")),
        };
        let _ = match rest.len() {
            0 => Ok(()),
            1 => writeln!(text, "\n1 other rule covers this action{also}; {how}"),
            many => writeln!(text, "\n{many} other rules cover this action{also}; {how}"),
        };
    }
}
