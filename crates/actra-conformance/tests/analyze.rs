//! The analysis against brute force: every answer about a small policy is compared with what the reference says of
//! every valid request.
//!
//! `ACTRA_SOAK=N` asks for about N policies; without it a sample that takes seconds runs.

#[path = "analyze/changes.rs"]
mod changes;
#[path = "analyze/conditions.rs"]
mod conditions;
#[path = "analyze/domain.rs"]
mod domain;
#[path = "analyze/ordinary.rs"]
mod ordinary;
#[path = "analyze/ranges.rs"]
mod ranges;
#[path = "analyze/solver.rs"]
mod solver;

use std::sync::atomic::{AtomicU64, Ordering};

use actra_analyze::{
    AcceptedEffects, Analyzer, Direction, ProofVerdict, RuleFinding, SearchAnswer, Statement,
};
use actra_compile::{PolicySet, compile};
use actra_diagnostics::FileId;
use actra_ir::{Policy, RuleMode};
use actra_model::{ActionId, Decision, Effect, RawRequest, RawValue, Request};
use actra_reference::generate::Rng;
use actra_syntax::ast::PolicyFile;
use conditions::condition;
use domain::Space;

const EFFECTS: [Effect; 3] = [Effect::Allow, Effect::RequireApproval, Effect::Block];

fn policies() -> u64 {
    std::env::var("ACTRA_SOAK").ok().and_then(|count| count.parse().ok()).unwrap_or(300)
}

/// A policy, its text, and its tree for the reference.
struct Set {
    text: String,
    policy: Policy,
    files: Vec<PolicyFile>,
}

impl Set {
    fn new(schema: &str, rules: &[String], default: Effect) -> Option<Self> {
        let text = format!("version: 1\ndefault: {default}\nrules:\n{}", rules.concat());
        let set = PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", &text)]);
        let policy = compile(&set).policy?;
        let mut diagnostics = Vec::new();
        let node = actra_syntax::yaml::parse(FileId(0), &text, &mut 1_000, &mut diagnostics)?;
        let files = vec![actra_syntax::decode_policy(&node, &mut diagnostics)];
        Some(Self { text, policy, files })
    }

    fn decide(&self, raw: &RawRequest) -> Decision<'_> {
        actra_reference::answer(&self.policy.schema, &self.files, raw, self.policy.hash)
    }
}

fn rule(id: &str, scope: &str, when: &str, effect: Effect, more: &str) -> String {
    let when = when.replace('\'', "''");
    format!("  - {{ id: {id}, scope: {{ {scope} }}, when: '{when}', effect: {effect}{more} }}\n")
}

const REQUIRED: &str = ", required_actions: [{ type: human }]";

/// A rule that compiles.
fn some_rule(space: &Space, schema: &str, id: &str, rng: &mut Rng) -> String {
    for _ in 0..200 {
        let depth = rng.below(4);
        let when = condition(space, rng, depth);
        let scope = rng.pick(&["action: act", "action: act", "action: other", "global: true"]);
        let mut more = if rng.one_in(12) { ", mode: shadow".to_owned() } else { String::new() };
        if rng.one_in(5) {
            more += REQUIRED;
        }
        if rng.one_in(6) {
            let unless = condition(space, rng, 1).replace('\'', "''");
            more += &format!(", unless: '{unless}'");
        }
        let text = rule(id, scope, &when, EFFECTS[rng.below(3)], &more);
        if Set::new(schema, std::slice::from_ref(&text), Effect::Allow).is_some() {
            return text;
        }
    }
    rule(id, "global: true", "true", Effect::Block, "")
}

struct Case {
    space: Space,
    schema: String,
    rules: Vec<String>,
    set: Set,
    requests: Vec<RawRequest>,
}

fn case(rng: &mut Rng) -> Case {
    let space = Space::new(rng);
    let schema = space.schema();
    let rules: Vec<String> =
        (0..1 + rng.below(5)).map(|number| some_rule(&space, &schema, &format!("r{number}"), rng)).collect();
    let set = Set::new(&schema, &rules, EFFECTS[rng.below(3)]).expect("each rule compiles alone");
    let requests = space.requests();
    Case { space, schema, rules, set, requests }
}

/// Runs a check over all seeds on two threads.
fn over_policies(check: impl Fn(&Case, &mut Rng) + Sync) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= policies() {
                        break;
                    }
                    let mut rng = Rng::new(seed ^ 0xA11A_1775);
                    let case = case(&mut rng);
                    let shown = Shown(seed, &case);
                    check(&case, &mut rng);
                    std::mem::forget(shown);
                }
            });
        }
    });
}

/// Shows the case when a check panics.
struct Shown<'a>(u64, &'a Case);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        eprintln!("seed {}\n{}\n{}", self.0, self.1.schema, self.1.set.text);
    }
}

fn action_of(policy: &Policy, request: &RawRequest) -> ActionId {
    Request::from_raw(&policy.schema, request).action_id.expect("a declared action")
}

/// What a condition is for a request, by the reference: the condition stands in a policy as its only rule.
fn truth(of: &Set, request: &RawRequest) -> Option<bool> {
    let decision = of.decide(request);
    if !decision.undetermined.is_empty() {
        return None;
    }
    Some(!decision.matched_rules.is_empty())
}

fn accepts(accepted: AcceptedEffects, effect: Effect) -> bool {
    accepted.accepts(effect)
}

#[test]
fn statements_are_proved_and_refuted_as_brute_force_says() {
    let counts: [AtomicU64; 4] = Default::default();
    over_policies(|case, rng| {
        let asked = some_rule(&case.space, &case.schema, "asked", rng).replace(", mode: shadow", "");
        let asked = Set::new(&case.schema, &[asked], Effect::Allow).unwrap();
        let effect = EFFECTS[rng.below(3)];
        let accepted = match rng.below(3) {
            0 => AcceptedEffects::Exactly(effect),
            1 => AcceptedEffects::AtLeast(effect),
            _ => AcceptedEffects::AtMost(effect),
        };
        let condition = &asked.policy.rules[0].condition;
        let actions = &asked.policy.rules[0].actions;
        let statement = Statement { actions, when: Some(condition), accepted, with: &[] };
        let about = |request: &&RawRequest| actions.contains(&action_of(&case.set.policy, request));
        let breaks = |request: &RawRequest| {
            let outcome = case.set.decide(request).effect;
            let counts = match truth(&asked, request) {
                Some(truth) => truth,
                // It counts for lower bounds only.
                None => {
                    !matches!(accepted, AcceptedEffects::AtMost(_))
                        && !(matches!(accepted, AcceptedEffects::Exactly(exact) if outcome > exact))
                }
            };
            counts && !accepts(accepted, outcome)
        };
        let fits = case.requests.iter().filter(about).any(|request| truth(&asked, request) == Some(true));
        let broken = case.requests.iter().filter(about).any(breaks);
        let verdict = Analyzer::default().prove(&case.set.policy, &statement);
        let place = match &verdict {
            ProofVerdict::Proved => {
                assert!(!broken, "{accepted:?} when {}", asked.text);
                // It is said that there is no request to speak of only where that was shown.
                let shown = || Analyzer::default().satisfiable(&case.set.policy, actions, Some(condition));
                let unsure = || matches!(shown(), SearchAnswer::Unknown(why) if may_be_unknown(&why));
                assert!(fits || case.space.is_open() || unsure(), "{accepted:?} when {}", asked.text);
                0
            }
            ProofVerdict::Refuted(request) => {
                assert!(breaks(request), "{accepted:?} when {}\n{request:?}", asked.text);
                assert!(broken || case.space.is_open(), "{accepted:?} when {}\n{request:?}", asked.text);
                1
            }
            ProofVerdict::Vacuous => {
                assert!(!fits, "{}", asked.text);
                2
            }
            ProofVerdict::Unproven(opaque) => {
                assert!(may_be_unknown(opaque), "{opaque:?} {accepted:?} when {}", asked.text);
                3
            }
            ProofVerdict::ProtectionsLost(what) => panic!("a statement gives nothing up: {what:?}"),
        };
        counts[place].fetch_add(1, Ordering::Relaxed);
    });
    println!("proved, refuted, empty, unproven: {counts:?}");
}

/// Sums of decimals may have too many digits to be written, and those of long lists are not looked at element by
/// element; which other limits there are is said with them.
fn may_be_unknown(opaque: &[String]) -> bool {
    let is_limit =
        |name: &str| name == "arithmetic beyond 34 digits" || name.starts_with("many elements of ");
    let is_beside = |name: &str| is_limit(name) || name == "strings of more than 10,000 pieces";
    opaque.iter().any(|name| is_limit(name)) && opaque.iter().all(|name| is_beside(name))
}

#[test]
fn findings_about_rules_are_those_of_brute_force() {
    let found = AtomicU64::new(0);
    over_policies(|case, _| {
        let mut analyzer = Analyzer::default();
        let policy = &case.set.policy;
        for rule in &policy.rules {
            let alone: Vec<String> = case
                .rules
                .iter()
                .filter(|text| text.contains(&format!("id: {},", rule.id)))
                .cloned()
                .collect();
            let alone: Vec<String> = alone.iter().map(|text| text.replace(", mode: shadow", "")).collect();
            let alone = Set::new(&case.schema, &alone, Effect::Allow).unwrap();
            let without: Vec<_> = policy.rules.iter().filter(|other| other.id != rule.id).cloned().collect();
            let without = Policy { rules: without, ..policy.clone() };
            let effect = |policy: &Policy, request: &RawRequest| {
                actra_eval::decide(policy, &Request::from_raw(&policy.schema, request)).effect
            };
            let covered = |request: &&RawRequest| rule.actions.contains(&action_of(policy, request));
            let truths: Vec<_> =
                case.requests.iter().filter(covered).map(|request| truth(&alone, request)).collect();
            let never = truths.iter().all(|truth| *truth != Some(true));
            let always = truths.iter().all(|truth| *truth == Some(true));
            let idle = rule.mode == RuleMode::Enforce
                && case.requests.iter().all(|request| effect(policy, request) == effect(&without, request));
            let unconditional =
                matches!(rule.condition.kind, actra_ir::ExprKind::Literal(actra_model::Value::Bool(true)));
            let finding = analyzer.rule(policy, rule);
            found.fetch_add(u64::from(finding.is_some()), Ordering::Relaxed);
            match finding {
                Some(RuleFinding::NeverTrue) => assert!(never, "{}", rule.id),
                Some(RuleFinding::AlwaysTrue) => assert!(always, "{}", rule.id),
                Some(RuleFinding::NeverDecisive) => assert!(idle, "{}", rule.id),
                None if case.space.is_open() || rule_is_unclear(case) => {}
                None => assert!(
                    !((never || always) && !unconditional) && !idle,
                    "{}: {never} {always} {idle}",
                    rule.id
                ),
            }
        }
        let reachable = case.requests.iter().any(|request| case.set.decide(request).matched_rules.is_empty());
        let answer = analyzer.default_reachable(policy);
        assert!(answer || !reachable);
        assert!(!answer || reachable || case.space.is_open() || rule_is_unclear(case));
    });
    println!("{found:?} findings");
}

/// Sums of decimals are not looked at to the last digit.
fn rule_is_unclear(case: &Case) -> bool {
    case.set.text.contains(" + ") || case.set.text.contains(" - ") || case.set.text.contains("2 * ")
}

/// Whether a request is treated otherwise, in one direction: by its effect, or by what is demanded before something
/// runs.
fn moved(direction: Direction, old: &Set, new: &Set, request: &RawRequest) -> bool {
    let (old, new) = (old.decide(request), new.decide(request));
    let (strict, lenient) = if direction == Direction::Weaker { (old, new) } else { (new, old) };
    lenient.effect < strict.effect || (lenient.effect != Effect::Block && asks_less(&strict, &lenient))
}

/// Whether less is demanded beside a block, which may be shown.
fn is_less(direction: Direction, old: &Set, new: &Set, request: &RawRequest) -> bool {
    let (old, new) = (old.decide(request), new.decide(request));
    let (strict, lenient) = if direction == Direction::Weaker { (old, new) } else { (new, old) };
    lenient.effect == strict.effect && asks_less(&strict, &lenient)
}

fn asks_less(strict: &Decision<'_>, lenient: &Decision<'_>) -> bool {
    strict.required_actions.iter().any(|action| !lenient.required_actions.contains(action))
}

#[test]
fn comparisons_find_what_brute_force_finds() {
    let counts: [AtomicU64; 4] = Default::default();
    over_policies(|case, rng| {
        let mut rules = case.rules.clone();
        let idx = rng.below(rules.len());
        match rng.below(5) {
            4 => rules[idx] = rules[idx].replace(REQUIRED, ""),
            0 if rules.len() > 1 => drop(rules.remove(idx)),
            1 => rules.push(some_rule(&case.space, &case.schema, "new", rng)),
            2 => rules[idx] = rules[idx].replace("effect: block", "effect: require_approval"),
            _ => rules[idx] = some_rule(&case.space, &case.schema, &format!("r{idx}"), rng),
        }
        let default = if rng.one_in(5) { EFFECTS[rng.below(3)] } else { case.set.policy.default };
        let Some(new) = Set::new(&case.schema, &rules, default) else { return };
        let difference = Analyzer::default().diff(&case.set.policy, &new.policy);
        for (direction, place) in [(Direction::Weaker, 0), (Direction::Stricter, 2)] {
            let moved = |request: &RawRequest| moved(direction, &case.set, &new, request);
            let shown = |request: &RawRequest| moved(request) || is_less(direction, &case.set, &new, request);
            let brute = case.requests.iter().any(moved);
            let seen = case.requests.iter().any(shown);
            assert!(!brute || difference.moved(direction), "{direction:?}\n{}", new.text);
            for request in case.requests.iter().take(100).filter(|_| !difference.moved(direction)) {
                let less = case.space.less(request, rng);
                assert!(!moved(&less), "{direction:?} {less:?}\n{}", new.text);
            }
            counts[place + usize::from(brute)].fetch_add(1, Ordering::Relaxed);
            for region in difference.regions.iter().filter(|region| region.direction == direction) {
                match &region.answer {
                    SearchAnswer::Witness(request) => {
                        assert!(shown(request), "{direction:?} {request:?}\n{}", new.text);
                        let valid = Request::from_raw(&new.policy.schema, request).faults.is_empty();
                        assert!(seen || !valid || case.space.is_open(), "{request:?}\n{}", new.text);
                    }
                    SearchAnswer::Unknown(opaque) => {
                        assert!(may_be_unknown(opaque), "{opaque:?}\n{}", new.text)
                    }
                    SearchAnswer::Unsatisfiable => panic!("a region without a request"),
                }
            }
        }
    });
    println!("weaker no, yes, stricter no, yes: {counts:?}");
}

#[test]
fn what_can_happen_is_what_brute_force_sees() {
    over_policies(|case, rng| {
        let like = &case.requests[rng.below(case.requests.len())];
        let action = action_of(&case.set.policy, like);
        let given = RawRequest {
            actor: like.actor.clone().filter(|_| !rng.one_in(3)),
            snapshot: like.snapshot.clone().filter(|_| rng.one_in(2)),
            ..RawRequest::default()
        };
        let fits = |request: &&RawRequest| {
            action_of(&case.set.policy, request) == action
                && (given.actor.is_none() || request.actor == given.actor)
                && (given.snapshot.is_none() || request.snapshot == given.snapshot)
        };
        let seen: std::collections::BTreeSet<Effect> =
            case.requests.iter().filter(fits).map(|request| case.set.decide(request).effect).collect();
        let possible = Analyzer::default().can(&case.set.policy, action, &given);
        for effect in EFFECTS {
            match possible.effects.iter().find(|(known, _)| *known == effect) {
                None => assert!(!seen.contains(&effect), "{effect} {given:?}"),
                Some((_, SearchAnswer::Witness(request))) => {
                    assert_eq!(case.set.decide(request).effect, effect, "{request:?}");
                    assert!(seen.contains(&effect) || case.space.is_open(), "{effect} {request:?}");
                }
                Some((_, SearchAnswer::Unknown(opaque))) => {
                    assert!(may_be_unknown(opaque), "{effect} {opaque:?}")
                }
                Some((_, SearchAnswer::Unsatisfiable)) => panic!("an effect that never is"),
            }
        }
        // What is left of a condition says the same of every request that fits.
        for rule in &case.set.policy.rules {
            let covers = rule.mode == RuleMode::Enforce && rule.actions.contains(&action);
            let rest = possible.rules.iter().find(|(_, id, _)| *id == rule.id).map(|(.., rest)| rest);
            for request in case.requests.iter().filter(fits).filter(|_| covers) {
                let request = Request::from_raw(&case.set.policy.schema, request);
                let kind = |truth| match truth {
                    actra_eval::Truth::True => Some(true),
                    actra_eval::Truth::False => Some(false),
                    actra_eval::Truth::Undetermined(_) => None,
                };
                let left =
                    rest.map_or(Some(false), |rest| kind(actra_eval::evaluate_condition(rest, &request)));
                assert_eq!(
                    left,
                    kind(actra_eval::evaluate_condition(&rule.condition, &request)),
                    "{} {rest:?}",
                    rule.id
                );
            }
        }
    });
}

#[test]
fn the_nearest_change_is_as_small_as_any() {
    let counts: [AtomicU64; 2] = Default::default();
    over_policies(|case, rng| {
        let request = &case.requests[rng.below(case.requests.len())];
        if rng.one_in(3) {
            return the_change_is_one(case, &case.space.less(request, rng));
        }
        let effect = case.set.decide(request).effect;
        let member = |request: &RawRequest, field: &domain::Field| {
            let record = match field.domain {
                "action" => &request.action,
                "actor" => &request.actor,
                _ => &request.snapshot,
            };
            match record {
                Some(RawValue::Map(members)) => members.get(&field.name).cloned(),
                _ => None,
            }
        };
        let distance = |other: &RawRequest| {
            case.space.fields.iter().filter(|field| member(request, field) != member(other, field)).count()
        };
        let alike =
            |other: &&RawRequest| action_of(&case.set.policy, other) == action_of(&case.set.policy, request);
        let permissive =
            case.requests.iter().filter(alike).filter(|other| case.set.decide(other).effect < effect);
        let least = permissive.map(distance).min();
        let change = Analyzer::default().nearest(&case.set.policy, request);
        match (&change, least) {
            (Some(change), _) => {
                assert!(case.set.decide(&change.request).effect < effect, "{change:?}");
                assert_eq!(case.set.decide(&change.request).effect, change.effect);
                if !case.space.is_open() {
                    let (found, least) = (change.fields.len(), least.unwrap_or(usize::MAX));
                    let is_least = found == least || (found > least && rule_is_unclear(case));
                    assert!(is_least, "{request:?} {change:?} {least}");
                }
            }
            (None, Some(least)) => assert!(least > 3 || rule_is_unclear(case), "{request:?} {least}"),
            (None, None) => {}
        }
        counts[usize::from(change.is_some())].fetch_add(1, Ordering::Relaxed);
    });
    println!("no change, a change: {counts:?}");
}

/// What is shown as a change makes the request itself more permissive, whatever it lacks, and nothing beside it.
fn the_change_is_one(case: &Case, request: &RawRequest) {
    let Some(change) = Analyzer::default().nearest(&case.set.policy, request) else { return };
    let mut changed = request.clone();
    for field in &change.fields {
        let record = match field.record.as_str() {
            "action" => &mut changed.action,
            "actor" => &mut changed.actor,
            _ => &mut changed.snapshot,
        };
        let Some(RawValue::Map(members)) = record else { panic!("{change:?} of {request:?}") };
        match &field.after {
            Some(after) => drop(members.insert(field.name.to_string(), after.clone())),
            None => drop(members.remove(field.name.as_ref())),
        }
    }
    assert_eq!(changed, change.request, "{change:?} of {request:?}");
    let (before, after) = (case.set.decide(request).effect, case.set.decide(&changed).effect);
    assert!(after == change.effect && after < before, "{change:?} of {request:?}");
}
