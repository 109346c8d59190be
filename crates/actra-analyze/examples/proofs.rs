//! How long proofs and comparisons take: `cargo run --release -p actra-analyze --example proofs`.
//!
//! Sets of N rules over twenty actions (`spread`) or over one (`crowded`): thresholds, roles, prefixes, flags and
//! memberships. Twenty invariants, half of which hold; a comparison with a set in which one rule differs.

use std::fmt::Write;
use std::time::Instant;

use actra_analyze::{AcceptedEffects, Analyzer, ProofVerdict, Statement};
use actra_compile::{PolicySet, compile};
use actra_ir::Policy;
use actra_model::Effect;

const ACTIONS: usize = 20;

fn schema() -> String {
    let mut text = "version: 1\nactions:\n".to_owned();
    for action in 0..ACTIONS {
        let _ = writeln!(
            text,
            "  act_{action}: {{ fields: {{ amount: number, target: string, tags: {{ type: list, of: string, max_items: 50 }} }} }}"
        );
    }
    text + "actor: { fields: { role: string, type: string } }\nsnapshot: { fields: { flag: boolean, limit: number, known: { type: list, of: string, max_items: 50 } } }\n"
}

/// The rule with this number; `shift` moves the threshold of the first one.
fn rule(number: usize, action: usize, shift: usize) -> String {
    let (when, effect) = match number % 5 {
        0 => (format!("action.amount > {} && actor.role != \"r{number}\"", 1_000 + number + shift), "block"),
        1 => (format!("action.target.startsWith(\"t{number}/\") && !snapshot.flag"), "require_approval"),
        2 => (format!("snapshot.flag && action.amount > {number}"), "block"),
        3 => (format!("\"x{number}\" in action.tags"), "require_approval"),
        _ => (format!("actor.role == \"q{number}\" && !(action.target in snapshot.known)"), "block"),
    };
    format!("  - {{ id: r{number}, scope: {{ action: act_{action} }}, when: '{when}', effect: {effect} }}\n")
}

fn policy(count: usize, spread: bool, shift: usize) -> Policy {
    let mut rules = "version: 1\ndefault: allow\nrules:\n".to_owned();
    for number in 0..count {
        let action = if spread { number / 5 % ACTIONS } else { 0 };
        rules.push_str(&rule(number, action, if number == 0 { shift } else { 0 }));
    }
    compiled(&schema(), &rules)
}

fn compiled(schema: &str, rules: &str) -> Policy {
    let set = PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", rules)]);
    match compile(&set) {
        actra_compile::UngovernedCompilation { policy: Some(policy), .. } => policy,
        outcome => {
            eprintln!("{:?}", outcome.diagnostics);
            std::process::exit(1)
        }
    }
}

/// Conditions of statements, by way of rules.
fn conditions() -> Policy {
    let mut rules = "version: 1\ndefault: allow\nrules:\n".to_owned();
    for number in 0..ACTIONS {
        let when = match number % 2 {
            // Holds, by the rules of the third kind.
            0 => "snapshot.flag && action.amount > 20000",
            _ => "action.amount < 900 && actor.role == \"nobody\"",
        };
        let _ = writeln!(
            rules,
            "  - {{ id: i{number}, scope: {{ action: act_{number} }}, when: '{when}', effect: block }}"
        );
    }
    compiled(&schema(), &rules)
}

fn main() {
    let statements = conditions();
    println!(
        "{:>8} {:>8} {:>14} {:>8} {:>8} {:>14}",
        "rules", "", "20 invariants", "proved", "refuted", "diff of one"
    );
    for (spread, name) in [(true, "spread"), (false, "crowded")] {
        for count in [10, 100, 1_000, 10_000] {
            let old = policy(count, spread, 0);
            let new = policy(count, spread, 500);
            let (mut proofs, mut diffs) = (Vec::new(), Vec::new());
            let (mut proved, mut refuted) = (0, 0);
            for _ in 0..5 {
                let start = Instant::now();
                let mut analyzer = Analyzer::default();
                (proved, refuted) = (0, 0);
                for rule in &statements.rules {
                    let actions = if spread { rule.actions.to_vec() } else { vec![actra_model::ActionId(0)] };
                    let statement = Statement {
                        actions: &actions,
                        when: Some(&rule.condition),
                        accepted: AcceptedEffects::AtLeast(Effect::Block),
                        with: &[],
                    };
                    match analyzer.prove(&old, &statement) {
                        ProofVerdict::Proved => proved += 1,
                        ProofVerdict::Refuted(_) => refuted += 1,
                        other => println!("{other:?}"),
                    }
                }
                proofs.push(start.elapsed());
                let start = Instant::now();
                let difference = Analyzer::default().diff(&old, &new);
                diffs.push(start.elapsed());
                assert_eq!(difference.regions.len(), 1, "{difference:?}");
            }
            proofs.sort();
            diffs.sort();
            let median = |times: &[std::time::Duration]| times.get(2).copied().unwrap_or_default();
            println!(
                "{count:>8} {name:>8} {:>14} {proved:>8} {refuted:>8} {:>14}",
                format!("{:.1?}", median(&proofs)),
                format!("{:.1?}", median(&diffs))
            );
        }
    }
}
