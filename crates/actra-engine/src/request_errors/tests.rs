//! What is said of records that do not fit their schema, and what is never shown.

use actra_compile::PolicySet;

use super::*;

const SCHEMA: &str = "version: 1
actions:
  refund: { fields: { amount: { type: number, min: 0, max: 100 }, currency: { type: string, one_of: [EUR, USD] } } }
actor: { fields: { id: string, role: string?, token: { type: string, max_length: 3, sensitive: true, optional: true } } }
snapshot:
  fields:
    flag: boolean
    at: timestamp?
    tags: { type: list, of: string, max_items: 2, optional: true }
    by_name: { type: map, of: number, optional: true }
    account: { type: object, optional: true, fields: { owner: string, secret: { type: object, sensitive: true, optional: true, fields: { pin: integer } } } }
";

fn schema() -> Schema {
    compiled(SCHEMA)
}

fn compiled(schema: &str) -> Schema {
    let policy =
        "version: 1\ndefault: allow\nrules: [{ id: r, scope: { global: true }, when: true, effect: block }]";
    let outcome = crate::compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", policy)]));
    outcome.policy.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics)).schema.clone()
}

fn object<const N: usize>(members: [(&str, RawValue); N]) -> RawValue {
    RawValue::Map(members.map(|(name, value)| (name.to_owned(), value)).into())
}

fn of(record_name: RecordName, record: &RawValue) -> Vec<String> {
    errors_in_record(&schema(), record_name, record).iter().map(RecordError::to_string).collect()
}

#[test]
fn an_argument_is_told_from_its_field() {
    let schema = SCHEMA.replace("one_of: [EUR, USD]", "argument: unit");
    let action = object([("type", "refund".into()), ("amount", 1.into()), ("unit", "EUR".into())]);
    let found: Vec<String> = errors_in_record(&compiled(&schema), RecordName::Action, &action)
        .iter()
        .map(RecordError::to_string)
        .collect();
    assert_eq!(
        found,
        [
            "`action.unit` is not declared; did you mean `action.currency`, which the argument `unit` fills?",
            "`action.currency` is missing; expected string",
        ]
    );
}

#[test]
fn names_values_and_constraints_are_looked_at() {
    let action = object([("type", "refund".into()), ("amuont", 1.into()), ("amount", (-1).into())]);
    assert_eq!(
        of(RecordName::Action, &action),
        [
            "`action.amuont` is not declared; did you mean `action.amount`?",
            "`action.amount` is -1; expected at least 0",
            "`action.currency` is missing; expected string",
        ]
    );
    let actor = object([("id", 1.into()), ("flag", true.into()), ("token", "long one".into())]);
    assert_eq!(
        of(RecordName::Actor, &actor),
        [
            "`actor.flag` is not declared; did you mean `snapshot.flag`?",
            "`actor.id` is 1; expected string",
            "`actor.token` is a text; expected at most 3 code points",
        ]
    );
    let snapshot = object([
        ("flag", "yes".into()),
        ("at", "yesterday".into()),
        ("tags", RawValue::List(vec!["a".into(), 1.into()])),
        ("by_name", object([("k", "x".into())])),
        ("account", object([("owner", "o".into()), ("secret", object([("pin", "1234".into())]))])),
        ("a b", RawValue::Null),
    ]);
    assert_eq!(
        of(RecordName::Snapshot, &snapshot),
        [
            "`snapshot[\"a b\"]` is not declared; `snapshot` has account, at, by_name, flag, tags",
            "`snapshot.account.secret.pin` is a text; expected integer",
            "`snapshot.at` is \"yesterday\"; expected timestamp such as 2026-01-31T12:00:00Z",
            "`snapshot.by_name[\"k\"]` is \"x\"; expected number",
            "`snapshot.flag` is \"yes\"; expected boolean",
            "`snapshot.tags[1]` is 1; expected string",
        ]
    );
}

#[test]
fn what_fits_is_not_mentioned() {
    let action = object([("type", "refund".into()), ("amount", 1.into()), ("currency", "EUR".into())]);
    let request = RawRequest {
        action: Some(action),
        actor: Some(object([("id", "ana".into()), ("role", RawValue::Null)])),
        snapshot: Some(object([])),
        unknown: vec!["snapshot.flag".to_owned(), "snapshot.account.owner".to_owned()],
        fault: None,
    };
    assert_eq!(request_errors(&schema(), &request), []);
}

#[test]
fn whole_requests_are_looked_at() {
    let all = |request: &RawRequest| {
        request_errors(&schema(), request).iter().map(RecordError::to_string).collect::<Vec<_>>()
    };
    let request = RawRequest {
        action: Some(object([("type", "refnud".into())])),
        actor: Some(RawValue::List(Vec::new())),
        snapshot: Some(object([("flag", true.into())])),
        unknown: ["snapshot.flags", "snapshot.flag", "action.amount"].map(str::to_owned).into(),
        fault: None,
    };
    assert_eq!(
        all(&request),
        [
            "`snapshot.flags` is not declared; did you mean `snapshot.flag`?",
            "`action.amount` is not declared; `unknown` lists fields of actor and snapshot",
            "`snapshot.flag`: the field has a value but is listed as unknown",
            "`action.type` is \"refnud\"; expected a declared action; did you mean `refund`?",
            "`actor` is a list of 0; expected an object",
        ]
    );
    assert_eq!(
        all(&RawRequest::unreadable(Reason::DuplicateKey)),
        ["an object of the request has the same key twice"]
    );
}

/// A record in which nothing fits is told by its first hundred errors, whatever its size.
#[test]
fn many_misfits_are_counted() {
    let members = (0..40_000).map(|idx| (format!("amuont{idx}"), RawValue::from(1)));
    let record =
        RawValue::Map([("type".to_owned(), RawValue::from("refund"))].into_iter().chain(members).collect());
    let found = of(RecordName::Action, &record);
    assert_eq!(found.len(), 101);
    assert_eq!(found.last().map(String::as_str), Some("and 39902 more that do not fit"));
}
