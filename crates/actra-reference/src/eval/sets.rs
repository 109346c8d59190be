//! Lists as sets: subsets and intersections.

use actra_model::Reason;
use actra_syntax::ast::Expr;

use super::path::element_type;
use super::{Eval, Variable};
use crate::kleene::{both, junction};
use crate::value::{EvalError, EvalResult, Truth, V, sample};

impl<'a> Eval<'a> {
    pub(super) fn list(&self, item: EvalResult, path: &str) -> EvalResult {
        item.and_then(|value| self.fit(value, &V::List(Vec::new()), path))
    }

    /// A list whose elements are of the kind that those of the other list are declared with.
    pub(super) fn elements(&self, own: &Expr, other: &Expr, path: &str, vars: &[Variable<'a>]) -> EvalResult {
        let other = self.declared(other, vars).and_then(element_type).and_then(|of| sample(&of.kind));
        let other = other.filter(|kind| !matches!(kind, V::List(_) | V::Map(_)));
        match (self.list(self.value(own, vars), path)?, other) {
            (V::List(items), Some(kind)) => {
                let fit = |item: EvalResult| item.and_then(|value| self.fit(value, &kind, path));
                Ok(V::List(items.into_iter().map(fit).collect()))
            }
            (list, _) => Ok(list),
        }
    }

    /// Kleene-and over `part` of membership in `whole`.
    pub(super) fn subset(&self, whole: EvalResult, part: EvalResult, path: &str) -> Truth {
        let (whole, part) = both(self.list(whole, path), self.list(part, path))?;
        match part {
            V::List(items) => {
                junction(items.into_iter().map(|item| self.is_in(item, whole.clone(), path)), false)
            }
            _ => Err(EvalError { path: path.to_owned(), reason: Reason::WrongKind }),
        }
    }

    pub(super) fn overlap(&self, a: EvalResult, b: EvalResult, path: &str) -> Truth {
        let (a, b) = both(self.list(a, path), self.list(b, path))?;
        match a {
            V::List(items) => junction(items.into_iter().map(|item| self.is_in(item, b.clone(), path)), true),
            _ => Err(EvalError { path: path.to_owned(), reason: Reason::WrongKind }),
        }
    }
}
