//! Policies as the evaluator's tests have them, with opaque parts and open types: every question is answered, in time,
//! and what is shown is so.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actra_analyze::{AcceptedEffects, Analyzer, ProofVerdict, SearchAnswer, Statement};
use actra_compile::{PolicySet, compile};
use actra_ir::Policy;
use actra_model::{ActionId, Effect, RawRequest, Request};
use actra_reference::generate::{self, Rng};

use super::{EFFECTS, policies};

/// No question takes longer, though other tests run on the same machine.
const LONGEST: Duration = Duration::from_secs(60);

fn compiled(files: &[(String, String)]) -> Option<Policy> {
    compile(&PolicySet::from_texts(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))).policy
}

fn effect(policy: &Policy, request: &RawRequest) -> Effect {
    actra_eval::decide(policy, &Request::from_raw(&policy.schema, request)).effect
}

/// The effect, and the actions that are demanded beside it.
fn outcome(policy: &Policy, request: &RawRequest) -> (Effect, Vec<String>) {
    let decision = actra_eval::decide(policy, &Request::from_raw(&policy.schema, request));
    (decision.effect, decision.required_actions.iter().map(|action| format!("{action:?}")).collect())
}

/// Asks every question once; gives how many answers there were, and how many of them were unknown.
fn ask(seed: u64, policy: &Policy, other: &Policy) -> (u64, u64) {
    let mut rng = Rng::new(seed);
    let (mut answers, mut unknown) = (0, 0);
    let mut count = |is_known: bool| {
        answers += 1;
        unknown += u64::from(!is_known);
    };
    let mut analyzer = Analyzer::default();
    for rule in &policy.rules {
        analyzer.rule(policy, rule);
        count(true);
        let accepted = AcceptedEffects::AtLeast(EFFECTS[rng.below(3)]);
        let statement =
            Statement { actions: &rule.actions, when: Some(&rule.condition), accepted, with: &[] };
        let verdict = analyzer.prove(policy, &statement);
        if let ProofVerdict::Refuted(request) = &verdict {
            assert!(!accepted.accepts(effect(policy, request)), "seed {seed}: {request:?}");
        }
        count(!matches!(verdict, ProofVerdict::Unproven(_)));
    }
    analyzer.default_reachable(policy);
    for action in (0..).zip(&policy.schema.actions).map(|(number, _)| ActionId(number)) {
        for (effect_of, answer) in analyzer.can(policy, action, &RawRequest::default()).effects {
            if let SearchAnswer::Witness(request) = &answer {
                assert_eq!(effect(policy, request), effect_of, "seed {seed}: {request:?}");
            }
            count(!matches!(answer, SearchAnswer::Unknown(_)));
        }
    }
    for region in analyzer.diff(policy, other).regions {
        if let Some(request) = region.witness() {
            let [before, after] = [policy, other].map(|policy| outcome(policy, request));
            assert_ne!(before, after, "seed {seed}: {request:?}");
        }
        count(!matches!(region.answer, SearchAnswer::Unknown(_)));
    }
    for _ in 0..2 {
        let request = generate::request(&policy.schema, &mut rng);
        if let Some(change) = analyzer.nearest(policy, &request) {
            assert!(change.effect < effect(policy, &request), "seed {seed}: {change:?}");
            assert_eq!(effect(policy, &change.request), change.effect, "seed {seed}");
        }
        count(true);
    }
    (answers, unknown)
}

#[test]
fn ordinary_policies_are_answered_in_time() {
    let (next, answers, unknown) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let slowest = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= policies() / 10 {
                        break;
                    }
                    let set = generate::set(seed);
                    let Some(policy) = compiled(&set.files) else { continue };
                    let mut changed = set.files.clone();
                    for (path, text) in &mut changed {
                        if path != "schema.yaml" {
                            *text = text.replacen("effect: block", "effect: require_approval", 1);
                        }
                    }
                    let other = compiled(&changed).expect("a more permissive effect compiles");
                    let start = Instant::now();
                    let found = ask(seed, &policy, &other);
                    let took = start.elapsed();
                    answers.fetch_add(found.0, Ordering::Relaxed);
                    unknown.fetch_add(found.1, Ordering::Relaxed);
                    slowest.fetch_max(u64::try_from(took.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
                    if took > Duration::from_secs(5) {
                        println!("slow: seed {seed} took {took:?}");
                    }
                    assert!(took < LONGEST, "seed {seed} took {took:?}");
                }
            });
        }
    });
    println!("{answers:?} answers, {unknown:?} of them unknown; the slowest policy took {slowest:?} ms");
}
