//! Typing of whole requests and of single values.

use super::*;
use crate::{Constraints, Decimal, Description, Pattern};

fn field(kind: TypeKind) -> Field {
    Field::new(Type::plain(kind))
}

fn optional(kind: TypeKind) -> Field {
    Field { optional: true, ..field(kind) }
}

fn list(kind: TypeKind) -> TypeKind {
    TypeKind::List(Box::new(Type::plain(kind)))
}

fn map(kind: TypeKind) -> TypeKind {
    TypeKind::Map(Box::new(Type::plain(kind)))
}

fn fields<const N: usize>(fields: [(&str, Field); N]) -> Fields {
    fields.into_iter().map(|(name, field)| (Arc::from(name), field)).collect()
}

fn object<const N: usize>(members: [(&str, RawValue); N]) -> RawValue {
    RawValue::Map(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn schema() -> Schema {
    let user =
        TypeKind::Object(fields([("name", field(TypeKind::String)), ("age", optional(TypeKind::Integer))]));
    let mut schema = Schema {
        actions: vec![ActionSchema::new(
            Arc::from("pay"),
            fields([
                ("amount", field(TypeKind::Number)),
                ("note", optional(TypeKind::String)),
                ("extra", optional(TypeKind::Any)),
            ]),
            Description::default(),
        )],
        actor: fields([("id", field(TypeKind::String))]),
        snapshot: fields([("users", optional(list(user.clone()))), ("by_name", optional(map(user)))]),
        ..Schema::default()
    };
    schema.actions.insert(0, ActionSchema::new(Arc::from("nothing"), Fields::new(), Description::default()));
    schema
}

fn request(action: RawValue, actor: RawValue, snapshot: RawValue) -> RawRequest {
    let (action, actor, snapshot) = (Some(action), Some(actor), Some(snapshot));
    RawRequest { action, actor, snapshot, ..RawRequest::default() }
}

fn pay() -> RawValue {
    object([("type", "pay".into()), ("amount", 1.5.into())])
}

fn ana() -> RawValue {
    object([("id", "ana".into())])
}

fn faults(request: &Request) -> Vec<(&str, &str)> {
    request.faults.iter().map(|fault| (fault.path.as_str(), fault.reason.as_str())).collect()
}

#[test]
fn types_a_request() {
    let request = Request::from_raw(&schema(), &request(pay(), ana(), object([])));
    assert_eq!((request.invalid, faults(&request)), (false, vec![]));
    assert_eq!(request.action_id, Some(ActionId(1)));
    assert_eq!(request.action.get("type"), Some(&ValueState::Present(Value::String("pay".into()))));
    assert_eq!(
        request.action.get("amount"),
        Some(&ValueState::Present(Value::Number(Decimal::new(15, 1).unwrap())))
    );
    assert_eq!(request.action.get("note"), Some(&ValueState::Absent));
    assert_eq!(request.action.get("undeclared"), None);
    assert_eq!(request.snapshot.get("users"), Some(&ValueState::Absent));
}

#[test]
fn refuses_what_names_no_action() {
    for (action, reason) in [
        (None, Reason::ActionTypeMissing),
        (Some("pay".into()), Reason::ActionTypeMissing),
        (Some(object([])), Reason::ActionTypeMissing),
        (Some(object([("type", 1i64.into())])), Reason::ActionTypeMissing),
        (Some(object([("type", "Pay".into())])), Reason::UndeclaredAction),
    ] {
        let request = Request::from_raw(&schema(), &RawRequest { action, ..RawRequest::default() });
        assert!(request.invalid && request.action_id.is_none());
        assert_eq!(faults(&request), [("action.type", reason.as_str())]);
    }
    for (raw, reason) in [
        (RawRequest::unreadable(Reason::MalformedJson), "malformed_json"),
        (RawRequest::from_value("x".into()), "not_a_request"),
        (RawRequest::from_value(object([("action", pay()), ("more", RawValue::Null)])), "unknown_member"),
    ] {
        let request = Request::from_raw(&schema(), &raw);
        assert!(request.invalid);
        assert_eq!(faults(&request), [("", reason)]);
    }
}

#[test]
fn takes_a_record_that_is_missing_as_invalid_fields() {
    let raw = RawRequest { action: Some(pay()), snapshot: Some(RawValue::Null), ..RawRequest::default() };
    let request = Request::from_raw(&schema(), &raw);
    assert!(!request.invalid);
    assert_eq!(faults(&request), [("actor", "record_missing"), ("snapshot", "record_not_object")]);
    assert_eq!(request.actor.get("id"), Some(&ValueState::Invalid(Reason::RecordMissing)));
    assert_eq!(request.snapshot.get("users"), Some(&ValueState::Invalid(Reason::RecordNotObject)));
    let bare = Schema { actor: Fields::new(), snapshot: Fields::new(), ..schema() };
    assert_eq!(faults(&Request::from_raw(&bare, &raw)), []);
}

#[test]
fn tells_missing_from_null_and_wrong() {
    let action = object([("type", "pay".into()), ("note", RawValue::Null), ("extra", RawValue::Null)]);
    let typed = Request::from_raw(&schema(), &request(action, object([("id", RawValue::Null)]), object([])));
    assert_eq!(faults(&typed), [("action.amount", "missing"), ("actor.id", "null")]);
    assert_eq!(typed.action.get("note"), Some(&ValueState::Absent));
    assert_eq!(typed.action.get("extra"), Some(&ValueState::Absent));
    let action = object([("type", "pay".into()), ("amount", true.into()), ("note", 1i64.into())]);
    let typed = Request::from_raw(&schema(), &request(action, ana(), object([])));
    assert_eq!(faults(&typed), [("action.amount", "wrong_type"), ("action.note", "wrong_type")]);
    let strict = Schema { invalid_fields: FaultHandling::Reject, ..schema() };
    let action = object([("type", "pay".into()), ("amount", f64::NAN.into())]);
    let typed = Request::from_raw(&strict, &request(action, ana(), object([])));
    assert!(typed.invalid && typed.action_id.is_some());
    assert_eq!(faults(&typed), [("action.amount", "unrepresentable_number")]);
}

#[test]
fn reports_elements_once_and_without_their_keys() {
    let bad = object([("age", 1.5.into())]);
    let snapshot = object([
        (
            "users",
            RawValue::List(vec![bad.clone(), RawValue::Null, bad.clone(), object([("name", "a".into())])]),
        ),
        ("by_name", object([("secret", bad)])),
    ]);
    let typed = Request::from_raw(&schema(), &request(pay(), ana(), snapshot));
    assert_eq!(
        faults(&typed),
        [
            ("snapshot.by_name[*].age", "not_integer"),
            ("snapshot.by_name[*].name", "missing"),
            ("snapshot.users[*]", "null"),
            ("snapshot.users[*].age", "not_integer"),
            ("snapshot.users[*].name", "missing"),
        ]
    );
    let Some(ValueState::Present(Value::List(users))) = typed.snapshot.get("users") else { panic!() };
    assert_eq!(users[1], ValueState::Invalid(Reason::Null));
    let ValueState::Present(Value::Object(last)) = &users[3] else { panic!() };
    assert_eq!(last.get("age"), Some(&ValueState::Absent));
}

#[test]
fn reports_fields_that_are_not_declared() {
    let user = object([("name", "a".into()), ("z", 1i64.into()), ("nick", 1i64.into())]);
    let snapshot = object([("users", RawValue::List(vec![user])), ("no name", 1i64.into())]);
    let raw = request(pay(), object([("id", "ana".into()), ("type", "agent".into())]), snapshot);
    assert_eq!(faults(&Request::from_raw(&schema(), &raw)), []);
    let strict = Schema { extra_fields: FaultHandling::Reject, ..schema() };
    let typed = Request::from_raw(&strict, &raw);
    assert!(typed.invalid);
    assert_eq!(
        faults(&typed),
        [
            ("actor.type", "extra_field"),
            ("snapshot", "extra_field"),
            ("snapshot.users[*].nick", "extra_field")
        ]
    );
}

#[test]
fn bounds_nesting_and_counts() {
    let nested = |levels: usize| (0..levels).fold(RawValue::Null, |inner, _| RawValue::List(vec![inner]));
    let with = |undeclared: RawValue| {
        let RawValue::Map(mut action) = pay() else { panic!() };
        action.insert("extra".to_owned(), undeclared);
        Request::from_raw(&schema(), &request(RawValue::Map(action), ana(), object([])))
    };
    assert_eq!(faults(&with(nested(limits::NESTING - 2))), []);
    let deep = with(nested(limits::NESTING - 1));
    assert!(deep.invalid);
    assert_eq!(faults(&deep), [("", "too_deep")]);
    assert_eq!(faults(&with(nested(5_000))), [("", "too_deep")]);
    let deep = RawRequest { actor: Some(nested(5_000)), ..request(pay(), ana(), object([])) };
    assert_eq!(faults(&Request::from_raw(&schema(), &deep)), [("", "too_deep")]);
    let many = |count: usize| RawValue::List(vec![RawValue::Null; count]);
    assert_eq!(faults(&with(many(limits::ELEMENTS))), []);
    assert_eq!(
        faults(&with(object([("a", many(limits::ELEMENTS + 1))]))),
        [("action.extra", "too_many_items")]
    );
    let strings = Type::plain(list(TypeKind::String));
    assert_eq!(strings.check(&many(limits::ELEMENTS + 1)), ValueState::Invalid(Reason::TooManyItems));
    assert_eq!(Type::plain(TypeKind::Any).check(&nested(65)), ValueState::Invalid(Reason::TooDeep));
}

#[test]
fn keeps_any_as_it_is() {
    let any = Type::plain(TypeKind::Any);
    for raw in [1i64.into(), object([("a", RawValue::Null)]), object([("a", f64::NAN.into())])] {
        assert_eq!(any.check(&raw), ValueState::Present(Value::Any(raw.clone())));
    }
    assert_eq!(any.check(&f64::NAN.into()), ValueState::Invalid(Reason::UnrepresentableNumber));
    // Null is a value inside an `any`, not as the whole of it.
    assert_eq!(any.check(&RawValue::Null), ValueState::Invalid(Reason::Null));
}

#[test]
fn reads_each_type() {
    for (kind, good, bad) in [
        (TypeKind::String, RawValue::from(""), (RawValue::from(1i64), Reason::WrongType)),
        (TypeKind::Number, 0.5.into(), ("1".into(), Reason::WrongType)),
        (TypeKind::Integer, 1.0.into(), (0.5.into(), Reason::NotInteger)),
        (TypeKind::Boolean, true.into(), (1i64.into(), Reason::WrongType)),
        (TypeKind::Timestamp, "2026-11-22T20:00:00Z".into(), ("2026-11-22".into(), Reason::BadFormat)),
        (TypeKind::Date, "2026-11-22".into(), ("2026-11-31".into(), Reason::BadFormat)),
        (TypeKind::Duration, "1h".into(), (3_600i64.into(), Reason::WrongType)),
        (TypeKind::Quantity, "500Mi".into(), (500i64.into(), Reason::WrongType)),
        (TypeKind::Ip, "10.0.0.1".into(), ("::ffff:10.0.0.1".into(), Reason::BadFormat)),
        (TypeKind::Path, "/srv".into(), ("".into(), Reason::BadFormat)),
        (TypeKind::Url, "https://h".into(), ("h".into(), Reason::BadFormat)),
        (list(TypeKind::Any), RawValue::List(vec![]), (object([]), Reason::WrongType)),
        (map(TypeKind::Any), object([]), (RawValue::List(vec![]), Reason::WrongType)),
        (TypeKind::Object(Fields::new()), object([]), ("{}".into(), Reason::WrongType)),
    ] {
        assert!(kind.read(&good).is_ok(), "{kind:?}");
        assert_eq!(kind.read(&bad.0), Err(bad.1), "{kind:?}");
        assert_eq!(kind.read(&RawValue::Null), Err(Reason::Null), "{kind:?}");
        assert_eq!(kind.read(&RawValue::Unreadable(Reason::TooLong)), Err(Reason::TooLong), "{kind:?}");
    }
}

#[test]
fn narrows() {
    let number = |value: i64| Value::Number(Decimal::from(value));
    let bounded = Constraints { min: Some(number(1)), max: Some(number(3)), ..Constraints::default() };
    let named =
        Constraints { one_of: Some(vec![Value::String("USD".into())].into()), ..Constraints::default() };
    let short = Constraints {
        max_length: Some(2),
        pattern: Some(Pattern::new("^[a-zé]*$").unwrap()),
        ..Constraints::default()
    };
    let few = Constraints { max_items: Some(1), ..Constraints::default() };
    let two = RawValue::List(vec!["a".into(), 1i64.into()]);
    for (kind, constraints, raw, reason) in [
        (TypeKind::Number, &bounded, RawValue::from(0.9), Some(Reason::BelowMin)),
        (TypeKind::Number, &bounded, 1.0.into(), None),
        (TypeKind::Integer, &bounded, 3i64.into(), None),
        (TypeKind::Number, &bounded, 3.1.into(), Some(Reason::AboveMax)),
        (TypeKind::String, &named, "usd".into(), Some(Reason::NotOneOf)),
        (TypeKind::String, &named, "USD".into(), None),
        (TypeKind::String, &short, "éé".into(), None),
        (TypeKind::String, &short, "ABC".into(), Some(Reason::TooLong)),
        (TypeKind::String, &short, "A".into(), Some(Reason::PatternMismatch)),
        (list(TypeKind::String), &few, two.clone(), Some(Reason::TooManyItems)),
        (
            map(TypeKind::Any),
            &few,
            object([("a", RawValue::Null), ("b", RawValue::Null)]),
            Some(Reason::TooManyItems),
        ),
    ] {
        let ty = Type { kind, constraints: constraints.clone() };
        let typed = match ty.check(&raw) {
            ValueState::Invalid(reason) => Some(reason),
            _ => None,
        };
        assert_eq!(typed, reason, "{ty:?} {raw:?}");
        assert!(ty.kind.read(&raw).is_ok());
    }
    let element = Type { kind: TypeKind::String, constraints: named };
    let elements = TypeKind::List(Box::new(element));
    let free = Value::List(
        [ValueState::Present(Value::String("a".into())), ValueState::Invalid(Reason::WrongType)].into(),
    );
    assert_eq!(elements.read(&two), Ok(free));
    let constraint_mode =
        Value::List([ValueState::Invalid(Reason::NotOneOf), ValueState::Invalid(Reason::WrongType)].into());
    assert_eq!(Type::plain(elements).check(&two), ValueState::Present(constraint_mode));
}
