//! Fields whose values were not shown and are shown now.

use actra_model::{Fields, Schema, TypeKind};

/// The paths of fields that were `sensitive` and are declared without it now.
pub(super) fn unmasked(old: &Schema, new: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |place: &str, old: &Fields, new: &Fields| unmasked_in(place, old, new, &mut found);
    for action in &old.actions {
        if let Some(now) = new.action_id(&action.name).and_then(|id| new.action(id)) {
            look(&format!("action.{}", action.name), &action.fields, &now.fields);
        }
    }
    look("actor", &old.actor, &new.actor);
    look("snapshot", &old.snapshot, &new.snapshot);
    found
}

fn unmasked_in(place: &str, old: &Fields, new: &Fields, found: &mut Vec<String>) {
    for (name, was) in old {
        let Some(is) = new.get(name) else { continue };
        let place = format!("{place}.{name}");
        if was.sensitive && !is.sensitive {
            found.push(place.clone());
        }
        if let (Some(was), Some(is)) = (members(&was.ty.kind), members(&is.ty.kind)) {
            unmasked_in(&place, was, is, found);
        }
    }
}

/// The members of an object, also of one in lists and maps.
fn members(kind: &TypeKind) -> Option<&Fields> {
    match kind {
        TypeKind::Object(fields) => Some(fields),
        TypeKind::List(element) | TypeKind::Map(element) => members(&element.kind),
        _ => None,
    }
}
