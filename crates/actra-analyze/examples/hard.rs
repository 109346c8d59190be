//! What hard questions take: steps, which are the same everywhere, and time, which is not.
//!
//! `cargo run --release -p actra-analyze --example hard`

#[path = "../src/budget/tests/questions.rs"]
mod questions;

use std::time::Instant;

use actra_analyze::{AcceptedEffects, Analyzer, ProofVerdict, Statement};
use actra_model::{ActionId, Effect};

fn main() {
    println!("| question | answer | steps | time |");
    println!("|---|---|---:|---:|");
    for (name, policy) in questions::hard() {
        let statement = Statement {
            actions: &[ActionId(0)],
            when: None,
            accepted: AcceptedEffects::AtMost(Effect::Allow),
            with: &[],
        };
        let mut analyzer = Analyzer::default();
        let start = Instant::now();
        let answer = match analyzer.prove(&policy, &statement) {
            ProofVerdict::Proved => "proved",
            ProofVerdict::Refuted(_) => "refuted",
            ProofVerdict::Unproven(_) | ProofVerdict::ProtectionsLost(_) => "not decided",
            ProofVerdict::Vacuous => "nothing to say",
        };
        println!("| {name} | {answer} | {} | {} ms |", analyzer.steps(), start.elapsed().as_millis());
    }
}
