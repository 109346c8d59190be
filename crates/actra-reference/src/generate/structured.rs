//! Conditions in the structured spelling.

use super::expression::{ReadScope, Readable, literal_text};
use super::{GenType, PATTERNS, Rng};

/// A condition as YAML flow text.
pub(super) fn condition(rng: &mut Rng, reads: &ReadScope, depth: usize) -> String {
    match rng.below(if depth == 0 { 1 } else { 4 }) {
        1 => list("all", rng, reads, depth),
        2 => list("any", rng, reads, depth),
        3 => format!("{{ not: {} }}", condition(rng, reads, depth - 1)),
        _ => atom(rng, reads),
    }
}

fn list(key: &str, rng: &mut Rng, reads: &ReadScope, depth: usize) -> String {
    let parts: Vec<String> = (0..1 + rng.below(3)).map(|_| condition(rng, reads, depth - 1)).collect();
    format!("{{ {key}: [{}] }}", parts.join(", "))
}

fn atom(rng: &mut Rng, reads: &ReadScope) -> String {
    let field = &reads.fields[rng.below(reads.fields.len())];
    if rng.one_in(6) {
        return between(rng, reads, field);
    }
    let subject = format!("subject: {{ domain: {}, field: {} }}", field.record, field.path.join("."));
    let (operator, value) = test(rng, &field.ty);
    // `true` has no structured spelling inside lists; a plain boolean is a condition of its own.
    let Some(value) = value else { return "true".to_owned() };
    guarded(rng, format!("{{ {subject}, operator: {operator}, value: {{ {value} }} }}"), field)
}

/// An atom of two subjects of one type.
fn between(rng: &mut Rng, reads: &ReadScope, field: &Readable) -> String {
    let others: Vec<&Readable> = reads.fields.iter().filter(|other| other.ty == field.ty).collect();
    let other = others[rng.below(others.len())];
    let operators: &[&str] = match field.ty {
        GenType::Num
        | GenType::Int
        | GenType::Str
        | GenType::Time
        | GenType::Date
        | GenType::Span
        | GenType::Amount => &["equals", "less_than", "greater_than", "greater_or_equal", "less_or_equal"],
        GenType::Path => &["equals", "within"],
        GenType::List(_) => &["equals", "not_equals", "subset_of", "intersects"],
        _ => &["equals", "not_equals"],
    };
    let [subject, value] = [field, other]
        .map(|field| format!("subject: {{ domain: {}, field: {} }}", field.record, field.path.join(".")));
    let atom = format!("{{ {subject}, operator: {}, value: {{ {value} }} }}", rng.pick(operators));
    let inner = guarded(rng, atom, other);
    if other.guards == field.guards && other.record == field.record {
        inner
    } else {
        guarded(rng, inner, field)
    }
}

fn guarded(rng: &mut Rng, mut atom: String, field: &Readable) -> String {
    for guard in field.guards.iter().rev() {
        let guard = format!(
            "{{ subject: {{ domain: {}, field: {} }}, operator: exists }}",
            field.record,
            guard.join(".")
        );
        atom = match rng.below(3) {
            0 => format!("{{ any: [{{ not: {guard} }}, {atom}] }}"),
            1 => format!("{{ all: [{atom}, {guard}] }}"),
            _ => format!("{{ all: [{guard}, {atom}] }}"),
        };
    }
    atom
}

/// An operator that fits a type, with its value; none where nothing fits.
fn test(rng: &mut Rng, ty: &GenType) -> (&'static str, Option<String>) {
    let ordered = ["equals", "not_equals", "greater_than", "greater_or_equal", "less_than", "less_or_equal"];
    let one = |rng: &mut Rng, ty: &GenType| literal_text(rng, ty).map(|text| format!("literal: {text}"));
    let many = |rng: &mut Rng, ty: &GenType| {
        let items: Option<Vec<String>> = (0..1 + rng.below(3)).map(|_| literal_text(rng, ty)).collect();
        items.map(|items| format!("literal: [{}]", items.join(", ")))
    };
    match ty {
        GenType::Str => match rng.below(9) {
            0 => ("in", many(rng, ty)),
            1 => ("not_in", Some("constant: names".into())),
            2 => ("contains", one(rng, ty)),
            3 => ("not_contains", Some("constant: word".into())),
            4 => ("starts_with", one(rng, ty)),
            5 => ("ends_with", one(rng, ty)),
            6 => ("matches", Some(format!("literal: \"{}\"", PATTERNS[rng.below(PATTERNS.len())]))),
            _ => (ordered[rng.below(6)], one(rng, ty)),
        },
        GenType::Enum => match rng.below(3) {
            0 => ("in", many(rng, ty)),
            _ => (ordered[rng.below(2)], one(rng, ty)),
        },
        GenType::Num | GenType::Int => match rng.below(4) {
            0 => ("in", many(rng, ty)),
            1 => (ordered[rng.below(6)], Some("constant: limit".into())),
            _ => (ordered[rng.below(6)], one(rng, ty)),
        },
        GenType::Time | GenType::Date | GenType::Span | GenType::Amount => match rng.below(4) {
            0 => ("in", many(rng, ty)),
            _ => (ordered[rng.below(6)], one(rng, ty)),
        },
        GenType::Bool | GenType::Url => (ordered[rng.below(2)], one(rng, ty)),
        GenType::Ip => match rng.below(2) {
            0 => (
                "within",
                Some(format!(
                    "literal: \"{}\"",
                    rng.pick(&["10.0.0.0/8", "192.168.0.0/24", "2001:db8::/32"])
                )),
            ),
            _ => ("in", many(rng, ty)),
        },
        GenType::Path => match rng.below(3) {
            0 => ("within", one(rng, ty)),
            1 => ("not_in", many(rng, ty)),
            _ => (ordered[rng.below(2)], one(rng, ty)),
        },
        GenType::List(of) => match rng.below(5) {
            0 => ("contains", one(rng, of)),
            1 => ("not_contains", one(rng, of)),
            2 => ("subset_of", many(rng, of)),
            3 => ("intersects", many(rng, of)),
            _ => ("equals", many(rng, of)),
        },
        GenType::Map(_) => ("contains", one(rng, &GenType::Str)),
        GenType::Any => match rng.below(2) {
            0 => ("equals", one(rng, &GenType::Str)),
            _ => (ordered[rng.below(6)], one(rng, &GenType::Num)),
        },
        GenType::Obj(_) => ("equals", None),
    }
}
