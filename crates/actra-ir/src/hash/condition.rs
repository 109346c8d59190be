//! The canonical tree of a condition as it enters the hash.

use crate::cbor::CborHasher;
use crate::{Expr, ExprKind, Variable};

use super::{schema, value};

/// Every form has a tag of its own and a fixed shape behind it.
pub(super) fn expr(out: &mut CborHasher, node: &Expr) {
    match &node.kind {
        ExprKind::Literal(literal) => {
            tag(out, "literal", 1);
            value(out, literal);
        }
        ExprKind::Field { record, name } => {
            tag(out, "field", 2);
            out.text(record.as_str());
            out.text(name);
        }
        ExprKind::Variable(bound) => {
            tag(out, "variable", 1);
            variable(out, bound);
        }
        ExprKind::Member { operand, name, chained } => {
            tag(out, "member", 3);
            expr(out, operand);
            out.text(name);
            out.bool(*chained);
        }
        ExprKind::Lookup { operand, key, chained } => {
            tag(out, "lookup", 3);
            expr(out, operand);
            expr(out, key);
            out.bool(*chained);
        }
        ExprKind::Has(operand) => nodes(out, "has", [operand]),
        ExprKind::OrValue { operand, default } => nodes(out, "or_value", [operand, default]),
        ExprKind::Not(operand) => nodes(out, "not", [operand]),
        ExprKind::And(operands) => list(out, "and", operands),
        ExprKind::Or(operands) => list(out, "or", operands),
        ExprKind::Compare { op, left, right } => nodes(out, op.as_str(), [left, right]),
        ExprKind::IsNull(operand) => nodes(out, "is_null", [operand]),
        ExprKind::In { element, container } => nodes(out, "in", [element, container]),
        ExprKind::Within { operand, base } => nodes(out, "within", [operand, base]),
        ExprKind::InCidr { operand, cidr } => {
            tag(out, "in_cidr", 2);
            expr(out, operand);
            out.text(&cidr.to_string());
        }
        ExprKind::Matches { operand, pattern } => {
            tag(out, "matches", 2);
            expr(out, operand);
            out.text(pattern.source());
        }
        ExprKind::Arithmetic { op, left, right } => nodes(out, op.as_str(), [left, right]),
        ExprKind::Negate(operand) => nodes(out, "negate", [operand]),
        ExprKind::Conditional { condition, then, otherwise } => {
            nodes(out, "conditional", [condition, then, otherwise]);
        }
        ExprKind::List(elements) => list(out, "list", elements),
        ExprKind::Call { .. }
        | ExprKind::TimePart { .. }
        | ExprKind::Macro { .. }
        | ExprKind::Map(_)
        | ExprKind::Convert { .. } => composite(out, node),
    }
}

fn composite(out: &mut CborHasher, node: &Expr) {
    match &node.kind {
        ExprKind::Call { function, args } => {
            tag(out, "call", 2);
            out.text(function.as_str());
            out.array(args.len());
            args.iter().for_each(|arg| expr(out, arg));
        }
        ExprKind::TimePart { part, operand, zone } => {
            tag(out, "time_part", 3);
            out.text(part.as_str());
            expr(out, operand);
            out.text(zone.name());
        }
        ExprKind::Macro { kind, range, variables, filter, body } => {
            tag(out, "macro", 6);
            out.text(kind.as_str());
            expr(out, range);
            variable(out, &variables.first);
            match &variables.second {
                Some(second) => variable(out, second),
                None => out.null(),
            }
            match filter {
                Some(filter) => expr(out, filter),
                None => out.null(),
            }
            expr(out, body);
        }
        ExprKind::Map(entries) => {
            tag(out, "map", entries.len());
            for (key, entry) in entries {
                out.array(2);
                out.text(key);
                expr(out, entry);
            }
        }
        ExprKind::Convert { operand, kind } => {
            tag(out, "convert", 2);
            expr(out, operand);
            schema::kind(out, kind);
        }
        // `expr` sends nothing else here.
        _ => out.null(),
    }
}

#[inline]
fn tag(out: &mut CborHasher, tag: &str, parts: usize) {
    out.array(parts + 1);
    out.text(tag);
}

fn nodes<const N: usize>(out: &mut CborHasher, name: &str, operands: [&Expr; N]) {
    tag(out, name, N);
    operands.into_iter().for_each(|operand| expr(out, operand));
}

fn list(out: &mut CborHasher, name: &str, operands: &[Expr]) {
    tag(out, name, operands.len());
    operands.iter().for_each(|operand| expr(out, operand));
}

fn variable(out: &mut CborHasher, variable: &Variable) {
    out.array(2);
    out.text(&variable.name);
    out.unsigned(variable.slot as u64);
}
