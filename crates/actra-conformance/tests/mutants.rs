//! `actra test --mutants` against brute force: what it says of each mutant is worked out again without its short cuts,
//! and changes of the text of a policy are compiled and tested one by one.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod mutants {
    pub mod naive;
}

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;

use actra_conformance::root;
use actra_engine::model::{Decision, RawRequest};
use actra_engine::{Compilation, Policy, PolicySet, compile, decide};
use actra_reference::generate::{self, Rng};
use actra_testing::{
    CaseFile, MutantOutcome, MutationReport, SetTests, case_name, coverage, mutation_report, written_request,
};
use mutants::naive;

const JOBS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// A set with all sorts of conditions.
const SCHEMA: &str = "version: 1
actions:
  refund: { fields: { amount: number, currency: { type: string, one_of: [USD, EUR, GBP] }, note: string? } }
  payout: { fields: { amount: number, currency: { type: string, one_of: [USD, EUR, GBP] }, to: { type: list, of: string, max_items: 9 } } }
  delete: { fields: { path: path, from: ip, at: timestamp } }
actor: { fields: { role: string, id: string } }
snapshot: { fields: { flag: boolean, contacts: { type: list, of: string, max_items: 9 }, limits: map<number>, today: number } }
";
const POLICY: &str = "version: 1
default: allow
definitions:
  trusted: actor.role in [\"admin\", \"finance\"]
rules:
  - id: large
    scope: { action: [refund, payout] }
    when: action.amount > 1000 && action.currency == \"EUR\"
    unless: trusted
    effect: block
  - id: flagged
    scope: { global: true }
    when: snapshot.flag
    effect: block
  - id: today
    scope: { action: refund }
    when: action.amount + snapshot.today >= 5000
    effect: require_approval
    required_actions: [{ type: human, role: boss }]
  - id: strangers
    scope: { action: payout }
    when: action.to.exists(t, !(t in snapshot.contacts))
    effect: require_approval
  - id: notes
    scope: { action: refund }
    when: has(action.note) && (action.note.startsWith(\"vip/\") || size(action.note) > 20)
    effect: require_approval
    mode: shadow
  - id: outside
    scope: { action: delete }
    when: action.path.within(\"/srv\") && cidr(\"10.0.0.0/8\").containsIP(action.from) && action.at.getHours() < 9
    effect: block
  - id: limited
    scope: { action: payout }
    when: \"\\\"eur\\\" in snapshot.limits && action.amount > snapshot.limits[\\\"eur\\\"]\"
    effect: block
";

fn set(schema: &str, policy: &str) -> PolicySet {
    PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", policy)])
}

fn compiled(set: &PolicySet) -> Compilation {
    let outcome = compile(set);
    assert!(outcome.policy.is_some(), "{:#?}", outcome.diagnostics);
    outcome
}

fn policy(outcome: &Compilation) -> &Policy {
    outcome.policy.as_ref().expect("it compiles")
}

/// The sets of the repository that compile, and the one above.
fn sets() -> Vec<(String, PolicySet)> {
    let mut found = vec![("here".to_owned(), set(SCHEMA, POLICY))];
    let mut directories = vec![root().join("examples")];
    while let Some(directory) = directories.pop() {
        if directory.join("schema.yaml").exists() {
            let read = actra_host::read_policy_set(&directory).expect("a set");
            if compile(&read).policy.is_some() {
                found.push((directory.display().to_string(), read));
            }
        }
        let entries =
            fs::read_dir(&directory).expect("a directory").map(|entry| entry.expect("an entry").path());
        directories.extend(entries.filter(|path| path.is_dir()));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() > 20);
    found
}

/// A suite whose cases expect what the policy decides.
fn case_file(set: &PolicySet, policy: &Policy, requests: &[RawRequest]) -> CaseFile {
    if requests.is_empty() {
        return read(set, "version: 1\ncases: []");
    }
    let mut text = String::from("version: 1\nlenient: true\ncases:\n");
    for (idx, request) in requests.iter().enumerate() {
        let decision = decide(policy, request);
        let rule = decision.matched_rule.as_deref().unwrap_or("null");
        text.push_str(&format!(
            "  - {{ name: c{idx}, request: {}, expect: {{ effect: {}, matched_rule: {rule} }} }}\n",
            written_request(request),
            decision.effect
        ));
    }
    read(set, &text)
}

fn read(set: &PolicySet, text: &str) -> CaseFile {
    let mut load = |_: &str| Err("no other set".to_owned());
    CaseFile::read_for(set, "tests/t.yaml", text, &mut load)
        .unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

/// Random requests that survive being written down.
fn requests(policy: &Policy, seed: u64, count: usize) -> Vec<RawRequest> {
    let mut rng = Rng::new(seed);
    let drawn = (0..count).map(|_| generate::request(&policy.schema, &mut rng));
    let kept = drawn.filter(|request| {
        actra_wire::parse_request(written_request(request).as_bytes()).is_ok_and(|read| read == *request)
    });
    kept.collect()
}

fn tried(set: &PolicySet, outcome: &Compilation, case_file: CaseFile) -> MutationReport {
    let tests = SetTests::new(set, outcome, vec![("tests/t.yaml".to_owned(), case_file)], JOBS);
    assert!(tests.run().iter().all(|result| result.passed()));
    mutation_report(&tests).expect("it compiles")
}

fn named(decision: &Decision<'_>) -> (String, Option<String>) {
    (decision.effect.to_string(), decision.matched_rule.as_ref().map(ToString::to_string))
}

/// Whether a caller sees a difference.
fn differs(one: &Decision<'_>, other: &Decision<'_>) -> bool {
    named(one) != named(other)
        || one.message != other.message
        || one.required_actions != other.required_actions
        || one.shadow != other.shadow
}

/// Each fate, worked out again with a policy prepared for deciding and no short cut. Gives how many mutants there are
/// and how many of those without a difference have one.
fn check_fates(name: &str, set: &PolicySet, outcome: &Compilation, asked: &[RawRequest]) -> (usize, usize) {
    let policy = policy(outcome);
    let report = tried(set, outcome, case_file(set, policy, asked));
    let mut rng = Rng::new(7);
    let more: Vec<_> = (0..100).map(|_| generate::request(&policy.schema, &mut rng)).collect();
    let mut missed = 0;
    for tried in &report.results {
        let mutated = Policy::new(tried.mutant.apply(policy));
        let noticed = asked
            .iter()
            .position(|request| named(&decide(policy, request)) != named(&decide(&mutated, request)));
        let expected = noticed.map(|idx| format!("c{idx}"));
        match &tried.outcome {
            MutantOutcome::Killed { test } => {
                assert_eq!(Some(test), expected.as_ref(), "{name}: {}", tried.mutant)
            }
            MutantOutcome::Survived(witness) => {
                assert_eq!(expected, None, "{name}: {}", tried.mutant);
                let (old, new) = (decide(policy, &witness.request), decide(&mutated, &witness.request));
                assert!(differs(&old, &new), "{name}: {}", tried.mutant);
                assert_eq!(named(&witness.decided), named(&old), "{name}: {}", tried.mutant);
                assert_eq!(named(&witness.mutated), named(&new), "{name}: {}", tried.mutant);
            }
            MutantOutcome::PresumedEquivalent => {
                assert_eq!(expected, None, "{name}: {}", tried.mutant);
                let found =
                    more.iter().find(|request| differs(&decide(policy, request), &decide(&mutated, request)));
                if let Some(request) = found {
                    missed += 1;
                    println!(
                        "{name}: {} shows on {}",
                        case_name(tried, &outcome.sources),
                        written_request(request)
                    );
                }
            }
        }
    }
    (report.results.len(), missed)
}

#[test]
fn fates_are_those_of_brute_force() {
    let (mut all, mut missed) = (0, 0);
    for (name, set) in sets() {
        let outcome = compiled(&set);
        let asked = requests(policy(&outcome), 11, 20);
        let (tried, without) = check_fates(&name, &set, &outcome, &asked);
        all += tried;
        missed += without;
    }
    println!("{all} mutants, {missed} with a difference that was not found");
    assert!(all > 1000 && missed * 100 < all, "{missed} of {all}");
}

#[test]
fn fates_are_those_of_brute_force_on_generated_sets() {
    let (mut all, mut missed, mut seed) = (0, 0, 0);
    while all < 500 {
        seed += 1;
        let generated = generate::set(seed);
        let files = generated.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        let set = PolicySet::from_texts(files);
        let outcome = compile(&set);
        let Some(policy) = &outcome.policy else { continue };
        let asked = requests(policy, seed, 30);
        let (tried, without) = check_fates(&format!("seed {seed}"), &set, &outcome, &asked);
        all += tried;
        missed += without;
    }
    println!("{all} mutants of {seed} sets, {missed} with a difference that was not found");
    // Generated conditions are far stranger than those that people write.
    assert!(missed * 25 < all, "{missed} of {all}");
}

/// The tests that are suggested, taken as they are, notice all that they were made for.
#[test]
fn suggested_tests_notice_every_change() {
    for (name, set) in sets().into_iter().step_by(6) {
        let outcome = compiled(&set);
        let report = tried(&set, &outcome, read(&set, "version: 1\ncases: []"));
        let mut cases = BTreeMap::new();
        for tried in &report.results {
            if let MutantOutcome::Survived(witness) = &tried.outcome {
                let name = format!("{} {}", cases.len(), case_name(tried, &outcome.sources));
                cases.insert(cases.len(), witness.case(&name));
            }
        }
        let text = cases.values().cloned().collect::<Vec<_>>().join("\n").replace('\n', "\n  ");
        let again = tried(&set, &outcome, read(&set, &format!("version: 1\ncases:\n  {text}\n")));
        for (first, second) in report.results.iter().zip(&again.results) {
            if let MutantOutcome::Survived(_) = first.outcome {
                let killed = matches!(second.outcome, MutantOutcome::Killed { .. });
                assert!(killed, "{name}: {}", case_name(first, &outcome.sources));
            }
        }
        // From the requests of tests the search gets further, so a few more differences may be found.
        println!(
            "{name}: {} mutants, {} with a suggested test, then {} %",
            report.results.len(),
            report.survived(),
            again.score() / 100
        );
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let set = set(SCHEMA, POLICY);
    let outcome = compiled(&set);
    let asked = requests(policy(&outcome), 3, 20);
    let report = |jobs: usize| {
        let files = vec![("tests/t.yaml".to_owned(), case_file(&set, policy(&outcome), &asked))];
        let tests = SetTests::new(&set, &outcome, files, NonZeroUsize::new(jobs).expect("not zero"));
        format!("{:?}{:?}{:?}", tests.run(), mutation_report(&tests), coverage(&tests))
    };
    assert_eq!(report(1), report(5));
}

#[test]
fn changes_of_the_text_are_among_the_mutants_and_fare_alike() {
    let set = set(SCHEMA, POLICY);
    let outcome = compiled(&set);
    let policy = policy(&outcome);
    let asked = requests(policy, 5, 60);
    let case_file = case_file(&set, policy, &asked);
    let report = tried(&set, &outcome, case_file.clone());
    let fates: BTreeMap<String, &MutantOutcome> = report
        .results
        .iter()
        .map(|tried| (tried.mutant.apply(policy).hash.to_string(), &tried.outcome))
        .collect();
    let (mut killed, mut refused) = (0, 0);
    let texts = naive::texts(POLICY);
    for (what, text) in &texts {
        let changed = self::set(SCHEMA, text);
        // A lost guard is refused as text, and a mutant all the same.
        let Some(policy) = compile(&changed).policy else {
            refused += 1;
            continue;
        };
        let hash = policy.hash.to_string();
        let fate = fates.get(&hash).unwrap_or_else(|| panic!("{what} is no mutant"));
        let fails = CaseFile { set: changed, cases: case_file.cases.clone() }
            .run("t")
            .iter()
            .any(|result| !result.passed());
        assert_eq!(matches!(fate, MutantOutcome::Killed { .. }), fails, "{what}");
        killed += usize::from(fails);
    }
    println!("{} changes of the text, {refused} refused, {killed} noticed", texts.len());
    assert!(killed > 10 && refused < 5 && killed + refused < texts.len());
}
