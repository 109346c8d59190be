//! Arguments of a call as an approval is bound to them.

use actra_engine::model::{RawMap, RawValue, Reason, limits};
use actra_runtime::approval::{self, tagged};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::convert::{simple, text};

const UNBINDABLE: RawValue = RawValue::Unreadable(Reason::Unresolved);

/// What `actra._approval_parts.approval_parts` makes of arguments, with tags and hashes.
pub(crate) fn bound(arguments: &Bound<'_, PyDict>) -> RawMap {
    let name = |name: &Bound<'_, PyAny>| name.cast::<PyString>().ok().and_then(text);
    let named = arguments.iter().filter_map(|(key, value)| Some((name(&key)?, value_of(&value, 0))));
    let mut bound: RawMap = named.collect();
    // Half a surrogate pair. It comes last, so that an argument without a name does not take its place.
    if arguments.iter().any(|(key, _)| name(&key).is_none()) {
        bound.insert(String::new(), UNBINDABLE);
    }
    bound
}

/// Depth: what is handed over nests a little deeper than a request, for tags.
fn value_of(value: &Bound<'_, PyAny>, depth: usize) -> RawValue {
    if depth > 4 * limits::NESTING {
        return UNBINDABLE;
    }
    if let Some(simple) = simple(value) {
        return simple.into_value().into_owned();
    }
    if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        return approval::bytes(bytes.as_bytes());
    }
    if let Ok(list) = value.cast_exact::<PyList>() {
        return RawValue::List(list.iter().map(|one| value_of(&one, depth + 1)).collect());
    }
    if let Ok(dict) = value.cast_exact::<PyDict>() {
        let members = dict
            .iter()
            .map(|(key, value)| Some((text(key.cast::<PyString>().ok()?)?, value_of(&value, depth + 1))));
        return members.collect::<Option<RawMap>>().map_or(UNBINDABLE, approval::object);
    }
    let tag = value.cast_exact::<PyTuple>().ok().filter(|tuple| tuple.len() == 2);
    let tag = tag
        .and_then(|tuple| Some((tuple.get_item(0).ok()?.extract::<String>().ok()?, tuple.get_item(1).ok()?)));
    match tag {
        Some((tag, value)) => tagged(&tag, value_of(&value, depth + 1)),
        None => UNBINDABLE,
    }
}
