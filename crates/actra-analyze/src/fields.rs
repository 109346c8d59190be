//! The fields that conditions read.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_ir::{Expr, ExprKind, operands};
use actra_model::RecordName;

/// The fields at the top of records that a condition reads.
pub(crate) fn collect_fields(expr: &Expr, found: &mut BTreeSet<(RecordName, Arc<str>)>) {
    if let ExprKind::Field { record, name } = &expr.kind {
        found.insert((*record, Arc::clone(name)));
    }
    for operand in operands(expr) {
        collect_fields(operand, found);
    }
}

/// Whether a condition tells actions apart by their names.
pub(crate) fn reads_action_type(condition: &Expr) -> bool {
    let mut fields = BTreeSet::new();
    collect_fields(condition, &mut fields);
    fields.iter().any(|(record, name)| *record == RecordName::Action && name.as_ref() == "type")
}
