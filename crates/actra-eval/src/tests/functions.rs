//! Arithmetic, times, paths, strings and conversions, each with what it cannot do.

use std::sync::Arc;

use actra_ir::ArithmeticOp::{Multiply, Subtract};
use actra_ir::Function::{
    Contains, EndsWith, IndexOf, LastIndexOf, LowerAscii, Replace, Split, StartsWith, Substring, ToDouble,
    ToInt, ToString, Trim, UpperAscii,
};
use actra_ir::MacroKind::Map;
use actra_ir::{Expr, ExprKind, TimePart};
use actra_model::{Cidr, IpAddress, Pattern, Value, Zone};

use super::build::*;

#[test]
fn numbers() {
    check_value(add(num("0.1"), num("0.2")), num("0.3"));
    check_value(arithmetic(Subtract, snap("half"), num("1")), num("-0.5"));
    check_value(arithmetic(Multiply, snap("half"), snap("half")), num("0.25"));
    check_value(expr(ExprKind::Negate(Arc::new(snap("half")))), num("-0.5"));
    check(eq(add(num("1"), snap("most")), num("1")), "snapshot.most not_representable");
    check(eq(add(snap("bad"), snap("missing")), num("1")), "snapshot.bad wrong_type");
    check(less(snap("half"), snap("one")), "true");
    check(less(snap("one"), num("1.0")), "false");
}

#[test]
fn times_and_durations() {
    let at = || time("2026-01-01T00:00:00Z");
    check_value(add(at(), duration("1h")), time("2026-01-01T01:00:00Z"));
    check_value(add(duration("1h"), at()), time("2026-01-01T01:00:00Z"));
    check_value(arithmetic(Subtract, at(), duration("1s")), time("2025-12-31T23:59:59Z"));
    check_value(arithmetic(Subtract, time("2026-01-02T00:00:00Z"), at()), duration("24h"));
    check_value(arithmetic(Subtract, duration("1h"), duration("2h")), duration("-1h"));
    check(eq(add(snap("at"), duration("80000000h")), at()), "snapshot.at not_representable");
}

#[test]
fn parts_of_a_timestamp() {
    let part = |part, zone| {
        let operand = Arc::new(snap("at"));
        expr(ExprKind::TimePart { part, operand, zone: Box::new(Zone::parse(zone).unwrap()) })
    };
    for (name, zone, expected) in [
        (TimePart::FullYear, "UTC", "2026"),
        (TimePart::Month, "UTC", "10"),
        (TimePart::Date, "UTC", "22"),
        (TimePart::DayOfMonth, "UTC", "21"),
        (TimePart::DayOfWeek, "UTC", "0"),
        (TimePart::DayOfYear, "UTC", "325"),
        (TimePart::Hours, "UTC", "23"),
        (TimePart::Minutes, "UTC", "30"),
        (TimePart::Seconds, "UTC", "5"),
        (TimePart::Milliseconds, "UTC", "250"),
        (TimePart::Hours, "Europe/Berlin", "0"),
        (TimePart::Date, "Europe/Berlin", "23"),
        (TimePart::DayOfWeek, "+02:00", "1"),
    ] {
        check_value(part(name, zone), num(expected));
    }
}

#[test]
fn paths_addresses_and_patterns() {
    check(within(snap("file"), path("/srv")), "true");
    check(within(snap("file"), path("/srv/data/x")), "true");
    check(within(snap("file"), path("/srv/dat")), "false");
    check(within(snap("file"), path("srv")), "snapshot.file incomparable");
    check(eq(snap("relative"), path("/a/b")), "snapshot.relative incomparable");
    check(eq(snap("relative"), path("a/./b")), "true");
    let address = |text: &str| literal(Value::Ip(IpAddress::parse(text).unwrap()));
    let inside = |text| {
        let cidr = Cidr::parse("10.0.0.0/8").unwrap();
        expr(ExprKind::InCidr { operand: Arc::new(address(text)), cidr })
    };
    check(inside("10.1.2.3"), "true");
    check(inside("11.1.2.3"), "false");
    let found = |operand: Expr| {
        let pattern = Box::new(Pattern::new("n.$").unwrap());
        expr(ExprKind::Matches { operand: Arc::new(operand), pattern })
    };
    check(found(snap("name")), "true");
    check(found(text("anan")), "false");
    check(found(snap("bad")), "snapshot.bad wrong_type");
}

#[test]
fn strings() {
    let one = |function, operand| call(function, vec![text(operand)]);
    let two = |function, left, right| call(function, vec![text(left), text(right)]);
    check(two(StartsWith, "action", "act"), "true");
    check(two(EndsWith, "action", "on"), "true");
    check(two(Contains, "action", "ti"), "true");
    check(two(Contains, "action", ""), "true");
    check_value(one(LowerAscii, "ÄB"), text("Äb"));
    check_value(one(UpperAscii, "äb"), text("äB"));
    check_value(one(Trim, " \u{2003}a \n"), text("a"));
    check_value(two(Split, "a,b", ","), list(vec![text("a"), text("b")]));
    check_value(call(Split, vec![text("a,b,c"), text(","), num("2")]), list(vec![text("a"), text("b,c")]));
    check_value(two(IndexOf, "äöä", "ö"), num("1"));
    check_value(two(LastIndexOf, "äöä", "ä"), num("2"));
    check_value(call(IndexOf, vec![text("aba"), text("a"), num("1")]), num("2"));
    check_value(call(Substring, vec![text("äöü"), num("1")]), text("öü"));
    check_value(call(Substring, vec![text("äöü"), num("1"), num("2")]), text("ö"));
    check_value(call(Replace, vec![text("aaa"), text("a"), text("b"), num("2")]), text("bba"));
}

#[test]
fn strings_out_of_range() {
    let cut = |start| eq(call(Substring, vec![snap("name"), num(start)]), text(""));
    check(cut("3"), "true");
    for position in ["4", "-1", "0.5", "99999999999999999999"] {
        check(cut(position), "snapshot.name out_of_range");
    }
    let find = call(IndexOf, vec![snap("name"), text("a"), num("4")]);
    check(eq(find, num("-1")), "snapshot.name out_of_range");
}

#[test]
fn conversions() {
    check_value(call(ToInt, vec![text("-007")]), num("-7"));
    check_value(call(ToDouble, vec![text("-1.5e1")]), num("-15"));
    for (function, bad) in
        [(ToInt, "1.0"), (ToInt, ""), (ToInt, "-"), (ToInt, "+1"), (ToDouble, "01"), (ToDouble, ".5")]
    {
        check(eq(call(function, vec![text(bad)]), num("1")), " not_convertible");
    }
    check(eq(call(ToInt, vec![snap("name")]), num("1")), "snapshot.name not_convertible");
    check_value(call(ToString, vec![num("1.50")]), text("1.5"));
    check_value(call(ToString, vec![snap("flag")]), text("true"));
    check_value(call(ToString, vec![snap("at")]), text("2026-11-22T23:30:05.25Z"));
    check_value(call(ToString, vec![duration("1h30m")]), text("5400s"));
    check_value(call(ToString, vec![snap("file")]), text("/srv/data/x"));
}

/// Limits on what functions produce keep memory bounded whatever a policy says.
#[test]
fn productions_are_bounded() {
    let long = text(&"a".repeat(1 << 20));
    let replaced = call(Replace, vec![long.clone(), text("a"), text("aaaaa")]);
    check(eq(replaced, snap("name")), " not_representable");
    let fits = call(Replace, vec![long.clone(), text("a"), text("aaa")]);
    check(eq(fits.clone(), snap("name")), "false");
    let each_fits = each(Map, 0, nums(&["1", "2"]), fits);
    check(eq(each_fits, list(vec![text("")])), " not_representable");
    let parts = call(Split, vec![long, text("")]);
    check(eq(parts, list(vec![text("")])), " not_representable");
    let mut sum = snap("ys");
    for _ in 0..14 {
        sum = add(sum.clone(), sum);
    }
    check(eq(sum, nums(&["1"])), "snapshot.ys not_representable");
}
