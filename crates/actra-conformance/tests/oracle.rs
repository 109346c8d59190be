//! The engine against the naive reference, and the promises of the language, over generated sets and requests.
//!
//! `ACTRA_SOAK=N` asks for about N requests; without it a sample that takes seconds runs.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use actra_compile::{PolicySet, compile};
use actra_diagnostics::{Diagnostic, FileId};
use actra_ir::Policy;
use actra_model::{Decision, RawRequest, Request};
use actra_reference::generate::{self, GeneratedSet, Rng};
use actra_syntax::ast::PolicyFile;

/// Requests for each set.
const REQUESTS: u64 = 100;

fn sets() -> u64 {
    let wanted = std::env::var("ACTRA_SOAK").ok().and_then(|count| count.parse::<u64>().ok());
    wanted.map_or(600, |requests| requests / REQUESTS)
}

/// Runs a check over all seeds on two threads; gives the number of sets that compiled.
fn over_sets(check: impl Fn(u64, &GeneratedSet, &Policy) + Sync) -> u64 {
    let (next, compiled) = (AtomicU64::new(0), AtomicU64::new(0));
    let total = sets();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= total {
                        break;
                    }
                    let set = generate::set(seed);
                    if let Some(policy) = policy_of(&set) {
                        compiled.fetch_add(1, Ordering::Relaxed);
                        check(seed, &set, &policy);
                    }
                }
            });
        }
    });
    compiled.into_inner()
}

fn policy_of(set: &GeneratedSet) -> Option<Policy> {
    compile(&policy_set(&set.files)).policy
}

fn policy_set(files: &[(String, String)]) -> PolicySet {
    PolicySet::from_texts(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

/// The policy files of a set as trees, in file order.
fn trees(set: &GeneratedSet) -> Vec<PolicyFile> {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let policies = set.files.iter().filter(|(path, _)| path != "schema.yaml");
    let parse = |(_, text): &(String, String)| {
        let node = actra_syntax::yaml::parse(FileId(0), text, &mut 1000, &mut diagnostics)?;
        Some(actra_syntax::decode_policy(&node, &mut diagnostics))
    };
    policies.filter_map(parse).collect()
}

fn requests(seed: u64, policy: &Policy) -> impl Iterator<Item = RawRequest> {
    let mut rng = Rng::new(seed ^ 0xACC0_0000_0000_0000);
    (0..REQUESTS).map(move |_| generate::request(&policy.schema, &mut rng))
}

fn decide<'p>(policy: &'p Policy, raw: &RawRequest) -> Decision<'p> {
    actra_eval::decide(policy, &Request::from_raw(&policy.schema, raw))
}

/// As many differences are shown; more say no more.
const SHOWN: usize = 12;

#[test]
fn engine_and_reference_agree() {
    let (decided, undetermined) = (AtomicU64::new(0), AtomicU64::new(0));
    let apart: Mutex<Vec<String>> = Mutex::default();
    let compiled = over_sets(|seed, set, policy| {
        let files = trees(set);
        let plan = actra_eval::Plan::new(policy).expect("the policy is small");
        for raw in requests(seed, policy) {
            let (engine, reference) =
                (decide(policy, &raw), actra_reference::answer(&policy.schema, &files, &raw, policy.hash));
            decided.fetch_add(1, Ordering::Relaxed);
            undetermined.fetch_add(u64::from(!engine.undetermined.is_empty()), Ordering::Relaxed);
            let planned = actra_eval::decide_planned(policy, &plan, &raw);
            assert_eq!(planned, engine, "seed {seed}\n{}\nrequest: {raw:#?}", show(set));
            let (ours, theirs) =
                (actra_wire::decision_bytes(&engine), actra_wire::decision_bytes(&reference));
            if engine != reference {
                let set = show(set);
                let said = format!(
                    "seed {seed}\n{set}\nrequest: {raw:#?}\n  engine: {engine:?}\n  reference: {reference:?}"
                );
                apart.lock().expect("no thread fails").push(said);
                return;
            }
            assert_eq!(ours, theirs, "equal decisions are equal bytes");
        }
    });
    let total = sets();
    let (decided, undetermined) = (decided.into_inner(), undetermined.into_inner());
    println!(
        "{compiled} of {total} sets compile; {decided} decisions equal, {undetermined} with undetermined rules"
    );
    let apart = apart.into_inner().expect("no thread fails");
    let shown: Vec<&str> = apart.iter().take(SHOWN).map(String::as_str).collect();
    assert!(apart.is_empty(), "{} sets are decided in two ways:\n{}", apart.len(), shown.join("\n\n"));
    assert!(compiled * 100 >= total * 90, "too few generated sets compile: {compiled} of {total}");
}

fn show(set: &GeneratedSet) -> String {
    set.files.iter().map(|(path, text)| format!("--- {path}\n{text}")).collect()
}

#[test]
fn knowing_less_is_never_more_permissive() {
    over_sets(|seed, set, policy| {
        let mut rng = Rng::new(seed ^ 0x1E55);
        for raw in requests(seed, policy) {
            let more = decide(policy, &raw);
            let mut less = raw.clone();
            for _ in 0..1 + rng.below(3) {
                less = generate::know_less(&policy.schema, &less, &mut rng);
            }
            let decision = decide(policy, &less);
            assert!(
                decision.effect >= more.effect,
                "seed {seed}: {} became {}\n{}\nrequest: {raw:#?}\nless: {less:#?}",
                more.effect,
                decision.effect,
                show(set)
            );
        }
    });
}

#[test]
fn explanation_agrees_with_decision() {
    over_sets(|seed, _, policy| {
        for raw in requests(seed, policy).take(20) {
            let request = Request::from_raw(&policy.schema, &raw);
            let decision = actra_eval::decide(policy, &request);
            assert_eq!(actra_eval::explain(policy, &request).decision, decision, "seed {seed}");
        }
    });
}

/// The rules of a file, each with its lines.
fn rules_of(text: &str) -> (String, Vec<String>) {
    let (head, rules) = text.split_once("rules:\n").expect("a policy file has rules");
    let mut blocks: Vec<String> = Vec::new();
    for line in rules.lines() {
        if line.starts_with("  - ") {
            blocks.push(String::new());
        }
        blocks.last_mut().expect("rules start with a dash").extend([line, "\n"]);
    }
    (head.to_owned(), blocks)
}

#[test]
fn order_of_rules_and_files_never_changes_an_effect() {
    over_sets(|seed, set, policy| {
        let mut other = set.clone();
        for (path, text) in other.files.iter_mut().filter(|(path, _)| path != "schema.yaml") {
            let (head, mut rules) = rules_of(text);
            rules.reverse();
            *text = format!("{head}rules:\n{}", rules.concat());
            if path == "policies/a.yaml" {
                *path = "policies/z.yaml".into();
            }
        }
        let other = policy_of(&other).expect("another order compiles");
        for raw in requests(seed, policy).take(30) {
            assert_eq!(decide(policy, &raw).effect, decide(&other, &raw).effect, "seed {seed}");
        }
    });
}

#[test]
fn the_hash_leaves_out_and_takes_in_what_it_should() {
    over_sets(|seed, set, policy| {
        let edit = |change: &dyn Fn(&str) -> String| {
            let mut other = set.clone();
            other
                .files
                .iter_mut()
                .filter(|(path, _)| path != "schema.yaml")
                .for_each(|(_, text)| *text = change(text));
            policy_of(&other).map(|policy| policy.hash)
        };
        let same = edit(&|text| {
            let text = text
                .replace("d0", "other_name")
                .replace("names", "other_names")
                .replace("constant: word", "constant: w");
            let text = text
                .replace("word: ab", "w: ab")
                .replace("    effect:", "    description: x # y\n    tags: [t]\n    effect:");
            format!("# a comment\n{text}")
        });
        assert_eq!(
            same,
            Some(policy.hash),
            "seed {seed}: names, comments, descriptions and tags are left out\n{}",
            show(set)
        );
        let id = edit(&|text| text.replace("- id: r0", "- id: q0"));
        assert_ne!(id, Some(policy.hash), "seed {seed}: ids are taken in");
        let effect = edit(&|text| text.replacen("effect: block", "effect: allow", 1));
        let changed =
            set.files.iter().any(|(path, text)| path != "schema.yaml" && text.contains("effect: block"));
        assert!(!changed || effect != Some(policy.hash), "seed {seed}: effects are taken in");
        let schema = |from: &str, to: &str| {
            let mut other = set.clone();
            other
                .files
                .iter_mut()
                .filter(|(path, _)| path == "schema.yaml")
                .for_each(|(_, text)| *text = text.replacen(from, to, 1));
            policy_of(&other).map(|policy| policy.hash)
        };
        assert_ne!(
            schema("version: 1\n", "version: 1\nextra_fields: reject\n"),
            Some(policy.hash),
            "seed {seed}"
        );
        assert_ne!(
            schema("max_items: 6", "max_items: 5"),
            None.or(Some(policy.hash)).filter(|_| show(set).contains("max_items: 6"))
        );
    });
}

/// Every structured operator with the expression that says the same.
const SPELLINGS: &[(&str, &str)] = &[
    ("{ subject: { domain: action, field: n }, operator: equals, value: { literal: 1 } }", "action.n == 1"),
    (
        "{ subject: { domain: action, field: n }, operator: not_equals, value: { literal: 1 } }",
        "action.n != 1",
    ),
    (
        "{ subject: { domain: action, field: n }, operator: greater_than, value: { literal: 1 } }",
        "action.n > 1",
    ),
    (
        "{ subject: { domain: action, field: n }, operator: greater_or_equal, value: { literal: 1 } }",
        "action.n >= 1",
    ),
    (
        "{ subject: { domain: action, field: n }, operator: less_than, value: { subject: { domain: actor, field: n } } }",
        "action.n < actor.n",
    ),
    (
        "{ subject: { domain: action, field: n }, operator: less_or_equal, value: { constant: one } }",
        "action.n <= constants.one",
    ),
    (
        "{ subject: { domain: action, field: n }, operator: in, value: { literal: [1, 2] } }",
        "action.n in [1, 2]",
    ),
    (
        "{ subject: { domain: action, field: n }, operator: not_in, value: { literal: [1, 2] } }",
        "!(action.n in [1, 2])",
    ),
    (
        "{ subject: { domain: action, field: s }, operator: contains, value: { literal: a } }",
        "action.s.contains('a')",
    ),
    (
        "{ subject: { domain: action, field: s }, operator: not_contains, value: { literal: a } }",
        "!action.s.contains('a')",
    ),
    (
        "{ subject: { domain: action, field: l }, operator: contains, value: { literal: a } }",
        "'a' in action.l",
    ),
    (
        "{ subject: { domain: action, field: m }, operator: contains, value: { literal: a } }",
        "'a' in action.m",
    ),
    (
        "{ subject: { domain: action, field: s }, operator: starts_with, value: { literal: a } }",
        "action.s.startsWith('a')",
    ),
    (
        "{ subject: { domain: action, field: s }, operator: ends_with, value: { literal: a } }",
        "action.s.endsWith('a')",
    ),
    (
        "{ subject: { domain: action, field: s }, operator: matches, value: { literal: '^a$' } }",
        "action.s.matches('^a$')",
    ),
    ("{ subject: { domain: action, field: o }, operator: exists }", "has(action.o)"),
    (
        "{ subject: { domain: action, field: p }, operator: within, value: { literal: /srv } }",
        "action.p.within('/srv')",
    ),
    (
        "{ subject: { domain: action, field: i }, operator: within, value: { literal: 10.0.0.0/8 } }",
        "cidr('10.0.0.0/8').containsIP(action.i)",
    ),
    (
        "{ subject: { domain: action, field: l }, operator: subset_of, value: { literal: [a, b] } }",
        "sets.contains(['a', 'b'], action.l)",
    ),
    (
        "{ subject: { domain: action, field: l }, operator: intersects, value: { literal: [a, b] } }",
        "sets.intersects(action.l, ['a', 'b'])",
    ),
    (
        "{ subject: { domain: action, field: t }, operator: less_than, value: { literal: '2026-01-01T00:00:00Z' } }",
        "action.t < timestamp('2026-01-01T00:00:00Z')",
    ),
    (
        "{ all: [{ not: { subject: { domain: action, field: n }, operator: equals, value: { literal: 1 } } }, action.s == 'a', { all: [action.n < 3] }] }",
        "!(action.n == 1) && (action.s == 'a' && 3 > action.n)",
    ),
    (
        "{ any: [action.n == 1, { any: [action.n == 2, { not: { not: action.n == 3 } }] }] }",
        "action.n == 1 || (action.n == 2 || action.n == 3)",
    ),
];

#[test]
fn both_spellings_have_one_hash() {
    let schema = "version: 1
actions: { a: { fields: { n: number, s: string, l: list<string>, m: map<string>, o: string?, p: path, i: ip, t: timestamp } } }
actor: { fields: { n: number } }
";
    let hash = |condition: &str| {
        let policy = format!(
            "version: 1\ndefault: allow\nconstants: {{ one: 1 }}\nrules:\n  - {{ id: r, scope: {{ action: a }}, effect: block, when: {condition} }}\n"
        );
        let outcome =
            compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", policy.as_str())]));
        outcome.policy.unwrap_or_else(|| panic!("{condition}: {:#?}", outcome.diagnostics)).hash
    };
    for (structured, expression) in SPELLINGS {
        assert_eq!(hash(structured), hash(&format!("\"{expression}\"")), "{structured} is {expression}");
    }
    let all: std::collections::BTreeSet<_> =
        SPELLINGS.iter().map(|(structured, _)| hash(structured)).collect();
    assert_eq!(all.len(), SPELLINGS.len(), "different conditions have different hashes");
}

#[test]
fn decisions_name_rules_once() {
    over_sets(|seed, _, policy| {
        for raw in requests(seed, policy).take(20) {
            let decision = decide(policy, &raw);
            let mut names: Vec<&str> = decision
                .matched_rules
                .iter()
                .chain(decision.undetermined.iter().map(|found| &*found.rule))
                .collect();
            let count = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), count, "seed {seed}");
        }
    });
}
