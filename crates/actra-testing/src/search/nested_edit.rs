//! Small random changes inside of nested values.

use actra_engine::model::{RawMap, RawValue};

use super::rng::Rng;

/// Changes a value somewhere inside: removes a member or element, repeats an element, or replaces something by another
/// value.
pub(super) fn edit(value: &mut RawValue, others: &[RawValue], rng: &mut Rng) {
    let descends = rng.below(4) > 0;
    match value {
        RawValue::Map(members) if !members.is_empty() && descends => edit_member(members, others, rng),
        RawValue::List(items) if !items.is_empty() && descends => edit_element(items, others, rng),
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

/// The scalars in some values, each once.
pub(super) fn scalars<'v>(values: impl IntoIterator<Item = &'v RawValue>) -> Vec<RawValue> {
    let mut found = vec![RawValue::Null, RawValue::Bool(true), RawValue::Bool(false)];
    values.into_iter().for_each(|value| collect_scalars(value, &mut found));
    found
}

/// The most scalars to choose from.
const MAX_SCALARS: usize = 64;

fn collect_scalars(value: &RawValue, found: &mut Vec<RawValue>) {
    match value {
        RawValue::List(items) => items.iter().for_each(|item| collect_scalars(item, found)),
        RawValue::Map(members) => members.values().for_each(|member| collect_scalars(member, found)),
        scalar if found.len() < MAX_SCALARS && !found.contains(scalar) => found.push(scalar.clone()),
        _ => {}
    }
}
