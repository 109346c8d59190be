//! Conditions in the body of a compiled policy: a byte for the form of each node, and then its operands.

use std::sync::Arc;

use actra_engine::diagnostics::{FileId, Span};
use actra_engine::ir::{
    ArithmeticOp, Comparison, Expr, ExprKind, Function, MacroKind, TimePart, Variable, Variables,
};
use actra_engine::model::{RecordName, Zone};

use super::body::{BodyReader, BodyWriter};
use super::schema::{kind, read_kind};
use super::value::{cidr, read_cidr, read_value, value};

/// Where everything of a compiled policy is said to lie: nowhere.
pub(super) const NOWHERE: Span = Span { file: FileId(u32::MAX), start: 0, end: 0 };

/// A field that came before, by its number.
const FIELD_AGAIN: u8 = 25;

/// The number of one of a closed list of words.
fn word<T: Copy + PartialEq>(out: &mut BodyWriter, all: &[T], one: T) {
    out.count(all.iter().position(|known| *known == one).unwrap_or(all.len()));
}

fn read_word<T: Copy>(reader: &mut BodyReader<'_>, all: &[T]) -> Option<T> {
    all.get(usize::try_from(reader.unsigned()?).ok()?).copied()
}

pub(super) fn record_name(out: &mut BodyWriter, record_name: RecordName) {
    word(out, &RecordName::ALL, record_name);
}

pub(super) fn read_record_name(reader: &mut BodyReader<'_>) -> Option<RecordName> {
    read_word(reader, &RecordName::ALL)
}

fn variable(out: &mut BodyWriter, variable: &Variable) {
    out.text(&variable.name);
    out.count(variable.slot);
}

fn read_variable(reader: &mut BodyReader<'_>) -> Option<Variable> {
    let name = reader.text()?;
    let slot = usize::try_from(reader.unsigned()?).ok()?;
    Some(Variable { name, slot })
}

fn pair(out: &mut BodyWriter, tag: u8, left: &Expr, right: &Expr) {
    out.byte(tag);
    write(out, left);
    write(out, right);
}

pub(super) fn write(out: &mut BodyWriter, expr: &Expr) {
    match &expr.kind {
        ExprKind::Literal(literal) => {
            out.byte(0);
            value(out, literal);
        }
        ExprKind::Field { record, name } => {
            if let Some(number) = out.field(*record, name) {
                out.byte(FIELD_AGAIN);
                return out.unsigned(number);
            }
            out.byte(1);
            record_name(out, *record);
            out.text(name);
        }
        ExprKind::Variable(bound) => {
            out.byte(2);
            variable(out, bound);
        }
        ExprKind::Member { operand, name, chained } => {
            out.byte(3);
            write(out, operand);
            out.text(name);
            out.flag(*chained);
        }
        ExprKind::Lookup { operand, key, chained } => {
            pair(out, 4, operand, key);
            out.flag(*chained);
        }
        ExprKind::Has(operand) => one(out, 5, operand),
        ExprKind::OrValue { operand, default } => pair(out, 6, operand, default),
        ExprKind::Not(operand) => one(out, 7, operand),
        ExprKind::And(parts) => many(out, 8, parts),
        ExprKind::Or(parts) => many(out, 9, parts),
        ExprKind::Compare { op, left, right } => {
            pair(out, 10, left, right);
            word(out, Comparison::ALL, *op);
        }
        ExprKind::IsNull(operand) => one(out, 11, operand),
        ExprKind::In { element, container } => pair(out, 12, element, container),
        ExprKind::Within { operand, base } => pair(out, 13, operand, base),
        ExprKind::InCidr { operand, cidr: range } => {
            one(out, 14, operand);
            cidr(out, *range);
        }
        ExprKind::Matches { operand, pattern } => {
            one(out, 15, operand);
            out.text(pattern.source());
        }
        ExprKind::Arithmetic { op, left, right } => {
            pair(out, 16, left, right);
            word(out, ArithmeticOp::ALL, *op);
        }
        ExprKind::Negate(operand) => one(out, 17, operand),
        ExprKind::Conditional { condition, then, otherwise } => {
            pair(out, 18, condition, then);
            write(out, otherwise);
        }
        ExprKind::Call { function, args } => {
            many(out, 19, args);
            word(out, Function::ALL, *function);
        }
        ExprKind::TimePart { part, operand, zone } => {
            one(out, 20, operand);
            word(out, TimePart::ALL, *part);
            out.copied(zone.name());
        }
        ExprKind::Macro { kind, range, variables, filter, body } => {
            pair(out, 21, range, body);
            word(out, MacroKind::ALL, *kind);
            variable(out, &variables.first);
            out.option(variables.second.as_ref(), variable);
            out.option(filter.as_deref(), write);
        }
        ExprKind::List(elements) => many(out, 22, elements),
        ExprKind::Map(entries) => {
            out.byte(23);
            out.list(entries, |out, (key, entry)| {
                out.text(key);
                write(out, entry);
            });
        }
        ExprKind::Convert { operand, kind: wanted } => {
            one(out, 24, operand);
            kind(out, wanted);
        }
    }
}

fn one(out: &mut BodyWriter, tag: u8, operand: &Expr) {
    out.byte(tag);
    write(out, operand);
}

fn many(out: &mut BodyWriter, tag: u8, operands: &[Expr]) {
    out.byte(tag);
    out.list(operands, write);
}

fn shared(reader: &mut BodyReader<'_>) -> Option<Arc<Expr>> {
    if reader.skip(FIELD_AGAIN) {
        return reader.field();
    }
    read(reader).map(Arc::new)
}

pub(super) fn read(reader: &mut BodyReader<'_>) -> Option<Expr> {
    let kind = reader.nested(read_form)?;
    Some(Expr { kind, span: NOWHERE })
}

fn read_form(reader: &mut BodyReader<'_>) -> Option<ExprKind> {
    Some(match reader.byte()? {
        0 => ExprKind::Literal(read_value(reader)?),
        1 => {
            let kind = ExprKind::Field { record: read_record_name(reader)?, name: reader.text()? };
            reader.fields.push(Arc::new(Expr { kind: kind.clone(), span: NOWHERE }));
            kind
        }
        2 => ExprKind::Variable(read_variable(reader)?),
        3 => ExprKind::Member { operand: shared(reader)?, name: reader.text()?, chained: reader.flag()? },
        4 => ExprKind::Lookup { operand: shared(reader)?, key: shared(reader)?, chained: reader.flag()? },
        5 => ExprKind::Has(shared(reader)?),
        6 => ExprKind::OrValue { operand: shared(reader)?, default: shared(reader)? },
        7 => ExprKind::Not(shared(reader)?),
        8 => ExprKind::And(reader.list(read)?),
        9 => ExprKind::Or(reader.list(read)?),
        10 => {
            let (left, right) = (shared(reader)?, shared(reader)?);
            ExprKind::Compare { op: read_word(reader, Comparison::ALL)?, left, right }
        }
        11 => ExprKind::IsNull(shared(reader)?),
        12 => ExprKind::In { element: shared(reader)?, container: shared(reader)? },
        13 => ExprKind::Within { operand: shared(reader)?, base: shared(reader)? },
        14 => ExprKind::InCidr { operand: shared(reader)?, cidr: read_cidr(reader)? },
        15 => ExprKind::Matches { operand: shared(reader)?, pattern: Box::new(reader.pattern()?) },
        16 => {
            let (left, right) = (shared(reader)?, shared(reader)?);
            ExprKind::Arithmetic { op: read_word(reader, ArithmeticOp::ALL)?, left, right }
        }
        17 => ExprKind::Negate(shared(reader)?),
        18 => ExprKind::Conditional {
            condition: shared(reader)?,
            then: shared(reader)?,
            otherwise: shared(reader)?,
        },
        19 => {
            let args = reader.list(read)?;
            ExprKind::Call { function: read_word(reader, Function::ALL)?, args }
        }
        20 => {
            let operand = shared(reader)?;
            let part = read_word(reader, TimePart::ALL)?;
            ExprKind::TimePart { part, operand, zone: Box::new(Zone::parse(reader.copied()?)?) }
        }
        21 => {
            let (range, body) = (shared(reader)?, shared(reader)?);
            let kind = read_word(reader, MacroKind::ALL)?;
            let variables =
                Variables { first: read_variable(reader)?, second: reader.option(read_variable)? };
            ExprKind::Macro {
                kind,
                range,
                variables: Box::new(variables),
                filter: reader.option(shared)?,
                body,
            }
        }
        22 => ExprKind::List(reader.list(read)?),
        23 => ExprKind::Map(reader.list(|reader| Some((reader.text()?, read(reader)?)))?),
        24 => ExprKind::Convert { operand: shared(reader)?, kind: read_kind(reader)? },
        FIELD_AGAIN => reader.field()?.kind.clone(),
        _ => return None,
    })
}
