//! Conditions as expressions.

use super::{
    AMOUNTS, DATES, ENUM, F, IPS, NUMBERS, PATHS, PATTERNS, Rng, SPANS, STRINGS, T, TIMES, URLS, World,
    ZONES, quoted,
};

/// A readable field, member included, with the guards that reading it needs.
#[derive(Debug, Clone)]
pub(crate) struct Readable {
    pub(crate) domain: &'static str,
    pub(crate) path: Vec<String>,
    pub(crate) ty: T,
    /// Each optional prefix, the field itself included.
    pub(crate) guards: Vec<Vec<String>>,
}

/// What an expression can read: fields, and the variables of the macros around it.
#[derive(Debug, Clone)]
pub(crate) struct Reads {
    pub(crate) fields: Vec<Readable>,
    variables: Vec<(String, T)>,
    /// How many macros there are around, so that variables have names of their own.
    depth: usize,
}

impl Reads {
    /// The fields of a scope: those that all actions share, and with `own` those of one action.
    pub(crate) fn of(world: &World, own: Option<usize>) -> Self {
        let mut fields = Vec::new();
        let action = world.shared.iter().chain(own.iter().flat_map(|idx| &world.own[*idx]));
        action.for_each(|field| add(&mut fields, "action", &[], &[], field));
        world.actor.iter().for_each(|field| add(&mut fields, "actor", &[], &[], field));
        world.snapshot.iter().for_each(|field| add(&mut fields, "snapshot", &[], &[], field));
        Self { fields, variables: Vec::new(), depth: 0 }
    }
}

fn add(fields: &mut Vec<Readable>, domain: &'static str, path: &[String], guards: &[Vec<String>], field: &F) {
    let mut path = path.to_vec();
    path.push(field.name.clone());
    let mut guards = guards.to_vec();
    if field.optional {
        guards.push(path.clone());
    }
    if let T::Obj(members) = &field.ty {
        members.iter().for_each(|member| add(fields, domain, &path, &guards, member));
    }
    fields.push(Readable { domain, path, ty: field.ty.clone(), guards });
}

/// An expression of a type, and the reads that must be guarded around it.
struct Value {
    text: String,
    guards: Vec<String>,
}

fn plain(text: impl Into<String>) -> Value {
    Value { text: text.into(), guards: Vec::new() }
}

/// A literal of a type as it is written in expressions; `None` for types without one.
pub(super) fn literal(rng: &mut Rng, ty: &T) -> Option<String> {
    let any = |rng: &mut Rng, options: &[&str]| options[rng.below(options.len())].to_owned();
    Some(match ty {
        T::Str => quoted(&any(rng, &STRINGS)),
        T::Enum => quoted(&any(rng, &ENUM)),
        T::Num => any(rng, &NUMBERS),
        T::Int => rng.pick(&["0", "1", "2", "-1", "3"]).to_owned(),
        T::Bool => rng.pick(&["true", "false"]).to_owned(),
        T::Time => format!("timestamp(\"{}\")", any(rng, &TIMES)),
        T::Span => format!("duration(\"{}\")", any(rng, &SPANS)),
        T::Amount => format!("quantity(\"{}\")", any(rng, &AMOUNTS)),
        T::Date => quoted(&any(rng, &DATES)),
        T::Ip => quoted(&any(rng, &IPS)),
        T::Path => quoted(&any(rng, &PATHS)),
        T::Url => quoted(&any(rng, &URLS)),
        T::List(of) => {
            let items: Option<Vec<String>> = (0..1 + rng.below(3)).map(|_| literal(rng, of)).collect();
            format!("[{}]", items?.join(", "))
        }
        T::Any | T::Map(_) | T::Obj(_) => return None,
    })
}

/// A literal as it is written in the structured form.
pub(super) fn literal_text(rng: &mut Rng, ty: &T) -> Option<String> {
    let text = literal(rng, ty)?;
    let inner = ["timestamp(", "duration(", "quantity("]
        .iter()
        .find_map(|name| text.strip_prefix(name)?.strip_suffix(')'));
    Some(inner.map_or(text.clone(), str::to_owned))
}

/// A boolean expression in which every optional read is guarded.
pub(super) fn boolean(rng: &mut Rng, reads: &mut Reads, depth: usize) -> String {
    if depth == 0 {
        return guarded(rng, reads);
    }
    match rng.below(7) {
        0 => format!("({} && {})", boolean(rng, reads, depth - 1), boolean(rng, reads, depth - 1)),
        1 => format!("({} || {})", boolean(rng, reads, depth - 1), boolean(rng, reads, depth - 1)),
        2 => format!("!({})", boolean(rng, reads, depth - 1)),
        3 => {
            let [c, a, b] = [0, 1, 2].map(|_| boolean(rng, reads, depth - 1));
            format!("({c} ? {a} : {b})")
        }
        4 => comprehension(rng, reads, depth - 1),
        _ => guarded(rng, reads),
    }
}

fn guarded(rng: &mut Rng, reads: &mut Reads) -> String {
    let Value { mut text, guards } = test(rng, reads);
    for guard in guards.iter().rev() {
        text = match rng.below(4) {
            0 => format!("(!has({guard}) || {text})"),
            1 => format!("({text} && has({guard}))"),
            2 => format!("(has({guard}) ? {text} : false)"),
            _ => format!("(has({guard}) && {text})"),
        };
    }
    text
}

/// Something of a type to read: a field, a variable, or nothing.
fn read(rng: &mut Rng, reads: &Reads, fits: impl Fn(&T) -> bool) -> Option<Value> {
    let variables: Vec<&(String, T)> = reads.variables.iter().filter(|(_, ty)| fits(ty)).collect();
    if !variables.is_empty() && !rng.one_in(3) {
        return Some(plain(variables[rng.below(variables.len())].0.clone()));
    }
    let fields: Vec<&Readable> = reads.fields.iter().filter(|field| fits(&field.ty)).collect();
    if fields.is_empty() {
        return None;
    }
    let field = fields[rng.below(fields.len())];
    let join = |path: &[String]| format!("{}.{}", field.domain, path.join("."));
    let own = field.guards.last().is_some_and(|guard| *guard == field.path);
    if own
        && rng.one_in(3)
        && let Some(default) = literal(rng, &field.ty)
    {
        let (last, parents) = field.path.split_last()?;
        let parent = if parents.is_empty() { field.domain.to_owned() } else { join(parents) };
        let guards = field.guards[..field.guards.len() - 1].iter().map(|guard| join(guard)).collect();
        return Some(Value { text: format!("{parent}.?{last}.orValue({default})"), guards });
    }
    Some(Value { text: join(&field.path), guards: field.guards.iter().map(|guard| join(guard)).collect() })
}

/// A value of a type: mostly read, sometimes computed.
fn value(rng: &mut Rng, reads: &Reads, ty: &T) -> Option<Value> {
    let read = read(rng, reads, |other| other == ty)?;
    let text = &read.text;
    let computed = match (ty, rng.below(12)) {
        (T::Num | T::Int, 0) => format!("({text} + {})", literal(rng, ty)?),
        (T::Num | T::Int, 1) => format!("({text} * {text})"),
        (T::Num | T::Int, 2) => format!("({} - {text})", literal(rng, ty)?),
        (T::Num, 3) => format!("-{text}"),
        (T::Str, 0) => format!("{text}.lowerAscii()"),
        (T::Str, 1) => format!("{text}.upperAscii()"),
        (T::Str, 2) => format!("{text}.trim()"),
        (T::Str, 3) => format!("{text}.substring({})", rng.below(3)),
        (T::Str, 4) => format!("{text}.substring(0, {})", rng.below(3)),
        (T::Str, 5) => format!("{text}.replace(\"a\", \"b\")"),
        (T::Str, 6) => format!("{text}.replace({}, \"xy\", {})", literal(rng, ty)?, rng.below(3)),
        (T::Time, 0) => format!("({text} + duration(\"1h\"))"),
        (T::Time, 1) => format!("({text} - duration(\"24h\"))"),
        (T::Span, 0) => format!("({text} + duration(\"1m\"))"),
        (T::List(of), 0) if literal(rng, of).is_some() => format!("({text} + {})", literal(rng, ty)?),
        (T::List(of), 1) if matches!(**of, T::Str | T::Num | T::Int | T::Enum) => {
            format!("{text}.distinct()")
        }
        _ => return Some(read),
    };
    Some(Value { text: computed, ..read })
}

/// One test: an atom of the language.
fn test(rng: &mut Rng, reads: &mut Reads) -> Value {
    for _ in 0..6 {
        if let Some(test) = try_test(rng, reads) {
            return test;
        }
    }
    plain("action.type == \"pay\"")
}

fn try_test(rng: &mut Rng, reads: &mut Reads) -> Option<Value> {
    let scalars = [
        T::Str,
        T::Num,
        T::Int,
        T::Bool,
        T::Enum,
        T::Time,
        T::Date,
        T::Span,
        T::Amount,
        T::Ip,
        T::Path,
        T::Url,
    ];
    match rng.below(16) {
        0..=6 => {
            let ty = &scalars[rng.below(scalars.len())];
            scalar_test(rng, reads, ty)
        }
        7..=9 => list_test(rng, reads),
        10 | 11 => map_test(rng, reads),
        12 | 13 => any_test(rng, reads),
        14 => {
            let object = read(rng, reads, |ty| matches!(ty, T::Obj(_)))?;
            Some(Value { text: format!("{0} == {0}", object.text), ..object })
        }
        _ => Some(plain(format!("action.type {} \"db.drop\"", rng.pick(&["==", "!="])))),
    }
}

/// Two operands of a type joined by an operator: read against literal or read against read, either way round.
fn compare(rng: &mut Rng, reads: &Reads, ty: &T, operators: &[&str]) -> Option<Value> {
    let left = value(rng, reads, ty)?;
    let right = match rng.below(4) {
        0 if *ty != T::Enum => value(rng, reads, ty)?,
        _ => plain(literal(rng, ty)?),
    };
    let operator = operators[rng.below(operators.len())];
    let (a, b) = if rng.one_in(3) { (&right, &left) } else { (&left, &right) };
    let text = format!("{} {operator} {}", a.text, b.text);
    Some(Value { text, guards: both(&left, &right) })
}

fn both(left: &Value, right: &Value) -> Vec<String> {
    let mut guards = left.guards.clone();
    guards.extend(right.guards.iter().filter(|guard| !left.guards.contains(guard)).cloned());
    guards
}

const ORDER: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

fn scalar_test(rng: &mut Rng, reads: &mut Reads, ty: &T) -> Option<Value> {
    let special = rng.one_in(2);
    let wrap = |value: Value, text: String| Some(Value { text, ..value });
    match ty {
        T::Bool => value(rng, reads, ty),
        T::Enum | T::Url | T::Date | T::Amount if !special => {
            let operators: &[&str] = if matches!(ty, T::Enum | T::Url) { &ORDER[..2] } else { &ORDER };
            compare(rng, reads, ty, operators)
        }
        T::Enum | T::Url | T::Date | T::Amount | T::Num | T::Int if special => {
            let value = read(rng, reads, |other| other == ty)?;
            let list = literal(rng, &T::List(Box::new(ty.clone())))?;
            let text = format!("{} in {list}", value.text);
            wrap(value, text)
        }
        T::Str if special => string_test(rng, reads),
        T::Time if special => {
            let value = value(rng, reads, ty)?;
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
            let zone =
                if rng.one_in(3) { String::new() } else { format!("\"{}\"", ZONES[rng.below(ZONES.len())]) };
            let text =
                format!("{}.{part}({zone}) {} {}", value.text, rng.pick(&["<", ">=", "=="]), rng.below(13));
            wrap(value, text)
        }
        T::Span if special => {
            let (a, b) = (value(rng, reads, &T::Time)?, value(rng, reads, &T::Time)?);
            let guards = both(&a, &b);
            Some(Value { text: format!("{} - {} < duration(\"24h\")", a.text, b.text), guards })
        }
        T::Ip => {
            let value = value(rng, reads, ty)?;
            let text = match rng.below(3) {
                0 => format!("cidr(\"10.0.0.0/8\").containsIP({})", value.text),
                1 => format!("{} == {}", value.text, literal(rng, ty)?),
                _ => format!("{} in {}", value.text, literal(rng, &T::List(Box::new(T::Ip)))?),
            };
            wrap(value, text)
        }
        T::Path => {
            let value = value(rng, reads, ty)?;
            let text = match rng.below(3) {
                0 => format!("{}.within({})", value.text, literal(rng, ty)?),
                1 => format!("{} {} {}", value.text, rng.pick(&["==", "!="]), literal(rng, ty)?),
                _ => format!("{} in {}", value.text, literal(rng, &T::List(Box::new(T::Path)))?),
            };
            wrap(value, text)
        }
        _ => compare(rng, reads, ty, &ORDER),
    }
}

fn string_test(rng: &mut Rng, reads: &Reads) -> Option<Value> {
    let subject = value(rng, reads, &T::Str)?;
    let part = if rng.one_in(3) { value(rng, reads, &T::Str)? } else { plain(literal(rng, &T::Str)?) };
    let guards = both(&subject, &part);
    let (s, p) = (&subject.text, &part.text);
    let text = match rng.below(13) {
        0 => format!("{s}.contains({p})"),
        1 => format!("{s}.startsWith({p})"),
        2 => format!("{s}.endsWith({p})"),
        3 => format!("{s}.matches(\"{}\")", PATTERNS[rng.below(PATTERNS.len())]),
        4 => format!("size({s}) {} {}", rng.pick(&["<", "==", ">"]), rng.below(4)),
        5 => format!("{s}.indexOf({p}) >= {}", rng.below(2)),
        6 => format!("{s}.lastIndexOf({p}) == {}", rng.below(3)),
        7 => format!("{s}.indexOf({p}, {}) < 1", rng.below(3)),
        8 => format!("{p} in {s}.split(\",\")"),
        9 => format!("size({s}.split({p}, {})) > 1", rng.below(4)),
        10 => format!("int({s}) {} 1", rng.pick(&["<", "==", ">="])),
        11 => format!("double({s}) <= 1.5"),
        _ => format!("{s} in [{p}, \"a\"]"),
    };
    Some(Value { text, guards })
}

fn list_test(rng: &mut Rng, reads: &mut Reads) -> Option<Value> {
    let read = read(
        rng,
        reads,
        |ty| matches!(ty, T::List(of) if !matches!(**of, T::Any | T::Obj(_) | T::List(_) | T::Map(_))),
    )?;
    let of = reads
        .fields
        .iter()
        .find(|field| read.text == format!("{}.{}", field.domain, field.path.join(".")))
        .and_then(|field| match &field.ty {
            T::List(of) => Some((**of).clone()),
            _ => None,
        })?;
    let list = literal(rng, &T::List(Box::new(of.clone())))?;
    let xs = read.text.clone();
    let number = matches!(of, T::Num | T::Int);
    let ordered = number || matches!(of, T::Str | T::Time | T::Date | T::Span | T::Amount);
    let text = match rng.below(11) {
        0 => format!("{} in {xs}", literal(rng, &of)?),
        1 => format!("size({xs}) {} {}", rng.pick(&["<", "==", ">"]), rng.below(4)),
        2 => format!("sets.contains({list}, {xs})"),
        3 => format!("sets.intersects({xs}, {list})"),
        4 => format!("sets.equivalent({xs}, {list})"),
        5 => format!("{xs} == {list}"),
        6 => format!("{xs}[{}] == {}", rng.below(3), literal(rng, &of)?),
        7 => format!("{xs}[?0].orValue({0}) == {0}", literal(rng, &of)?),
        8 if number => format!("{xs}.sum() > {}", literal(rng, &of)?),
        9 if ordered => format!("{xs}.min() <= {}", literal(rng, &of)?),
        10 if ordered => format!("{xs}.max() == {}", literal(rng, &of)?),
        _ => {
            let element = value(rng, reads, &of)?;
            let guards = both(&read, &element);
            return Some(Value { text: format!("{} in {xs}", element.text), guards });
        }
    };
    Some(Value { text, ..read })
}

fn map_test(rng: &mut Rng, reads: &Reads) -> Option<Value> {
    let map = read(rng, reads, |ty| matches!(ty, T::Map(of) if matches!(**of, T::Num | T::Str | T::Int)))?;
    let of = reads
        .fields
        .iter()
        .find(|field| map.text == format!("{}.{}", field.domain, field.path.join(".")))
        .and_then(|field| match &field.ty {
            T::Map(of) => Some((**of).clone()),
            _ => None,
        })?;
    let (m, key, literal) = (map.text.clone(), rng.pick(&["\"a\"", "\"b\"", "\"\""]), literal(rng, &of)?);
    let text = match rng.below(7) {
        0 => format!("{key} in {m}"),
        1 => format!("({key} in {m} && {m}[{key}] == {literal})"),
        2 => format!("{m}[?{key}].orValue({literal}) == {literal}"),
        3 => format!("{m}.exists(q, {m}[q] == {literal})"),
        4 => format!("{m}.all(q, v, v != {literal} || q == \"a\")"),
        5 => format!("size({m}) > {}", rng.below(3)),
        _ => format!("{m}[{key}] == {literal}"),
    };
    Some(Value { text, ..map })
}

fn any_test(rng: &mut Rng, reads: &Reads) -> Option<Value> {
    let any = read(rng, reads, |ty| *ty == T::Any)?;
    let x = any.text.clone();
    let text = match rng.below(13) {
        0 => format!("{x} == 1"),
        1 => format!("{x} == \"a\""),
        2 => format!("{x} == null"),
        3 => format!("{x} > 1"),
        4 => format!("has({x}.a) && {x}.a == \"b\""),
        5 => format!("{x}.a.b < 2"),
        6 => format!("\"a\" in {x}"),
        7 => format!("{x}[0] == 1"),
        8 => format!("{x}.exists(e, e == \"a\")"),
        9 => format!("{x}.?a.orValue(\"a\") == \"a\""),
        10 => format!("size({x}) > 1"),
        11 => format!("{x} == {x}"),
        _ => format!("{x} == [1, 2]"),
    };
    Some(Value { text: format!("({text})"), ..any })
}

/// A macro over a list; its body reads the element.
fn comprehension(rng: &mut Rng, reads: &mut Reads, depth: usize) -> String {
    if reads.depth >= 2 {
        return guarded(rng, reads);
    }
    let Some(range) = read(rng, reads, |ty| matches!(ty, T::List(of) if **of != T::Any)) else {
        return guarded(rng, reads);
    };
    let of =
        reads.fields.iter().find(|field| range.text == format!("{}.{}", field.domain, field.path.join(".")));
    let Some(T::List(of)) = of.map(|field| field.ty.clone()) else { return guarded(rng, reads) };
    let name = format!("x{}", reads.depth);
    let mut inner = reads.clone();
    inner.depth += 1;
    match &*of {
        T::Obj(members) => {
            let required = members.iter().filter(|member| !member.optional);
            inner
                .variables
                .extend(required.map(|member| (format!("{name}.{}", member.name), member.ty.clone())));
        }
        of => inner.variables.push((name.clone(), of.clone())),
    }
    let body = boolean(rng, &mut inner, depth.min(1));
    let xs = &range.text;
    let mut text = match rng.below(7) {
        0 => format!("{xs}.all({name}, {body})"),
        1 | 2 => format!("{xs}.exists({name}, {body})"),
        3 => format!("{xs}.exists_one({name}, {body})"),
        4 => format!("size({xs}.filter({name}, {body})) > {}", rng.below(2)),
        5 => format!("{xs}.exists(i{0}, {name}, i{0} > 0 && {body})", reads.depth),
        _ => format!("true in {xs}.map({name}, {body})"),
    };
    for guard in range.guards.iter().rev() {
        text = if rng.one_in(2) {
            format!("(has({guard}) && {text})")
        } else {
            format!("(!has({guard}) || {text})")
        };
    }
    text
}
