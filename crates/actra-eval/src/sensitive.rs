//! Which expressions would reveal the value of a sensitive field.

use actra_ir::{Expr, ExprKind, operands};
use actra_model::{ActionId, Schema, Type, TypeKind};

/// Whether any part of an expression reads a sensitive field, or a whole that holds one.
pub(crate) fn reads_sensitive(expr: &Expr, schema: &Schema, action: ActionId) -> bool {
    match chain(expr, schema, action) {
        Some(ChainEnd::Sensitive) => true,
        Some(ChainEnd::Type(ty)) => {
            ty.kind.holds_sensitive() || keys(expr).iter().any(|key| reads_sensitive(key, schema, action))
        }
        None => operands(expr).into_iter().any(|operand| reads_sensitive(operand, schema, action)),
    }
}

/// The end of a chain of members and look-ups that starts at a field.
enum ChainEnd<'s> {
    Sensitive,
    Type(&'s Type),
}

/// `None` for any other expression.
fn chain<'s>(expr: &Expr, schema: &'s Schema, action: ActionId) -> Option<ChainEnd<'s>> {
    match &expr.kind {
        ExprKind::Field { domain, name } => {
            let field = schema.field(*domain, action, name)?;
            Some(if field.sensitive { ChainEnd::Sensitive } else { ChainEnd::Type(&field.ty) })
        }
        ExprKind::Member { operand, name, .. } => match chain(operand, schema, action)? {
            ChainEnd::Sensitive => Some(ChainEnd::Sensitive),
            ChainEnd::Type(ty) => match &ty.kind {
                TypeKind::Object(members) => {
                    let member = members.get(name)?;
                    Some(if member.sensitive { ChainEnd::Sensitive } else { ChainEnd::Type(&member.ty) })
                }
                _ => Some(ChainEnd::Type(ty)),
            },
        },
        ExprKind::Lookup { operand, .. } => match chain(operand, schema, action)? {
            ChainEnd::Sensitive => Some(ChainEnd::Sensitive),
            ChainEnd::Type(ty) => Some(ChainEnd::Type(match &ty.kind {
                TypeKind::List(inner) | TypeKind::Map(inner) => inner,
                _ => ty,
            })),
        },
        ExprKind::Convert { operand, .. } => chain(operand, schema, action),
        _ => None,
    }
}

/// The keys of the look-ups in a chain.
fn keys(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Member { operand, .. } | ExprKind::Convert { operand, .. } => keys(operand),
        ExprKind::Lookup { operand, key, .. } => {
            let mut found = keys(operand);
            found.push(key);
            found
        }
        _ => Vec::new(),
    }
}
