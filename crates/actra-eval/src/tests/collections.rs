//! Equality, membership, macros, sets and aggregates over lists and maps with elements that cannot be read.

use actra_ir::Function::{Distinct, Max, Min, SetsContains, SetsEquivalent, SetsIntersects, Size, Sum};
use actra_ir::MacroKind::{All, Exists, ExistsOne, Filter, Map};

use super::build::*;

const IN_XS: &str = "snapshot.xs[*] wrong_type";

#[test]
fn equality_of_lists() {
    check(eq(snap("xs"), nums(&["1", "2", "3"])), IN_XS);
    check(eq(snap("xs"), nums(&["1", "2"])), "false");
    check(eq(snap("xs"), nums(&["2", "2", "3"])), "false");
    check(eq(snap("xs"), nums(&["1", "2", "4"])), "false");
    check(eq(snap("ys"), nums(&["3", "1", "1.0"])), "true");
    check(eq(list(vec![snap("bad")]), list(vec![num("1"), num("2")])), "false");
    check(eq(list(vec![snap("bad"), snap("missing")]), nums(&["1", "2"])), "snapshot.bad wrong_type");
    check(eq(list(vec![snap("bad"), num("3")]), nums(&["1", "2"])), "false");
    check(eq(snap("bad"), snap("empty")), "snapshot.bad wrong_type");
}

#[test]
fn equality_of_maps_and_objects() {
    check(eq(snap("map"), map_of(vec![("a", num("1"))])), "false");
    check(eq(snap("map"), map_of(vec![("a", num("2")), ("b", num("1"))])), "false");
    check(eq(snap("map"), map_of(vec![("a", num("1")), ("b", num("1"))])), "snapshot.map[*] wrong_type");
    check(eq(snap("user"), snap("user")), "snapshot.user.age wrong_type");
    check(eq(snap("user"), snap("same_user")), "snapshot.user.age wrong_type");
    check(eq(snap("same_user"), snap("same_user")), "true");
    check(eq(snap("user"), snap("other_user")), "false");
}

#[test]
fn membership() {
    check(is_in(num("3"), snap("xs")), "true");
    check(is_in(num("2"), snap("xs")), IN_XS);
    check(is_in(num("2"), snap("ys")), "false");
    check(is_in(snap("bad"), snap("ys")), "snapshot.bad wrong_type");
    check(is_in(snap("bad"), snap("empty")), "false");
    check(is_in(num("1"), snap("missing")), "snapshot.missing missing");
    check(is_in(snap("bad"), snap("missing")), "snapshot.bad wrong_type");
    check(is_in(text("a"), snap("map")), "true");
    check(is_in(text("b"), snap("map")), "true");
    check(is_in(text("c"), snap("map")), "false");
    check(is_in(snap("bad"), snap("map")), "snapshot.bad wrong_type");
    check(is_in(num("1"), list(vec![snap("bad"), snap("one")])), "true");
    check(is_in(num("2"), list(vec![snap("one"), snap("bad")])), "snapshot.bad wrong_type");
    check(is_in(num("2"), list(vec![snap("absent")])), "snapshot.absent absent");
}

#[test]
fn quantifiers() {
    let is = |value| eq(var(0), num(value));
    check(each(Exists, 0, snap("xs"), is("3")), "true");
    check(each(Exists, 0, snap("xs"), is("2")), IN_XS);
    check(each(Exists, 0, snap("empty"), snap("bad")), "false");
    check(each(All, 0, snap("xs"), is("1")), "false");
    check(each(All, 0, snap("xs"), less(var(0), num("9"))), IN_XS);
    check(each(All, 0, snap("empty"), snap("bad")), "true");
    check(each(All, 0, snap("xs"), snap("flag")), "true");
    check(each(ExistsOne, 0, snap("ys"), is("3")), "true");
    check(each(ExistsOne, 0, snap("ys"), is("1")), "false");
    check(each(ExistsOne, 0, snap("xs"), is("1")), IN_XS);
    check(each(Exists, 0, snap("map"), eq(var(0), text("b"))), "true");
    check(each(Exists, 0, snap("bad"), snap("flag")), "snapshot.bad wrong_type");
}

#[test]
fn quantifiers_with_two_variables() {
    let both = |index, value| and(vec![eq(var(0), index), eq(var(1), num(value))]);
    check(each_pair(Exists, snap("ys"), both(num("0"), "3")), "true");
    check(each_pair(Exists, snap("ys"), both(num("0"), "1")), "false");
    check(each_pair(Exists, snap("map"), both(text("a"), "1")), "true");
    check(each_pair(Exists, snap("map"), both(text("b"), "1")), "snapshot.map[*] wrong_type");
    check(each_pair(All, snap("map"), eq(var(1), num("1"))), "snapshot.map[*] wrong_type");
}

#[test]
fn filter_and_map() {
    check_value(each(Filter, 0, snap("ys"), eq(var(0), num("1"))), nums(&["1", "1"]));
    check(eq(each(Filter, 0, snap("xs"), eq(var(0), num("1"))), nums(&["1"])), IN_XS);
    check_value(call(Size, vec![each(Filter, 0, snap("xs"), snap("flag"))]), num("3"));
    check_value(each(Map, 0, snap("ys"), add(var(0), num("1"))), nums(&["4", "2", "2"]));
    check(eq(each(Map, 0, snap("xs"), var(0)), nums(&["1"])), IN_XS);
    check_value(each(Map, 0, snap("xs"), snap("one")), nums(&["1", "1", "1"]));
    check_value(each(Map, 0, snap("map"), var(0)), list(vec![text("a"), text("b")]));
}

#[test]
fn sizes_count_what_cannot_be_read() {
    check_value(call(Size, vec![snap("xs")]), num("3"));
    check_value(call(Size, vec![snap("map")]), num("2"));
    check_value(call(Size, vec![text("äöü")]), num("3"));
    check(eq(call(Size, vec![snap("bad")]), num("0")), "snapshot.bad wrong_type");
}

#[test]
fn aggregates() {
    check_value(call(Sum, vec![snap("ys")]), num("5"));
    check_value(call(Sum, vec![snap("empty")]), num("0"));
    check(eq(call(Sum, vec![snap("xs")]), num("4")), IN_XS);
    check_value(call(Min, vec![snap("ys")]), num("1"));
    check_value(call(Max, vec![snap("ys")]), num("3"));
    check(eq(call(Min, vec![snap("empty")]), num("1")), "snapshot.empty empty_list");
    check(eq(call(Max, vec![snap("xs")]), num("3")), IN_XS);
    check_value(call(Distinct, vec![snap("ys")]), nums(&["3", "1"]));
    check(eq(call(Distinct, vec![snap("xs")]), nums(&["1"])), IN_XS);
    let sum = call(Sum, vec![list(vec![snap("most"), snap("one")])]);
    check(eq(sum, num("1")), "snapshot.most not_representable");
}

#[test]
fn sets() {
    let set = |function, left, right| call(function, vec![left, right]);
    check(set(SetsContains, snap("ys"), nums(&["1"])), "true");
    check(set(SetsContains, snap("ys"), nums(&["1", "2"])), "false");
    check(set(SetsContains, snap("xs"), nums(&["2"])), IN_XS);
    check(set(SetsContains, snap("xs"), nums(&["1", "3"])), "true");
    check(set(SetsContains, nums(&["1", "3"]), snap("xs")), IN_XS);
    check(set(SetsContains, nums(&["1"]), snap("xs")), "false");
    check(set(SetsIntersects, snap("xs"), nums(&["3"])), "true");
    check(set(SetsIntersects, snap("xs"), nums(&["2"])), IN_XS);
    check(set(SetsIntersects, snap("xs"), snap("empty")), "false");
    check(set(SetsEquivalent, snap("ys"), nums(&["1", "3"])), "true");
    check(set(SetsEquivalent, snap("ys"), nums(&["1", "2"])), "false");
    check(set(SetsEquivalent, snap("xs"), nums(&["1", "2", "3"])), IN_XS);
    check(set(SetsEquivalent, snap("bads"), snap("empty")), "false");
}
