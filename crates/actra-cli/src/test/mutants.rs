//! Mutation testing, for people.

use std::fmt::Write;

use actra_engine::diagnostics::Verbosity;
use actra_testing::{MutantOutcome, MutantResult, MutationReport, Witness, case_name, percent};

use super::indent::indented;
use crate::listing::{count, limit, remainder, truncated};
use crate::output::printable;
use crate::source_locations::Locations;

/// How many rules are shown.
const MAX_RULES_SHOWN: usize = 20;
/// How many mutants of one rule are shown.
const MAX_MUTANTS_SHOWN: usize = 3;
/// How many characters are shown of a changed part.
const WIDTH: usize = 100;

/// The score, the survivors of each rule, each with a test that would kill it, and the mutants that seem equivalent.
pub(super) fn show(
    text: &mut String,
    report: &MutationReport,
    locations: Locations<'_>,
    verbosity: Verbosity,
) {
    let (killed, survived) = (report.killed(), report.survived());
    let _ = writeln!(
        text,
        "\nmutation score {} %: {} notice {killed} of {}",
        percent(report.score()),
        count(report.tests, "test"),
        count(killed + survived, "change")
    );
    let by_rule = |is_wanted: fn(&MutantOutcome) -> bool| {
        let results = report.results.iter().filter(|result| is_wanted(&result.outcome)).collect::<Vec<_>>();
        results.chunk_by(|a, b| a.mutant.rule == b.mutant.rule).map(<[_]>::to_vec).collect::<Vec<_>>()
    };
    if survived > 0 {
        text.push_str("not noticed:\n");
        list(text, &by_rule(|outcome| matches!(outcome, MutantOutcome::Survived(_))), locations, verbosity);
    }
    if report.presumed_equivalent() > 0 {
        text.push_str("no difference found, so left out of the score:\n");
        list(text, &by_rule(|outcome| *outcome == MutantOutcome::PresumedEquivalent), locations, verbosity);
    }
}

/// Mutants, rule by rule.
fn list(text: &mut String, rules: &[Vec<&MutantResult>], locations: Locations<'_>, verbosity: Verbosity) {
    for results in rules.iter().take(limit(verbosity, MAX_RULES_SHOWN)) {
        let rule = results.first().and_then(|result| result.mutant.rule.as_deref());
        let _ = match rule {
            Some(rule) => writeln!(text, "  rule {}: {}", printable(rule), count(results.len(), "change")),
            None => writeln!(text, "  the default: {}", count(results.len(), "change")),
        };
        results
            .iter()
            .take(limit(verbosity, MAX_MUTANTS_SHOWN))
            .for_each(|result| mutant(text, result, locations));
        if let Some(more) = remainder(verbosity, results.len(), MAX_MUTANTS_SHOWN, "change") {
            let _ = writeln!(text, "    {more}");
        }
    }
    if let Some(more) = remainder(verbosity, rules.len(), MAX_RULES_SHOWN, "rule") {
        let _ = writeln!(text, "  {more}");
    }
}

fn mutant(text: &mut String, result: &MutantResult, locations: Locations<'_>) {
    let _ = writeln!(text, "    {}", describe(result, locations));
    if let MutantOutcome::Survived(witness) = &result.outcome {
        survivor(text, result, witness, locations);
    }
}

fn survivor(text: &mut String, result: &MutantResult, witness: &Witness, locations: Locations<'_>) {
    let (decided, mutated) = (witness.decided.effect, witness.mutated.effect);
    let _ = match decided == mutated {
        true => writeln!(text, "      the effect stays {decided}, and this test would notice:"),
        false => writeln!(text, "      {decided} becomes {mutated}, and this test would notice:"),
    };
    let case = witness.case(&case_name(result, locations.sources));
    let lines: Vec<_> = case.lines().map(printable).collect();
    let _ = writeln!(text, "{}", indented(&indented(&indented(&indented(&lines.join("\n"))))));
}

/// `set/policy.yaml:7:11: ... became ...`
fn describe(result: &MutantResult, locations: Locations<'_>) -> String {
    let mutant = &result.mutant;
    let location = mutant.span.map(|span| format!("{}: ", locations.column(span))).unwrap_or_default();
    match &mutant.after {
        Some(after) => {
            format!("{location}`{}` became `{}`", truncated(&mutant.before, WIDTH), truncated(after, WIDTH))
        }
        None => format!("{location}`{}` dropped", truncated(&mutant.before, WIDTH)),
    }
}
