//! What of a call counts for an approval, what does not, and what is shown of it to whoever approves.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by it")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use actra_engine::model::{RawMap, RawValue};
use actra_engine::{PolicySet, compile};
use actra_runtime::approval::{
    ApprovalAnswer, ApprovalRequest, ApprovalStore, MemoryStore, StoredApproval, bytes, object, tagged,
};
use actra_runtime::{Builder, Invocation, Refused, ResolverInput, Runtime, write_event};

const SCHEMA: &str = "version: 1
actions:
  pay: { fields: { amount: number, card: { type: string, sensitive: true, optional: true } } }
  redeem:
    fields:
      pin: { type: string, sensitive: true, argument: code }
      code: { type: string, argument: voucher }
  open: { fields: { self: 'string?', lock: { type: object, optional: true, fields: { key: { type: string, sensitive: true } } } } }
actor: { fields: { id: { type: string, sensitive: true } } }
snapshot: { fields: { now: 'number?' } }
";
const RULES: &str = "version: 1
default: allow
rules:
  - { id: ask, scope: { action: [pay, open, redeem] }, when: 'snapshot.?now.orValue(1) > 0', effect: require_approval }
";

fn builder() -> Builder {
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]));
    let policy = outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics));
    Runtime::builder(policy).actor(|_| Ok(map([("id", "SECRET-ANA")])))
}

fn map<V: Into<RawValue>, const N: usize>(members: [(&str, V); N]) -> RawMap {
    members.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn pay(name: &str, value: &str) -> Invocation<'static> {
    Invocation::of_function("pay", map([("amount", 10.into()), (name, RawValue::from(value))]))
}

fn refused(runtime: &Runtime, call: Invocation<'_>) -> Refused {
    runtime.admit_call(&(), call).err().unwrap_or_else(|| panic!("it runs"))
}

fn granted(runtime: &Runtime, call: Invocation<'_>) -> ApprovalRequest {
    let asked = refused(runtime, call);
    let request = *asked.approval.clone().unwrap_or_else(|| panic!("{asked}"));
    let by_max = ApprovalAnswer::Granted { by: "max".into() };
    runtime.approvals().answer(&request.id, &by_max, SystemTime::now()).unwrap();
    request
}

#[test]
fn an_argument_with_the_name_of_a_fact_or_of_the_receiver_counts() {
    let runtime = builder().unbound(["snapshot.now", "self"]).build().unwrap();
    for name in ["snapshot.now", "self", "memo", "memo.exact"] {
        let request = granted(&runtime, pay(name, "a"));
        assert!(request.arguments.contains_key(name), "{name}");
        assert!(runtime.admit_call(&(), pay(name, "b")).is_err(), "{name}");
        assert!(runtime.admit_call(&(), pay(name, "a")).is_ok(), "{name}");
    }
    let of = |receiver: i64| Invocation::new("pay", map([("amount", 10)])).receiver("Till", receiver.into());
    granted(&runtime, of(1));
    assert!(runtime.admit_call(&(), of(2)).is_ok());
}

#[test]
fn what_does_not_count_is_not_shown_as_what_does() {
    let runtime = builder().unbound(["self", "memo"]).build().unwrap();
    let call = || pay("memo", "rent").receiver("Till", 1.into());
    let request = granted(&runtime, call().unbound(["at"]).binding("at", 7.into()).binding("to", 8.into()));
    assert_eq!(request.arguments.keys().collect::<Vec<_>>(), ["to"]);
}

/// A builder of actions, or `fields=`, may leave out what the schema declares.
#[test]
fn a_secret_that_is_left_out_of_the_action_is_not_described() {
    let runtime = builder().build().unwrap();
    let call = Invocation::new("pay", map([("amount", 10)]))
        .binding("card", "4111".into())
        .binding("card.exact", "4111".into())
        .binding("memo", "rent".into());
    let asked = refused(&runtime, call);
    let shown = &asked.approval.as_ref().unwrap().arguments;
    assert_eq!(shown.keys().collect::<Vec<_>>(), ["memo"]);
    let object = Invocation::new("open", RawMap::new()).binding("lock.exact", object(map([("key", "77")])));
    assert!(refused(&runtime, object).approval.unwrap().arguments.is_empty());
    // What the schema declares is not said to be undeclared.
    let left_out = Invocation::new("redeem", RawMap::new()).binding("voucher", 7.into());
    let said = refused(&runtime, left_out);
    assert!(said.approval.as_ref().unwrap().arguments.contains_key("voucher"));
    assert!(!said.to_string().contains("voucher"), "{said}");
}

#[test]
fn any_number_of_arguments_makes_a_short_refusal() {
    let runtime = builder().build().unwrap();
    let many = (0..70_000).map(|number| (format!("{number:05}"), RawValue::from(1)));
    let call: RawMap = many.chain([("amount".to_owned(), 10.into())]).collect();
    let asked = refused(&runtime, Invocation::of_function("pay", call));
    assert!(asked.to_string().len() < 1_000, "{}", asked.to_string().len());
    assert!(asked.to_string().contains("`00007` and others, which"), "{asked}");
    let shown = &asked.approval.as_ref().unwrap().arguments;
    assert_eq!((shown.len(), shown["[more]"].as_str()), (101, "and 69900 more"));
    let long = "x".repeat(1 << 20);
    let asked = refused(&runtime, pay(&long, "a"));
    assert!(asked.to_string().len() < 1_000);
    assert!(asked.approval.unwrap().arguments.keys().all(|name| name.len() < 1_000));
}

#[test]
fn what_json_has_no_word_for_is_described_by_type_and_size() {
    let raw = bytes(b"abc");
    let described: BTreeMap<&str, (RawValue, &str)> = [
        ("bytearray", (tagged("bytearray", raw.clone()), "bytearray, 3 bytes")),
        (
            "memoryview",
            (tagged("memoryview", RawValue::List(vec!["B".into(), raw.clone()])), "memoryview, 3 bytes"),
        ),
        ("str", (tagged("str", bytes(b"x")), "string, 1 byte")),
        ("int", (tagged("int", "0x7e37be2022c0914b2680000000".into()), "number")),
        (
            "dict",
            (
                tagged("dict", RawValue::List(vec![RawValue::List(vec![1.into(), 2.into()])])),
                "object, 1 member",
            ),
        ),
        ("some", (tagged("some", RawValue::Null), "`Some` of null")),
        ("tuple", (tagged("tuple", RawValue::List(vec![1.into(), 2.into()])), "tuple, 2 elements")),
        ("bytes", (raw, "raw bytes, 3")),
        ("plain", (object(map([("$int", 1)])), "object, 1 member")),
    ]
    .into();
    let point = builder().build().unwrap();
    for (name, (value, expected)) in described {
        let bound: RawMap = [("value".to_owned(), value)].into();
        let draft = shown(&point, bound);
        assert_eq!(draft["value"], expected, "{name}");
    }
}

/// What a request shows of arguments in the form that a binding takes.
fn shown(runtime: &Runtime, bound: RawMap) -> BTreeMap<String, String> {
    use actra_engine::model::RawRequest;
    use actra_runtime::approval::{ApprovalDraft, Digest};
    let decision = runtime.decide(&RawRequest::default());
    let draft = ApprovalDraft::new(
        &decision,
        RawRequest::default(),
        &bound,
        None,
        SystemTime::now(),
        Duration::from_secs(9),
    );
    draft.with(Digest([0; 32])).arguments
}

#[test]
fn changed_arguments_show_no_secret() {
    let seen = Arc::new(Mutex::new(String::new()));
    let told = Arc::clone(&seen);
    let runtime = builder()
        .snapshot_field("now", |_| Ok(0.into()))
        .on_event(move |event| {
            let mut line = Vec::new();
            write_event(event, &mut line);
            told.lock().unwrap().push_str(&String::from_utf8(line).unwrap());
        })
        .build()
        .unwrap();
    let compare = |before: Invocation<'static>, now| {
        let admitted = runtime.admit_call(&(), before.clone()).unwrap();
        runtime.recheck_call(&(), &admitted, before, now)
    };
    let redeem = |voucher: &str, code: &str| {
        Invocation::of_function(
            "redeem",
            map([("voucher", voucher), ("code", code), ("pin", "SECRET-OTHER")]),
        )
    };
    let same = compare(redeem("v", "SECRET"), redeem("v", "SECRET"));
    assert_eq!(same, Ok(()));
    for now in [redeem("v", "SECRET-2"), redeem("w", "SECRET")] {
        let refused = compare(redeem("v", "SECRET"), now).unwrap_err();
        assert!(refused.to_string().contains("its arguments changed"), "{refused}");
        assert!(!refused.to_json().contains("SECRET"), "{}", refused.to_json());
    }
    let open =
        |receiver: &str| Invocation::of_function("open", RawMap::new()).receiver("Vault", receiver.into());
    // Only a grant is for a receiver.
    assert_eq!(compare(open("SECRET-1"), open("SECRET-2")), Ok(()));
    let lines = seen.lock().unwrap();
    assert!(lines.contains("[redacted]") && !lines.contains("SECRET"), "{lines}");
}

#[test]
fn only_what_counts_is_compared_again() {
    let compared = |is_asked: bool, name: &str, value: &str| {
        let now = move |_: &ResolverInput<'_, ()>| Ok(i64::from(is_asked).into());
        let runtime = builder().unbound(["memo"]).snapshot_field("now", now).build().unwrap();
        let before = pay(name, "a").unbound(["clock"]);
        if is_asked {
            granted(&runtime, before.clone());
        }
        let admitted = runtime.admit_call(&(), before.clone()).unwrap();
        runtime.recheck_call(&(), &admitted, before, pay(name, value)).is_ok()
    };
    for is_asked in [false, true] {
        let compared = |name, value| compared(is_asked, name, value);
        assert!(compared("memo", "b") && compared("clock", "b") && compared("to", "a"));
        // Rules do not see it.
        assert_eq!(compared("to", "b"), !is_asked);
        assert!(!compared("card", "b"));
    }
}

#[test]
fn a_handler_may_report_what_was_granted_in_the_store() {
    let store: Arc<dyn ApprovalStore> = Arc::new(MemoryStore::new());
    let kept = Arc::clone(&store);
    let runtime = builder()
        .approvals(Arc::clone(&store), Duration::from_secs(60))
        .on_approval(move |asked| {
            let now = SystemTime::now();
            kept.answer(&asked.id, &ApprovalAnswer::Granted { by: "max".into() }, now)
                .map_err(|error| error.to_string())?;
            match kept.get(&asked.id, now).map_err(|error| error.to_string())? {
                Some(StoredApproval { answer: Some(answer), .. }) => Ok(answer),
                _ => Err("nobody has answered".into()),
            }
        })
        .build()
        .unwrap();
    assert_eq!(runtime.admit_call(&(), pay("to", "a")).unwrap().approved_by.as_deref(), Some("max"));
}

#[test]
fn a_handler_grants_nothing_that_the_store_does_not_have() {
    let says = |before: fn(&dyn ApprovalStore, &ApprovalRequest)| {
        let store: Arc<dyn ApprovalStore> = Arc::new(MemoryStore::new());
        let kept = Arc::clone(&store);
        let runtime = builder()
            .approvals(store, Duration::from_secs(60))
            .on_approval(move |asked| {
                before(kept.as_ref(), asked);
                Ok(ApprovalAnswer::Granted { by: "max".into() })
            })
            .build()
            .unwrap();
        refused(&runtime, pay("to", "a")).to_string()
    };
    let denied = says(|store, asked| {
        let no = ApprovalAnswer::Denied { by: "eve".into(), reason: "no".into() };
        store.answer(&asked.id, &no, SystemTime::now()).unwrap();
    });
    assert!(denied.contains("denied by eve: no"), "{denied}");
    // As if another call had used the grant.
    let gone = says(|store, asked| {
        assert!(store.list(asked.expires_at).unwrap().is_empty());
    });
    assert!(gone.contains("the grant was used by another call"), "{gone}");
}

#[test]
fn the_name_of_who_asks_is_not_told_if_it_is_sensitive() {
    let runtime =
        builder().on_approval(|_| Ok(ApprovalAnswer::Granted { by: " SECRET-ANA".into() })).build().unwrap();
    let refused = refused(&runtime, pay("to", "a"));
    assert!(refused.to_string().contains("nobody may grant their own request"), "{refused}");
    assert!(!refused.to_json().contains("SECRET"), "{}", refused.to_json());
}

#[test]
fn a_grant_is_valid_for_as_long_as_time_can_be_counted() {
    for valid in [Duration::MAX, Duration::from_secs(u64::MAX / 2), Duration::from_secs(400 * 366 * 86_400)] {
        let runtime = builder().approvals(Arc::new(MemoryStore::new()), valid).build().unwrap();
        let request = granted(&runtime, pay("to", "a"));
        let until = request.expires_at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert!(i64::try_from(until.as_nanos()).is_ok());
        assert!(runtime.admit_call(&(), pay("to", "a")).is_ok());
    }
}

#[test]
fn a_long_answer_is_kept_shortened() {
    let runtime = builder().build().unwrap();
    let asked = refused(&runtime, pay("to", "a")).approval.unwrap();
    let long = ApprovalAnswer::Denied { by: "max".repeat(9_999), reason: "no ".repeat(99_999) };
    runtime.approvals().answer(&asked.id, &long, SystemTime::now()).unwrap();
    let kept = runtime.approvals().get(&asked.id, SystemTime::now()).unwrap().unwrap().answer.unwrap();
    assert!(kept.by().len() < 300 && kept.reason().len() < 3_000 && kept.reason().ends_with("..."));
    assert!(refused(&runtime, pay("to", "a")).to_string().len() < 4_000);
}
