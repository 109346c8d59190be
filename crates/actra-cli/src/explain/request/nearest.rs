//! The smallest change of a request that would have had a more permissive outcome, for people.

use std::fmt::Write;

use actra_engine::analyze::{Minimality, NearestChange};
use actra_engine::model::RawValue;
use actra_engine::{Policy, redacted_changes};

use crate::output::printable;

/// What would have to differ for a more permissive outcome: a line for each field, and for each sensitive path in one.
pub(crate) fn describe(policy: &Policy, change: &NearestChange) -> String {
    let heading = match change.least {
        Minimality::Proved => "the smallest change for a more permissive outcome",
        Minimality::Unproved => {
            "a change that gives a more permissive outcome (changing fewer fields may be enough; that could not be decided)"
        }
    };
    let mut text = format!("\n{heading}, {}:\n", change.effect);
    for field in redacted_changes(policy, change) {
        if let Some((before, after)) = &field.values {
            let (before, after) = (value(before.as_ref()), value(after.as_ref()));
            let _ = writeln!(text, "  {} from {before} to {after}", printable(&field.path));
        }
        for path in &field.hidden {
            let _ = writeln!(text, "  {} (sensitive)", printable(path));
        }
    }
    text
}

fn value(value: Option<&RawValue>) -> String {
    value.map_or_else(|| "(none)".to_owned(), |value| printable(value.to_json()))
}
