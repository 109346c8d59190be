//! The smallest change that would have helped, for people.

use std::fmt::Write;

use actra_engine::analyze::{Change, FieldChange, Least};
use actra_engine::model::RawValue;

use crate::load::shown;

/// What would have to differ for a milder outcome: a line for each field.
pub(crate) fn show(change: &Change, is_sensitive: impl Fn(&FieldChange) -> bool) -> String {
    let heading = match change.least {
        Least::Proved => "the smallest change for a milder outcome",
        Least::Unproved => "a change for a milder outcome (fewer fields may do; that could not be decided)",
    };
    let mut text = format!("\n{heading}, {}:\n", change.effect);
    for field in &change.fields {
        let _ = write!(text, "  {}.{}", field.domain, field.name);
        let _ = match is_sensitive(field) {
            true => writeln!(text, " (sensitive)"),
            false => {
                writeln!(text, " from {} to {}", value(field.before.as_ref()), value(field.after.as_ref()))
            }
        };
    }
    text
}

fn value(value: Option<&RawValue>) -> String {
    value.map_or_else(|| "(none)".to_owned(), |value| shown(value.to_json()))
}
