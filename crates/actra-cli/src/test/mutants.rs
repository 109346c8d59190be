use std::fmt::Write;

use actra_engine::diagnostics::Amount;
use actra_testing::{MutantOutcome, MutantResult, MutationReport, Witness, case_name, percent};

use super::coverage::cut;
use super::human::{Places, count, indented, more, most};
use crate::load::shown;

/// Rules of which something is shown.
const RULES: usize = 20;
/// Changes of one rule that are shown.
const CHANGES: usize = 3;

/// The score, the changes of each rule that no test notices with a test that would, and those that make no difference.
pub(super) fn show(text: &mut String, report: &MutationReport, places: &Places<'_>, amount: Amount) {
    let (killed, survived) = (report.killed(), report.survived());
    let _ = writeln!(
        text,
        "\nmutation score {} %: {} notice {killed} of {}",
        percent(report.score()),
        count(report.tests, "test"),
        count(killed + survived, "change")
    );
    let by_rule = |wanted: fn(&MutantOutcome) -> bool| {
        let tried = report.results.iter().filter(|tried| wanted(&tried.outcome)).collect::<Vec<_>>();
        tried.chunk_by(|a, b| a.mutant.rule == b.mutant.rule).map(<[_]>::to_vec).collect::<Vec<_>>()
    };
    if survived > 0 {
        text.push_str("not noticed:\n");
        list(text, &by_rule(|fate| matches!(fate, MutantOutcome::Survived(_))), places, amount);
    }
    if report.presumed_equivalent() > 0 {
        text.push_str("no difference found, so left out of the score:\n");
        list(text, &by_rule(|fate| *fate == MutantOutcome::PresumedEquivalent), places, amount);
    }
}

/// The changes, rule by rule.
fn list(text: &mut String, rules: &[Vec<&MutantResult>], places: &Places<'_>, amount: Amount) {
    for changes in rules.iter().take(most(amount, RULES)) {
        let rule = changes.first().and_then(|tried| tried.mutant.rule.as_deref());
        let _ = match rule {
            Some(rule) => writeln!(text, "  rule {}: {}", shown(rule), count(changes.len(), "change")),
            None => writeln!(text, "  the default: {}", count(changes.len(), "change")),
        };
        changes.iter().take(most(amount, CHANGES)).for_each(|tried| change(text, tried, places));
        if let Some(more) = more(amount, changes.len(), CHANGES, "change") {
            let _ = writeln!(text, "    {more}");
        }
    }
    if let Some(more) = more(amount, rules.len(), RULES, "rule") {
        let _ = writeln!(text, "  {more}");
    }
}

fn change(text: &mut String, tried: &MutantResult, places: &Places<'_>) {
    let _ = writeln!(text, "    {}", described(tried, places));
    if let MutantOutcome::Survived(witness) = &tried.outcome {
        survivor(text, tried, witness, places);
    }
}

fn survivor(text: &mut String, tried: &MutantResult, witness: &Witness, places: &Places<'_>) {
    let (decided, mutated) = (witness.decided.effect, witness.mutated.effect);
    let _ = match decided == mutated {
        true => writeln!(text, "      the effect stays {decided}, and this test would notice:"),
        false => writeln!(text, "      {decided} becomes {mutated}, and this test would notice:"),
    };
    let case = witness.case(&case_name(tried, places.sources));
    let lines: Vec<_> = case.lines().map(shown).collect();
    let _ = writeln!(text, "{}", indented(&indented(&indented(&indented(&lines.join("\n"))))));
}

/// `set/policy.yaml:7:11: ... became ...`
fn described(tried: &MutantResult, places: &Places<'_>) -> String {
    let mutant = &tried.mutant;
    let place = mutant.span.map(|span| format!("{}: ", places.of(span))).unwrap_or_default();
    match &mutant.after {
        Some(after) => format!("{place}`{}` became `{}`", cut(&mutant.before), cut(after)),
        None => format!("{place}`{}` dropped", cut(&mutant.before)),
    }
}
