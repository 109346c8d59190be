//! The macros: over the elements of a list, the keys of a map, or either of an `any`.

use actra_ir::{Expr, ExprKind, MacroKind, Variable};
use actra_model::{Decimal, Reason};

use super::Evaluator;
use crate::operand::{BoundVariable, Element, EvalResult, KleeneFold, List, ListBuilder, Operand, Text};
use crate::origin::ValueOrigin;
use crate::recorder::Recorder;

use crate::truth::{EvalError, Kleene};

/// The range of a macro: what its variables are bound to, one after the other.
struct MacroRange<'a> {
    items: RangeItems<'a>,
    /// The origin of the container, and of its keys.
    whole: ValueOrigin<'a>,
    /// The origin of its elements or values.
    inner: ValueOrigin<'a>,
}

enum RangeItems<'a> {
    List(List<'a>),
    Keys(Vec<Text<'a>>),
    MapEntries(Vec<(Text<'a>, Element<'a>)>),
}

impl MacroRange<'_> {
    fn len(&self) -> usize {
        match &self.items {
            RangeItems::List(list) => list.len(),
            RangeItems::Keys(keys) => keys.len(),
            RangeItems::MapEntries(entries) => entries.len(),
        }
    }
}

/// The variables of a macro.
#[derive(Clone, Copy)]
struct BoundVariables<'a> {
    first: &'a Variable,
    second: Option<&'a Variable>,
}

impl<'a, R: Recorder> Evaluator<'a, R> {
    /// `all`, `exists` and `exists_one`.
    pub(super) fn quantifier(&mut self, expr: &'a Expr) -> Kleene {
        let ExprKind::Macro { range, .. } = &expr.kind else {
            return Err(self.wrong_kind(expr));
        };
        self.limited(expr, range, |evaluator| evaluator.quantifier_within_cost(expr))
    }

    fn quantifier_within_cost(&mut self, expr: &'a Expr) -> Kleene {
        let ExprKind::Macro { kind, range, variables: bound, body, .. } = &expr.kind else {
            return Err(self.wrong_kind(expr));
        };
        let variables = BoundVariables { first: &bound.first, second: bound.second.as_ref() };
        let range = self.range(expr, range, variables)?;
        self.recorder.pause();
        let truth = match kind {
            MacroKind::All => self.quantify(&range, variables, body, false),
            MacroKind::Exists => self.quantify(&range, variables, body, true),
            _ => self.exactly_one(&range, variables, body),
        };
        self.recorder.resume();
        self.env.unbind(&bound.first);
        truth
    }

    /// Kleene-and or Kleene-or over the elements, by the truth that decides it.
    fn quantify(
        &mut self,
        range: &MacroRange<'a>,
        variables: BoundVariables<'a>,
        body: &'a Expr,
        deciding: bool,
    ) -> Kleene {
        let mut fold = KleeneFold::new(deciding);
        for idx in 0..range.len() {
            self.bind(range, variables, idx);
            let truth = self.truth(body);
            if fold.add(&self.env, truth).is_break() {
                break;
            }
        }
        fold.finish(&self.env)
    }

    fn exactly_one(
        &mut self,
        range: &MacroRange<'a>,
        variables: BoundVariables<'a>,
        body: &'a Expr,
    ) -> Kleene {
        let mut count = 0_usize;
        for idx in 0..range.len() {
            self.bind(range, variables, idx);
            count += usize::from(self.truth(body)?);
        }
        Ok(count == 1)
    }

    /// `filter` and `map`.
    pub(super) fn collection(&mut self, expr: &'a Expr) -> EvalResult<'a> {
        let ExprKind::Macro { range, .. } = &expr.kind else {
            return Err(self.wrong_kind(expr));
        };
        self.limited(expr, range, |evaluator| evaluator.collection_within_cost(expr))
    }

    fn collection_within_cost(&mut self, expr: &'a Expr) -> EvalResult<'a> {
        let ExprKind::Macro { kind, range, variables: bound, filter, body } = &expr.kind else {
            return Err(self.wrong_kind(expr));
        };
        let variables = BoundVariables { first: &bound.first, second: bound.second.as_ref() };
        let range = self.range(expr, range, variables)?;
        self.recorder.pause();
        let items = match kind {
            MacroKind::Filter => self.collect(expr, &range, variables, Some(body), None),
            _ => self.collect(expr, &range, variables, filter.as_deref(), Some(body)),
        };
        self.recorder.resume();
        self.env.unbind(&bound.first);
        items
    }

    fn collect(
        &mut self,
        expr: &'a Expr,
        range: &MacroRange<'a>,
        variables: BoundVariables<'a>,
        filter: Option<&'a Expr>,
        body: Option<&'a Expr>,
    ) -> EvalResult<'a> {
        let mut producer = ListBuilder::default();
        for idx in 0..range.len() {
            self.bind(range, variables, idx);
            if let Some(filter) = filter
                && !self.truth(filter)?
            {
                continue;
            }
            let item = match body {
                // The value may come from the variable, which is no longer bound where the list is used.
                Some(body) => Ok(self.value(body)?.with_origin(|| ValueOrigin::of(expr).element())),
                None => self.item(range, idx),
            };
            if producer.push(item).is_none() {
                self.env.unbind(variables.first);
                return Err(self.env.error(expr, Reason::NotRepresentable));
            }
        }
        Ok(producer.finish(ValueOrigin::of(expr)))
    }

    fn range(
        &mut self,
        expr: &'a Expr,
        range: &'a Expr,
        variables: BoundVariables<'a>,
    ) -> Result<MacroRange<'a>, EvalError> {
        let operand = self.value(range)?;
        if let Some(list) = operand.as_list() {
            let whole = list.origin.clone();
            return Ok(MacroRange { inner: whole.element(), whole, items: RangeItems::List(list) });
        }
        let Some(entries) = operand.as_entries() else {
            return Err(self.kind_mismatch(&operand, expr));
        };
        let items = match variables.second {
            None => RangeItems::Keys(entries.keys()),
            Some(_) => RangeItems::MapEntries(entries.pairs()),
        };
        Ok(MacroRange { inner: entries.origin.element(), whole: entries.origin, items })
    }

    fn bind(&mut self, range: &MacroRange<'a>, variables: BoundVariables<'a>, idx: usize) {
        let MacroRange { items, whole, inner } = range;
        let (first, origin) = match (items, variables.second) {
            (RangeItems::List(_), None) => (self.element(range, idx), inner.clone()),
            (RangeItems::List(_), Some(_)) => {
                (Element::Computed(Ok(Operand::Number(count(idx)))), whole.clone())
            }
            (RangeItems::Keys(_) | RangeItems::MapEntries(_), _) => (self.key(range, idx), whole.clone()),
        };
        self.env.bind(variables.first, BoundVariable { element: first, origin });
        if let Some(second) = variables.second {
            let element = self.element(range, idx);
            self.env.bind(second, BoundVariable { element, origin: inner.clone() });
        }
    }

    /// The key at an index of the range.
    fn key(&self, range: &MacroRange<'a>, idx: usize) -> Element<'a> {
        let key = match &range.items {
            RangeItems::List(_) => None,
            RangeItems::Keys(keys) => keys.get(idx),
            RangeItems::MapEntries(entries) => entries.get(idx).map(|(key, _)| key),
        };
        let missing = || self.env.error_at(&range.whole, Reason::NoSuchKey);
        Element::Computed(key.map(|key| Operand::Text(key.clone())).ok_or_else(missing))
    }

    /// The value of a single variable at an index of the range.
    fn item(&self, range: &MacroRange<'a>, idx: usize) -> EvalResult<'a> {
        let item = self.element(range, idx).item(|| range.inner.clone(), &self.env);
        item.unwrap_or_else(|| Err(self.env.error_at(&range.inner, Reason::NoSuchElement)))
    }

    /// The element that a single variable, or the second of two, is bound to at an index of the range.
    fn element(&self, range: &MacroRange<'a>, idx: usize) -> Element<'a> {
        match &range.items {
            RangeItems::List(list) => list.element(idx),
            RangeItems::Keys(_) => Some(self.key(range, idx)),
            RangeItems::MapEntries(entries) => entries.get(idx).map(|(_, element)| element.clone()),
        }
        .unwrap_or_else(|| Element::Computed(Err(self.env.error_at(&range.inner, Reason::NoSuchElement))))
    }
}

/// A count as a value.
pub(super) fn count(count: usize) -> Decimal {
    Decimal::from(i64::try_from(count).unwrap_or(i64::MAX))
}
