//! Fields whose values were not shown and are shown now, and facts that one schema alone declares.

use std::collections::BTreeSet;

use actra_model::{Field, Fields, Schema, TypeKind};

/// The paths of fields that were `sensitive` and are not now.
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
    // What nobody declares is marked by nobody, nor is what is in it: its size is shown.
    let none = Fields::new();
    for (name, was) in old {
        let is = new.get(name);
        if is.is_some_and(|is| is.sensitive) {
            continue;
        }
        let place = format!("{place}.{name}");
        if was.sensitive {
            found.push(place.clone());
        }
        if let Some(was) = members(&was.ty.kind) {
            let is = is.and_then(|is| members(&is.ty.kind)).unwrap_or(&none);
            unmasked_in(&place, was, is, found);
        }
    }
}

/// The facts that one schema declares and the other does not.
pub(super) fn one_sided(old: &Schema, new: &Schema) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (record, old, new) in [("actor", &old.actor, &new.actor), ("snapshot", &old.snapshot, &new.snapshot)]
    {
        one_sided_in(record, old, new, &mut found);
    }
    found.into_iter().collect()
}

/// Depth: that of types.
fn one_sided_in(place: &str, old: &Fields, new: &Fields, found: &mut BTreeSet<String>) {
    let facts = |field: &Field| match &field.ty.kind {
        TypeKind::Object(members) => members.clone(),
        _ => Fields::new(),
    };
    for name in old.keys().chain(new.keys()) {
        let path = format!("{place}.{name}");
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) if old.ty != new.ty => {
                one_sided_in(&path, &facts(old), &facts(new), found)
            }
            (Some(_), Some(_)) => {}
            _ => drop(found.insert(path)),
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
