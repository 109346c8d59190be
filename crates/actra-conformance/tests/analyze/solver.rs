//! The analysis against an independent solver, over formulas that are too large to be enumerated.
//!
//! The solver is a process that reads SMT-LIB; without one the test says so and compares nothing.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use actra_analyze::{Analyzer, SearchAnswer};
use actra_model::{ActionId, Effect};
use actra_reference::generate::Rng;

use super::{Set, policies, truth};

const SCHEMA: &str = "version: 1
actions:
  act:
    fields:
      b0: boolean
      b1: boolean
      b2: boolean
      n0: { type: integer, min: -50, max: 50 }
      n1: { type: integer, min: -50, max: 50 }
      n2: { type: integer, min: -50, max: 50 }
      n3: { type: integer, min: -50, max: 50 }
      s0: { type: string, max_length: 6 }
      s1: { type: string, max_length: 6 }
";

/// The same statement as a condition and as a term of SMT-LIB.
type Both = (String, String);

fn number(rng: &mut Rng) -> Both {
    let value = i64::try_from(rng.below(40)).unwrap_or(0) - 20;
    let smt = if value < 0 { format!("(- {})", -value) } else { value.to_string() };
    (value.to_string(), smt)
}

fn sum(rng: &mut Rng) -> Both {
    let field = |rng: &mut Rng| format!("n{}", rng.below(4));
    let (x, y) = (field(rng), field(rng));
    let (factor, smt_factor) = number(rng);
    match rng.below(4) {
        0 => (format!("action.{x}"), x),
        1 => (format!("(action.{x} + action.{y})"), format!("(+ {x} {y})")),
        2 => (format!("(action.{x} - action.{y})"), format!("(- {x} {y})")),
        _ => (format!("(({factor}) * action.{x} + action.{y})"), format!("(+ (* {smt_factor} {x}) {y})")),
    }
}

fn atom(rng: &mut Rng) -> Both {
    let text = rng.pick(&["a", "ab", "b", "abc", "ba", "", "bb"]);
    let s = format!("s{}", rng.below(2));
    match rng.below(13) {
        0 => {
            let b = format!("b{}", rng.below(3));
            (format!("action.{b}"), b)
        }
        1..=4 => {
            let (left, right) = (sum(rng), number(rng));
            let op = rng.pick(&["<", "<=", ">", ">=", "=="]);
            let smt = if op == "==" { "=" } else { op };
            (format!("{} {op} {}", left.0, right.0), format!("({smt} {} {})", left.1, right.1))
        }
        5 => {
            let (left, right) = (sum(rng), sum(rng));
            (format!("{} <= {}", left.0, right.0), format!("(<= {} {})", left.1, right.1))
        }
        6 => (format!("action.{s} == \"{text}\""), format!("(= {s} \"{text}\")")),
        7 => (format!("action.{s}.startsWith(\"{text}\")"), format!("(str.prefixof \"{text}\" {s})")),
        8 => (format!("action.{s}.endsWith(\"{text}\")"), format!("(str.suffixof \"{text}\" {s})")),
        9 => (format!("action.{s}.contains(\"{text}\")"), format!("(str.contains {s} \"{text}\")")),
        10 => {
            let length = rng.below(7);
            (format!("size(action.{s}) <= {length}"), format!("(<= (str.len {s}) {length})"))
        }
        11 => (
            format!("action.{s}.matches(\"^(ab|b)+$\")"),
            format!("(str.in_re {s} (re.+ (re.union (str.to_re \"ab\") (str.to_re \"b\"))))"),
        ),
        _ => ("action.s0 == action.s1".to_owned(), "(= s0 s1)".to_owned()),
    }
}

/// Clauses of three statements each, about as many as leave half of all formulas without a model.
fn formula(rng: &mut Rng) -> Both {
    let clauses = 12 + rng.below(40);
    let mut both = (Vec::new(), Vec::new());
    for _ in 0..clauses {
        let mut clause = (Vec::new(), Vec::new());
        for _ in 0..2 + rng.below(2) {
            let (condition, smt) = atom(rng);
            let negated = rng.one_in(2);
            clause.0.push(if negated { format!("!({condition})") } else { format!("({condition})") });
            clause.1.push(if negated { format!("(not {smt})") } else { smt });
        }
        both.0.push(format!("({})", clause.0.join(" || ")));
        both.1.push(format!("(or {})", clause.1.join(" ")));
    }
    (both.0.join(" && "), format!("(and {})", both.1.join(" ")))
}

/// Whether a formula has a model, by the solver; `None` if it does not say.
fn solver(solver: &str, formula: &str) -> Option<bool> {
    let mut text = String::from("(set-logic ALL)\n");
    for name in ["b0", "b1", "b2"] {
        text += &format!("(declare-const {name} Bool)\n");
    }
    for name in ["n0", "n1", "n2", "n3"] {
        text += &format!("(declare-const {name} Int)\n(assert (<= (- 50) {name} 50))\n");
    }
    for name in ["s0", "s1"] {
        text += &format!("(declare-const {name} String)\n(assert (<= (str.len {name}) 6))\n");
    }
    text += &format!("(assert {formula})\n(check-sat)\n");
    let mut process = Command::new(solver)
        .args(["-in", "-T:20"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    process.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = process.wait_with_output().ok()?;
    match String::from_utf8_lossy(&output.stdout).trim() {
        "sat" => Some(true),
        "unsat" => Some(false),
        "timeout" | "unknown" => None,
        other => panic!("{other}\n{text}"),
    }
}

#[test]
fn an_independent_solver_agrees() {
    let name = std::env::var("ACTRA_Z3").unwrap_or_else(|_| "z3".to_owned());
    let count = policies() / 10;
    if Command::new(&name).arg("--version").output().is_err() {
        // Not by a macro, whose output a passing test keeps for itself.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: {count} formulas for another solver, since there is no `{name}`"
        );
        return;
    }
    let (next, counts) = (AtomicU64::new(0), [const { AtomicU64::new(0) }; 4]);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count {
                        break;
                    }
                    counts[compare(&name, seed)].fetch_add(1, Ordering::Relaxed);
                    if seed % 500 == 499 {
                        println!("{} formulas: {counts:?}", seed + 1);
                    }
                }
            });
        }
    });
    let [with, without, silent, refused] = counts.map(AtomicU64::into_inner);
    println!(
        "{with} formulas with a model, {without} without, {silent} where the solver is silent, {refused} do not compile"
    );
}

/// Compares one formula; gives which count it belongs to.
fn compare(name: &str, seed: u64) -> usize {
    let mut rng = Rng::new(seed ^ 0x0005_01FE);
    let (condition, smt) = formula(&mut rng);
    let rule = super::rule("r", "action: act", &condition, Effect::Block, "");
    // A condition that says what a type excludes is refused when it is compiled.
    let Some(set) = Set::new(SCHEMA, &[rule], Effect::Allow) else { return 3 };
    let when = Some(&set.policy.rules[0].condition);
    let answer = Analyzer::default().satisfiable(&set.policy, &[ActionId(0)], when);
    if let SearchAnswer::Witness(request) = &answer {
        assert_eq!(truth(&set, request), Some(true), "seed {seed}: {condition}");
    }
    match (solver(name, &smt), answer) {
        (Some(true), SearchAnswer::Witness(_)) => 0,
        (Some(false), SearchAnswer::Unsatisfiable) => 1,
        (None, SearchAnswer::Witness(_) | SearchAnswer::Unsatisfiable) => 2,
        (says, answer) => panic!("seed {seed}: {says:?}, {answer:?}\n{condition}"),
    }
}
