//! The ids of the actions of a schema, which a schema knows only by position.

use actra_engine::model::{ActionId, Schema};

/// The ids of all declared actions.
pub(crate) fn action_ids(schema: &Schema) -> impl Iterator<Item = ActionId> + '_ {
    (0..schema.actions.len()).filter_map(|idx| Some(ActionId(u32::try_from(idx).ok()?)))
}
