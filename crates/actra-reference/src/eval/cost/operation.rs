//! What operators and functions cost, by what their operands measure.

use actra_model::{Path, Pattern, limits};

use super::measure::{Measures, PossibleValue, contents, list_of, maximum, text_of, value_measures};
use crate::value::V;

/// An `any` beside a value that is no scalar is read as a whole.
pub(super) fn conversion_cost(a: &Measures, b: &Measures) -> u64 {
    if a.json > 0 && b.json == 0 && b.composite {
        16 * a.json
    } else if b.json > 0 && a.json == 0 && a.composite {
        16 * b.json
    } else {
        0
    }
}

pub(super) fn compare_cost(a: &Measures, b: &Measures) -> u64 {
    let (first, second) = if a.path || b.path { (a.as_path, b.as_path) } else { (a.whole, b.whole) };
    first.min(second) + conversion_cost(a, b)
}

/// For `within`, where every text of the policy is a path.
pub(super) fn path_compare_cost(a: &[PossibleValue<'_>], b: &[PossibleValue<'_>]) -> u64 {
    let as_path = |values: &[PossibleValue<'_>]| match values {
        [PossibleValue::Value(V::Str(text), None)] => {
            Path::parse(text).map(|path| value_measures(&V::Path(path))).unwrap_or_default()
        }
        values => maximum(values),
    };
    let (a, b) = (as_path(a), as_path(b));
    a.whole.min(b.whole) + conversion_cost(&a, &b)
}

pub(super) fn membership_cost(element: &[PossibleValue<'_>], container: &[PossibleValue<'_>]) -> u64 {
    let (one, all) = (maximum(element), maximum(container));
    let each = 1 + compare_cost(&one, &maximum(&contents(container, None)));
    all.items.saturating_mul(each) + lookup_cost(&one, &all)
}

/// A key in a map.
pub(super) fn lookup_cost(key: &Measures, map: &Measures) -> u64 {
    if map.entries == 0 { 0 } else { 40 + key.bytes.min(map.keys) / 8 }
}

pub(super) fn pairwise_cost(a: &[PossibleValue<'_>], b: &[PossibleValue<'_>]) -> u64 {
    let each = 1 + compare_cost(&maximum(&contents(a, None)), &maximum(&contents(b, None)));
    (maximum(a).items * maximum(b).items).saturating_mul(each)
}

pub(super) fn search_cost(text: &[PossibleValue<'_>], pattern: &[PossibleValue<'_>]) -> u64 {
    let source = match pattern {
        [PossibleValue::Value(V::Str(source), _)] => source.as_str(),
        _ => unreachable!("the set compiles"),
    };
    let weight = Pattern::new(source).map_or(1, |pattern| pattern.weight());
    16 + maximum(text).bytes.saturating_mul(weight)
}

/// What a function costs besides its operands, and its results.
pub(super) fn function_cost<'a>(
    name: &str,
    a: &[PossibleValue<'a>],
    b: &[PossibleValue<'_>],
    c: &[PossibleValue<'_>],
) -> (u64, Vec<PossibleValue<'a>>) {
    let (first, second, third) = (maximum(a), maximum(b), maximum(c));
    let words = first.bytes / 64 + 1;
    match name {
        "size" => (16 * words, Vec::new()),
        "int" | "double" => (16 * words + 32, Vec::new()),
        "lowerAscii" | "upperAscii" | "trim" | "substring" => (16 * words, text_of(first.bytes)),
        "string" => (16 * words + 48, text_of(first.bytes.max(64))),
        "startsWith" | "endsWith" => (first.whole.min(second.whole), Vec::new()),
        "contains" | "indexOf" | "lastIndexOf" => (48 * words, Vec::new()),
        "split" => {
            let items = (first.bytes + 1).min(10_000);
            (48 * words + 16 * items, vec![list_of(items, text_of(first.bytes))])
        }
        "replace" => {
            let longest = first.bytes + (first.bytes + 1).saturating_mul(third.bytes);
            let bytes = longest.min(limits::PRODUCED_BYTES as u64);
            (192 * words + 16 * (bytes / 64), text_of(bytes))
        }
        "sum" => (8 * first.items + first.whole, Vec::new()),
        "min" | "max" => (8 * first.items + first.whole, contents(a, None)),
        "distinct" => (pairwise_cost(a, a), a.to_vec()),
        _ => unreachable!("the set compiles: {name}"),
    }
}
