//! Conditions as expressions.

mod atom;

use super::{
    AMOUNTS, DATES, ENUM, GenField, GenSchema, GenType, IPS, NUMBERS, PATHS, Rng, SPANS, STRINGS, TIMES,
    URLS, quoted,
};

/// A readable field, member included, with the guards that reading it needs.
#[derive(Debug, Clone)]
pub(crate) struct Readable {
    pub(crate) record: &'static str,
    pub(crate) path: Vec<String>,
    pub(crate) ty: GenType,
    /// Each optional prefix, the field itself included.
    pub(crate) guards: Vec<Vec<String>>,
    /// Whether a message may show it.
    pub(crate) showable: bool,
}

/// What an expression can read: fields, and the variables of the macros around it.
#[derive(Debug, Clone)]
pub(crate) struct ReadScope {
    pub(crate) fields: Vec<Readable>,
    variables: Vec<GenExpr>,
    /// How many macros there are around, so that variables have names of their own.
    depth: usize,
}

impl ReadScope {
    /// The fields of a scope: those that all actions share, and with `own` those of one action.
    pub(crate) fn of(world: &GenSchema, own: Option<usize>) -> Self {
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
    record: &'static str,
    path: &[String],
    guards: &[Vec<String>],
    showable: bool,
    field: &GenField,
) {
    let mut path = path.to_vec();
    path.push(field.name.clone());
    let mut guards = guards.to_vec();
    if field.optional {
        guards.push(path.clone());
    }
    let outside = showable && !field.sensitive;
    if let GenType::Obj(members) = &field.ty {
        members.iter().for_each(|member| add(fields, record, &path, &guards, outside, member));
    }
    let showable = outside && !holds_sensitive(&field.ty);
    fields.push(Readable { record, path, ty: field.ty.clone(), guards, showable });
}

fn holds_sensitive(ty: &GenType) -> bool {
    match ty {
        GenType::List(of) | GenType::Map(of) => holds_sensitive(of),
        GenType::Obj(members) => members.iter().any(|member| member.sensitive || holds_sensitive(&member.ty)),
        _ => false,
    }
}

/// An expression of a type, and the reads that must be guarded around it.
#[derive(Debug, Clone)]
pub(super) struct GenExpr {
    pub(super) text: String,
    pub(super) ty: GenType,
    pub(super) guards: Vec<String>,
}

impl GenExpr {
    /// Another expression around this one.
    pub(super) fn within(self, text: impl Into<String>, ty: GenType) -> GenExpr {
        GenExpr { text: text.into(), ty, ..self }
    }
}

pub(super) fn plain(text: impl Into<String>, ty: GenType) -> GenExpr {
    GenExpr { text: text.into(), ty, guards: Vec::new() }
}

/// A literal of a type as it is written in expressions; `None` for types without one.
pub(super) fn literal(rng: &mut Rng, ty: &GenType) -> Option<String> {
    let any = |rng: &mut Rng, options: &[&str]| options[rng.below(options.len())].to_owned();
    Some(match ty {
        GenType::Str => quoted(&any(rng, &STRINGS)),
        GenType::Enum => quoted(&any(rng, &ENUM)),
        GenType::Num => any(rng, &NUMBERS),
        GenType::Int => rng.pick(&["0", "1", "2", "-1", "3"]).to_owned(),
        GenType::Bool => rng.pick(&["true", "false"]).to_owned(),
        GenType::Time => format!("timestamp(\"{}\")", any(rng, &TIMES)),
        GenType::Span => format!("duration(\"{}\")", any(rng, &SPANS)),
        GenType::Amount => format!("quantity(\"{}\")", any(rng, &AMOUNTS)),
        GenType::Date => quoted(&any(rng, &DATES)),
        GenType::Ip => quoted(&any(rng, &IPS)),
        GenType::Path => quoted(&any(rng, &PATHS)),
        GenType::Url => quoted(&any(rng, &URLS)),
        GenType::List(of) => {
            let items: Option<Vec<String>> = (0..1 + rng.below(3)).map(|_| literal(rng, of)).collect();
            format!("[{}]", items?.join(", "))
        }
        GenType::Any | GenType::Map(_) | GenType::Obj(_) => return None,
    })
}

/// A literal as it is written in the structured form.
pub(super) fn literal_text(rng: &mut Rng, ty: &GenType) -> Option<String> {
    if let GenType::List(of) = ty {
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
pub(super) fn boolean(rng: &mut Rng, reads: &mut ReadScope, depth: usize) -> String {
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

fn guarded(rng: &mut Rng, reads: &mut ReadScope) -> String {
    let GenExpr { text, guards, .. } = atom::test(rng, reads);
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
pub(super) fn read(rng: &mut Rng, reads: &ReadScope, fits: impl Fn(&GenType) -> bool) -> Option<GenExpr> {
    let variables: Vec<&GenExpr> = reads.variables.iter().filter(|variable| fits(&variable.ty)).collect();
    if !variables.is_empty() && !rng.one_in(3) {
        return Some(variables[rng.below(variables.len())].clone());
    }
    let fields: Vec<&Readable> = reads.fields.iter().filter(|field| fits(&field.ty)).collect();
    if fields.is_empty() {
        return None;
    }
    let field = fields[rng.below(fields.len())];
    let ty = field.ty.clone();
    let join = |path: &[String]| format!("{}.{}", field.record, path.join("."));
    let own = field.guards.last().is_some_and(|guard| *guard == field.path);
    if own
        && rng.one_in(3)
        && let Some(default) = literal(rng, &field.ty)
    {
        if rng.one_in(2) {
            let path = field.path.join(".?");
            return Some(plain(format!("{}.?{path}.orValue({default})", field.record), ty));
        }
        let (last, parents) = field.path.split_last()?;
        let parent = if parents.is_empty() { field.record.to_owned() } else { join(parents) };
        let guards = field.guards[..field.guards.len() - 1].iter().map(|guard| join(guard)).collect();
        return Some(GenExpr { text: format!("{parent}.?{last}.orValue({default})"), ty, guards });
    }
    let guards = field.guards.iter().map(|guard| join(guard)).collect();
    Some(GenExpr { text: join(&field.path), ty, guards })
}

/// A value of a type: mostly read, sometimes computed.
pub(super) fn value(rng: &mut Rng, reads: &ReadScope, ty: &GenType) -> Option<GenExpr> {
    let read = read(rng, reads, |other| other == ty)?;
    if rng.one_in(14) {
        let (other, mut choice) = (literal(rng, ty)?, reads.clone());
        let condition = guarded(rng, &mut choice);
        let text = format!("({condition} ? {} : {other})", read.text);
        return Some(read.within(text, ty.clone()));
    }
    let text = &read.text;
    let computed = match (ty, rng.below(14)) {
        (GenType::Num | GenType::Int, 0) => format!("({text} + {})", literal(rng, ty)?),
        (GenType::Num | GenType::Int, 1) => format!("({text} * {text})"),
        (GenType::Num | GenType::Int, 2) => format!("({} - {text})", literal(rng, ty)?),
        (GenType::Num, 3) => format!("-{text}"),
        (GenType::Num | GenType::Int, 4) => format!("({text} + constants.limit)"),
        (GenType::Str, 0) => format!("{text}.lowerAscii()"),
        (GenType::Str, 1) => format!("{text}.upperAscii()"),
        (GenType::Str, 2) => format!("{text}.trim()"),
        (GenType::Str, 3) => format!("{text}.substring({})", rng.below(3)),
        (GenType::Str, 4) => format!("{text}.substring(0, {})", rng.below(3)),
        (GenType::Str, 5) => format!("{text}.replace(\"a\", \"b\")"),
        (GenType::Str, 6) => format!("{text}.replace({}, \"xy\", {})", literal(rng, ty)?, rng.below(3)),
        (GenType::Str, 7) => format!("{text}.split(\"\")[{}]", rng.below(2)),
        (GenType::Time, 0) => format!("({text} + duration(\"1h\"))"),
        (GenType::Time, 1) => format!("({text} - duration(\"24h\"))"),
        (GenType::Span, 0) => format!("({text} + duration(\"1m\"))"),
        (GenType::Span, 1) => format!("({text} - duration(\"-90m\"))"),
        (GenType::Span, 2) => format!("-{text}"),
        (GenType::List(of), 0)
            if matches!(
                **of,
                GenType::Str
                    | GenType::Num
                    | GenType::Int
                    | GenType::Bool
                    | GenType::Time
                    | GenType::Span
                    | GenType::Amount
            ) =>
        {
            format!("({text} + {})", literal(rng, ty)?)
        }
        (GenType::List(of), 1)
            if matches!(**of, GenType::Str | GenType::Num | GenType::Int | GenType::Enum) =>
        {
            format!("{text}.distinct()")
        }
        _ => return Some(read),
    };
    Some(read.within(computed, ty.clone()))
}

/// A macro over a list, a map or an `any`; its body reads the element.
fn comprehension(rng: &mut Rng, reads: &mut ReadScope, depth: usize) -> String {
    if reads.depth >= 2 {
        return guarded(rng, reads);
    }
    let Some(range) = read(rng, reads, |ty| matches!(ty, GenType::List(_) | GenType::Map(_) | GenType::Any))
    else {
        return guarded(rng, reads);
    };
    let name = format!("x{}", reads.depth);
    let key = format!("i{}", reads.depth);
    let two = rng.one_in(4);
    let mut inner = reads.clone();
    inner.depth += 1;
    let key_type = if matches!(range.ty, GenType::List(_)) { GenType::Int } else { GenType::Str };
    match (&range.ty, two) {
        (GenType::Map(_), false) => inner.variables.push(plain(name.clone(), GenType::Str)),
        (GenType::List(of) | GenType::Map(of), _) => bind(&mut inner, &name, of),
        // A single variable over an `any` stands for an element or for a key: atoms of their own test that.
        (_, false) => {}
        (_, true) => inner.variables.push(plain(name.clone(), GenType::Any)),
    }
    if two && range.ty != GenType::Any {
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
fn bind(inner: &mut ReadScope, name: &str, ty: &GenType) {
    if let GenType::Obj(members) = ty {
        for member in members {
            let text = format!("{name}.{}", member.name);
            let guards = if member.optional { vec![text.clone()] } else { Vec::new() };
            inner.variables.push(GenExpr { text, ty: member.ty.clone(), guards });
        }
    }
    inner.variables.push(plain(name, ty.clone()));
}
