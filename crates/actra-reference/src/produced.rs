//! The limits on lists that a function produces.

use actra_model::{RawValue, limits};

use crate::value::{EvalResult, V};

/// A list that a function may produce: 10,000 elements and 4 MiB, where each element at any depth counts 64 bytes.
pub(crate) fn produced(items: Vec<EvalResult>) -> Option<V> {
    let weight: usize = items.iter().map(|item| 64 + weight_of(item)).sum();
    (items.len() <= limits::ELEMENTS && weight <= limits::PRODUCED_BYTES).then_some(V::List(items))
}

pub(crate) fn weight_of(item: &EvalResult) -> usize {
    match item {
        Ok(V::Str(text)) => text.len(),
        Ok(V::Path(path)) => path.to_string().len() + 64 * path.segments(),
        Ok(V::Url(url)) => url.as_str().len(),
        Ok(V::List(items)) => items.iter().map(|item| 64 + weight_of(item)).sum(),
        Ok(V::Map(members)) => {
            let there = members.iter().filter_map(|(key, item)| Some((key, item.as_ref()?)));
            there.map(|(key, item)| key.len() + 64 + weight_of(item)).sum()
        }
        Ok(V::Any(raw, _)) => raw_weight(raw),
        _ => 0,
    }
}

fn raw_weight(raw: &RawValue) -> usize {
    match raw {
        RawValue::String(text) => text.len(),
        RawValue::List(items) => items.iter().map(|item| 64 + raw_weight(item)).sum(),
        RawValue::Map(members) => members.iter().map(|(key, item)| key.len() + 64 + raw_weight(item)).sum(),
        _ => 0,
    }
}
