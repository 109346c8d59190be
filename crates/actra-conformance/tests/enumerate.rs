//! The analyzer against enumeration: questions about small sets, and requests that are tried one by one.
//!
//! Written from the language and the public interface alone, by somebody who had not read the analyzer. What is said
//! to be proved must hold for every request that is tried; what is shown must be decided as it says; what is not
//! decided is counted.
//!
//! `ACTRA_SOAK=N` asks N questions, `ACTRA_SEED=S` starts at another one than the first.

mod enumerate {
    pub mod case;
    pub mod change;
    pub mod cli;
    pub mod counting;
    pub mod field;
    pub mod form;
    pub mod grow;
    pub mod judge;
    pub mod report;
    pub mod request;
    pub mod set;
    pub mod shrink;
    pub mod tree;
    pub mod value;
}

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use enumerate::case::Case;
use enumerate::judge::{Failure, Outcome, judge};
use enumerate::report::{self, Report};

/// Failures that are known and let through until they are mended, each with a reason.
const KNOWN: &[(&str, &str)] =
    &[("nearest: fewer fields would do", NEAREST), ("nearest: a closer number would do", NEAREST)];

const NEAREST: &str = "a change may be larger than it has to be where conditions are opaque";

/// Out of a hundred questions of a kind, how many may be left undecided.
const OPEN: usize = 40;
/// Of fewer questions nothing can be said.
const ENOUGH: usize = 100;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn panicked(case: &Case) -> Outcome {
    Outcome::Failed(Failure { class: "a panic", detail: report::written(case) })
}

#[test]
fn answers_hold_for_enumerated_requests() {
    let (start, count) = (number("ACTRA_SEED", 0), number("ACTRA_SOAK", 100));
    let (next, found) = (AtomicU64::new(start), Mutex::new(Report::default()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= start + count {
                        break;
                    }
                    let case = Case::new(seed);
                    let clock = Instant::now();
                    let outcome =
                        std::panic::catch_unwind(|| judge(&case)).unwrap_or_else(|_| panicked(&case));
                    let took = clock.elapsed();
                    if took.as_secs() > 3 {
                        let (kind, sets) = (report::kind(&case.ask), report::written(&case));
                        println!("{kind} took {took:?}\n{sets}");
                    }
                    Report::add(&found, &case, outcome);
                }
            });
        }
    });
    let report = found.into_inner().expect("no thread failed");
    println!("{}", report.show());
    assert_eq!(report.unknown_failures(KNOWN), Vec::<&str>::new(), "\n{}", report.show());
    for kind in report.kinds_with(ENOUGH) {
        assert!(report.open(kind) <= OPEN, "{kind}: {} of 100 are not decided", report.open(kind));
    }
}

/// Sets that are written to files and asked about with commands.
const COMMANDS: usize = 12;

#[test]
fn the_command_line_says_the_same() {
    let asked = (5000..).map(Case::new).filter(enumerate::cli::agrees).take(COMMANDS).count();
    assert_eq!(asked, COMMANDS);
}

/// In a child process of the test above it is the command line; else it does nothing.
#[test]
fn the_command_line() {
    enumerate::cli::answer();
}
