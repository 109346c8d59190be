use std::fmt::Write;

use actra_testing::{Fate, MutantReport, Tried, Witness, case_name, percent};

use super::coverage::cut;
use super::human::{Places, count, indented};
use crate::load::shown;

/// The score, each change that no test notices with a test that would, and the changes that make no difference.
pub(super) fn show(text: &mut String, report: &MutantReport, places: &Places<'_>) {
    let (killed, survived) = (report.killed(), report.survived());
    let _ = writeln!(
        text,
        "\nmutation score {} %: {} notice {killed} of {}",
        percent(report.score()),
        count(report.tests, "test"),
        count(killed + survived, "change")
    );
    if survived > 0 {
        text.push_str("not noticed:\n");
    }
    for tried in &report.tried {
        if let Fate::Survived(witness) = &tried.fate {
            survivor(text, tried, witness, places);
        }
    }
    if report.alike() > 0 {
        text.push_str("no difference found, so left out of the score:\n");
    }
    for tried in report.tried.iter().filter(|tried| tried.fate == Fate::NoDifference) {
        let _ = writeln!(text, "  {}", described(tried, places));
    }
}

fn survivor(text: &mut String, tried: &Tried, witness: &Witness, places: &Places<'_>) {
    let _ = writeln!(text, "  {}", described(tried, places));
    let (decided, mutated) = (witness.decided.effect, witness.mutated.effect);
    let _ = match decided == mutated {
        true => writeln!(text, "    the effect stays {decided}, and this test would notice:"),
        false => writeln!(text, "    {decided} becomes {mutated}, and this test would notice:"),
    };
    let case = witness.case(&case_name(tried, places.sources));
    let lines: Vec<_> = case.lines().map(shown).collect();
    let _ = writeln!(text, "{}", indented(&indented(&indented(&lines.join("\n")))));
}

/// `set/policy.yaml:7:11: rule: ... became ... (threshold)`
fn described(tried: &Tried, places: &Places<'_>) -> String {
    let mutant = &tried.mutant;
    let place = mutant.span.map(|span| format!("{}: ", places.of(span))).unwrap_or_default();
    let rule = mutant.rule.as_deref().map(|rule| format!("{rule}: ")).unwrap_or_default();
    let change = match &mutant.after {
        Some(after) => format!("`{}` became `{}`", cut(&mutant.before), cut(after)),
        None => format!("`{}` dropped", cut(&mutant.before)),
    };
    format!("{place}{rule}{change}")
}
