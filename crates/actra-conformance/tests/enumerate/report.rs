//! What came of many questions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Mutex;

use super::case::{Ask, Case};
use super::judge::govern::governance;
use super::judge::{Failure, Outcome};
use super::set::SetSpec;
use super::shrink::shrink;

/// Failures of one class that are shown with a small example.
const SHOWN: usize = 2;

#[derive(Default)]
pub struct Report {
    /// By kind of question and answer.
    answers: BTreeMap<(&'static str, &'static str), usize>,
    failures: BTreeMap<&'static str, Vec<String>>,
    opaque: BTreeMap<String, usize>,
}

pub fn kind(ask: &Ask) -> &'static str {
    match ask {
        Ask::Prove(_) => "prove",
        Ask::Invariant(_) => "invariant",
        Ask::Diff(_) => "diff",
        Ask::Baseline(_) => "baseline",
        Ask::Findings => "findings",
        Ask::Can => "can",
        Ask::Nearest => "nearest",
    }
}

impl Report {
    pub fn add(report: &Mutex<Report>, case: &Case, outcome: Outcome) {
        let answer = match &outcome {
            Outcome::Sound(answer) => answer,
            Outcome::Open(_) => "not decided",
            Outcome::Skipped => "does not compile",
            Outcome::Failed(_) => "wrong",
        };
        let lock = || report.lock().expect("no thread fails while it reports");
        *lock().answers.entry((kind(&case.ask), answer)).or_default() += 1;
        match outcome {
            Outcome::Open(why) => *lock().opaque.entry(why).or_default() += 1,
            Outcome::Failed(failure) => {
                let known = lock().failures.entry(failure.class).or_default().len();
                let text = if known < SHOWN { example(case, &failure) } else { String::new() };
                println!("=== {}\n{text}", failure.class);
                lock().failures.entry(failure.class).or_default().push(text);
            }
            _ => {}
        }
    }

    fn of(&self, kind: &str, answer: Option<&str>) -> usize {
        let counted = self.answers.iter().filter(|((known, what), _)| {
            *known == kind && answer.map_or(*what != "does not compile", |answer| *what == answer)
        });
        counted.map(|(_, count)| count).sum()
    }

    /// Kinds of questions of which so many were asked.
    pub fn kinds_with(&self, least: usize) -> BTreeSet<&'static str> {
        let kinds = self.answers.keys().map(|(kind, _)| *kind);
        kinds.filter(|kind| self.of(kind, None) >= least).collect()
    }

    /// Out of a hundred questions of a kind, how many are not decided.
    pub fn open(&self, kind: &str) -> usize {
        100 * self.of(kind, Some("not decided")) / self.of(kind, None).max(1)
    }

    /// The classes of failures that are not among known ones.
    pub fn unknown_failures(&self, known: &[(&str, &str)]) -> Vec<&'static str> {
        let is_known = |class: &str| known.iter().any(|(name, _)| *name == class);
        self.failures.keys().filter(|class| !is_known(class)).copied().collect()
    }

    pub fn show(&self) -> String {
        let mut text = String::new();
        for ((kind, answer), count) in &self.answers {
            let _ = writeln!(text, "{kind}: {answer}: {count}");
        }
        let mut opaque: Vec<(&String, &usize)> = self.opaque.iter().collect();
        opaque.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (why, count) in opaque.into_iter().take(12) {
            let _ = writeln!(text, "not decided {count} times: {why}");
        }
        for (class, examples) in &self.failures {
            let _ = writeln!(text, "=== {class}: {} times", examples.len());
            examples.iter().filter(|example| !example.is_empty()).for_each(|example| text.push_str(example));
        }
        text
    }
}

/// A small case that fails in the same way, and the seed of the one that was found.
fn example(case: &Case, failure: &Failure) -> String {
    let (small, how) = shrink(case, failure);
    written(&small) + &how.detail + "\n"
}

/// The sets of a case and what is asked, as files.
pub fn written(case: &Case) -> String {
    let mut text = format!("--- seed {}\n{}", case.seed, set(&case.set, ""));
    match &case.ask {
        Ask::Prove(statement) | Ask::Invariant(statement) => text.push_str(&governance(statement)),
        Ask::Diff(new) | Ask::Baseline(new) => text.push_str(&set(new, "new/")),
        _ => {}
    }
    text
}

fn set(set: &SetSpec, directory: &str) -> String {
    set.files().iter().map(|(path, text)| format!("# {directory}{path}\n{text}")).collect()
}
