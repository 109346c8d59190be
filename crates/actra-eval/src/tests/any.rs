//! JSON of unknown shape against itself and against typed values.

use actra_ir::Function::{Size, ToString};
use actra_ir::MacroKind::Exists;
use actra_model::{RawValue, Type, TypeKind, Value};

use super::build::*;
use actra_ir::Expr;

fn doc(key: &str) -> Expr {
    lookup(snap("doc"), text(key))
}

#[test]
fn conversion() {
    check(eq(convert(doc("name"), TypeKind::String), text("ana")), "true");
    check(eq(convert(doc("size"), TypeKind::Integer), num("3")), "true");
    check(convert(doc("flag"), TypeKind::Boolean), "true");
    check(eq(convert(doc("size"), TypeKind::String), text("3")), r#"snapshot.doc["size"] wrong_kind"#);
    check(eq(convert(doc("none"), TypeKind::String), text("")), r#"snapshot.doc["none"] wrong_kind"#);
    check(
        eq(convert(doc("huge"), TypeKind::Number), num("1")),
        r#"snapshot.doc["huge"] unrepresentable_number"#,
    );
    check(less(convert(doc("time"), TypeKind::Timestamp), snap("at")), "true");
    check(less(convert(doc("name"), TypeKind::Timestamp), snap("at")), r#"snapshot.doc["name"] wrong_kind"#);
    let numbers = || TypeKind::List(Box::new(Type::plain(TypeKind::Number)));
    check(eq(convert(doc("numbers"), numbers()), nums(&["1", "2"])), "true");
    check(is_in(num("1"), convert(doc("tags"), numbers())), "true");
    check(is_in(num("2"), convert(doc("tags"), numbers())), r#"snapshot.doc["tags"][*] wrong_kind"#);
}

#[test]
fn look_ups() {
    check(has(doc("name")), "true");
    check(has(doc("other")), "false");
    check(has(doc("none")), "true");
    check(has(doc("huge")), r#"snapshot.doc["huge"] unrepresentable_number"#);
    check(is_null(doc("other")), r#"snapshot.doc["other"] no_such_key"#);
    check(has(lookup(snap("scalar"), text("k"))), "snapshot.scalar wrong_kind");
    check(has(lookup(doc("name"), text("k"))), r#"snapshot.doc["name"] wrong_kind"#);
    check(has(lookup(doc("tags"), num("2"))), "true");
    check(has(lookup(doc("tags"), num("3"))), "false");
    check(has(lookup(doc("tags"), text("a"))), r#"snapshot.doc["tags"] wrong_kind"#);
    check(has(lookup(doc("inner"), num("0"))), r#"snapshot.doc["inner"] wrong_kind"#);
    check(eq(or_value(doc("other"), num("4")), num("4")), "true");
}

#[test]
fn nulls() {
    check(is_null(snap("null")), "true");
    check(is_null(doc("none")), "true");
    check(is_null(snap("doc")), "false");
    check(is_null(doc("huge")), r#"snapshot.doc["huge"] unrepresentable_number"#);
    check(eq(snap("null"), doc("none")), "true");
}

#[test]
fn equality_of_json() {
    check(eq(snap("scalar"), snap("scalar")), "true");
    check(eq(snap("scalar"), doc("name")), "false");
    check(eq(doc("numbers"), doc("tags")), "false");
    check(eq(doc("partly"), doc("partly")), r#"snapshot.doc["partly"] unrepresentable_number"#);
    check(eq(doc("partly"), doc("numbers")), r#"snapshot.doc["partly"] unrepresentable_number"#);
    let three = RawValue::List(vec![1.into(), 2.into(), 3.into()]);
    check(eq(doc("partly"), literal(Value::Any(three))), "false");
    let other_first = RawValue::List(vec![2.into(), 2.into()]);
    check(eq(doc("partly"), literal(Value::Any(other_first))), "false");
    let inner = RawValue::Map(raw_map(vec![("k", 1.into())]));
    check(eq(doc("inner"), literal(Value::Any(inner))), "true");
    check(eq(doc("inner"), map_of(vec![("k", num("1"))])), "true");
    check(eq(doc("inner"), map_of(vec![("l", num("1"))])), "false");
}

#[test]
fn membership_and_macros() {
    check(is_in(text("a"), doc("tags")), "true");
    check(is_in(text("b"), doc("tags")), r#"snapshot.doc["tags"][*] wrong_kind"#);
    check(is_in(doc("none"), doc("tags")), "true");
    check(is_in(text("name"), snap("doc")), "true");
    check(is_in(text("other"), snap("doc")), "false");
    check(is_in(text("other"), snap("scalar")), "snapshot.scalar wrong_kind");
    check(each(Exists, 0, doc("tags"), is_null(var(0))), "true");
    check(each(Exists, 0, snap("doc"), eq(var(0), text("inner"))), "true");
    check(
        each(Exists, 0, doc("partly"), is_null(var(0))),
        r#"snapshot.doc["partly"][*] unrepresentable_number"#,
    );
    check(each(Exists, 0, snap("null"), is_null(var(0))), "snapshot.null wrong_kind");
}

#[test]
fn functions() {
    check_value(call(Size, vec![doc("tags")]), num("3"));
    check_value(call(Size, vec![doc("name")]), num("3"));
    check(eq(call(Size, vec![doc("size")]), num("3")), r#"snapshot.doc["size"] wrong_kind"#);
    check_value(call(ToString, vec![doc("size")]), text("3"));
    check_value(add(doc("size"), num("1")), num("4"));
}
