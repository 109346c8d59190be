//! Present, absent, invalid; and the paths of leaves.

use super::build::*;

#[test]
fn reading_what_is_not_there() {
    check(eq(snap("absent"), num("1")), "snapshot.absent absent");
    check(eq(snap("missing"), num("1")), "snapshot.missing missing");
    check(snap("flag"), "true");
    check(snap("bad"), "snapshot.bad wrong_type");
}

#[test]
fn has() {
    check(super::build::has(snap("one")), "true");
    check(super::build::has(snap("absent")), "false");
    check(super::build::has(snap("bad")), "snapshot.bad wrong_type");
    check(super::build::has(member(snap("user"), "nick")), "false");
    check(super::build::has(member(snap("user"), "name")), "true");
    check(super::build::has(member(snap("bad"), "name")), "snapshot.bad wrong_type");
    check(super::build::has(member(snap("absent"), "name")), "snapshot.absent absent");
    check(super::build::has(chained(snap("absent"), "name")), "false");
    check(super::build::has(lookup(snap("map"), text("a"))), "true");
    check(super::build::has(lookup(snap("map"), text("c"))), "false");
    check(super::build::has(lookup(snap("map"), text("b"))), r#"snapshot.map["b"] wrong_type"#);
    check(super::build::has(lookup(snap("map"), snap("bad"))), "snapshot.bad wrong_type");
    check(super::build::has(lookup(snap("ys"), num("3"))), "false");
}

#[test]
fn defaults_stand_for_absence_only() {
    check_value(or_value(snap("absent"), num("7")), num("7"));
    check_value(or_value(snap("one"), num("7")), num("1"));
    check(eq(or_value(snap("bad"), num("7")), num("7")), "snapshot.bad wrong_type");
    check_value(or_value(chained(snap("absent"), "name"), text("x")), text("x"));
    check(eq(or_value(member(snap("absent"), "name"), text("x")), text("x")), "snapshot.absent absent");
    check_value(or_value(lookup(snap("map"), text("c")), num("7")), num("7"));
    check_value(or_value(or_value(snap("absent"), snap("absent")), num("7")), num("7"));
}

#[test]
fn look_ups() {
    check_value(lookup(snap("map"), text("a")), num("1"));
    check(eq(lookup(snap("map"), text("c")), num("1")), r#"snapshot.map["c"] no_such_key"#);
    check(eq(lookup(snap("map"), snap("name")), num("1")), "snapshot.map[*] no_such_key");
    check_value(lookup(snap("ys"), num("0")), num("3"));
    for bad in ["3", "-1", "0.5", "99999999999999999999"] {
        check(eq(lookup(snap("ys"), num(bad)), num("1")), "snapshot.ys[*] no_such_element");
    }
    check(eq(lookup(snap("xs"), num("1")), num("1")), "snapshot.xs[*] wrong_type");
    check_value(lookup(lookup(snap("nested"), num("1")), num("0")), num("2"));
    check(
        eq(lookup(lookup(snap("nested"), num("0")), num("1")), num("0")),
        "snapshot.nested[*][*] wrong_type",
    );
}

#[test]
fn leaves_inside_macros_name_the_range() {
    use actra_ir::MacroKind::{All, Exists, Map};
    let named = |operand| eq(member(operand, "name"), text("x"));
    check(each(Exists, 0, snap("users"), named(var(0))), "snapshot.users[*].name wrong_type");
    check(
        each(Exists, 0, snap("nested"), each(Exists, 1, var(0), eq(var(1), num("7")))),
        "snapshot.nested[*][*] wrong_type",
    );
    let over = cond(snap("flag"), snap("users"), snap("users"));
    check(each(Exists, 0, over, named(var(0))), "snapshot.users[*].name wrong_type");
    let mapped = each(Map, 0, snap("nested"), var(0));
    check(eq(mapped, list(vec![nums(&["1", "2"]), nums(&["2"])])), "snapshot.nested[*][*] wrong_type");
    check(each(All, 0, snap("map"), eq(lookup(snap("map"), var(0)), num("1"))), "snapshot.map[*] wrong_type");
    check(
        each(Exists, 0, snap("map"), eq(lookup(snap("no_entries"), var(0)), num("1"))),
        "snapshot.no_entries[*] no_such_key",
    );
}
