//! Fields that another argument of the operation fills than before.

use std::sync::Arc;

use actra_model::{ActionSchema, Field, Schema};

/// A field of an action that another argument fills than before.
///
/// A policy that says as much as before about a field says nothing about an argument that no longer fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remapped {
    /// The field: `action.NAME.FIELD`.
    pub path: String,
    /// The argument that filled it.
    pub before: Arc<str>,
    /// The argument that fills it now; `None` where the field is gone, and with it what it said of its argument.
    pub now: Option<Arc<str>>,
}

/// Those fields, in the order of actions and fields.
pub(super) fn remapped(old: &Schema, new: &Schema) -> Vec<Remapped> {
    let both = old.actions.iter().filter_map(|was| Some((was, new.action(new.action_id(&was.name)?)?)));
    both.flat_map(|(was, is)| was.fields.iter().filter_map(|(name, field)| moved(was, is, name, field)))
        .collect()
}

/// A field that is gone, and said nothing of an argument, is no matter: the effects are compared without it.
fn moved(was: &ActionSchema, is: &ActionSchema, name: &Arc<str>, field: &Field) -> Option<Remapped> {
    let before = field.argument.as_ref().unwrap_or(name);
    let now = is.fields.get(name).map(|field| field.argument.as_ref().unwrap_or(name));
    let is_moved = match now {
        Some(now) => now != before,
        None => field.argument.is_some(),
    };
    let path = || format!("action.{}.{name}", was.name);
    is_moved.then(|| Remapped { path: path(), before: Arc::clone(before), now: now.cloned() })
}
