//! Conditions as expressions.

mod atom;

use super::{
    AMOUNTS, DATES, ENUM, F, IPS, NUMBERS, PATHS, Rng, SPANS, STRINGS, T, TIMES, URLS, World, quoted,
};

/// A readable field, member included, with the guards that reading it needs.
#[derive(Debug, Clone)]
pub(crate) struct Readable {
    pub(crate) domain: &'static str,
    pub(crate) path: Vec<String>,
    pub(crate) ty: T,
    /// Each optional prefix, the field itself included.
    pub(crate) guards: Vec<Vec<String>>,
    /// Whether a message may show it.
    pub(crate) showable: bool,
}

/// What an expression can read: fields, and the variables of the macros around it.
#[derive(Debug, Clone)]
pub(crate) struct Reads {
    pub(crate) fields: Vec<Readable>,
    variables: Vec<Value>,
    /// How many macros there are around, so that variables have names of their own.
    depth: usize,
}

impl Reads {
    /// The fields of a scope: those that all actions share, and with `own` those of one action.
    pub(crate) fn of(world: &World, own: Option<usize>) -> Self {
        let mut fields = Vec::new();
        let action = world.shared.iter().chain(own.iter().flat_map(|idx| &world.own[*idx]));
        action.for_each(|field| add(&mut fields, "action", &[], &[], true, field));
        world.actor.iter().for_each(|field| add(&mut fields, "actor", &[], &[], true, field));
        world.snapshot.iter().for_each(|field| add(&mut fields, "snapshot", &[], &[], true, field));
        Self { fields, variables: Vec::new(), depth: 0 }
    }
}

fn add(
    fields: &mut Vec<Readable>,
    domain: &'static str,
    path: &[String],
    guards: &[Vec<String>],
    showable: bool,
    field: &F,
) {
    let mut path = path.to_vec();
    path.push(field.name.clone());
    let mut guards = guards.to_vec();
    if field.optional {
        guards.push(path.clone());
    }
    let outside = showable && !field.sensitive;
    if let T::Obj(members) = &field.ty {
        members.iter().for_each(|member| add(fields, domain, &path, &guards, outside, member));
    }
    let showable = outside && !holds_sensitive(&field.ty);
    fields.push(Readable { domain, path, ty: field.ty.clone(), guards, showable });
}

fn holds_sensitive(ty: &T) -> bool {
    match ty {
        T::List(of) | T::Map(of) => holds_sensitive(of),
        T::Obj(members) => members.iter().any(|member| member.sensitive || holds_sensitive(&member.ty)),
        _ => false,
    }
}

/// An expression of a type, and the reads that must be guarded around it.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) ty: T,
    pub(super) guards: Vec<String>,
}

impl Value {
    /// Another expression around this one.
    pub(super) fn within(self, text: impl Into<String>, ty: T) -> Value {
        Value { text: text.into(), ty, ..self }
    }
}

pub(super) fn plain(text: impl Into<String>, ty: T) -> Value {
    Value { text: text.into(), ty, guards: Vec::new() }
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
    if let T::List(of) = ty {
        let items: Option<Vec<String>> = (0..1 + rng.below(3)).map(|_| literal_text(rng, of)).collect();
        return Some(format!("[{}]", items?.join(", ")));
    }
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
    let Value { text, guards, .. } = atom::test(rng, reads);
    guard(rng, text, &guards)
}

/// A boolean expression with guards for what it reads; inner guards are inside, since they read what is around.
fn guard(rng: &mut Rng, mut text: String, guards: &[String]) -> String {
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
pub(super) fn read(rng: &mut Rng, reads: &Reads, fits: impl Fn(&T) -> bool) -> Option<Value> {
    let variables: Vec<&Value> = reads.variables.iter().filter(|variable| fits(&variable.ty)).collect();
    if !variables.is_empty() && !rng.one_in(3) {
        return Some(variables[rng.below(variables.len())].clone());
    }
    let fields: Vec<&Readable> = reads.fields.iter().filter(|field| fits(&field.ty)).collect();
    if fields.is_empty() {
        return None;
    }
    let field = fields[rng.below(fields.len())];
    let ty = field.ty.clone();
    let join = |path: &[String]| format!("{}.{}", field.domain, path.join("."));
    let own = field.guards.last().is_some_and(|guard| *guard == field.path);
    if own
        && rng.one_in(3)
        && let Some(default) = literal(rng, &field.ty)
    {
        if rng.one_in(2) {
            let path = field.path.join(".?");
            return Some(plain(format!("{}.?{path}.orValue({default})", field.domain), ty));
        }
        let (last, parents) = field.path.split_last()?;
        let parent = if parents.is_empty() { field.domain.to_owned() } else { join(parents) };
        let guards = field.guards[..field.guards.len() - 1].iter().map(|guard| join(guard)).collect();
        return Some(Value { text: format!("{parent}.?{last}.orValue({default})"), ty, guards });
    }
    let guards = field.guards.iter().map(|guard| join(guard)).collect();
    Some(Value { text: join(&field.path), ty, guards })
}

/// A value of a type: mostly read, sometimes computed.
pub(super) fn value(rng: &mut Rng, reads: &Reads, ty: &T) -> Option<Value> {
    let read = read(rng, reads, |other| other == ty)?;
    if rng.one_in(14) {
        let (other, mut choice) = (literal(rng, ty)?, reads.clone());
        let condition = guarded(rng, &mut choice);
        let text = format!("({condition} ? {} : {other})", read.text);
        return Some(read.within(text, ty.clone()));
    }
    let text = &read.text;
    let computed = match (ty, rng.below(14)) {
        (T::Num | T::Int, 0) => format!("({text} + {})", literal(rng, ty)?),
        (T::Num | T::Int, 1) => format!("({text} * {text})"),
        (T::Num | T::Int, 2) => format!("({} - {text})", literal(rng, ty)?),
        (T::Num, 3) => format!("-{text}"),
        (T::Num | T::Int, 4) => format!("({text} + constants.limit)"),
        (T::Str, 0) => format!("{text}.lowerAscii()"),
        (T::Str, 1) => format!("{text}.upperAscii()"),
        (T::Str, 2) => format!("{text}.trim()"),
        (T::Str, 3) => format!("{text}.substring({})", rng.below(3)),
        (T::Str, 4) => format!("{text}.substring(0, {})", rng.below(3)),
        (T::Str, 5) => format!("{text}.replace(\"a\", \"b\")"),
        (T::Str, 6) => format!("{text}.replace({}, \"xy\", {})", literal(rng, ty)?, rng.below(3)),
        (T::Str, 7) => format!("{text}.split(\"\")[{}]", rng.below(2)),
        (T::Time, 0) => format!("({text} + duration(\"1h\"))"),
        (T::Time, 1) => format!("({text} - duration(\"24h\"))"),
        (T::Span, 0) => format!("({text} + duration(\"1m\"))"),
        (T::Span, 1) => format!("({text} - duration(\"-90m\"))"),
        (T::Span, 2) => format!("-{text}"),
        (T::List(of), 0)
            if matches!(**of, T::Str | T::Num | T::Int | T::Bool | T::Time | T::Span | T::Amount) =>
        {
            format!("({text} + {})", literal(rng, ty)?)
        }
        (T::List(of), 1) if matches!(**of, T::Str | T::Num | T::Int | T::Enum) => {
            format!("{text}.distinct()")
        }
        _ => return Some(read),
    };
    Some(read.within(computed, ty.clone()))
}

/// A macro over a list, a map or an `any`; its body reads the element.
fn comprehension(rng: &mut Rng, reads: &mut Reads, depth: usize) -> String {
    if reads.depth >= 2 {
        return guarded(rng, reads);
    }
    let Some(range) = read(rng, reads, |ty| matches!(ty, T::List(_) | T::Map(_) | T::Any)) else {
        return guarded(rng, reads);
    };
    let name = format!("x{}", reads.depth);
    let key = format!("i{}", reads.depth);
    let two = rng.one_in(4);
    let mut inner = reads.clone();
    inner.depth += 1;
    let key_type = if matches!(range.ty, T::List(_)) { T::Int } else { T::Str };
    match (&range.ty, two) {
        (T::Map(_), false) => inner.variables.push(plain(name.clone(), T::Str)),
        (T::List(of) | T::Map(of), _) => bind(&mut inner, &name, of),
        // A single variable over an `any` stands for an element or for a key: atoms of their own test that.
        (_, false) => {}
        (_, true) => inner.variables.push(plain(name.clone(), T::Any)),
    }
    if two && range.ty != T::Any {
        inner.variables.push(plain(key.clone(), key_type));
    }
    let body = boolean(rng, &mut inner, depth.min(1));
    let xs = &range.text;
    let text = match rng.below(8) {
        0 if two => format!("{xs}.all({key}, {name}, {body})"),
        _ if two => format!("{xs}.exists({key}, {name}, {body})"),
        0 | 1 => format!("{xs}.all({name}, {body})"),
        2 | 3 => format!("{xs}.exists({name}, {body})"),
        4 => format!("{xs}.exists_one({name}, {body})"),
        5 => format!("size({xs}.filter({name}, {body})) > {}", rng.below(2)),
        6 => format!("size({xs}.map({name}, {body}, {name})) < {}", rng.below(3)),
        _ => format!("true in {xs}.map({name}, {body})"),
    };
    guard(rng, text, &range.guards)
}

/// A macro variable, and its members where it is an object.
fn bind(inner: &mut Reads, name: &str, ty: &T) {
    if let T::Obj(members) = ty {
        for member in members {
            let text = format!("{name}.{}", member.name);
            let guards = if member.optional { vec![text.clone()] } else { Vec::new() };
            inner.variables.push(Value { text, ty: member.ty.clone(), guards });
        }
    }
    inner.variables.push(plain(name, ty.clone()));
}
