//! Conditions of every kind that the analysis claims to decide.

use actra_reference::generate::Rng;

use super::domain::{Field, Kind, Space};

/// A condition; about a third do not compile (impossible comparisons, mostly), which callers try again.
pub fn condition(space: &Space, rng: &mut Rng, depth: usize) -> String {
    if depth == 0 || rng.one_in(3) {
        return atom(space, rng);
    }
    let part = |rng: &mut Rng| format!("({})", condition(space, rng, depth - 1));
    match rng.below(7) {
        0 | 1 => format!("{} && {}", part(rng), part(rng)),
        2 | 3 => format!("{} || {}", part(rng), part(rng)),
        4 | 5 => format!("!{}", part(rng)),
        _ => format!("({} ? {} : {})", part(rng), part(rng), part(rng)),
    }
}

fn of_kind<'s>(space: &'s Space, rng: &mut Rng, kind: Kind) -> Option<&'s Field> {
    let fields: Vec<_> = space.fields.iter().filter(|field| field.choice.kind == kind).collect();
    (!fields.is_empty()).then(|| fields[rng.below(fields.len())])
}

/// A read of a field, which is guarded or has a default where it is optional.
fn read(field: &Field, rng: &mut Rng) -> (String, String) {
    let path = field.path();
    if !field.choice.optional {
        return (path, String::new());
    }
    let default = if field.choice.kind == Kind::Bool { "false" } else { "\"b\"" };
    match rng.below(3) {
        0 => (format!("{}.?{}.orValue({default})", field.domain, field.name), String::new()),
        1 => (path.clone(), format!("has({path}) && ")),
        _ => (path.clone(), format!("!has({path}) || ")),
    }
}

fn atom(space: &Space, rng: &mut Rng) -> String {
    if space.fields.is_empty() {
        return "action.type == \"act\"".to_owned();
    }
    let field = &space.fields[rng.below(space.fields.len())];
    if field.choice.optional && rng.one_in(4) {
        return format!("has({})", field.path());
    }
    let (x, guard) = read(field, rng);
    let body = match field.choice.kind {
        Kind::Bool => boolean(space, rng, &x),
        Kind::Text => text(space, rng, &x),
        Kind::Integer | Kind::Number => number(space, rng, &x),
        Kind::Texts => texts(space, rng, &x),
        Kind::Integers => integers(space, rng, &x),
        Kind::Path => path(rng, &x),
        Kind::Ip => address(rng, &x),
        Kind::Timestamp | Kind::Duration | Kind::Date => time(space, rng, field.choice.kind, &x),
        Kind::Object => object(rng, &x),
        Kind::Map => map(space, rng, &x),
        Kind::Any => any(rng, &x),
    };
    format!("{guard}{body}")
}

fn boolean(space: &Space, rng: &mut Rng, x: &str) -> String {
    match (rng.below(4), of_kind(space, rng, Kind::Bool)) {
        (0, Some(other)) if !other.choice.optional => format!("{x} == {}", other.path()),
        (1, _) => format!("{x} != true"),
        (2, _) => format!("string({x}) == \"true\""),
        _ => x.to_owned(),
    }
}

fn word(rng: &mut Rng) -> &'static str {
    rng.pick(&["adm", "admin", "x", "b", "user", "ad"])
}

fn text(space: &Space, rng: &mut Rng, x: &str) -> String {
    let word = word(rng);
    match rng.below(13) {
        0 => format!("{x} == \"{word}\""),
        1 => format!("{x} != \"{word}\""),
        2 => format!("{x} in [\"{word}\", \"adm\", \"User\"]"),
        3 => format!("{x}.startsWith(\"{word}\")"),
        4 => format!("{x}.endsWith(\"{}\")", rng.pick(&["m", "n", "in", "b"])),
        5 => format!("{x}.contains(\"{}\")", rng.pick(&["d", "mi", "x", "s"])),
        6 => format!("{x}.matches(\"{}\")", rng.pick(&["^a", "m$", "[u-x]", "(?i)^USER$", "^.{3}$", "d|b"])),
        7 => format!("size({x}) {} {}", rng.pick(&["<", ">=", "==", "!="]), rng.below(6)),
        8 => format!("{x}.lowerAscii() == \"user\""),
        9 => format!("{x}.upperAscii().startsWith(\"AD\")"),
        10 => format!("{x} {} \"{word}\"", rng.pick(&["<", "<=", ">", ">="])),
        11 => match of_kind(space, rng, Kind::Texts) {
            Some(list) => format!("{x} {}in {}", "", list.path()),
            None => format!("{x} > \"{word}\""),
        },
        _ => match of_kind(space, rng, Kind::Text).filter(|field| !field.choice.optional) {
            Some(other) => format!("{x} {} {}", rng.pick(&["==", "!="]), other.path()),
            None => format!("{x} == \"{word}\""),
        },
    }
}

fn comparison(rng: &mut Rng) -> &'static str {
    rng.pick(&["<", "<=", ">", ">=", "==", "!="])
}

fn number(space: &Space, rng: &mut Rng, x: &str) -> String {
    let kind = if rng.one_in(2) { Kind::Integer } else { Kind::Number };
    let other = of_kind(space, rng, kind).map_or_else(|| "1".to_owned(), Field::path);
    let compare = comparison(rng);
    let literal = rng.pick(&["0", "1", "2", "0.5", "1.5", "3"]);
    match rng.below(7) {
        0 | 1 => format!("{x} {compare} {literal}"),
        2 => format!("{x} {compare} {other}"),
        3 => format!("{x} + {other} {compare} {literal}"),
        4 => format!("{x} - {other} {compare} {literal}"),
        5 => format!("2 * {x} {compare} {other} + {literal}"),
        _ => format!("{x} in [{literal}, 1, 2]"),
    }
}

fn texts(space: &Space, rng: &mut Rng, xs: &str) -> String {
    let word = rng.pick(&["adm", "b"]);
    let other = of_kind(space, rng, Kind::Texts).map_or_else(|| "[\"adm\"]".to_owned(), Field::path);
    let one = of_kind(space, rng, Kind::Text).filter(|field| !field.choice.optional);
    let one = one.map_or_else(|| "\"b\"".to_owned(), Field::path);
    match rng.below(14) {
        0 => format!("\"{word}\" in {xs}"),
        1 => format!("{xs}.all(x, x == \"{word}\")"),
        2 => format!("{xs}.exists(x, x.startsWith(\"a\"))"),
        3 => format!("size({xs}) {} {}", comparison(rng), rng.below(3)),
        4 => format!("{xs}.all(x, x in {other})"),
        5 => format!("{xs}.exists(x, {other}.all(y, x == y))"),
        6 => format!("sets.contains({xs}, {other})"),
        7 => format!("sets.intersects({xs}, {other})"),
        8 => format!("sets.equivalent({xs}, {other})"),
        9 => format!("{xs} == [\"adm\", \"{word}\"]"),
        10 => format!("{xs}.exists(x, x != {one})"),
        11 => format!("\"{word}\" in {xs} + {other}"),
        12 => format!("size({xs}) > {} && {xs}[{}] == \"{word}\"", rng.below(2), rng.below(2)),
        _ => format!("!{xs}.exists(x, {xs}.exists(y, x != y))"),
    }
}

fn integers(space: &Space, rng: &mut Rng, xs: &str) -> String {
    let other = of_kind(space, rng, Kind::Integer).map_or_else(|| "1".to_owned(), Field::path);
    let compare = comparison(rng);
    match rng.below(6) {
        0 => format!("{other} in {xs}"),
        1 => format!("{xs}.all(x, x {compare} {other})"),
        2 => format!("{xs}.exists(x, x + 1 {compare} 2)"),
        3 => format!("size({xs}) {compare} 1"),
        4 => format!("{xs} == [0, 1]"),
        _ => format!("{xs}.exists(x, {xs}.all(y, x >= y))"),
    }
}

fn path(rng: &mut Rng, x: &str) -> String {
    let base = rng.pick(&["/srv", "/srv/a", "/", "b", "/other"]);
    match rng.below(4) {
        0 | 1 => format!("{x}.within(\"{base}\")"),
        2 => format!("{x} == \"{base}\""),
        _ => format!("string({x}).endsWith(\"a\")"),
    }
}

fn address(rng: &mut Rng, x: &str) -> String {
    match rng.below(3) {
        0 => format!("cidr(\"10.0.0.0/8\").containsIP({x})"),
        1 => format!("cidr(\"10.1.0.0/16\").containsIP({x})"),
        _ => format!("{x} {} \"10.0.0.1\"", rng.pick(&["==", "!="])),
    }
}

fn time(space: &Space, rng: &mut Rng, kind: Kind, x: &str) -> String {
    let compare = comparison(rng);
    let other = of_kind(space, rng, kind).map(Field::path);
    let length =
        of_kind(space, rng, Kind::Duration).map_or_else(|| "duration(\"45m\")".to_owned(), Field::path);
    match (kind, rng.below(3), other) {
        (Kind::Timestamp, 0, _) => format!("{x} {compare} timestamp(\"2024-01-01T00:30:00Z\")"),
        (Kind::Timestamp, 1, Some(other)) => format!("{x} - {other} {compare} {length}"),
        (Kind::Timestamp, _, Some(other)) => format!("{x} {compare} {other} + {length}"),
        (Kind::Duration, 0, _) => format!("{x} {compare} duration(\"45m\")"),
        (Kind::Duration, _, Some(other)) => format!("{x} + {other} {compare} duration(\"90m\")"),
        (_, 0, _) => format!("{x} {compare} \"2024-01-15\""),
        (_, _, other) => format!("{x} {compare} {}", other.unwrap_or_else(|| "\"2024-02-01\"".to_owned())),
    }
}

fn object(rng: &mut Rng, x: &str) -> String {
    match rng.below(4) {
        0 => format!("{x}.a == 1"),
        1 => format!("has({x}.b) && {x}.b"),
        2 => format!("{x}.?b.orValue(true)"),
        _ => format!("has({x}.b)"),
    }
}

fn map(space: &Space, rng: &mut Rng, x: &str) -> String {
    let key = of_kind(space, rng, Kind::Text).filter(|field| !field.choice.optional);
    let key = key.map_or_else(|| "\"z\"".to_owned(), Field::path);
    match rng.below(9) {
        7 => format!("{key} in {x} && {x}[{key}] == 1"),
        8 => format!("{x}[?{key}].orValue(0) == 0"),
        0 => format!("\"k\" in {x}"),
        1 => format!("\"k\" in {x} && {x}[\"k\"] == 1"),
        2 => format!("{x}[?\"k\"].orValue(1) == 1"),
        3 => format!("{x}.all(key, key == \"k\")"),
        4 => format!("{x}.exists(key, value, key != \"k\" && value == 1)"),
        5 => format!("{key} in {x}"),
        _ => format!("size({x}) == 0"),
    }
}

fn any(rng: &mut Rng, x: &str) -> String {
    match rng.below(4) {
        0 => format!("{x} == \"adm\""),
        1 => format!("{x} > 0"),
        2 => format!("{x} == true"),
        _ => format!("{x} != \"x\""),
    }
}
