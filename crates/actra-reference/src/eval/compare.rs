//! Equality, order and membership.

use std::collections::BTreeMap;

use actra_model::{Cidr, PathOrder, RawValue, Reason};

use super::Eval;
use crate::kleene::{both, junction, not};
use crate::scalar_ops;
use crate::value::{EvalError, EvalResult, Truth, V, element_of};

impl<'a> Eval<'a> {
    pub(super) fn equal(&self, a: V, b: V, path: &str) -> Truth {
        let (a, b) = match (a, b) {
            (V::Null, V::Any(raw, at)) | (V::Any(raw, at), V::Null) => {
                return match raw {
                    RawValue::Unreadable(reason) => Err(EvalError { path: at, reason }),
                    raw => Ok(raw == RawValue::Null),
                };
            }
            (V::Any(a, a_path), V::Any(b, b_path)) => return json_equal((&a, &a_path), (&b, &b_path)),
            (a, b) => {
                let fitted = self.fit(a, &b, path)?;
                let b = self.fit(b, &fitted, path)?;
                (fitted, b)
            }
        };
        match (a, b) {
            (V::List(a), V::List(b)) if a.len() != b.len() => Ok(false),
            (V::List(a), V::List(b)) => junction(
                a.into_iter().zip(b).map(|(a, b)| both(a, b).and_then(|(a, b)| self.equal(a, b, path))),
                false,
            ),
            (V::Map(a), V::Map(b)) => {
                let there = |of: &BTreeMap<String, Option<EvalResult>>, key: &String| {
                    of.get(key).is_some_and(Option::is_some)
                };
                let first = a.keys().filter(|key| there(&a, key));
                let keys = first.chain(b.keys().filter(|key| there(&b, key) && !there(&a, key)));
                let alike = keys.map(|key| match (a.get(key), b.get(key)) {
                    (Some(Some(a)), Some(Some(b))) => {
                        both(a.clone(), b.clone()).and_then(|(a, b)| self.equal(a, b, path))
                    }
                    // A member that is invalid could be anything, also absent like the other's.
                    (Some(Some(Err(error))), Some(None)) | (Some(None), Some(Some(Err(error)))) => {
                        Err(error.clone())
                    }
                    _ => Ok(false),
                });
                junction(alike, false)
            }
            (V::Path(a), V::Path(b)) => match a.compare(&b) {
                PathOrder::Incomparable => {
                    Err(EvalError { path: path.to_owned(), reason: Reason::Incomparable })
                }
                order => Ok(order == PathOrder::Equal),
            },
            (a, b) => Ok(a == b),
        }
    }

    pub(super) fn less(&self, a: V, b: V, path: &str) -> Truth {
        let (a, b) = (self.fit(a, &b, path)?, b);
        let b = self.fit(b, &a, path)?;
        scalar_ops::less(&a, &b).ok_or_else(|| EvalError { path: path.to_owned(), reason: Reason::WrongKind })
    }

    pub(super) fn at_most(&self, a: V, b: V, path: &str) -> Truth {
        let (a, b) = (self.fit(a, &b, path)?, b);
        let b = self.fit(b, &a, path)?;
        not(scalar_ops::less(&b, &a)
            .ok_or_else(|| EvalError { path: path.to_owned(), reason: Reason::WrongKind }))
    }

    /// Kleene-or over elements; keys of a map.
    pub(super) fn is_in(&self, element: EvalResult, container: V, path: &str) -> Truth {
        match container {
            V::List(items) => junction(
                items
                    .into_iter()
                    .map(|item| both(element.clone(), item).and_then(|(a, b)| self.equal(a, b, path))),
                true,
            ),
            V::Map(members) => self.is_key(element, members.keys(), path),
            V::Any(RawValue::List(items), at) => {
                let items = items.into_iter().map(|item| element_of(item, &at)).collect();
                self.is_in(element, V::List(items), path)
            }
            V::Any(RawValue::Map(members), _) => self.is_key(element, members.keys(), path),
            V::Any(RawValue::Unreadable(reason), path) => Err(EvalError { path, reason }),
            V::Any(_, at) => Err(EvalError { path: at, reason: Reason::WrongKind }),
            _ => Err(EvalError { path: path.to_owned(), reason: Reason::WrongKind }),
        }
    }

    pub(super) fn is_key<'k>(
        &self,
        element: EvalResult,
        mut keys: impl ExactSizeIterator<Item = &'k String>,
        path: &str,
    ) -> Truth {
        if keys.len() == 0 {
            return Ok(false);
        }
        match self.fit(element?, &V::Str(String::new()), path)? {
            V::Str(text) => Ok(keys.any(|key| *key == text)),
            _ => Err(EvalError { path: path.to_owned(), reason: Reason::WrongKind }),
        }
    }

    pub(super) fn lies_within(&self, operand: EvalResult, base: EvalResult, path: &str) -> Truth {
        let a_path = V::Path(actra_model::Path::parse("/").unwrap_or_else(|| unreachable!()));
        // What is read as a path and is none is so before the base is looked at.
        let operand = match operand? {
            json @ V::Any(..) => self.fit(json, &a_path, path)?,
            operand => operand,
        };
        let base = base?;
        if let (V::Ip(address), V::Str(range)) = (&operand, &base) {
            return Ok(Cidr::parse(range).is_some_and(|range| range.contains(*address)));
        }
        match (self.fit(operand, &a_path, path)?, self.fit(base, &a_path, path)?) {
            (V::Path(operand), V::Path(base)) => match operand.compare(&base) {
                PathOrder::Incomparable => {
                    Err(EvalError { path: path.to_owned(), reason: Reason::Incomparable })
                }
                order => Ok(order != PathOrder::Apart),
            },
            _ => Err(EvalError { path: path.to_owned(), reason: Reason::WrongKind }),
        }
    }
}

/// JSON equality; each side with the path that it was read at.
fn json_equal((a, a_path): (&RawValue, &str), (b, b_path): (&RawValue, &str)) -> Truth {
    let members = |(a, b)| json_equal((a, a_path), (b, b_path));
    match (a, b) {
        (RawValue::Unreadable(reason), _) => Err(EvalError { path: a_path.to_owned(), reason: *reason }),
        (_, RawValue::Unreadable(reason)) => Err(EvalError { path: b_path.to_owned(), reason: *reason }),
        (RawValue::List(a), RawValue::List(b)) if a.len() == b.len() => {
            junction(a.iter().zip(b).map(members), false)
        }
        (RawValue::Map(a), RawValue::Map(b)) if a.keys().eq(b.keys()) => {
            junction(a.values().zip(b.values()).map(members), false)
        }
        (RawValue::List(_), RawValue::List(_)) | (RawValue::Map(_), RawValue::Map(_)) => Ok(false),
        (a, b) => Ok(a == b),
    }
}
