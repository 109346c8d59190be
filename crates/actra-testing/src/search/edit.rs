//! Small changes inside of nested values.

use actra_engine::model::{RawMap, RawValue};

use super::rng::Rng;

/// Changes a value somewhere inside: takes a member or element away, repeats one, or puts something else there.
pub(super) fn edit(value: &mut RawValue, others: &[RawValue], rng: &mut Rng) {
    let inner = rng.below(4) > 0;
    match value {
        RawValue::Map(members) if !members.is_empty() && inner => edit_member(members, others, rng),
        RawValue::List(items) if !items.is_empty() && inner => edit_element(items, others, rng),
        value => {
            if let Some(other) = rng.pick(others) {
                value.clone_from(other);
            }
        }
    }
}

fn edit_member(members: &mut RawMap, others: &[RawValue], rng: &mut Rng) {
    let keys: Vec<String> = members.keys().cloned().collect();
    let Some(key) = rng.pick(&keys) else { return };
    if rng.below(4) == 0 {
        members.remove(key);
    } else if let Some(member) = members.get_mut(key) {
        edit(member, others, rng);
    }
}

fn edit_element(items: &mut Vec<RawValue>, others: &[RawValue], rng: &mut Rng) {
    let idx = rng.below(items.len());
    match rng.below(6) {
        0 => drop(items.remove(idx)),
        1 => items.extend(items.get(idx).cloned()),
        _ => items.iter_mut().skip(idx).take(1).for_each(|item| edit(item, others, rng)),
    }
}

/// All scalars in some values, each once.
pub(super) fn scalars<'v>(values: impl IntoIterator<Item = &'v RawValue>) -> Vec<RawValue> {
    let mut found = vec![RawValue::Null, RawValue::Bool(true), RawValue::Bool(false)];
    values.into_iter().for_each(|value| collect(value, &mut found));
    found
}

/// Scalars to choose from at most.
const SCALARS: usize = 64;

fn collect(value: &RawValue, found: &mut Vec<RawValue>) {
    match value {
        RawValue::List(items) => items.iter().for_each(|item| collect(item, found)),
        RawValue::Map(members) => members.values().for_each(|member| collect(member, found)),
        scalar if found.len() < SCALARS && !found.contains(scalar) => found.push(scalar.clone()),
        _ => {}
    }
}
