//! What is asked of every rule of a policy takes steps in proportion to the rules.
//!
//! `ACTRA_RULES=5000 cargo test --workspace --test growth -- --ignored --nocapture` prints steps and times.

#![expect(clippy::panic, reason = "tests fail by it")]

use std::fmt::Write;
use std::time::Instant;

use actra_analyze::Analyzer;
use actra_compile::{PolicySet, compile};
use actra_ir::Policy;

/// How a condition of two parts is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Plain,
    Swapped,
    DeMorgan,
}

impl Spelling {
    fn join(self, one: &str, other: &str) -> String {
        match self {
            Spelling::Plain => format!("{one} && {other}"),
            Spelling::Swapped => format!("{other} && {one}"),
            Spelling::DeMorgan => format!("!(!({one}) || !({other}))"),
        }
    }
}

/// A policy of so many rules.
struct Shape {
    name: &'static str,
    default: &'static str,
    /// Actions for so many rules.
    actions: fn(usize) -> usize,
    /// Scope, the two parts of the condition, and effect with what it demands.
    rule: fn(usize, usize) -> (String, [String; 2], &'static str),
}

const APPROVAL: &str = "require_approval, required_actions: [{ type: human_approval, role: manager }]";

const SHAPES: &[Shape] = &[
    Shape {
        name: "scoped",
        default: "allow",
        actions: |count| count / 50,
        rule: |number, actions| {
            let effect = if number % 3 == 0 { "block" } else { "require_approval" };
            let parts = [format!("action.amount > {number}"), format!("actor.role != \"r{number}\"")];
            (format!("action: act_{}", number % actions), parts, effect)
        },
    },
    Shape {
        name: "global, one field",
        default: "allow",
        actions: |_| 1,
        rule: |number, _| {
            let parts = [format!("action.amount > {number}"), format!("action.amount < {}", 3 * number + 9)];
            ("global: true".to_owned(), parts, "block")
        },
    },
    Shape {
        name: "global, several fields",
        default: "allow",
        actions: |_| 3,
        rule: |number, _| {
            let (parts, effect) = match number % 4 {
                0 => ([format!("action.amount > {number}"), format!("actor.role == \"r{number}\"")], "block"),
                1 => (
                    [format!("action.target.startsWith(\"t{number}/\")"), "!snapshot.flag".to_owned()],
                    APPROVAL,
                ),
                2 => {
                    ([format!("\"x{number}\" in action.tags"), format!("action.amount < {number}")], APPROVAL)
                }
                _ => (
                    [format!("actor.role == \"q{number}\""), "!(action.target in action.tags)".to_owned()],
                    "block",
                ),
            };
            ("global: true".to_owned(), parts, effect)
        },
    },
    Shape {
        name: "allowed by teams",
        default: "block",
        actions: |_| 1,
        rule: |number, _| {
            let team = number / 4;
            let (parts, effect) = match number % 4 {
                0 => ([format!("actor.role == \"t{team}\""), "action.amount > 900".to_owned()], "block"),
                1 => ([format!("actor.role == \"t{team}\""), "action.amount > 500".to_owned()], APPROVAL),
                _ => (
                    [format!("actor.role == \"t{team}\""), format!("action.target == \"a{number}\"")],
                    "allow",
                ),
            };
            ("global: true".to_owned(), parts, effect)
        },
    },
];

impl Shape {
    fn policy(&self, count: usize, spelling: Spelling) -> Policy {
        let actions = (self.actions)(count).max(1);
        let mut schema = "version: 1\nactions:\n".to_owned();
        for action in 0..actions {
            let fields = "amount: number, target: string, tags: { type: list, of: string, max_items: 50 }";
            let _ = writeln!(schema, "  act_{action}: {{ fields: {{ {fields} }} }}");
        }
        schema += "actor: { fields: { role: string } }\nsnapshot: { fields: { flag: boolean } }\n";
        let mut rules = format!("version: 1\ndefault: {}\nrules:\n", self.default);
        for number in 0..count {
            let (scope, [one, other], effect) = (self.rule)(number, actions);
            let when = spelling.join(&one, &other);
            let _ = writeln!(
                rules,
                "  - {{ id: r{number}, scope: {{ {scope} }}, when: '{when}', effect: {effect} }}"
            );
        }
        let outcome = compile(&PolicySet::from_texts([("schema.yaml", &*schema), ("policy.yaml", &*rules)]));
        outcome.policy.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
    }

    /// The steps of what `check --proofs` asks.
    fn findings(&self, count: usize) -> (u64, usize) {
        let policy = self.policy(count, Spelling::Plain);
        let mut analyzer = Analyzer::default();
        let found = policy.rules.iter().filter(|rule| analyzer.rule(&policy, rule).is_some()).count();
        assert!(analyzer.default_reachable(&policy), "{}", self.name);
        (analyzer.steps(), found)
    }

    /// The steps of comparing the policy with itself in other words.
    fn respelled(&self, count: usize, spelling: Spelling) -> u64 {
        let (old, new) = (self.policy(count, Spelling::Plain), self.policy(count, spelling));
        let mut analyzer = Analyzer::default();
        let difference = analyzer.diff(&old, &new);
        assert!(difference.is_equivalent(), "{}: {:?}", self.name, difference.regions.first());
        analyzer.steps()
    }
}

fn grows(name: &str, few: u64, many: u64) {
    assert!(many * 10 <= few * 25, "{name}: {few} steps for some, {many} for twice as many");
}

#[test]
fn findings_grow_with_the_rules() {
    for shape in SHAPES {
        let [few, many] = [200, 400].map(|count| shape.findings(count).0);
        grows(shape.name, few, many);
    }
}

#[test]
fn a_respelled_comparison_grows_with_the_rules() {
    for shape in SHAPES {
        for spelling in [Spelling::Swapped, Spelling::DeMorgan] {
            let [few, many] = [200, 400].map(|count| shape.respelled(count, spelling));
            grows(shape.name, few, many);
        }
    }
}

#[test]
#[ignore = "prints figures"]
fn figures() {
    let most: usize = std::env::var("ACTRA_RULES").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000);
    for shape in SHAPES {
        for count in [most / 4, most / 2, most] {
            let start = Instant::now();
            let (steps, found) = shape.findings(count);
            println!(
                "{} {count} findings: {steps} steps, {found} found, {:.1?}",
                shape.name,
                start.elapsed()
            );
            let start = Instant::now();
            let steps = shape.respelled(count, Spelling::DeMorgan);
            println!("{} {count} respelled: {steps} steps, {:.1?}", shape.name, start.elapsed());
        }
    }
}
