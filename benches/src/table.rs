//! The tables, as they stand in `README.md`.

use std::fmt::Write as _;
use std::time::Duration;

use crate::engines::Engine;
use crate::engines::actra::Actra;
use crate::engines::by_hand::ByHand;
use crate::measure::Measured;
use crate::scenarios::Scenario;
use crate::subject::{Door, Way};
use crate::workload::Series;

/// A workload's measurements.
pub struct Column {
    /// The scenario.
    pub scenario: Scenario,
    /// Rules.
    pub size: usize,
    /// The engines in order.
    pub measured: Vec<Measured>,
}

/// One table for each scenario: nanoseconds of a decision, and how the best peer compares with Actra.
pub fn times(columns: &[Column]) -> String {
    let mut text = String::new();
    for scenario in Scenario::ALL {
        let columns: Vec<&Column> = columns.iter().filter(|column| column.scenario == scenario).collect();
        if columns.is_empty() {
            continue;
        }
        let _ = writeln!(text, "### ({}) {}\n", scenario.letter(), scenario.title());
        heading(&mut text, "nanoseconds per decision", &columns);
        for (series, door) in ways() {
            let lines = engines(&columns);
            for engine in lines {
                let cells = columns.iter().map(|column| time(column, engine, (series, door)));
                let cells: Vec<Option<f64>> = cells.collect();
                if cells.iter().any(Option::is_some) {
                    line(
                        &mut text,
                        &format!("{}, {engine}", way(series, door)),
                        cells.into_iter().map(count),
                    );
                }
            }
            let ratios = columns.iter().map(|column| best_peer(column, (series, door)));
            let ratios: Vec<Option<f64>> = ratios.collect();
            if ratios.iter().any(Option::is_some) {
                let label = format!("**{}, best peer : Actra**", way(series, door));
                line(
                    &mut text,
                    &label,
                    ratios.into_iter().map(|ratio| ratio.map(|ratio| format!("**{}**", plain(ratio)))),
                );
            }
        }
        text.push('\n');
    }
    text
}

/// Milliseconds from text to policy.
pub fn loads(columns: &[Column]) -> String {
    by_engine(columns, "milliseconds to load", |measured| Some(plain(measured.load.as_secs_f64() * 1e3)))
}

/// Decisions on two threads for one on one thread.
pub fn threads(columns: &[Column]) -> String {
    by_engine(columns, "two threads : one", |measured| measured.threads.map(|ratio| format!("{ratio:.2}")))
}

/// Percentiles of single decisions.
pub fn tails(columns: &[Column]) -> String {
    by_engine(columns, "p50 / p99 / p99.9, ns", |measured| {
        measured.tail.map(|tail| tail.map(|time| format!("{time:.0}")).join(" / "))
    })
}

/// Requests whose answers were compared, of all.
pub fn checks(columns: &[Column]) -> String {
    by_engine(columns, "answers compared", |measured| {
        Some(format!("{} of {}", measured.checked.0, measured.checked.1))
    })
}

fn by_engine(columns: &[Column], title: &str, cell: impl Fn(&Measured) -> Option<String>) -> String {
    let mut text = String::new();
    let columns: Vec<&Column> = columns.iter().collect();
    heading(&mut text, title, &columns);
    for engine in engines(&columns) {
        let cells = columns.iter().map(|column| find(column, engine).and_then(&cell));
        let cells: Vec<Option<String>> = cells.collect();
        if cells.iter().any(Option::is_some) {
            line(&mut text, engine, cells.into_iter());
        }
    }
    text
}

fn ways() -> impl Iterator<Item = Way> {
    Series::ALL.into_iter().flat_map(|series| Door::ALL.map(|door| (series, door)))
}

fn way(series: Series, door: Door) -> &'static str {
    match (series, door) {
        (Series::Complete, Door::Native) => "native",
        (Series::Complete, Door::Json) => "JSON",
        (Series::Missing, Door::Native) => "native, a field missing",
        (Series::Missing, Door::Json) => "JSON, a field missing",
    }
}

/// Names of engines, each once, in the order of the first column that has it.
fn engines(columns: &[&Column]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for measured in columns.iter().flat_map(|column| &column.measured) {
        if !names.contains(&measured.engine) {
            names.push(measured.engine);
        }
    }
    names
}

fn find<'a>(column: &'a Column, engine: &str) -> Option<&'a Measured> {
    column.measured.iter().find(|measured| measured.engine == engine)
}

fn time(column: &Column, engine: &str, way: Way) -> Option<f64> {
    find(column, engine)?.time(way)
}

/// What is written by hand is no peer: it is the floor.
fn best_peer(column: &Column, way: Way) -> Option<f64> {
    let peers =
        column.measured.iter().filter(|measured| ![Actra::NAME, ByHand::NAME].contains(&measured.engine));
    let best = peers.filter_map(|measured| measured.time(way)).min_by(f64::total_cmp)?;
    Some(best / time(column, Actra::NAME, way)?)
}

fn heading(text: &mut String, title: &str, columns: &[&Column]) {
    let names = columns.iter().map(|column| match column.scenario.fixed_size() {
        Some(_) => format!("({})", column.scenario.letter()),
        None => format!("({}) {}", column.scenario.letter(), thousands(column.size as f64)),
    });
    line(text, title, names.map(Some));
    let _ = writeln!(text, "|---|{}", "--:|".repeat(columns.len()));
}

fn line(text: &mut String, name: &str, cells: impl Iterator<Item = Option<String>>) {
    let cells: Vec<String> = cells.map(|cell| cell.unwrap_or_else(|| "-".to_owned())).collect();
    let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
}

fn count(number: Option<f64>) -> Option<String> {
    number.map(thousands)
}

/// A whole number with separators.
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with as many digits as say something.
fn plain(number: f64) -> String {
    match number {
        0.0..10.0 => format!("{number:.2}"),
        10.0..100.0 => format!("{number:.1}"),
        _ => thousands(number),
    }
}

/// A duration for the progress line.
pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
