//! Descriptions for people, which never make two schemas differ.

use std::fmt;
use std::sync::Arc;

/// The description of an action or a field for people: any text, or none.
///
/// All descriptions are equal: they change nothing, so types and schemas that differ only in them are the same.
#[derive(Clone, Default)]
pub struct Description(Option<Arc<str>>);

impl Description {
    /// The text, if there is one.
    pub fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl From<Option<Arc<str>>> for Description {
    fn from(text: Option<Arc<str>>) -> Self {
        Self(text)
    }
}

impl From<&str> for Description {
    fn from(text: &str) -> Self {
        Self(Some(text.into()))
    }
}

/// Equal descriptions have the same debug form, for comparisons by that form.
impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Description").finish_non_exhaustive()
    }
}

impl PartialEq for Description {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Description {}
