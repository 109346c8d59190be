use std::fmt::Write;

use actra_engine::diagnostics::Amount;
use actra_testing::{Counts, Coverage};

use super::human::{Places, count, more, most};
use crate::load::shown;

/// Characters shown of a condition.
const WIDTH: usize = 100;
/// Rows shown of a table.
const ROWS: usize = 100;

/// A rule or an atom with what it was.
struct Row {
    covered: bool,
    counts: Counts,
    place: String,
    what: String,
}

/// What was never seen first, then all.
pub(super) fn show(text: &mut String, coverage: &Coverage, places: &Places<'_>, amount: Amount) {
    let rows: Vec<Row> = coverage.rules.iter().flat_map(|rule| rows(rule, places)).collect();
    let covered = rows.iter().filter(|row| row.covered).count();
    let requests = count(coverage.requests, "request");
    let _ = writeln!(
        text,
        "\ncoverage by {requests}: {covered} of {} rules and conditions were seen true and false",
        rows.len()
    );
    let missing: Vec<_> = rows.iter().filter(|row| !row.covered).collect();
    if !missing.is_empty() || coverage.default == 0 {
        text.push_str("not covered:\n");
    }
    for row in missing.iter().take(most(amount, ROWS)) {
        let _ = writeln!(text, "  {}: {}: {}", row.place, row.what, lack(row.counts));
    }
    if let Some(more) = more(amount, missing.len(), ROWS, "place") {
        let _ = writeln!(text, "  {more}");
    }
    if coverage.default == 0 {
        text.push_str("  no request is left to the default\n");
    }
    text.push_str("   true   false  undetermined\n");
    for Row { counts, place, what, .. } in rows.iter().take(most(amount, ROWS)) {
        let Counts { times_true: held, times_false: failed, times_undetermined: undetermined } = counts;
        let _ = writeln!(text, "{held:>7} {failed:>7} {undetermined:>13}  {place}: {what}");
    }
    if let Some(more) = more(amount, rows.len(), ROWS, "row") {
        let _ = writeln!(text, "{more}");
    }
}

fn rows(rule: &actra_testing::RuleCoverage, places: &Places<'_>) -> Vec<Row> {
    let mut rows = vec![Row {
        covered: rule.covered(),
        counts: rule.counts,
        place: places.of(rule.span),
        what: format!("rule {}", rule.rule),
    }];
    rows.extend(rule.atoms.iter().map(|atom| Row {
        covered: atom.counts.covered(),
        counts: atom.counts,
        place: places.of(atom.span),
        what: cut(&atom.text),
    }));
    rows
}

fn lack(counts: Counts) -> &'static str {
    match (counts.reached(), counts.times_true, counts.times_false) {
        (false, ..) => "never reached",
        (_, 0, 0) => "never decided",
        (_, 0, _) => "never true",
        _ => "never false",
    }
}

pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        None => shown(text),
        Some((end, _)) => shown(text.get(..end).unwrap_or(text)) + "…",
    }
}
