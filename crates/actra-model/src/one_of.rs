//! The values that a type is restricted to, sorted so that a list of thousands is not scanned for every request.

use std::cmp::Ordering;
use std::ops::Deref;

use crate::Value;

/// The values that `one_of` lists, as written. Reads as a slice.
///
/// Cost: looking a value up takes a logarithm of their number, but for paths, which have no order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OneOf {
    values: Vec<Value>,
    /// INVARIANT (sorted): places in `values` by ascending value, where all of them have one order; else empty.
    sorted: Vec<u32>,
}

impl OneOf {
    /// Adds a value; `false` if it was there already.
    pub fn insert(&mut self, value: Value) -> bool {
        let Ok(place) = u32::try_from(self.values.len()) else { return false };
        let at = match self.search(&value) {
            SearchResult::Found => return false,
            SearchResult::Missing(at) => at,
            SearchResult::Unordered if self.values.contains(&value) => return false,
            SearchResult::Unordered => {
                self.sorted.clear();
                self.values.push(value);
                return true;
            }
        };
        self.sorted.insert(at, place);
        self.values.push(value);
        true
    }

    /// Whether a value is one of them.
    pub fn contains(&self, value: &Value) -> bool {
        match self.search(value) {
            SearchResult::Found => true,
            SearchResult::Missing(_) => false,
            SearchResult::Unordered => self.values.contains(value),
        }
    }

    /// Whether a text is one of them.
    pub fn contains_text(&self, text: &str) -> bool {
        let order = |known: &Value| match known {
            Value::String(known) => Some((**known).cmp(text)),
            _ => None,
        };
        match self.search_by(order) {
            SearchResult::Found => true,
            SearchResult::Missing(_) => false,
            SearchResult::Unordered => self.values.iter().any(|known| order(known) == Some(Ordering::Equal)),
        }
    }

    fn search(&self, value: &Value) -> SearchResult {
        // What has no order among its own kind has none with others.
        if order(value, value).is_none() {
            return SearchResult::Unordered;
        }
        self.search_by(|known| order(known, value))
    }

    fn search_by(&self, order: impl Fn(&Value) -> Option<Ordering>) -> SearchResult {
        if self.sorted.len() != self.values.len() {
            return SearchResult::Unordered;
        }
        let known = |place: &u32| self.values.get(*place as usize).and_then(&order);
        // All are of one kind, so that one says whether another kind is looked for.
        if self.sorted.first().is_some_and(|first| known(first).is_none()) {
            return SearchResult::Unordered;
        }
        let place = self.sorted.binary_search_by(|place| known(place).unwrap_or(Ordering::Less));
        place.map_or_else(SearchResult::Missing, |_| SearchResult::Found)
    }
}

enum SearchResult {
    Found,
    /// Where it would stand.
    Missing(usize),
    Unordered,
}

/// The order of values of one kind; equal exactly if the values are.
fn order(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => left.cmp(right),
        (Value::String(left), Value::String(right)) => left.cmp(right),
        (Value::Timestamp(left), Value::Timestamp(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        (Value::Quantity(left), Value::Quantity(right)) => left.cmp(right),
        (Value::Ip(left), Value::Ip(right)) => left.cmp(right),
        (Value::Url(left), Value::Url(right)) => left.cmp(right),
        _ => return None,
    })
}

impl Deref for OneOf {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.values
    }
}

/// Each value once.
impl FromIterator<Value> for OneOf {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        let mut all = OneOf::default();
        for value in values {
            all.insert(value);
        }
        all
    }
}

impl From<Vec<Value>> for OneOf {
    fn from(values: Vec<Value>) -> Self {
        values.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a OneOf {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decimal, Path};

    fn number(text: &str) -> Value {
        Value::Number(Decimal::parse_json(text).unwrap())
    }

    fn text(text: &str) -> Value {
        Value::String(text.into())
    }

    #[test]
    fn values_are_found_whatever_their_order_and_kind() {
        let lists = [
            vec![number("3"), number("-1"), number("2.5")],
            vec![text("b"), text("a"), text("")],
            vec![Value::Path(Path::parse("/b").unwrap()), Value::Path(Path::parse("/a").unwrap())],
            vec![text("1"), number("1"), Value::Bool(true)],
            Vec::new(),
        ];
        let all: Vec<&Value> = lists.iter().flatten().collect();
        for list in &lists {
            let known = OneOf::from(list.clone());
            assert_eq!(&known[..], &list[..], "as written");
            for value in &all {
                assert_eq!(known.contains(value), list.contains(value), "{value:?} in {list:?}");
                if let Value::String(text) = value {
                    assert_eq!(known.contains_text(text), list.contains(value), "{value:?} in {list:?}");
                }
            }
        }
    }

    #[test]
    fn each_value_is_there_once() {
        let mut known = OneOf::default();
        let found = ["b", "a", "b", "a"].map(|name| known.insert(text(name)));
        assert_eq!((found, known.len()), ([true, true, false, false], 2));
        assert!(known.insert(number("1")) && !known.insert(number("1")) && !known.insert(text("a")));
    }
}
