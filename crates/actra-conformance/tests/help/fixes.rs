//! Fixes that a machine may apply: on every set of the corpus and of the pages, what is fixed compiles or has a fault
//! less, and nothing is allowed that was not; on policies with slips, the fix gives back what was meant, to the hash.

use std::fs;
use std::path::{Path, PathBuf};

use actra_conformance::root;
use actra_engine::diagnostics::{FileId, codes};
use actra_engine::format::{Formatted, format};
use actra_engine::{Compilation, PolicySet, check, decide};
use actra_testing::CaseFile;

const SCHEMA: &str = "version: 1
actions:
  refund: { fields: { amount: number, note: string?, mode: integer, flag: boolean } }
  all: { fields: { amount: number } }
actor: { fields: { id: string, admin: boolean } }
";

const POLICY: &str = "version: 1
default: allow
constants: { limit: 500 }
rules:
  - id: large
    scope: { action: refund }
    when: action.amount > 1000 && action.mode != 640
    unless: \"actor.admin || !(action.mode == 7)\"
    effect: block
    message: \"{actor.id} asks for {action.amount}\"
    tags: [\"1\"]
  - id: noted
    scope: { action: refund }
    when: |
      // what is meant by large
      action.amount > 900 // and more
      && !action.flag

      && action.mode != 8
    effect: require_approval
  - id: everywhere
    scope: { global: true }
    when: '!actor.admin && actor.id in [\"x\", \"y\"]'
    effect: block
  - id: listed
    scope: { action: refund }
    when: { all: [{ subject: { domain: action, field: amount }, operator: equals, value: { literal: 7 } }, \"action.flag\"] }
    effect: block
";

/// What stands in the policy, and what somebody wrote instead.
const SLIPS: &[(&str, &str)] = &[
    ("rules:", "rulez:"),
    ("    when: action", "    wehn: action"),
    ("unless:", "unles:"),
    ("tags:", "tag:"),
    (" && action.mode", " and action.mode"),
    (" && action.mode", " AND action.mode"),
    (" && action.mode", " & action.mode"),
    ("!= 640", "<> 640"),
    ("!= 640", "is not 640"),
    ("!= 640", "!== 640"),
    ("!= 640", "!= 0640"),
    ("!= 640", "!= 640u"),
    ("!= 640", "!= 0x280"),
    (" > 1000", " gt 1000"),
    (" > 1000", " => 1000"),
    (" == 7)", " = 7)"),
    (" == 7)", " is 7)"),
    ("|| !(action.mode == 7)", "|| not (action.mode == 7)"),
    ("|| !(action.mode == 7)", "|| not action.mode == 7"),
    ("|| !(action.mode == 7)", "or not (action.mode == 7)"),
    ("{ global: true }", "all"),
    ("{ global: true }", "\"*\""),
    ("{ global: true }", "global"),
    ("    scope: { action: refund }\n    when: action", "    scope: refund\n    when: action"),
    ("    scope: { action: refund }\n    when: action", "    scope: refunds\n    when: action"),
    ("{ literal: 7 }", "7"),
    ("{ literal: 7 }", "limit"),
    ("[\"1\"]", "[1]"),
    ("\"{actor.id} asks for {action.amount}\"", "{actor.id} asks for {action.amount}"),
    ("'!actor.admin && actor.id in [\"x\", \"y\"]'", "!actor.admin && actor.id in [\"x\", \"y\"]"),
    ("'!actor.admin && actor.id in [\"x\", \"y\"]'", "[\"!actor.admin\", \"actor.flag\"]"),
    ("effect: block\n    message", "effect: true\n    message"),
    ("id: large", "id: 12"),
    ("id: large", "ids: large"),
    ("    tags: [\"1\"]", "    tags: [\"1\"]\n    tag: [\"2\"]"),
    ("when: |\n", "when: >\n"),
    ("when: |\n", "when: >-\n"),
    ("when: |\n", "when: >2- # as YAML has it\n"),
];

/// Slips for which there is no fix, since more than one thing may be meant.
const OPEN: &[&str] = &[
    "!= 0640",
    " => 1000",
    "|| not action.mode == 7",
    "    scope: refund\n    when: action",
    "    scope: refunds\n    when: action",
    "limit",
    "[\"!actor.admin\", \"actor.flag\"]",
    "effect: true\n    message",
    "id: 12",
    "    tags: [\"1\"]\n    tag: [\"2\"]",
];

fn set(policy: &str) -> PolicySet {
    PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", policy)])
}

#[test]
fn fixes_give_back_what_was_meant() {
    let meant = check(&set(POLICY)).policy.expect("the policy compiles").hash;
    for (right, slip) in SLIPS {
        assert!(POLICY.contains(right), "{right}");
        let written = set(&POLICY.replacen(right, slip, 1));
        let outcome = check(&written);
        assert!(outcome.policy.is_none(), "`{slip}` compiles");
        let errors = || outcome.diagnostics.iter().filter(|found| found.is_error());
        assert!(errors().any(|found| !found.help.is_empty()), "`{slip}`: {:#?}", outcome.diagnostics);
        if !errors().any(|found| found.fix.is_some()) {
            assert!(OPEN.contains(slip), "`{slip}` has no fix: {:#?}", outcome.diagnostics);
            continue;
        }
        assert!(!OPEN.contains(slip), "`{slip}` has a fix: {:#?}", outcome.diagnostics);
        let fixed = check(&all_fixed(&written, &outcome));
        let hash = fixed.policy.as_ref().map(|policy| policy.hash);
        assert_eq!(hash, Some(meant), "`{slip}` is fixed to something else: {:#?}", fixed.diagnostics);
        if slip.contains("when: >") {
            keeps_words(&written, &all_fixed(&written, &outcome));
        }
    }
}

/// A comment that swallowed a line is a line again, and formatting loses nothing of it.
fn keeps_words(written: &PolicySet, fixed: &PolicySet) {
    let text = |set: &PolicySet| {
        let file = set.files.iter().find(|file| file.path == "policy.yaml").expect("the policy");
        String::from_utf8(file.content.clone().expect("its text")).expect("UTF-8")
    };
    // All but what a layout consists of, and the marks of a block.
    let words = |text: &str| {
        let words = text.split(|c: char| " \t\r\n[]{},-:?|>".contains(c)).filter(|word| !word.is_empty());
        let mut words: Vec<String> = words.map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    let formatted = match format(FileId(0), &text(fixed), &mut Vec::new()) {
        Some(Formatted::Text(new)) => new,
        // A block that gives its indentation is left unchanged.
        Some(Formatted::Skipped(_)) if text(fixed).contains("|2") => text(fixed),
        other => panic!("it is not formatted: {other:?}"),
    };
    // The indentation that a header gives in digits is no word.
    let digits = |text: &str| text.replace(">2-", ">-").replace("|2-", "|-");
    assert_eq!(words(&digits(&text(fixed))), words(&digits(&text(written))));
    assert_eq!(words(&digits(&formatted)), words(&digits(&text(fixed))));
}

/// A set in which every fix was applied, those behind first.
fn all_fixed(set: &PolicySet, outcome: &Compilation) -> PolicySet {
    let mut order: Vec<usize> = (0..outcome.diagnostics.len()).collect();
    let start = |at: &usize| {
        outcome.diagnostics.get(*at).and_then(|found| found.fix.as_ref()).map(|fix| fix.span.start)
    };
    order.sort_by_key(|at| std::cmp::Reverse(start(at)));
    order.into_iter().fold(set.clone(), |set, at| fixed(&set, outcome, at).unwrap_or(set))
}

/// A set in which one fix was applied; `None` if there is none.
fn fixed(set: &PolicySet, outcome: &Compilation, at: usize) -> Option<PolicySet> {
    let fix = outcome.diagnostics.get(at)?.fix.as_ref()?;
    let path = outcome.sources.get(fix.span.file)?.path.clone();
    let mut set = set.clone();
    let file = set.files.iter_mut().find(|file| file.path == path)?;
    let mut text = String::from_utf8(file.content.clone().ok()?).ok()?;
    // A byte-order mark is no part of the source.
    let source = outcome.sources.get(fix.span.file)?;
    let skipped = if text.starts_with('\u{feff}') && !source.text.starts_with('\u{feff}') { 3 } else { 0 };
    text.replace_range(fix.span.start as usize + skipped..fix.span.end as usize + skipped, &fix.replacement);
    file.content = Ok(text.into_bytes());
    Some(set)
}

#[test]
fn every_fix_of_the_corpus_helps() {
    let (mut tried, mut failed) = (0, Vec::new());
    for (name, set, requests) in sets() {
        let before = check(&set);
        for (at, found) in before.diagnostics.iter().enumerate() {
            let Some(after) = fixed(&set, &before, at) else { continue };
            tried += 1;
            let after = check(&after);
            let of_code = |outcome: &Compilation| {
                outcome
                    .diagnostics
                    .iter()
                    .filter(|other| other.code == found.code && other.is_error())
                    .count()
            };
            let syntax = |outcome: &Compilation| {
                outcome.diagnostics.iter().any(|found| found.code == codes::YAML_SYNTAX)
            };
            // What could not be read before may have faults of its own.
            let helps = after.policy.is_some() || of_code(&after) < of_code(&before);
            if !helps || (syntax(&after) && !syntax(&before)) {
                failed.push(format!("{name}: {} {} -> {:?}", found.code, found.message, found.fix));
            }
            if let (Some(before), Some(after)) = (&before.policy, &after.policy) {
                for request in &requests {
                    let effect = |policy| decide(policy, &actra_wire::read_request(request)).effect;
                    assert!(
                        effect(after) >= effect(before),
                        "{name}: {} makes a decision more permissive",
                        found.code
                    );
                }
            }
        }
    }
    println!("{tried} fixes tried");
    assert!(tried > 20, "{tried} fixes");
    assert!(failed.is_empty(), "{} of {tried} fixes do not help:\n{}", failed.len(), failed.join("\n"));
}

/// Every set of the corpus with its requests, and those of the pages about codes.
fn sets() -> Vec<(String, PolicySet, Vec<Vec<u8>>)> {
    let mut files = Vec::new();
    collect(&root().join("conformance"), &mut files);
    files.sort();
    let mut all = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("a case file");
        let directory = path.parent().expect("a directory");
        let mut load =
            |set: &str| actra_host::read_policy_set(&directory.join(set)).map_err(|error| error.to_string());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let case_file =
            CaseFile::read(&name, &text, &mut load).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        let requests: Vec<Vec<u8>> = case_file.cases.iter().filter_map(|case| case.request.clone()).collect();
        for case in &case_file.cases {
            all.push((format!("{name}: {}", case.name), case_file.set_of(case), requests.clone()));
        }
    }
    for (code, page) in codes::ALL {
        let blocks = page.split("```yaml policy.yaml\n").skip(1);
        let policies = blocks.filter_map(|block| block.split_once("```")).map(|(policy, _)| policy);
        all.extend(policies.map(|policy| (code.to_string(), set(policy), Vec::new())));
    }
    all
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory of cases") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true if path.ends_with("enforce") || path.ends_with("gateway") => {}
            true => collect(&path, files),
            false if path.extension().is_some_and(|extension| extension == "yaml") => files.push(path),
            false => {}
        }
    }
}
