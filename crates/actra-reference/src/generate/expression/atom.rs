//! One test: an atom of the language, by the type that it looks at.

use super::super::{GenType, PATTERNS, Rng, ZONES, quoted};
use super::{GenExpr, ReadScope, literal, plain, read, value};

const ORDER: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
const KEYS: [&str; 5] = ["\"a\"", "\"b\"", "\"\"", "\"q\\\"\"", "\"a.b\""];
const SCALARS: [GenType; 12] = [
    GenType::Str,
    GenType::Num,
    GenType::Int,
    GenType::Bool,
    GenType::Enum,
    GenType::Time,
    GenType::Date,
    GenType::Span,
    GenType::Amount,
    GenType::Ip,
    GenType::Path,
    GenType::Url,
];

/// A boolean expression, with the guards that it needs.
pub(super) fn test(rng: &mut Rng, reads: &mut ReadScope) -> GenExpr {
    for _ in 0..6 {
        if let Some(test) = try_test(rng, reads) {
            return test;
        }
    }
    plain("action.type == \"pay\"", GenType::Bool)
}

fn try_test(rng: &mut Rng, reads: &mut ReadScope) -> Option<GenExpr> {
    match rng.below(18) {
        0..=6 => {
            let ty = &SCALARS[rng.below(SCALARS.len())];
            scalar_test(rng, reads, ty)
        }
        7..=9 => list_test(rng, reads),
        10 | 11 => map_test(rng, reads),
        12 | 13 => any_test(rng, reads),
        14 => {
            let same = |ty: &GenType| matches!(ty, GenType::Obj(_) | GenType::Map(_) | GenType::List(_));
            let left = read(rng, reads, same)?;
            let right = read(rng, reads, |ty| *ty == left.ty)?;
            let text = format!("{} {} {}", left.text, rng.pick(&ORDER[..2]), right.text);
            joined(text, &[&left, &right])
        }
        15 => shown_test(rng, reads),
        16 => Some(any_against(rng, reads)?.within_parentheses()),
        _ => {
            let text = format!("action.type {} \"db.drop\"", rng.pick(&["==", "!="]));
            Some(plain(text, GenType::Bool))
        }
    }
}

impl GenExpr {
    fn within_parentheses(self) -> GenExpr {
        let text = format!("({})", self.text);
        self.within(text, GenType::Bool)
    }
}

/// A test of several operands, with the guards of all.
fn joined(text: String, operands: &[&GenExpr]) -> Option<GenExpr> {
    let mut guards: Vec<String> = Vec::new();
    for guard in operands.iter().flat_map(|operand| &operand.guards) {
        if !guards.contains(guard) {
            guards.push(guard.clone());
        }
    }
    Some(GenExpr { text, ty: GenType::Bool, guards })
}

/// Two operands of a type joined by an operator: read against literal or read against read, either way round.
fn compare(rng: &mut Rng, reads: &ReadScope, ty: &GenType, operators: &[&str]) -> Option<GenExpr> {
    let left = value(rng, reads, ty)?;
    let right = match rng.below(6) {
        0 | 1 if *ty != GenType::Enum => value(rng, reads, ty)?,
        2 if matches!(ty, GenType::Num | GenType::Int) => plain("constants.limit", GenType::Num),
        _ => plain(literal(rng, ty)?, ty.clone()),
    };
    let operator = operators[rng.below(operators.len())];
    let (a, b) = if rng.one_in(3) { (&right, &left) } else { (&left, &right) };
    joined(format!("{} {operator} {}", a.text, b.text), &[a, b])
}

fn scalar_test(rng: &mut Rng, reads: &mut ReadScope, ty: &GenType) -> Option<GenExpr> {
    let special = rng.one_in(2);
    match ty {
        GenType::Bool if special => compare(rng, reads, ty, &ORDER[..2]),
        GenType::Bool => value(rng, reads, ty),
        GenType::Str if special => string_test(rng, reads),
        GenType::Time if special => calendar_test(rng, reads),
        GenType::Span if special => {
            let (a, b) = (value(rng, reads, &GenType::Time)?, value(rng, reads, &GenType::Time)?);
            let operator = rng.pick(&ORDER);
            joined(format!("{} - {} {operator} duration(\"24h\")", a.text, b.text), &[&a, &b])
        }
        GenType::Ip if special => {
            let value = value(rng, reads, ty)?;
            let range = rng.pick(&["10.0.0.0/8", "192.168.0.0/31", "2001:db8::/32", "0.0.0.0/0"]);
            let text = format!("cidr(\"{range}\").containsIP({})", value.text);
            Some(value.within(text, GenType::Bool))
        }
        GenType::Path if special => {
            let subject = value(rng, reads, ty)?;
            let base = match rng.below(4) {
                0 => value(rng, reads, ty)?,
                _ => plain(literal(rng, ty)?, GenType::Path),
            };
            joined(format!("{}.within({})", subject.text, base.text), &[&subject, &base])
        }
        _ if rng.one_in(3) => member_test(rng, reads, ty),
        GenType::Enum | GenType::Url | GenType::Ip | GenType::Path => compare(rng, reads, ty, &ORDER[..2]),
        _ => compare(rng, reads, ty, &ORDER),
    }
}

/// `x in [..]`, the list of literals, reads or both.
fn member_test(rng: &mut Rng, reads: &ReadScope, ty: &GenType) -> Option<GenExpr> {
    let subject = value(rng, reads, ty)?;
    if *ty == GenType::Str && rng.one_in(3) {
        let text = format!("{} in constants.names", subject.text);
        return Some(subject.within(text, GenType::Bool));
    }
    let mut items = vec![subject];
    for _ in 0..1 + rng.below(3) {
        let item = match rng.below(4) {
            0 if *ty != GenType::Enum => value(rng, reads, ty)?,
            _ => plain(literal(rng, ty)?, ty.clone()),
        };
        items.push(item);
    }
    let texts: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
    joined(format!("{} in [{}]", texts[0], texts[1..].join(", ")), &items.iter().collect::<Vec<_>>())
}

fn calendar_test(rng: &mut Rng, reads: &ReadScope) -> Option<GenExpr> {
    let value = value(rng, reads, &GenType::Time)?;
    let part = rng.pick(&[
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMinutes",
        "getSeconds",
        "getMilliseconds",
    ]);
    let zone = if rng.one_in(3) { String::new() } else { format!("\"{}\"", ZONES[rng.below(ZONES.len())]) };
    let text = format!("{}.{part}({zone}) {} {}", value.text, rng.pick(&["<", ">=", "=="]), rng.below(13));
    Some(value.within(text, GenType::Bool))
}

/// A scalar as text.
fn shown_test(rng: &mut Rng, reads: &ReadScope) -> Option<GenExpr> {
    let showable = |ty: &GenType| SCALARS.contains(ty) && !matches!(ty, GenType::Amount);
    let subject = read(rng, reads, showable)?;
    let text = match rng.below(3) {
        0 => format!("string({}) == {}", subject.text, literal(rng, &GenType::Str)?),
        1 => format!("string({}).contains(\"0\")", subject.text),
        _ => format!("size(string({})) < {}", subject.text, 1 + rng.below(20)),
    };
    Some(subject.within(text, GenType::Bool))
}

fn string_test(rng: &mut Rng, reads: &ReadScope) -> Option<GenExpr> {
    let subject = value(rng, reads, &GenType::Str)?;
    let part = match rng.below(3) {
        0 => value(rng, reads, &GenType::Str)?,
        _ => plain(literal(rng, &GenType::Str)?, GenType::Str),
    };
    let (s, p) = (&subject.text, &part.text);
    let at = match read(rng, reads, |ty| *ty == GenType::Int) {
        Some(at) if rng.one_in(3) => at,
        _ => plain(rng.below(4).to_string(), GenType::Int),
    };
    let at_text = &at.text;
    let text = match rng.below(17) {
        0 => format!("{s}.contains({p})"),
        1 => format!("{s}.startsWith({p})"),
        2 => format!("{s}.endsWith({p})"),
        3 => format!("{s}.matches(\"{}\")", PATTERNS[rng.below(PATTERNS.len())]),
        4 => format!("size({s}) {} {at_text}", rng.pick(&["<", "==", ">"])),
        5 => format!("{s}.indexOf({p}) >= {}", rng.below(2)),
        6 => format!("{s}.lastIndexOf({p}) == {}", rng.below(3)),
        7 => format!("{s}.indexOf({p}, {at_text}) < 1"),
        8 => format!("{p} in {s}.split(\",\")"),
        9 => format!("size({s}.split({p}, {at_text})) > 1"),
        10 => format!("int({s}) {} 1", rng.pick(&["<", "==", ">="])),
        11 => format!("double({s}) <= 1.5"),
        12 => format!("{s}.substring({at_text}, {}) == {p}", 1 + rng.below(2)),
        13 => format!("{s}.lastIndexOf({p}, {at_text}) > 0"),
        14 => format!("{s}.split(\",\").exists(part, part == {p})"),
        15 => format!("{s}.replace({p}, \"\", {at_text}) != {s}"),
        _ => format!("{s}.size() <= {p}.size()"),
    };
    joined(text, &[&subject, &part, &at])
}

fn list_test(rng: &mut Rng, reads: &mut ReadScope) -> Option<GenExpr> {
    let list = read(
        rng,
        reads,
        |ty| matches!(ty, GenType::List(of) if !matches!(**of, GenType::Any | GenType::Obj(_) | GenType::Map(_))),
    )?;
    let GenType::List(of) = list.ty.clone() else { return None };
    let literals = literal(rng, &list.ty)?;
    let other = match rng.below(3) {
        0 => read(rng, reads, |ty| *ty == list.ty)?,
        _ => plain(literals, list.ty.clone()),
    };
    let element = match rng.below(3) {
        0 if *of != GenType::Enum => value(rng, reads, &of)?,
        _ => plain(literal(rng, &of)?, (*of).clone()),
    };
    let number = matches!(*of, GenType::Num | GenType::Int);
    let literal_is_typed = matches!(
        *of,
        GenType::Str
            | GenType::Num
            | GenType::Int
            | GenType::Bool
            | GenType::Time
            | GenType::Span
            | GenType::Amount
    );
    let ordered = number
        || matches!(*of, GenType::Str | GenType::Time | GenType::Date | GenType::Span | GenType::Amount);
    let (xs, ys, x) = (&list.text, &other.text, &element.text);
    let order = rng.pick(&ORDER);
    let text = match rng.below(16) {
        1 => format!("size({xs}) {order} {}", rng.below(4)),
        2 => format!("sets.contains({ys}, {xs})"),
        3 => format!("sets.intersects({xs}, {ys})"),
        4 => format!("sets.equivalent({xs}, {ys})"),
        5 => format!("{xs} {} {ys}", rng.pick(&ORDER[..2])),
        6 => format!("{xs}[{}] == {x}", rng.below(3)),
        7 => format!("{xs}[?0].orValue({0}) == {0}", literal(rng, &of)?),
        8 if number => format!("{xs}.sum() {order} {x}"),
        9 if ordered => format!("{xs}.min() {order} {x}"),
        10 if ordered => format!("{xs}.max() {order} {x}"),
        11 if literal_is_typed => format!("size({xs} + {ys}) > 2"),
        12 if literal_is_typed => format!("{x} in {xs} + {ys}"),
        13 => {
            let at = read(rng, reads, |ty| *ty == GenType::Int)?;
            return joined(format!("{xs}[{}] == {x}", at.text), &[&list, &at, &element]);
        }
        14 if number => format!("({xs} + {ys}).max() - {xs}.min() < 3"),
        15 if number => format!("{xs}.map(e, e * 2).sum() {order} 3"),
        _ => format!("{x} in {xs}"),
    };
    joined(text, &[&list, &other, &element])
}

fn map_test(rng: &mut Rng, reads: &ReadScope) -> Option<GenExpr> {
    let map = read(rng, reads, |ty| matches!(ty, GenType::Map(_)))?;
    let GenType::Map(of) = map.ty.clone() else { return None };
    let (m, key) = (&map.text, rng.pick(&KEYS));
    let simple = match rng.below(10) {
        0 => format!("{key} in {m}"),
        1 => format!("size({m}) > {}", rng.below(3)),
        2 => format!("{m}.exists_one(q, q == \"a\" || q == \"c\")"),
        3 => format!("\"a\" in {m}.filter(q, q < \"b\")"),
        4 => format!("{m}.all(q, int(q) > 1)"),
        5 => format!("has({m}.a)"),
        _ => String::new(),
    };
    if !simple.is_empty() {
        return Some(map.clone().within(format!("({simple})"), GenType::Bool));
    }
    let item = literal(rng, &of)?;
    let order = rng.pick(&ORDER[..2]);
    let text = match rng.below(11) {
        0 => format!("({key} in {m} && {m}[{key}] {order} {item})"),
        1 => format!("{m}[?{key}].orValue({item}) {order} {item}"),
        2 => format!("{m}.exists(q, {m}[q] {order} {item})"),
        3 => format!("{m}.all(q, v, v != {item} || q == \"a\")"),
        4 => format!("{m}.a {order} {item}"),
        5 => format!("{m}.?b.orValue({item}) {order} {item}"),
        6 => format!("{m}.`a.b` {order} {item}"),
        7 => format!("{item} in {m}.map(q, {m}[q])"),
        8 => {
            let key = read(rng, reads, |ty| *ty == GenType::Str)?;
            return joined(format!("{m}[{}] {order} {item}", key.text), &[&map, &key]);
        }
        9 => {
            let element = value(rng, reads, &of)?;
            return joined(format!("{m}[{key}] {order} {}", element.text), &[&map, &element]);
        }
        _ => format!("{m}[{key}] {order} {item}"),
    };
    Some(map.clone().within(format!("({text})"), GenType::Bool))
}

/// What can be asked of an `any` (`@`), some with an order (`<`).
const ANY_FORMS: [&str; 45] = [
    "@.filter(e, e > 0).map(e, e * 2).sum() < 1",
    "@.map(e, e * 2) == [2, 4]",
    "@.split(\"b\") == [\"a\", \"\"]",
    "@.contains(\"a\")",
    "@.substring(1) == \"b\"",
    "@.getFullYear() < 2025",
    "@.matches(\"^a\")",
    "@.exists_one(e, e == 1)",
    "(@ == null ? @ : 1) == 1",
    "@.b[0].c == 1",
    "@[\"a\"][0] == null",
    "!@",
    "@ && @.b == 1",
    "(@ ? 1 : 2) == 1",
    "@ * 2 < 1",
    "@ - @ == 0",
    "int(@) < 1",
    "double(@) < 0.5",
    "@ + @ == 2",
    "@.all(e, e in [1, 2])",
    "@.exists(k, v, k == \"a\" && v == null)",
    "@.replace(\"a\", \"b\") == \"b\"",
    "@.indexOf(\"a\") < 0",
    "@.lowerAscii() == \"a\"",
    "@.trim() == \"a\"",
    "@.a.exists(e, e.b < 1)",
    "@ == \"a\" || @ == true",
    "@.?a[?0].orValue(1) < 1",
    "@.?a.orValue(\"2025-12-31\") == \"a\"",
    "@[1] == 1 || @[0] == \"a\"",
    "@.filter(e, e == e) == @",
    "sets.contains(@, @)",
    "sets.equivalent(@, [\"a\", \"b\"])",
    "@.within(\"/srv\")",
    "@.?a.orValue(true)",
    "@.?a.orValue(duration(\"90m\")) < duration(\"24h\")",
    "[@] == [1]",
    "@ in [[1], [2, \"a\"]]",
    "@ == {\"a\": [1]}",
    "{\"a\": @} == {\"a\": 1}",
    "size(@.filter(e, e in @)) < 2",
    "@.map(e, e == \"a\", e) == [\"a\"]",
    "@.all(e, e.all(f, f == 1))",
    "(@ == 1 ? [@] : [2]) == [1]",
    "@.?b.orValue([\"a\"]).exists(e, e == \"a\")",
];

fn any_test(rng: &mut Rng, reads: &ReadScope) -> Option<GenExpr> {
    let any = read(rng, reads, |ty| *ty == GenType::Any)?;
    let x = &any.text;
    let order = rng.pick(&ORDER);
    if rng.below(2) == 0 {
        let text = rng.pick(&ANY_FORMS).replace('@', x).replace('<', order);
        return Some(any.clone().within(format!("({text})"), GenType::Bool));
    }
    let text = match rng.below(36) {
        26 => format!("string({x}) in [\"1\", \"a\", \"true\"]"),
        27 => format!("string({x}).startsWith(\"{}\")", rng.pick(&["a", "1", "f", ""])),
        0 => format!("{x} == 1"),
        1 => format!("{x} == \"a\""),
        2 => format!("{x} == null"),
        3 => format!("{x} {order} 1"),
        4 => format!("has({x}.a) && {x}.a == \"b\""),
        5 => format!("{x}.a.b < 2"),
        6 => format!("\"a\" in {x}"),
        7 => format!("{x}[0] == 1"),
        8 => format!("{x}.exists(e, e == \"a\")"),
        9 => format!("{x}.?a.orValue(\"a\") == \"a\""),
        10 => format!("size({x}) > 1"),
        11 => format!("{x} == {x}"),
        12 => format!("{x} == [1, 2]"),
        13 => format!("{x}.a[0] != {x}.b"),
        14 => format!("{x} + 1 {order} 2"),
        15 => format!("{x}.all(k, v, v == 1 || k == \"a\")"),
        16 => format!("{x}.b.filter(e, e > 0) == [1, 2]"),
        17 => format!("{x}.a.startsWith(\"a\")"),
        18 => format!("{x}.a in [1, 2]"),
        19 => format!("{x}[\"a\"].b == null"),
        20 => format!("has({x}.a.b)"),
        21 => format!("{x}.?a.?b.orValue(1) == 1"),
        22 => format!("{x} == {{\"a\": 1}}"),
        23 => format!("{x} in [\"a\", \"b\"]"),
        24 => format!("-{x} {order} 0"),
        25 => format!("{x}[?0].orValue(2) == 2"),
        28 => format!("{x}[?0].orValue(2) {order} 1"),
        29 => format!("{x}.?a.orValue([1]) == [1, 2]"),
        30 => format!("({x} == null ? 1 : {x}) {order} 0"),
        31 => format!("0.5 in ({x} == null ? [1, 2] : {x})"),
        32 => format!("({x} + [1]) == [1.5, 1]"),
        34 => format!("sets.intersects({x}, {x})"),
        33 => format!("sets.intersects({x}, [1, 2])"),
        _ => format!("{x} in {x}"),
    };
    Some(any.clone().within(format!("({text})"), GenType::Bool))
}

/// An `any` against something typed.
fn any_against(rng: &mut Rng, reads: &ReadScope) -> Option<GenExpr> {
    let any = read(rng, reads, |ty| *ty == GenType::Any)?;
    let x = &any.text;
    let typed = read(rng, reads, |ty| {
        SCALARS.contains(ty) || matches!(ty, GenType::List(_) | GenType::Map(_) | GenType::Obj(_))
    })?;
    let y = &typed.text;
    let ordered = matches!(
        typed.ty,
        GenType::Num
            | GenType::Int
            | GenType::Str
            | GenType::Time
            | GenType::Date
            | GenType::Span
            | GenType::Amount
    );
    let text = match (&typed.ty, rng.below(7)) {
        (_, 5) => format!("{x}.?a.orValue({y}) == {y}"),
        (_, 6) => format!("({x} == null ? {y} : {x}) == {y}"),
        (GenType::List(_), 3) => format!("sets.equivalent({x}, {y})"),
        (GenType::List(_), 0) => format!("{x} in {y}"),
        (GenType::List(_), 1) => format!("sets.intersects({x}, {y})"),
        (GenType::List(_), 2) => format!("sets.contains({y}, {x})"),
        (GenType::Str, 0) => format!("{y}.contains({x})"),
        (GenType::Str, 1) => format!("{x}.endsWith({y})"),
        (GenType::Str, 2) => format!("{x}[{y}] == {}", quoted("a")),
        (GenType::Path, 0) => format!("{x}.within({y})"),
        (GenType::Ip, 0) => format!("cidr(\"10.0.0.0/8\").containsIP({x}) == ({x} == {y})"),
        (_, 0) if ordered => format!("{x} < {y}"),
        (_, 1) if ordered => format!("{y} <= {x}"),
        (_, 2) if SCALARS.contains(&typed.ty) => format!("{y} in {x}"),
        _ => format!("{x} {} {y}", rng.pick(&ORDER[..2])),
    };
    joined(text, &[&any, &typed])
}
