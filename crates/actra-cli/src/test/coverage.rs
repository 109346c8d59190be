//! Coverage, for people.

use std::fmt::Write;

use actra_engine::diagnostics::Verbosity;
use actra_testing::{Counts, Coverage};

use crate::listing::{count, limit, remainder, truncated};
use crate::source_locations::Locations;

/// How many characters are shown of a condition.
const WIDTH: usize = 100;
/// How many rows are shown of a table.
const MAX_ROWS_SHOWN: usize = 100;

/// A rule or an atom with its counts.
struct Row {
    covered: bool,
    counts: Counts,
    location: String,
    description: String,
}

/// First what is not covered, then a table of everything.
pub(super) fn show(text: &mut String, coverage: &Coverage, locations: Locations<'_>, verbosity: Verbosity) {
    let rows: Vec<Row> = coverage.rules.iter().flat_map(|rule| rows(rule, locations)).collect();
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
    for row in missing.iter().take(limit(verbosity, MAX_ROWS_SHOWN)) {
        let _ = writeln!(text, "  {}: {}: {}", row.location, row.description, gap(row.counts));
    }
    if let Some(more) = remainder(verbosity, missing.len(), MAX_ROWS_SHOWN, "place") {
        let _ = writeln!(text, "  {more}");
    }
    if coverage.default == 0 {
        text.push_str("  no request falls back to the default\n");
    }
    text.push_str("   true   false  undetermined\n");
    for Row { counts, location, description, .. } in rows.iter().take(limit(verbosity, MAX_ROWS_SHOWN)) {
        let Counts { times_true, times_false, times_undetermined } = counts;
        let _ = writeln!(
            text,
            "{times_true:>7} {times_false:>7} {times_undetermined:>13}  {location}: {description}"
        );
    }
    if let Some(more) = remainder(verbosity, rows.len(), MAX_ROWS_SHOWN, "row") {
        let _ = writeln!(text, "{more}");
    }
}

fn rows(rule: &actra_testing::RuleCoverage, locations: Locations<'_>) -> Vec<Row> {
    let mut rows = vec![Row {
        covered: rule.covered(),
        counts: rule.counts,
        location: locations.column(rule.span),
        description: format!("rule {}", rule.rule),
    }];
    rows.extend(rule.atoms.iter().map(|atom| Row {
        covered: atom.counts.covered(),
        counts: atom.counts,
        location: locations.column(atom.span),
        description: truncated(&atom.text, WIDTH),
    }));
    rows
}

/// What is missing for something to be covered.
fn gap(counts: Counts) -> &'static str {
    if !counts.reached() {
        return "never reached";
    }
    match (counts.times_true, counts.times_false) {
        (0, 0) => "never decided",
        (0, _) => "never true",
        _ => "never false",
    }
}
