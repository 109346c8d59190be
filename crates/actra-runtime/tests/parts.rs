//! What tells a call from another one, who says yes to it, and what of it is shown to nobody.

#![expect(clippy::panic, reason = "tests fail by it")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actra_engine::model::{RawMap, RawRequest, RawValue};
use actra_engine::{Policy, PolicySet, compile, decide};
use actra_runtime::approval::{
    ApprovalAnswer, ApprovalDraft, ApprovalExclusions, ApprovalRequest, MemoryStore, Secret, StoreError,
    is_name,
};
use actra_runtime::{
    Admission, Builder, EnforcementPoint, Invocation, Mode, OnActorFailure, PolicyInForce, RecordSource,
    Refused, RefusedKind, ResolverInput, Runtime, Step,
};

const SCHEMA: &str = "version: 1
actions:
  wipe: {}
  look: {}
  pay: { fields: { card: { type: string, sensitive: true } } }
actor: { fields: { id: 'string?' } }
";
const RULES: &str = "version: 1
default: block
rules:
  - { id: ask, scope: { action: [wipe, pay] }, when: true, effect: require_approval }
  - { id: look, scope: { action: look }, when: true, effect: allow }
";

fn policy() -> Policy {
    let outcome = compile(&PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", RULES)]));
    outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics))
}

fn builder() -> Builder {
    Runtime::builder(policy())
}

fn wipe() -> Invocation<'static> {
    Invocation::new("wipe", RawMap::new())
}

fn refused(runtime: &Runtime, call: Invocation<'_>) -> Refused {
    runtime.admit_call(&(), call).err().unwrap_or_else(|| panic!("it runs"))
}

/// What was not found out may be the types of a function, whatever its receiver counts for.
#[test]
fn a_call_that_is_not_known_in_full_is_not_approved_by_leaving_something_out() {
    let plain = builder().build().unwrap();
    let unbound = builder().unbound(["self", "<types>"]).build().unwrap();
    let calls = [wipe().incomplete(), wipe().incomplete().unbound(["self", "<types>"])];
    for (runtime, call) in
        [&plain, &unbound].into_iter().flat_map(|runtime| calls.clone().map(|call| (runtime, call)))
    {
        let refused = refused(runtime, call);
        assert_eq!((refused.kind, &refused.approval), (RefusedKind::NeedsApproval, &None));
        let said = refused.to_string();
        assert!(said.contains("its receiver, its types"), "{said}");
    }
    assert!(refused(&unbound, wipe()).approval.is_some());
    // Where nothing asks, nothing is missing.
    assert!(plain.admit_call(&(), Invocation::new("look", RawMap::new()).incomplete()).is_ok());
}

#[test]
fn no_part_of_a_call_takes_the_place_of_another() {
    let call = |action| Invocation::new(action, RawMap::new());
    let twice = |action| {
        [
            call(action).binding("row", 1.into()).binding("row", 2.into()),
            call(action).binding("row", 1.into()).binding("row", 1.into()),
            call(action).receiver("Rows", 1.into()).binding("self", 2.into()),
            call(action).binding("self", 2.into()).receiver("Rows", 1.into()),
            call(action).receiver("Rows", 1.into()).receiver("Rows", 2.into()),
        ]
    };
    let said = "not decided (two parts of the call have the same name)";
    for watched in [false, true] {
        let builder = || if watched { builder().on_event(|_| ()) } else { builder() };
        let runtime = builder().build().unwrap();
        for call in twice("look").into_iter().chain(twice("wipe")) {
            let refused = refused(&runtime, call);
            assert!(refused.approval.is_none() && refused.to_string().ends_with(said), "{refused}");
        }
        let audits = builder().mode(Mode::Audit).build().unwrap();
        assert!(twice("look").into_iter().all(|call| audits.admit_call(&(), call).is_ok()));
    }
    let runtime = builder().build().unwrap();
    let hidden = Invocation::of_function("wipe", [("row".to_owned(), 1.into())].into());
    let thrice = hidden.binding("row", 2.into()).binding("row", 3.into());
    assert!(refused(&runtime, thrice).to_string().ends_with(said));
    assert!(
        runtime.admit_call(&(), call("look").receiver("Rows", 1.into()).binding("row", 1.into())).is_ok()
    );
}

const SECRET: &str = "4929-1234";

#[test]
fn debug_shows_no_values() {
    let arguments: RawMap = [("card".to_owned(), SECRET.into())].into();
    let call = Invocation::new("pay", arguments.clone())
        .binding("row", SECRET.into())
        .receiver("Rows", SECRET.into());
    let mut shown = vec![format!("{call:?}"), format!("{call:#?}")];
    let runtime = builder()
        .actor(|call| {
            let said = format!("{call:?}");
            assert!(said.contains("card") && !said.contains(SECRET), "{said}");
            Ok([("id".to_owned(), SECRET.into())].into())
        })
        .build()
        .unwrap();
    assert!(refused(&runtime, call).approval.is_some());

    let policy = Arc::new(policy());
    let request = RawRequest { action: Some(RawValue::Map(arguments.clone())), ..RawRequest::default() };
    let decision = decide(&policy, &request);
    let draft = ApprovalDraft::new(
        &decision,
        RawRequest::default(),
        &RawMap::new(),
        Some(SECRET.to_owned()),
        SystemTime::now(),
        Duration::from_secs(9),
    );
    shown.push(format!("{draft:?}"));
    let point = Arc::new(EnforcementPoint {
        in_force: Arc::new(PolicyInForce::new(Arc::clone(&policy))),
        mode: Mode::Enforce,
        on_actor_failure: OnActorFailure::Refuse,
        actor: RecordSource::Whole,
        snapshot: RecordSource::Empty,
        unbound: ApprovalExclusions::default(),
        store: Arc::new(MemoryStore::new()),
        grant_lifetime: Duration::from_secs(9),
        has_approver: true,
        has_observers: true,
    });
    let mut admission =
        Admission::begin(&point, "pay", arguments).binding([("row".to_owned(), SECRET.into())].into());
    assert!(matches!(admission.step(), Step::Actor));
    shown.push(format!("{admission:?}"));
    admission.give(Some(RawValue::Map([("id".to_owned(), SECRET.into())].into())), Vec::new());
    assert!(matches!(admission.step(), Step::Ask(_)));
    shown.push(format!("{admission:?}"));
    for shown in shown {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[test]
fn nobody_answers_without_a_name() {
    let runtime = builder().build().unwrap();
    let request = refused(&runtime, wipe()).approval.unwrap();
    for by in ["", " ", "\t", "\u{200b}", "\u{fe0f}", "\u{2800} \u{1bca0}\u{e0100}"] {
        let answers = [
            ApprovalAnswer::Granted { by: by.into() },
            ApprovalAnswer::Denied { by: by.into(), reason: "no".into() },
        ];
        for answer in answers {
            let said = runtime.approvals().answer(&request.id, &answer, SystemTime::now()).unwrap_err();
            assert!(said.to_string().contains("name"), "{said}");
        }
    }
    let granted = ApprovalAnswer::Granted { by: "ana".into() };
    assert_eq!(runtime.approvals().answer(&request.id, &granted, SystemTime::now()), Ok(()));
    assert!(runtime.admit_call(&(), wipe()).is_ok());

    let handler = builder().on_approval(|_| Ok(ApprovalAnswer::Granted { by: " ".into() })).build().unwrap();
    assert!(refused(&handler, wipe()).to_string().contains("name"));
}

#[test]
fn characters_that_nobody_sees_make_no_other_name() {
    let secret = Secret::fresh().unwrap();
    let hidden = [
        '\u{ad}'..='\u{ad}',
        '\u{200b}'..='\u{200f}',
        '\u{2060}'..='\u{206f}',
        '\u{2800}'..='\u{2800}',
        '\u{2d7f}'..='\u{2d7f}',
        '\u{fe00}'..='\u{fe0f}',
        '\u{fff0}'..='\u{fff8}',
        '\u{1107f}'..='\u{1107f}',
        '\u{13430}'..='\u{13440}',
        '\u{16fe4}'..='\u{16fe4}',
        '\u{1bca0}'..='\u{1bca3}',
        '\u{1d159}'..='\u{1d159}',
        '\u{e0100}'..='\u{e01ef}',
        '\u{fdd0}'..='\u{fdef}',
        '\u{fffe}'..='\u{ffff}',
        '\u{1fffe}'..='\u{1ffff}',
        '\u{10fffe}'..='\u{10ffff}',
    ];
    for c in hidden.into_iter().flatten() {
        assert!(!is_name(&c.to_string()), "{c:?}");
        for name in [format!("ana{c}"), format!("a{c}na"), format!("{c}ana")] {
            assert_eq!(secret.of_name(&name), secret.of_name("ana"), "{name:?}");
        }
    }
    for other in ["ann", "añá", "anа"] {
        assert_ne!(secret.of_name(other), secret.of_name("ana"));
    }
}

#[test]
fn spelling_makes_no_other_name() {
    let secret = Secret::fresh().unwrap();
    let spellings = [
        ("aná", "ana\u{301}"),
        ("ana smith", "ana\u{a0}smith"),
        ("ana smith", "  ana \t\u{2003} smith"),
        ("ana smith", "ana \u{200b} smith"),
        ("ana smith", "ana\tsmith"),
        ("ana smith", "ana\nsmith"),
        ("ana smith", "ana\u{85}smith"),
        ("ana smith", "ana\u{2028}smith"),
        ("ana smith", "ana\u{2800}smith"),
        ("ana smith", "ana\u{3164}smith"),
        ("ana smith", "anasmith"),
        ("7", "07"),
        ("7", "+7"),
        ("7", "7."),
        ("-0.5", "-00.50"),
        ("ana", "ANA"),
        ("ana", "\u{ff41}na"),
        ("ana", "\u{ff21}\u{200b}\u{ff2e}a"),
        ("straße", "STRASSE"),
        ("οδος", "ΟΔΟΣ"),
        ("áé", "A\u{200b}\u{301}E\u{301}"),
        ("7", "7.0"),
        ("7", " 7e0"),
        ("7", "\u{ff17}"),
        ("0", "-0.0"),
        ("1000000000000000000000000", "1e24"),
    ];
    for (one, same) in spellings {
        assert_eq!(secret.of_name(one), secret.of_name(same), "{one:?} {same:?}");
    }
    for (one, other) in
        [("ana", "anà"), ("7", "70"), ("7", "-7"), ("7", "7a"), ("0", "00a"), ("ana", "\u{430}na")]
    {
        assert_ne!(secret.of_name(one), secret.of_name(other), "{one:?} {other:?}");
    }
    assert!(!is_name("\u{ffa0}") && !is_name("\u{3000}\u{a0}"));
}

#[test]
fn nobody_grants_their_own_request_by_another_spelling() {
    let schema = SCHEMA.replace("id: 'string?'", "id: number");
    let set = PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", RULES)]);
    let numbered = compile(&set).policy.unwrap();
    let actor =
        |id: RawValue| move |_: &ResolverInput<'_, ()>| Ok(RawMap::from([("id".to_owned(), id.clone())]));
    let ana = builder().actor(actor("ana smith".into())).build().unwrap();
    let seven = Runtime::builder(numbered).actor(actor(7.into())).build().unwrap();
    for (runtime, by) in [(ana, "Ana\u{a0}Smith"), (seven, "7.0")] {
        let request = refused(&runtime, wipe()).approval.unwrap();
        let granted = |by: &str| {
            let granted = ApprovalAnswer::Granted { by: by.into() };
            runtime.approvals().answer(&request.id, &granted, SystemTime::now())
        };
        assert_eq!(granted(by), Err(StoreError::Own { by: by.into() }));
        assert_eq!(granted("bo"), Ok(()));
    }
}

/// What the schema does not declare is shown nowhere, the name of who asks included.
#[test]
fn an_own_request_of_an_undeclared_name_does_not_tell_it() {
    let schema = SCHEMA.replace("id: 'string?'", "role: 'string?'");
    let set = PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", RULES)]);
    let actor = |_: &ResolverInput<'_, ()>| Ok(RawMap::from([("id".to_owned(), "hidden name".into())]));
    let own = |_: &ApprovalRequest| Ok(ApprovalAnswer::Granted { by: "hidden name".into() });
    let runtime =
        Runtime::builder(compile(&set).policy.unwrap()).actor(actor).on_approval(own).build().unwrap();
    let refused = refused(&runtime, wipe());
    let said = format!("{refused} {}", refused.to_json());
    assert!(said.contains("nobody may grant their own request") && !said.contains("hidden"), "{said}");
}
