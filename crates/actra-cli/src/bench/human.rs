//! The report of a measurement, for people.

use std::fmt::Write;

use actra_engine::{AccessMethod, RuleAccess};
use actra_wire::Measurements;

use crate::listing::count;
use crate::source_locations::RuleLocations;

/// How many rules are named in each list.
const MAX_RULES: usize = 10;

pub(super) fn render(report: &Measurements<'_>, rules: &RuleLocations<'_>) -> String {
    let mut text = String::new();
    let quantiles = &report.quantiles;
    let _ = writeln!(
        text,
        "{}, {} decisions timed, from JSON to JSON",
        count(report.requests, "request"),
        report.decisions
    );
    let _ = writeln!(text, "  p50    {}", time(quantiles.p50));
    let _ = writeln!(text, "  p99    {}", time(quantiles.p99));
    let _ = writeln!(text, "  p99.9  {}", time(quantiles.p999));
    let _ = writeln!(text, "  each includes {} for reading the clock", time(report.clock));
    let _ = writeln!(text, "{} decisions a second in one thread", thousands(report.per_second));
    slowest(report, rules, &mut text);
    not_indexed(report.reached, rules, &mut text);
    text
}

fn slowest(report: &Measurements<'_>, rules: &RuleLocations<'_>, text: &mut String) {
    text.push_str("\nslowest rules, each alone, of those in scope of these requests\n");
    if report.rules.is_empty() {
        text.push_str("  none is in scope\n");
    }
    for cost in report.rules.iter().take(MAX_RULES) {
        let (id, location) = (rules.id(cost.rule), rules.line(cost.rule));
        let _ = writeln!(text, "  {:>8}  {id}  {location}", time(cost.nanoseconds));
    }
    more(report.rules.len(), text);
}

fn not_indexed(reached: Option<&[RuleAccess]>, rules: &RuleLocations<'_>, text: &mut String) {
    let Some(reached) = reached else {
        text.push_str("\nthe policy is too large to be indexed: every rule is evaluated for every request in its scope\n");
        return;
    };
    let always_evaluated: Vec<&RuleAccess> =
        reached.iter().filter(|reach| reach.by.contains(&AccessMethod::Scope)).collect();
    if always_evaluated.is_empty() {
        text.push_str("\nevery rule has a test to find it by, or is one of few for its actions\n");
        return;
    }
    text.push_str("\nrules that the index cannot find (evaluated for every request in their scope):\n");
    for reach in always_evaluated.iter().take(MAX_RULES) {
        let _ = writeln!(text, "  {}  {}", rules.id(reach.rule), rules.line(reach.rule));
    }
    more(always_evaluated.len(), text);
}

fn more(all: usize, text: &mut String) {
    if all > MAX_RULES {
        let _ = writeln!(text, "  and {} more", all - MAX_RULES);
    }
}

/// `412 ns`, `1.41 µs`, `2.00 ms`
fn time(nanoseconds: u64) -> String {
    let number = nanoseconds as f64;
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{:.2} µs", number / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} ms", number / 1e6),
        _ => format!("{:.2} s", number / 1e9),
    }
}

/// `1,234,567`
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        let times = [0, 999, 1_000, 1_410, 2_000_000, 3_000_000_000].map(time);
        assert_eq!(times, ["0 ns", "999 ns", "1.00 µs", "1.41 µs", "2.00 ms", "3.00 s"]);
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
