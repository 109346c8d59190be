//! What a grant is for, and what takes it away.

use super::*;

#[test]
fn a_grant_is_valid_once_and_for_exactly_one_request() {
    let runtime = builder().snapshot(|_| Ok(calm())).build().unwrap();
    let asked = |amount| match run(&runtime, refund(amount)) {
        (0, Err(Refused { approval: Some(approval), .. })) => approval,
        other => panic!("{other:?}"),
    };
    let approval = asked(2000);
    assert_eq!(asked(2000).id, approval.id);
    let store = runtime.approvals();
    let granted = ApprovalAnswer::Granted { by: "ana".into() };
    store.answer(&approval.id, &granted, SystemTime::now()).unwrap();
    let again = store.answer(&approval.id, &granted, SystemTime::now());
    assert_eq!(again, Err(StoreError::Answered { id: approval.id.clone() }));
    // An edit of the arguments is another request, and leaves the grant where it is.
    assert_ne!(asked(2001).id, approval.id);
    assert_eq!(run(&runtime, refund(2000)), (1, Ok(Some("ana".into()))));
    assert_ne!(asked(2000).id, approval.id);
}

#[test]
fn grants_expire_and_are_bound_to_facts_and_policy() {
    let store = Arc::new(MemoryStore::new());
    let fraud = Arc::new(AtomicUsize::new(0));
    let with = |rules: &str, valid| {
        let limit = Arc::clone(&fraud);
        Runtime::builder(policy_of(rules))
            .snapshot(move |_| {
                let limit = limit.load(Ordering::Relaxed) as i64;
                Ok(map([("fraud", false.into()), ("limit", (5000 + limit).into()), ("unread", limit.into())]))
            })
            .approvals(Arc::clone(&store) as Arc<dyn ApprovalStore>, valid)
            .build()
            .unwrap()
    };
    let grant = |runtime: &Runtime| {
        let (0, Err(Refused { approval: Some(approval), .. })) = run(runtime, refund(2000)) else {
            panic!("no request")
        };
        store.answer(&approval.id, &ApprovalAnswer::Granted { by: "ana".into() }, SystemTime::now()).unwrap();
    };
    let long = Duration::from_secs(100);
    let runtime = with(RULES, long);
    grant(&runtime);
    fraud.store(1, Ordering::Relaxed);
    assert_eq!(run(&runtime, refund(2000)).0, 0);
    fraud.store(0, Ordering::Relaxed);
    let other = with(&RULES.replace("1000", "1001"), long);
    assert_eq!(run(&other, refund(2000)).0, 0);
    assert_eq!(run(&runtime, refund(2000)).0, 1);
    let short = with(RULES, Duration::from_millis(30));
    grant(&short);
    std::thread::sleep(Duration::from_millis(40));
    assert_eq!(run(&short, refund(2000)).0, 0);
}

#[test]
fn only_a_grant_counts_as_one() {
    let granted = || Ok(ApprovalAnswer::Granted { by: "ana".into() });
    let denied = || Ok(ApprovalAnswer::Denied { by: "bo".into(), reason: "no".into() });
    let ask = |answer: fn() -> Result<ApprovalAnswer, String>| {
        let runtime = builder().snapshot(|_| Ok(calm())).on_approval(move |_| answer()).build().unwrap();
        run(&runtime, refund(2000))
    };
    assert_eq!(ask(granted), (1, Ok(Some("ana".into()))));
    assert_eq!(ask(denied).0, 0);
    assert_eq!(ask(|| Err("nobody there".into())).0, 0);
    assert_eq!(ask(|| panic!("bug")).0, 0);
    let shown = ask(denied).1.unwrap_err().to_string();
    assert_eq!(shown, "action refund: needs approval by rule large: large: 2000 (denied by bo: no)");
}

/// What was approved must still be what the policy says when the operation runs.
#[test]
fn facts_that_change_while_somebody_decides_take_the_grant_away() {
    let asked = Arc::new(AtomicUsize::new(0));
    let (first, second) = (Arc::clone(&asked), Arc::clone(&asked));
    let runtime = builder()
        .snapshot(move |_| Ok(map([("fraud", (first.load(Ordering::Relaxed) > 0).into())])))
        .on_approval(move |_| {
            second.fetch_add(1, Ordering::Relaxed);
            Ok(ApprovalAnswer::Granted { by: "ana".into() })
        })
        .build()
        .unwrap();
    assert_eq!(run(&runtime, refund(2000)).0, 0);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

/// An argument that was hidden from rules may be what the new policy is about.
#[test]
fn another_schema_takes_the_grant_away() {
    let schema = SCHEMA.replace("amount: number", "amount: number, memo: 'string?'");
    let rules = "version: 1\ndefault: allow\nrules: [{ id: memo, scope: { action: refund }, when: has(action.memo), effect: block }]";
    let set = PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", rules)]);
    let stricter = Arc::new(compile(&set).policy.unwrap());
    let in_force = Arc::new(PolicyInForce::new(Arc::new(policy_of(RULES))));
    let swapped = Arc::clone(&in_force);
    let runtime: Runtime = Builder::new(in_force)
        .snapshot(|_| Ok(calm()))
        .on_approval(move |_| {
            swapped.swap(Arc::clone(&stricter)).unwrap();
            Ok(ApprovalAnswer::Granted { by: "ana".into() })
        })
        .build()
        .unwrap();
    let arguments = || map([("amount", 2000.into()), ("memo", "x".into())]);
    let refused = function(&runtime, "refund", arguments()).unwrap_err().to_string();
    assert!(refused.contains("the schema was replaced in the meantime"), "{refused}");
    assert!(matches!(
        function(&runtime, "refund", arguments()),
        Err(Refused { kind: RefusedKind::Blocked, .. })
    ));
    runtime.policy_in_force().swap(Arc::new(policy_of(RULES))).unwrap();
    let refused = run(&runtime, refund(2000)).1.unwrap_err().to_string();
    assert!(refused.contains("the schema was replaced in the meantime"), "{refused}");
}

/// Rules that do not tell two people apart do not make a grant for one of them a grant for the other.
#[test]
fn a_grant_is_for_one_actor_also_where_no_rule_reads_who_it_is() {
    let who: Arc<Mutex<Result<RawValue, &str>>> = Arc::new(Mutex::new(Ok("sam".into())));
    let told = Arc::clone(&who);
    let (asked, roles) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, counted_roles) = (Arc::clone(&asked), Arc::clone(&roles));
    let runtime = builder()
        .actor_field("role", move |_| {
            counted_roles.fetch_add(1, Ordering::Relaxed);
            Ok("clerk".into())
        })
        .actor_field("id", move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(told.lock().unwrap().clone()?)
        })
        .snapshot(|_| Ok(calm()))
        .build()
        .unwrap();
    assert_eq!(run(&runtime, refund(10)).0, 1);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let Err(Refused { approval: Some(approval), .. }) = run(&runtime, refund(2000)).1 else {
        panic!("no request")
    };
    assert_eq!((asked.load(Ordering::Relaxed), roles.load(Ordering::Relaxed)), (1, 2));
    let granted = ApprovalAnswer::Granted { by: "ana".into() };
    runtime.approvals().answer(&approval.id, &granted, SystemTime::now()).unwrap();
    *who.lock().unwrap() = Ok("eve".into());
    assert_eq!(run(&runtime, refund(2000)).0, 0);
    // Who is not known could be anybody.
    *who.lock().unwrap() = Err("no directory");
    let refused = run(&runtime, refund(2000)).1.unwrap_err().to_string();
    assert_eq!(refused, "action refund: not decided (the actor could not be resolved: id: no directory)");
    *who.lock().unwrap() = Ok("sam".into());
    assert_eq!(run(&runtime, refund(2000)), (1, Ok(Some("ana".into()))));
}

/// Asked about one actor, granted for that one: after the grant all fields are asked for again.
#[test]
fn a_grant_while_the_caller_waits_is_for_the_whole_actor() {
    let who = Arc::new(Mutex::new("sam"));
    let (told, changed) = (Arc::clone(&who), Arc::clone(&who));
    let runtime = builder()
        .actor_field("id", move |_| Ok((*told.lock().unwrap()).into()))
        .snapshot(|_| Ok(calm()))
        .on_approval(move |asked| {
            if asked.request.action == Some(map([("amount", 3000.into()), ("type", "refund".into())]).into())
            {
                *changed.lock().unwrap() = "eve";
            }
            Ok(ApprovalAnswer::Granted { by: "ana".into() })
        })
        .build()
        .unwrap();
    assert_eq!(run(&runtime, refund(2000)), (1, Ok(Some("ana".into()))));
    let refused = run(&runtime, refund(3000)).1.unwrap_err().to_string();
    assert!(refused.contains("what was approved differs from what would be done now"), "{refused}");
}

#[test]
fn what_is_decided_about_is_what_is_there_then() {
    let point = |actor| {
        Arc::new(EnforcementPoint {
            unbound: ApprovalExclusions::default(),
            in_force: Arc::new(PolicyInForce::new(Arc::new(policy_of(RULES)))),
            mode: Mode::Enforce,
            on_actor_failure: OnActorFailure::Refuse,
            actor,
            snapshot: RecordSource::Empty,
            store: Arc::new(MemoryStore::new()),
            grant_lifetime: Duration::from_secs(10),
            has_approver: true,
            has_observers: false,
        })
    };
    let end = |name: &str, arguments: RawMap| {
        let mut admission = Admission::begin(&point(RecordSource::Whole), "note", RawMap::new());
        assert!(matches!(admission.step(), Step::Actor));
        let mut told = arguments.clone();
        admission.recheck_action(name, arguments);
        told.insert("type".into(), name.into());
        assert_eq!(admission.arguments(), Some(&told));
        admission.give(Some(RawMap::new().into()), Vec::new());
        match admission.step() {
            Step::Done(done) => done,
            other => panic!("{other:?}"),
        }
    };
    assert!(end("note", RawMap::new()).is_ok());
    for other in [end("refund", refund(1)), end("note", map([("type", "note".into())]))] {
        let Err(Refused { kind: RefusedKind::NotDecided, decision: Some(decision), .. }) = other else {
            panic!("{other:?}")
        };
        assert_eq!(decision.matched_rule, None);
    }
}

/// Without knowing who acts nothing can be approved.
#[test]
fn an_approval_needs_a_whole_actor() {
    let runtime = builder()
        .actor(|_| Err("no session".into()))
        .on_actor_failure(OnActorFailure::Decide)
        .snapshot(|_| Ok(calm()))
        .build()
        .unwrap();
    let refused = run(&runtime, refund(2000)).1.unwrap_err();
    assert_eq!((refused.kind, refused.approval.is_none()), (RefusedKind::Blocked, true));
    let role =
        builder().actor(|_| Ok(map([("role", 7.into()), ("id", "sam".into())]))).snapshot(|_| Ok(calm()));
    let refused = run(&role.build().unwrap(), refund(2000)).1.unwrap_err();
    assert!(refused.approval.is_none(), "{refused}");
}

/// What is shown with an approval are types and sizes of what is not declared, and what cannot be had is named.
#[test]
fn all_arguments_are_bound_or_nothing_can_be_approved() {
    let runtime = builder().snapshot(|_| Ok(calm())).build().unwrap();
    let call = |name: &str, value: RawValue| {
        function(&runtime, "refund", map([("amount", 2000.into()), (name, value)])).unwrap_err()
    };
    let approval = call("token", "s3cret".into()).approval.unwrap();
    assert_eq!(approval.arguments.get("token").map(String::as_str), Some("string, 6 bytes"));
    let whole = RawValue::List(vec![actra_runtime::approval::bytes(b"one")]);
    let other = RawValue::List(vec![actra_runtime::approval::bytes(b"two")]);
    assert_ne!(call("files", whole).approval.unwrap().digest, call("files", other).approval.unwrap().digest);
    let open = RawValue::Map(map([("file", RawValue::Unreadable(actra_engine::model::Reason::Unresolved))]));
    let refused = call("body", open);
    assert!(refused.approval.is_none());
    assert_eq!(
        refused.to_string(),
        "action refund: needs approval by rule large: large: 2000 (it cannot be approved, since argument `body` \
         cannot be captured in full; if it does not matter, name it in `unbound`: `body`)"
    );
}

/// What is named unbound is an argument; what the action is always counts.
#[test]
fn a_grant_is_for_one_action_whatever_is_unbound() {
    let schema = "version: 1
actions:
  open: { fields: { kind: { type: string, argument: type }, note: { type: string, argument: memo } } }
  close: { fields: { kind: { type: string, argument: type }, note: { type: string, argument: memo } } }
";
    let rules = "version: 1
default: allow
rules: [{ id: ask, scope: { global: true }, when: 'action.kind != \"\"', effect: require_approval }]
";
    let set = PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", rules)]);
    let policy = Arc::new(compile(&set).policy.unwrap());
    let digest = |name: &str, members: [(&str, &str); 3], unbound: &str| {
        let members = members.map(|(name, value)| (name, value.into()));
        let action: RawMap = map(members).into_iter().chain([("type".to_owned(), name.into())]).collect();
        let request = actra_engine::model::RawRequest {
            action: Some(action.into()),
            actor: Some(RawMap::new().into()),
            snapshot: Some(RawMap::new().into()),
            ..Default::default()
        };
        let decision = actra_engine::decide(&policy, &request);
        let unbound = actra_runtime::approval::ApprovalExclusions::new([unbound.to_owned()]);
        actra_runtime::approval::Binding::of(&policy, &request, &RawMap::new(), &unbound, &decision).unwrap()
    };
    let call = |kind, note, more| [("kind", kind), ("note", note), ("extra", more)];
    assert_ne!(digest("open", call("a", "b", "c"), "type"), digest("close", call("a", "b", "c"), "type"));
    assert_eq!(digest("open", call("a", "b", "c"), "type"), digest("open", call("x", "b", "c"), "type"));
    assert_eq!(digest("open", call("a", "b", "c"), "memo"), digest("open", call("a", "x", "c"), "memo"));
    assert_ne!(digest("open", call("a", "b", "c"), "note"), digest("open", call("a", "x", "c"), "note"));
    assert_ne!(digest("open", call("a", "b", "c"), "memo"), digest("open", call("a", "b", "x"), "memo"));
}
