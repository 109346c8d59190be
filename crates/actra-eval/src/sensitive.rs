//! Which expressions would reveal the value of a sensitive field.

use actra_ir::{ChainEnd, Expr, chain_end, chain_keys, operands};
use actra_model::{ActionId, Schema};

/// Whether any part of an expression reads a sensitive field, or a whole that holds one.
pub(crate) fn reads_sensitive(expr: &Expr, schema: &Schema, action: ActionId) -> bool {
    match chain_end(expr, schema, action) {
        Some(ChainEnd::Sensitive) => true,
        Some(ChainEnd::Open { ty, .. }) => {
            ty.kind.holds_sensitive()
                || chain_keys(expr).iter().any(|key| reads_sensitive(key, schema, action))
        }
        None => operands(expr).into_iter().any(|operand| reads_sensitive(operand, schema, action)),
    }
}
