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
    let default = match field.choice.kind {
        Kind::Bool => "false",
        Kind::Integer => "0",
        Kind::Objects => "[]",
        _ => "\"b\"",
    };
    match rng.below(3) {
        0 => (format!("{}.?{}.orValue({default})", field.domain, field.name), String::new()),
        1 => (path.clone(), format!("has({path}) && ")),
        _ => (path.clone(), format!("!has({path}) || ")),
    }
}

fn atom(space: &Space, rng: &mut Rng) -> String {
    if space.fields.is_empty() || rng.one_in(15) {
        return format!("action.type {} \"act\"", rng.pick(&["==", "!=", "<="]));
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
        Kind::Path => path(space, rng, &x),
        Kind::Ip => address(rng, &x),
        Kind::Timestamp | Kind::Duration | Kind::Date => time(space, rng, field.choice.kind, &x),
        Kind::Object => object(rng, &x),
        Kind::Map => map(space, rng, &x),
        Kind::Words => words(space, rng, &x),
        Kind::Any => any(space, rng, &x),
        Kind::Quantity => quantity(space, rng, &x),
        Kind::Url => url(space, rng, &x),
        Kind::Objects => objects(space, rng, &x, field.choice.optional),
        Kind::Nested => nested(space, rng, &x),
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
    match rng.below(23) {
        16..=19 => related(space, rng, x),
        20..=22 => part(rng, x),
        13 => format!("[{x}, \"{word}\"].all(y, y == \"adm\")"),
        14 => format!("({} ? {x} : \"{word}\").startsWith(\"a\")", atom(space, rng)),
        15 => format!("\"{word}\" in [{x}, \"b\"]"),
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

/// What is said of parts of a text.
fn part(rng: &mut Rng, x: &str) -> String {
    let mark = rng.pick(&[":", ":", " ", "d"]);
    let piece = rng.pick(&["b", "c", "a", "", "A", "a:b", "b:c"]);
    let (first, last) = (format!("{x}.indexOf(\"{mark}\")"), format!("{x}.lastIndexOf(\"{mark}\")"));
    let cut = match rng.below(6) {
        0 => format!("{x}.substring({first} + 1)"),
        1 => format!("{x}.substring(1 + {last})"),
        2 => format!("{x}.substring(0, {first})"),
        3 => format!("{x}.substring(0, {last})"),
        4 => format!("{x}.split(\"{mark}\")[{}]", rng.below(3)),
        _ => return format!("\"{piece}\" in {x}.split(\"{mark}\")"),
    };
    match rng.below(7) {
        0 => format!("{cut} == \"{piece}\""),
        1 => format!("{cut} in [\"{piece}\", \"b\"]"),
        2 => format!("{cut}.startsWith(\"{piece}\")"),
        3 => format!("{cut}.endsWith(\"{piece}\")"),
        4 => format!("{cut}.contains(\"{piece}\")"),
        5 => format!("size({cut}) {} {}", comparison(rng), rng.below(4)),
        _ if mark == "d" => format!("{cut} != \"{piece}\""),
        _ => format!("{cut}.lowerAscii() == \"{piece}\""),
    }
}

/// What one text is to another.
fn related(space: &Space, rng: &mut Rng, x: &str) -> String {
    let other = of_kind(space, rng, Kind::Text).filter(|field| !field.choice.optional);
    let other = other.map_or_else(|| "\"m\"".to_owned(), Field::path);
    let list = of_kind(space, rng, Kind::Texts).map_or_else(|| "[\"adm\"]".to_owned(), Field::path);
    let [one, two] = if rng.one_in(2) { [x, other.as_str()] } else { [other.as_str(), x] };
    match rng.below(10) {
        0 | 1 => format!("{one}.contains({two})"),
        2 => format!("{one}.startsWith({two})"),
        3 => format!("{one}.endsWith({two})"),
        4 => format!("{one}.lowerAscii() == {two}"),
        5 => format!("{one}.lowerAscii().contains({two}.lowerAscii())"),
        6 => format!("{one}.startsWith({two}.substring(0, size({two}) - 1))"),
        7 => format!("\"an admin user\".contains({one})"),
        8 => format!("{x}.lowerAscii() in {list}"),
        _ => format!("{list}.exists(y, y.contains({one}))"),
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
    let lists: Vec<_> = space
        .fields
        .iter()
        .filter(|field| matches!(field.choice.kind, Kind::Texts | Kind::Integers))
        .collect();
    match rng.below(13) {
        11 => format!("string({x}) in [\"{literal}\", \"1.50\", \"-1\", \"1\"]"),
        12 => format!("string({x}) {} \"{literal}\"", rng.pick(&["==", "!="])),
        7 => format!("-{x} {compare} {literal}"),
        8 => format!("0.5 * ({x} - {literal}) {compare} {other}"),
        9 => format!("({} ? {x} : {other}) {compare} {literal}", atom(space, rng)),
        10 if !lists.is_empty() => format!("size({}) {compare} {x}", lists[rng.below(lists.len())].path()),
        10 => format!("{literal} {compare} {x}"),
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
    match rng.below(28) {
        18..=27 => counted(space, rng, xs, word, (&other, &one)),
        14 => format!("{xs}[0] != \"{word}\""),
        15 => format!("({} ? {xs} : {other}).exists(x, x == {one})", atom(space, rng)),
        16 => format!("({xs} + {other}).all(x, x == {one})"),
        17 => format!("{xs}.all(x, {other}.exists(y, x == y && y != {one}))"),
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

/// Lists that are made of a list of texts.
fn counted(space: &Space, rng: &mut Rng, xs: &str, word: &str, (other, one): (&str, &str)) -> String {
    let compare = comparison(rng);
    let count = match of_kind(space, rng, Kind::Integer).filter(|_| rng.one_in(4)) {
        Some(field) if !field.choice.optional => field.path(),
        _ => rng.pick(&["0", "1", "2", "3", "1.5"]).to_owned(),
    };
    match rng.below(10) {
        0 => format!("size({xs}.filter(x, x != {one})) {compare} {count}"),
        1 => format!("size({xs}.filter(x, x == \"{word}\").distinct()) {compare} {count}"),
        2 => format!("size({xs}.distinct()) {compare} {count}"),
        3 => format!("{xs}.exists_one(x, x == \"{word}\")"),
        4 => format!("{xs}.exists_one(x, x in {other})"),
        5 => format!("\"{word}\" in {xs}.map(x, x.upperAscii().lowerAscii())"),
        6 => format!("{xs}.filter(x, x != \"{word}\").all(x, x == {one})"),
        7 => format!("size({xs}.filter(x, x.startsWith(\"a\")) + {other}) {compare} {count}"),
        8 => format!("{count} {compare} size(({xs} + {other}).filter(x, x == \"{word}\"))"),
        _ => format!("{xs}.map(x, x == {one} ? 1 : 0).sum() {compare} {count}"),
    }
}

fn integers(space: &Space, rng: &mut Rng, xs: &str) -> String {
    let other = of_kind(space, rng, Kind::Integer).map_or_else(|| "1".to_owned(), Field::path);
    let compare = comparison(rng);
    let literal = rng.pick(&["0", "1", "2", "3", "8", "9"]);
    match rng.below(13) {
        6 => format!("{xs}.sum() {compare} {other}"),
        7 => format!("{xs}.sum() {compare} {literal}"),
        8 => format!("{xs}.filter(x, x > 0).sum() {compare} {literal}"),
        9 => format!("{xs}.map(x, 2 * x + {other}).sum() {compare} {literal}"),
        10 => format!("size({xs}.filter(x, x != {other})) {compare} {literal}"),
        11 => format!("{xs}.exists_one(x, x == {other})"),
        12 => format!("{xs}.sum() {compare} size({xs})"),
        0 => format!("{other} in {xs}"),
        1 => format!("{xs}.all(x, x {compare} {other})"),
        2 => format!("{xs}.exists(x, x + 1 {compare} 2)"),
        3 => format!("size({xs}) {compare} 1"),
        4 => format!("{xs} == [0, 1]"),
        _ => format!("{xs}.exists(x, {xs}.all(y, x >= y))"),
    }
}

fn path(space: &Space, rng: &mut Rng, x: &str) -> String {
    let base = rng.pick(&["/srv", "/srv/a", "/", "b", "/other"]);
    let other = of_kind(space, rng, Kind::Path).map_or_else(|| "\"/srv\"".to_owned(), Field::path);
    match rng.below(6) {
        4 => format!("{x}.within({other})"),
        5 => format!("{x} == {other}"),
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
    match rng.below(13) {
        9 => format!("{x}.exists(k, {x}[k] == 1)"),
        10 => format!("{x}.all(k, v, v > 0 || k == \"k\")"),
        11 => format!("size({x}) == 1 && \"k\" in {x}"),
        12 => format!("{x}[\"k\"] + 1 == 2"),
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

fn any(space: &Space, rng: &mut Rng, x: &str) -> String {
    let text = of_kind(space, rng, Kind::Text).filter(|field| !field.choice.optional);
    let text = text.map_or_else(|| "\"b\"".to_owned(), Field::path);
    match rng.below(10) {
        8 => format!("string({x}) in [\"adm\", \"1\", \"true\"]"),
        9 => format!("string({x}) != \"1\""),
        0 => format!("{x} == \"adm\""),
        1 => format!("{x} > 0"),
        2 => format!("{x} == true"),
        3 => format!("{x} == {text}"),
        4 => format!("{x} in [\"adm\", \"b\"]"),
        5 => format!("{x} {} null", rng.pick(&["==", "!="])),
        6 => format!("{x}.startsWith(\"ad\")"),
        _ => format!("{x} != \"x\""),
    }
}

fn words(space: &Space, rng: &mut Rng, x: &str) -> String {
    let text = of_kind(space, rng, Kind::Text).filter(|field| !field.choice.optional);
    let text = text.map_or_else(|| "\"x\"".to_owned(), Field::path);
    match rng.below(6) {
        0 => format!("{x}[\"k\"] == {text}"),
        1 => format!("{x}[?\"k\"].orValue(\"adm\") != {text}"),
        2 => format!("{x}.exists(k, v, k != \"k\" && v == {text})"),
        3 => format!("{x}.all(k, {x}[k].startsWith(\"a\"))"),
        4 => format!("{x}[{text}] == \"x\""),
        _ => format!("size({x}) {} 1", comparison(rng)),
    }
}

fn quantity(space: &Space, rng: &mut Rng, x: &str) -> String {
    let other =
        of_kind(space, rng, Kind::Quantity).map_or_else(|| "quantity(\"1024\")".to_owned(), Field::path);
    match rng.below(3) {
        0 => format!("{x} {} {other}", comparison(rng)),
        1 => format!("{x} in [quantity(\"0.5\"), quantity(\"2\")]"),
        _ => format!("{x} {} quantity(\"{}\")", comparison(rng), rng.pick(&["0.5", "600m", "1024", "1"])),
    }
}

fn url(space: &Space, rng: &mut Rng, x: &str) -> String {
    let other =
        of_kind(space, rng, Kind::Url).map_or_else(|| "\"https://A.example:443\"".to_owned(), Field::path);
    match rng.below(4) {
        0 => format!("{x} {} {other}", rng.pick(&["==", "!="])),
        1 => format!("string({x}).startsWith(\"https:\")"),
        2 => format!("{x} in [\"http://b.example/x?q\", \"http://b.example/\"]"),
        _ => format!("string({x}).matches(\"[?]q$\")"),
    }
}

fn objects(space: &Space, rng: &mut Rng, xs: &str, optional: bool) -> String {
    let one = of_kind(space, rng, Kind::Integer).filter(|field| !field.choice.optional);
    let one = one.map_or_else(|| "1".to_owned(), Field::path);
    // Of optional lists the second member is an optional text, of others a boolean.
    let (b, not) = match optional {
        true => ("(has(i.b) && i.b == \"adm\")", "i.?b.orValue(\"adm\") == \"x\""),
        false => ("i.b", "!i.b"),
    };
    match rng.below(15) {
        8 => format!("{xs}.map(i, i.a).sum() {} {one}", comparison(rng)),
        9 => format!("size({xs}.filter(i, {b})) {} 1", comparison(rng)),
        10 => format!("{xs}.filter(i, {b}).map(i, i.a).sum() {} {one}", comparison(rng)),
        11 => format!("size({xs}.map(i, i.a).distinct()) {} {one}", comparison(rng)),
        12 => format!("{xs}.filter(i, {b}).exists(i, i.a == {one})"),
        13 => format!("{xs}.exists_one(i, i.a == {one} || {b})"),
        14 => format!("{one} in {xs}.filter(i, {not}).map(i, i.a)"),
        0 => format!("{xs}.exists(i, i.a == {one} && {b})"),
        1 => format!("{xs}.all(i, {not} || i.a < {one})"),
        2 => format!("{xs}.exists(i, {b} && {xs}.exists(j, i.a != j.a))"),
        3 => format!("{xs}.all(i, {xs}.all(j, i.a == j.a))"),
        4 => format!("{xs}.exists(i, i.a + {one} {} 1)", comparison(rng)),
        5 => format!("{xs}[0].a == 1"),
        6 => format!("size({xs}) {} {one}", comparison(rng)),
        _ => format!("{xs}.exists(i, {not}) && {xs}.exists(i, {b})"),
    }
}

fn nested(space: &Space, rng: &mut Rng, xs: &str) -> String {
    let list = of_kind(space, rng, Kind::Integers).map_or_else(|| "[0]".to_owned(), Field::path);
    match rng.below(9) {
        7 => format!("size({xs}.filter(x, size(x.filter(y, y == 1)) == 1)) {} 1", comparison(rng)),
        8 => format!("{xs}.map(x, x.sum()).sum() {} 1", comparison(rng)),
        0 => format!("{xs}.exists(x, 1 in x)"),
        1 => format!("{xs}.all(x, size(x) {} 1)", comparison(rng)),
        2 => format!("{xs}.exists(x, x.all(y, y == 0))"),
        3 => format!("{xs}.all(x, x.exists(y, y in {list}))"),
        4 => format!("{list}.all(n, {xs}.exists(x, n in x))"),
        5 => format!("{xs}[0].exists(y, y == 1)"),
        _ => format!("{xs}.exists(x, sets.contains({list}, x))"),
    }
}
