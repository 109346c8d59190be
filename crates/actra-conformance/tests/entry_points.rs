//! Whatever a request is and however it comes, the decision is the same to the byte: scanned JSON, JSON as a tree, a
//! native request, an explanation.
//!
//! `ACTRA_SOAK=N` asks for about N requests; without it a sample that takes seconds runs.

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actra::approval::{ApprovalStore, MemoryStore};
use actra::{Builder, Mode, OnActorFailure, PolicyInForce};
use actra_engine::model::{BorrowedRequest, RawMap, RawRequest, RawValue, Reason, limits};
use actra_engine::{Policy, PolicySet, compile, decide, decide_records, decide_unplanned, explain};
use actra_reference::generate::Rng;
use actra_wire::{JsonDecider, decision_bytes, read_request, write_request};

const SCHEMA: &str = "version: 1
actions:
  pay: { fields: { n: number, s: string?, l: 'list<string>?', j: any?, t: { type: string, optional: true, max_length: 5 }, few: { type: list, of: number, optional: true, max_items: 2 }, o: { type: object, optional: true, fields: { a: string?, b: number? } } } }
  ping: { fields: }
actor: { fields: { id: string, team: string? } }
snapshot: { fields: { flag: boolean?, box: { type: object, optional: true, fields: { a: string?, b: number } }, m: 'map<number>?' } }
";
const POLICY: &str = "version: 1
default: allow
rules:
  - { id: number, scope: { action: pay }, when: action.n > 1, effect: require_approval }
  - { id: text, scope: { action: pay }, when: \"has(action.s) && action.s == 'a'\", effect: block }
  - { id: list, scope: { action: pay }, when: \"has(action.l) && 'a' in action.l\", effect: block }
  - { id: short, scope: { action: pay }, when: \"has(action.t) && action.t == 'a'\", effect: block }
  - { id: few, scope: { action: pay }, when: \"has(action.few) && 1 in action.few\", effect: require_approval }
  - { id: json, scope: { action: pay }, when: \"has(action.j) && action.j == 'a'\", effect: block }
  - { id: flag, scope: { action: pay }, when: \"has(snapshot.flag) && snapshot.flag\", effect: block, message: '{snapshot.flag}' }
  - { id: box, scope: { action: pay }, when: \"has(snapshot.box) && has(snapshot.box.a) && snapshot.box.a == actor.id\", effect: require_approval }
";

fn policies() -> Vec<Policy> {
    let settings = ["", "extra_fields: reject\n", "invalid_fields: reject\n"];
    let policy = |setting: &&str| {
        let schema = SCHEMA.replacen("version: 1\n", &format!("version: 1\n{setting}"), 1);
        let set = PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", POLICY)]);
        let outcome = compile(&set);
        outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics))
    };
    settings.iter().map(policy).collect()
}

/// All ways that take a native request give these bytes.
fn native(policy: &Policy, request: &RawRequest) -> Vec<u8> {
    let planned = decision_bytes(&decide(policy, request));
    assert_eq!(planned, decision_bytes(&decide_unplanned(policy, request)), "{request:?}");
    assert_eq!(planned, decision_bytes(&explain(policy, request).decision), "{request:?}");
    if let Some(borrowed) = borrowed(request) {
        assert_eq!(planned, decision_bytes(&decide_records(policy, &borrowed)), "{request:?}");
    }
    planned
}

/// The same records where they lie, if all of them are objects.
fn borrowed(request: &RawRequest) -> Option<BorrowedRequest<'_>> {
    let members = |record: &'_ Option<RawValue>| matches!(record, None | Some(RawValue::Map(_)));
    let is_one = request.fault.is_none()
        && request.unknown.is_empty()
        && [&request.action, &request.actor, &request.snapshot].into_iter().all(members);
    let [action, actor, snapshot] = [&request.action, &request.actor, &request.snapshot].map(map);
    is_one.then_some(BorrowedRequest { action, actor, snapshot })
}

fn map(record: &Option<RawValue>) -> Option<&RawMap> {
    if let Some(RawValue::Map(members)) = record { Some(members) } else { None }
}

/// All ways that take JSON give these bytes.
fn json(policy: &Policy, text: &[u8]) -> Vec<u8> {
    let mut scanned = Vec::new();
    JsonDecider::new(policy).decide(text, &mut scanned);
    let read = native(policy, &read_request(text));
    assert_eq!(scanned, read, "{}", String::from_utf8_lossy(text));
    read
}

/// A request as its host has it, and as JSON.
fn both(policy: &Policy, request: &RawRequest) {
    let mut text = Vec::new();
    write_request(request, &mut text);
    // What native values have and JSON has not: a number that cannot be represented, half a surrogate pair.
    let text = String::from_utf8(text).expect("UTF-8");
    let text = text.replace("\"@number\"", "1e400").replace("\"@surrogate\"", r#""\ud800""#);
    let mut native_request = request.clone();
    let records = [&mut native_request.action, &mut native_request.actor, &mut native_request.snapshot];
    records.into_iter().flatten().for_each(unmark);
    assert_eq!(
        String::from_utf8(native(policy, &native_request)),
        String::from_utf8(json(policy, text.as_bytes())),
        "{}",
        &text[..text.len().min(2_000)]
    );
}

fn unmark(value: &mut RawValue) {
    match value {
        RawValue::String(text) if text == "@number" => {
            *value = RawValue::Unreadable(Reason::UnrepresentableNumber);
        }
        RawValue::String(text) if text == "@surrogate" => {
            *value = RawValue::Unreadable(Reason::LoneSurrogate)
        }
        RawValue::List(items) => items.iter_mut().for_each(unmark),
        RawValue::Map(members) => members.values_mut().for_each(unmark),
        _ => {}
    }
}

fn value(rng: &mut Rng, depth: usize) -> RawValue {
    match rng.below(if depth == 0 { 8 } else { 11 }) {
        0 => RawValue::Null,
        1 => RawValue::Bool(rng.one_in(2)),
        2 | 3 => RawValue::from(rng.below(4) as i64),
        4 => RawValue::from("@number"),
        5 if rng.one_in(4) => RawValue::from("@surrogate"),
        8 => RawValue::List((0..rng.below(4)).map(|_| value(rng, depth - 1)).collect()),
        9 => RawValue::Map(members(rng, &["a", "b", "x y", "é"], depth - 1)),
        10 if rng.one_in(20) => nested(rng.below(70)),
        10 if rng.one_in(40) => RawValue::List(vec![RawValue::from("a"); 9_999 + rng.below(3)]),
        _ => RawValue::from(rng.pick(&["a", "b", "", "é\"\\\n\u{1}\u{7f}\u{2028}"])),
    }
}

fn nested(depth: usize) -> RawValue {
    (0..depth).fold(RawValue::Null, |inner, _| RawValue::List(vec![inner]))
}

fn members(rng: &mut Rng, names: &[&str], depth: usize) -> RawMap {
    let names: Vec<&str> = names.iter().filter(|_| rng.one_in(2)).copied().collect();
    names.into_iter().map(|name| (name.to_owned(), value(rng, depth))).collect()
}

fn record(rng: &mut Rng, names: &[&str]) -> Option<RawValue> {
    match rng.below(20) {
        0 => None,
        1 => Some(value(rng, 1)),
        _ => Some(RawValue::Map(members(rng, names, 3))),
    }
}

fn request(rng: &mut Rng) -> RawRequest {
    let mut action = record(rng, &["n", "s", "l", "j", "o", "extra"]);
    if let Some(RawValue::Map(members)) = &mut action {
        members.insert(
            "type".to_owned(),
            RawValue::from(rng.pick(&["pay", "pay", "pay", "pay", "ping", "pong"])),
        );
    }
    let paths = [
        "actor.team",
        "snapshot.flag",
        "snapshot.box",
        "snapshot.box.a",
        "snapshot.m",
        "snapshot.x",
        "actor",
        "\u{1}",
    ];
    let unknown = match rng.below(3) {
        0 => (0..rng.below(3)).map(|_| rng.pick(&paths).to_owned()).collect(),
        _ => Vec::new(),
    };
    let (actor, snapshot) = (record(rng, &["id", "team"]), record(rng, &["flag", "box", "m", "extra"]));
    RawRequest { action, actor, snapshot, unknown, fault: None }
}

#[test]
fn every_entry_point_decides_alike() {
    let wanted = std::env::var("ACTRA_SOAK").ok().and_then(|count| count.parse::<u64>().ok());
    let policies = policies();
    for seed in 0..wanted.unwrap_or(6_000) {
        let mut rng = Rng::new(seed);
        let request = request(&mut rng);
        both(&policies[rng.below(policies.len())], &request);
    }
}

/// Sizes around the limit, however they come about.
#[test]
fn sizes_are_those_of_canonical_json() {
    let policies = policies();
    let of = |value: RawValue| RawRequest {
        action: Some(RawValue::Map(
            [("type".to_owned(), RawValue::from("pay")), ("x".to_owned(), value)].into(),
        )),
        ..RawRequest::default()
    };
    let is_too_large = |request: &RawRequest| {
        both(&policies[0], request);
        let errors = decide(&policies[0], request).errors;
        errors.iter().any(|fault| fault.reason == Reason::TooLarge)
    };
    let overhead = r#"{"action":{"type":"pay","x":""}}"#.len();
    for (text, bytes) in [("a", 1), ("é", 2), ("\n", 2), ("\u{1}", 6), ("\"", 2), ("\u{7f}", 1)] {
        let most = (limits::REQUEST_BYTES - overhead) / bytes;
        assert!(!is_too_large(&of(RawValue::from(text.repeat(most).as_str()))), "{text:?}");
        assert!(is_too_large(&of(RawValue::from(text.repeat(most + 1).as_str()))), "{text:?}");
    }
    let number = actra_engine::model::Decimal::parse_json("1e33").expect("a number");
    let numbers = |count: usize| of(RawValue::List(vec![RawValue::Number(number); count]));
    assert!(
        !is_too_large(&numbers(9_999)) && !is_too_large(&numbers(29_000)) && is_too_large(&numbers(30_000))
    );
    let keys = |count: usize| {
        let key = |idx: usize| (format!("{idx:08}"), RawValue::Null);
        of(RawValue::Map((0..count).map(key).collect()))
    };
    assert!(!is_too_large(&keys(65_000)) && is_too_large(&keys(66_000)));
    let unknown = |count: usize| RawRequest {
        unknown: vec!["snapshot.flag".to_owned(); count],
        ..of(RawValue::from("a".repeat(limits::REQUEST_BYTES - 100_000).as_str()))
    };
    assert!(!is_too_large(&unknown(6_000)) && is_too_large(&unknown(7_000)));
}

/// Text that is short and means much, or the other way round.
#[test]
fn spelling_does_not_count() {
    let policies = policies();
    let head = r#"{"action":{"type":"pay","n":1,"x":"#;
    let mut numbers = head.to_owned() + "[1";
    for _ in 0..31_000 {
        numbers += ",1e33";
    }
    numbers += "]}}";
    let mut spaced = head.to_owned();
    let _ = write!(spaced, "{}1}}}}", " ".repeat(2 << 20));
    let escaped = format!("{head}\"{}\"}}}}", "\\u00e9".repeat(400_000));
    let raw = format!("{head}{}1}}}}", " ".repeat(limits::RAW_REQUEST_BYTES));
    for (text, code) in [(numbers, "too_large"), (spaced, ""), (escaped, ""), (raw, "too_large")] {
        let decision = String::from_utf8(json(&policies[0], text.as_bytes())).expect("UTF-8");
        assert_eq!(decision.contains("too_large"), !code.is_empty(), "{decision}");
    }
}

/// Values that one entry point could take and another refuse.
fn unusual() -> Vec<RawValue> {
    let number = RawValue::Unreadable(Reason::UnrepresentableNumber);
    let surrogate = RawValue::Unreadable(Reason::LoneSurrogate);
    let list = |element: &RawValue, count| RawValue::List(vec![element.clone(); count]);
    let map = |value: &RawValue| RawValue::Map([("k".to_owned(), value.clone())].into());
    let keys = |count: usize| RawValue::Map((0..count).map(|idx| (idx.to_string(), 1.into())).collect());
    let (one, text) = (RawValue::from(1), |length: usize| RawValue::from("b".repeat(length).as_str()));
    let plain =
        vec![one.clone(), RawValue::Null, RawValue::from(true), text(1), text(5), text(6), text(10_001)];
    let lists = [2, 3, 9_999, 10_000, 10_001].map(|count| list(&one, count));
    let texts = [10_000, 10_001].map(|count| list(&text(1), count));
    let maps = [keys(10_000), keys(10_001)];
    let deep = [59, 60, 61, 62, 63, 64, 65, 66, 100].map(nested);
    let large = [text(limits::REQUEST_BYTES - 1_000), text(limits::REQUEST_BYTES + 1)];
    let bad = [&number, &surrogate].map(|bad| [bad.clone(), list(bad, 1), map(bad), list(&map(bad), 2)]);
    plain
        .into_iter()
        .chain(lists)
        .chain(texts)
        .chain(maps)
        .chain(deep)
        .chain(large)
        .chain(bad.into_iter().flatten())
        .collect()
}

/// What enforcement points say, watched or not, about an action without actor and snapshot, and what JSON says.
fn enforced(policy: &Arc<Policy>, arguments: &RawMap) {
    let mut action = arguments.clone();
    action.insert("type".to_owned(), "pay".into());
    let nothing = || Some(RawValue::Map(RawMap::new()));
    let request = RawRequest {
        action: Some(action.into()),
        actor: nothing(),
        snapshot: nothing(),
        ..RawRequest::default()
    };
    let expected = native(policy, &request);
    both_marked(policy, &request);
    let declared = policy.schema.action_id("pay").and_then(|id| policy.schema.action(id)).expect("declared");
    let is_call_alike = arguments.keys().all(|name| declared.fields.contains_key(name.as_str()));
    for is_watched in [false, true] {
        let builder = Builder::<()>::new(Arc::new(PolicyInForce::new(Arc::clone(policy))));
        let builder = if is_watched { builder.on_event(|_| {}) } else { builder };
        let runtime = builder.build().expect("a runtime");
        assert_eq!(decision_bytes(&runtime.decide(&request)), expected);
        let mut answers = vec![runtime.admit(&(), "pay", arguments.clone())];
        if is_call_alike {
            answers.push(runtime.admit_call(&(), actra::Invocation::of_function("pay", arguments.clone())));
        }
        for answer in answers {
            let found = answer.map_err(|refused| decision_bytes(&refused.decision.expect("decided")));
            let is_allowed = String::from_utf8_lossy(&expected).contains(r#""effect":"allow""#);
            assert_eq!(found.map(|_| ()), if is_allowed { Ok(()) } else { Err(expected.clone()) });
        }
    }
}

/// What a host knows about a call: records of a request.
type Known = (Option<RawMap>, Option<RawMap>);

/// What a runtime says whose resolvers give copies of records, or show them where they lie; requests for approval are
/// in one store, so that equal ones have one id.
fn answered(
    base: impl Fn() -> Builder<Known>,
    request: &RawRequest,
    shows: bool,
    listens: bool,
) -> (String, String) {
    let builder = base();
    let builder = if shows {
        let builder = builder.actor_ref(|call| call.context.0.as_ref().ok_or_else(|| "none".into()));
        builder.snapshot_ref(|call| call.context.1.as_ref().ok_or_else(|| "none".into()))
    } else {
        let builder = builder.actor(|call| call.context.0.clone().ok_or_else(|| "none".into()));
        builder.snapshot(|call| call.context.1.clone().ok_or_else(|| "none".into()))
    };
    let told = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&told);
    let builder = match listens {
        true => builder.on_event(move |event| {
            let said = (decision_bytes(&event.decision), event.request.clone(), event.failures.len());
            ears.lock().expect("one thread").push(said);
        }),
        false => builder,
    };
    let known = (map(&request.actor).cloned(), map(&request.snapshot).cloned());
    let mut arguments = map(&request.action).cloned().expect("an object");
    let Some(RawValue::String(action)) = arguments.remove("type") else { panic!("it has a type") };
    let answer = builder.build().expect("a runtime").admit(&known, &action, arguments);
    let answer = answer.map_err(|refused| {
        let decision = refused.decision.as_ref().map(|decision| decision_bytes(decision));
        let asked = refused.approval.map(|asked| asked.id);
        (refused.kind, decision, refused.failures.len(), asked)
    });
    (format!("{answer:?}"), format!("{told:?}"))
}

/// A record that is shown counts as one that is given, and a call that is listened to as one that is not.
#[test]
fn records_decide_alike_where_they_lie() {
    let policies: Vec<_> = policies().into_iter().map(Arc::new).collect();
    let (mut admitted, mut refused) = (0, 0);
    for seed in 0..2_000 {
        let mut rng = Rng::new(seed);
        let mut request = request(&mut rng);
        let records = [&mut request.action, &mut request.actor, &mut request.snapshot];
        records.into_iter().flatten().for_each(unmark);
        if !matches!(request.action, Some(RawValue::Map(_))) {
            continue;
        }
        let policy = &policies[rng.below(policies.len())];
        let on_failure = if rng.one_in(2) { OnActorFailure::Refuse } else { OnActorFailure::Decide };
        let store: Arc<dyn ApprovalStore> = Arc::new(MemoryStore::new());
        let base = |mode| {
            let builder = Builder::new(Arc::new(PolicyInForce::new(Arc::clone(policy)))).mode(mode);
            let (store, valid) = (Arc::clone(&store), Duration::from_secs(600));
            builder.on_actor_failure(on_failure).approvals(store, valid)
        };
        for mode in [Mode::Enforce, Mode::Audit] {
            let of = |shows, listens| answered(|| base(mode), &request, shows, listens);
            let (given, heard) = (of(false, false), of(false, true));
            assert_eq!(given.0, heard.0, "seed {seed}: {request:?}");
            assert_eq!((&given, &heard), (&of(true, false), &of(true, true)), "seed {seed}: {request:?}");
            *if given.0.starts_with("Ok") { &mut admitted } else { &mut refused } += 1;
        }
    }
    assert!(admitted > 1_000 && refused > 1_000, "{admitted} and {refused}");
}

/// [`both`] of a request that holds what JSON writes otherwise.
fn both_marked(policy: &Policy, request: &RawRequest) {
    let mut marked = request.clone();
    marked.action.iter_mut().for_each(mark);
    both(policy, &marked);
}

fn mark(value: &mut RawValue) {
    match value {
        RawValue::Unreadable(Reason::UnrepresentableNumber) => *value = RawValue::from("@number"),
        RawValue::Unreadable(Reason::LoneSurrogate) => *value = RawValue::from("@surrogate"),
        RawValue::List(items) => items.iter_mut().for_each(mark),
        RawValue::Map(members) => members.values_mut().for_each(mark),
        _ => {}
    }
}

#[test]
fn enforcement_points_decide_as_json_does() {
    for policy in policies().into_iter().map(Arc::new) {
        for value in unusual() {
            for place in ["n", "s", "l", "j", "t", "few", "o", "undeclared"] {
                let number = ("n".to_owned(), RawValue::from(1));
                enforced(&policy, &RawMap::from([number, (place.to_owned(), value.clone())]));
            }
        }
    }
}
