//! What a refusal says, in words and as data.

use super::*;

/// One refusal says what was refused, by which rule or that none allows it, and what could not be known.
#[test]
fn a_refusal_says_what_is_the_matter() {
    let said = |builder: Builder, arguments: RawMap| {
        run(&builder.build().unwrap(), arguments).1.unwrap_err().to_string()
    };
    let calm = || builder().snapshot(|_| Ok(calm()));
    let with = |field: &str, value: RawValue| map([("amount", 10.into()), (field, value)]);
    for (found, expected) in [
        (
            said(builder().snapshot(|_| Ok(map([("fraud", true.into())]))), refund(1)),
            "action refund: blocked by rule fraud: under review",
        ),
        (said(calm(), refund(2000)), "action refund: needs approval by rule large: large: 2000"),
        (
            said(calm(), map([("amount", "ten".into())])),
            "action refund: needs approval by rule large: large: (unreadable) (action.amount: a number is needed, but a string was given)",
        ),
        (
            said(builder().snapshot(|_| Ok(RawMap::new())), refund(1)),
            "action refund: blocked by rule fraud: under review (snapshot.fraud: a boolean is needed, but nothing was given)",
        ),
        (
            said(builder().snapshot(|_| Err("no database".into())), refund(1)),
            "action refund: blocked by rule fraud: under review (the snapshot could not be resolved: no database)",
        ),
        (
            said(calm().actor(|_| Err("no session".into())), refund(1)),
            "action refund: not decided (the actor could not be resolved: no session)",
        ),
        (
            said(calm(), with("type", "note".into())),
            "action refund: not decided (`type` names the action, so no argument can have this name)",
        ),
    ] {
        assert_eq!(found, expected);
    }
    let runtime = calm().build().unwrap();
    let refused = runtime.admit(&(), "transfer funds", RawMap::new()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "action \"transfer funds\": blocked, no rule allows it (action.type: the schema declares no such action)"
    );
}

#[test]
fn a_refusal_is_data_too() {
    let runtime = builder().snapshot(|_| Ok(calm())).build().unwrap();
    let refused = runtime.admit(&(), "refund", refund(2000)).unwrap_err();
    let json = refused.to_json();
    for part in [
        r#""type":"urn:actra:refused:needs_approval""#,
        r#""detail":"action refund: needs approval by rule large: large: 2000""#,
        r#""action":"refund""#,
        r#""effect":"require_approval""#,
        r#""rule":"large""#,
        r#""rules":["large"]"#,
        r#""message":"large: 2000""#,
        r#""required_actions":[{"type":"human_approval"}]"#,
        r#""errors":[]"#,
        r#""undetermined":[]"#,
        r#""failures":[]"#,
        r#""policy_hash":"sha256:"#,
    ] {
        assert!(json.contains(part), "{part} is not in {json}");
    }
    assert!(json.contains(&format!("\"event_id\":\"{}\"", refused.event_id)), "{json}");
    let problem = refused.to_problem_json(403, Some("https://example.com/approvals/1"));
    assert!(
        problem.contains(r#""status":403"#) && problem.contains(r#""title":"needs approval""#),
        "{problem}"
    );
    assert!(problem.contains(r#""link":"https://example.com/approvals/1""#), "{problem}");
    let failing = builder().actor(|_| Err("no session for token 4711".into())).build().unwrap();
    let refused = failing.admit(&(), "note", RawMap::new()).unwrap_err();
    assert!(refused.to_json().contains("4711"));
    let problem = refused.to_problem_json(403, None);
    assert!(!problem.contains("4711") && !refused.for_model().contains("4711"), "{problem}");
    assert!(problem.contains("not decided (the actor could not be resolved)"), "{problem}");
}

/// Why a handler or a store failed is none of a stranger's business either.
#[test]
fn a_stranger_hears_no_cause() {
    let runtime = builder()
        .snapshot(|_| Ok(calm()))
        .on_approval(|_| Err("smtp://user:4711@mail refused".into()))
        .build()
        .unwrap();
    let refused = runtime.admit(&(), "refund", refund(2000)).unwrap_err();
    assert!(refused.to_string().contains("4711"));
    let problem = refused.to_problem_json(403, None);
    assert!(!problem.contains("4711") && !refused.for_model().contains("4711"), "{problem}");
    assert!(problem.contains("large: 2000 (there is no grant)"), "{problem}");
}

/// What was denied is for nobody to grant any more, and who has said so is between them and the operator.
#[test]
fn who_asks_for_what_was_denied_hears_so_and_not_by_whom() {
    let runtime = builder().snapshot(|_| Ok(calm())).build().unwrap();
    let link = Some("https://example.net/approvals");
    let waits = runtime.admit(&(), "refund", refund(2000)).unwrap_err();
    let problem = waits.to_problem_json(403, link);
    assert!(problem.contains("\"approval\":") && problem.contains("example.net"), "{problem}");
    let denied = ApprovalAnswer::Denied { by: "max".into(), reason: "not today".into() };
    runtime.approvals().answer(&waits.approval.unwrap().id, &denied, SystemTime::now()).unwrap();
    let refused = runtime.admit(&(), "refund", refund(2000)).unwrap_err();
    assert!(refused.to_string().contains("denied by max: not today"), "{refused}");
    let problem = refused.to_problem_json(403, link);
    assert!(problem.contains("large: 2000 (it was denied)") && !problem.contains("max"), "{problem}");
    assert!(!problem.contains("\"approval\":") && !problem.contains("example.net"), "{problem}");
    assert!(refused.to_json().contains("\"approval\":"));
}
