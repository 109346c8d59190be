//! Chains of members and look-ups that start at a field, such as `snapshot.owners["ana"].ssn`, and whether the value at
//! the end of one may be shown.

use std::sync::Arc;

use actra_model::{ActionId, RecordName, Schema, Type, TypeKind};

use crate::{Expr, ExprKind};

/// What a chain of members and look-ups ends at.
#[derive(Debug, Clone, Copy)]
pub enum ChainEnd<'e, 's> {
    /// The field, or a member on the way, is sensitive.
    Sensitive,
    /// Neither is; what is there may still hold something sensitive.
    Open {
        /// The record of the field that the chain starts at.
        record: RecordName,
        /// The name of that field.
        field: &'e Arc<str>,
        /// The type of what is there.
        ty: &'s Type,
    },
}

/// The end of a chain; `None` for any other expression, and for a chain that the schema does not declare.
pub fn chain_end<'e, 's>(expr: &'e Expr, schema: &'s Schema, action: ActionId) -> Option<ChainEnd<'e, 's>> {
    match &expr.kind {
        ExprKind::Field { record, name } => {
            let declared = schema.field(*record, action, name)?;
            Some(match declared.sensitive {
                true => ChainEnd::Sensitive,
                false => ChainEnd::Open { record: *record, field: name, ty: &declared.ty },
            })
        }
        ExprKind::Member { operand, name, .. } => match chain_end(operand, schema, action)? {
            ChainEnd::Open { record, field, ty } => match &ty.kind {
                TypeKind::Object(members) => {
                    let member = members.get(name)?;
                    Some(match member.sensitive {
                        true => ChainEnd::Sensitive,
                        false => ChainEnd::Open { record, field, ty: &member.ty },
                    })
                }
                _ => Some(ChainEnd::Open { record, field, ty }),
            },
            ChainEnd::Sensitive => Some(ChainEnd::Sensitive),
        },
        ExprKind::Lookup { operand, .. } => match chain_end(operand, schema, action)? {
            ChainEnd::Open { record, field, ty } => Some(match &ty.kind {
                TypeKind::List(inner) | TypeKind::Map(inner) => ChainEnd::Open { record, field, ty: inner },
                _ => ChainEnd::Open { record, field, ty },
            }),
            ChainEnd::Sensitive => Some(ChainEnd::Sensitive),
        },
        ExprKind::Convert { operand, .. } => chain_end(operand, schema, action),
        _ => None,
    }
}

/// The keys of the look-ups in a chain, in order.
pub fn chain_keys(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Member { operand, .. } | ExprKind::Convert { operand, .. } => chain_keys(operand),
        ExprKind::Lookup { operand, key, .. } => {
            let mut found = chain_keys(operand);
            found.push(key);
            found
        }
        _ => Vec::new(),
    }
}
