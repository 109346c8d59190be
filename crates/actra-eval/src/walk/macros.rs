//! The macros: over the elements of a list, the keys of a map, or either of an `any`.

use actra_ir::{Expr, ExprKind, MacroKind, Variable};
use actra_model::{Decimal, Reason};

use super::Walk;
use crate::operand::{Entries, Item, List, Operand, Producer, Text};
use crate::record::Recorder;
use crate::scope::{Fold, Frame, Origin};
use crate::truth::{Kleene, Leaf};

/// What a macro ranges over.
struct Range<'a> {
    over: Over<'a>,
    /// Where the container lies, which is also where its keys are said to lie.
    whole: Origin<'a>,
    /// Where an element or value lies.
    inner: Origin<'a>,
}

enum Over<'a> {
    List(List<'a>),
    Map(Entries<'a>, Vec<Text<'a>>),
}

impl Range<'_> {
    fn len(&self) -> usize {
        match &self.over {
            Over::List(list) => list.len(),
            Over::Map(_, keys) => keys.len(),
        }
    }
}

/// The variables of a macro.
#[derive(Clone, Copy)]
struct Variables<'a> {
    first: &'a Variable,
    second: Option<&'a Variable>,
}

impl<'a, R: Recorder> Walk<'a, R> {
    /// `all`, `exists` and `exists_one`.
    pub(super) fn quantifier(&mut self, expr: &'a Expr) -> Kleene {
        let ExprKind::Macro { range, .. } = &expr.kind else {
            return Err(self.wrong_kind(expr));
        };
        self.limited(expr, range, |walk| walk.quantifier_within_cost(expr))
    }

    fn quantifier_within_cost(&mut self, expr: &'a Expr) -> Kleene {
        let ExprKind::Macro { kind, range, variables: bound, body, .. } = &expr.kind else {
            return Err(self.wrong_kind(expr));
        };
        let range = self.range(expr, range)?;
        let variables = Variables { first: &bound.first, second: bound.second.as_ref() };
        self.recorder.pause();
        let truth = match kind {
            MacroKind::All => self.quantify(&range, variables, body, false),
            MacroKind::Exists => self.quantify(&range, variables, body, true),
            _ => self.exactly_one(&range, variables, body),
        };
        self.recorder.resume();
        self.scope.unbind(&bound.first);
        truth
    }

    /// Kleene-and or Kleene-or over the elements, by the truth that decides it.
    fn quantify(
        &mut self,
        range: &Range<'a>,
        variables: Variables<'a>,
        body: &'a Expr,
        deciding: bool,
    ) -> Kleene {
        let mut fold = Fold::new(deciding);
        for idx in 0..range.len() {
            self.bind(range, variables, idx);
            let truth = self.truth(body);
            if fold.add(&self.scope, truth).is_break() {
                break;
            }
        }
        fold.finish(&self.scope)
    }

    fn exactly_one(&mut self, range: &Range<'a>, variables: Variables<'a>, body: &'a Expr) -> Kleene {
        let mut count = 0_usize;
        for idx in 0..range.len() {
            self.bind(range, variables, idx);
            count += usize::from(self.truth(body)?);
        }
        Ok(count == 1)
    }

    /// `filter` and `map`.
    pub(super) fn collection(&mut self, expr: &'a Expr) -> Item<'a> {
        let ExprKind::Macro { range, .. } = &expr.kind else {
            return Err(self.wrong_kind(expr));
        };
        self.limited(expr, range, |walk| walk.collection_within_cost(expr))
    }

    fn collection_within_cost(&mut self, expr: &'a Expr) -> Item<'a> {
        let ExprKind::Macro { kind, range, variables: bound, filter, body } = &expr.kind else {
            return Err(self.wrong_kind(expr));
        };
        let range = self.range(expr, range)?;
        let variables = Variables { first: &bound.first, second: bound.second.as_ref() };
        self.recorder.pause();
        let items = match kind {
            MacroKind::Filter => self.collect(expr, &range, variables, Some(body), None),
            _ => self.collect(expr, &range, variables, filter.as_deref(), Some(body)),
        };
        self.recorder.resume();
        self.scope.unbind(&bound.first);
        items
    }

    fn collect(
        &mut self,
        expr: &'a Expr,
        range: &Range<'a>,
        variables: Variables<'a>,
        filter: Option<&'a Expr>,
        body: Option<&'a Expr>,
    ) -> Item<'a> {
        let mut producer = Producer::default();
        for idx in 0..range.len() {
            self.bind(range, variables, idx);
            if let Some(filter) = filter
                && !self.truth(filter)?
            {
                continue;
            }
            let item = match body {
                // What a body reads through the variable is not bound any more where the list is used.
                Some(body) => Ok(self.value(body)?.rooted(|| Origin::of(expr).element())),
                None => self.element(range, idx),
            };
            if producer.push(item).is_none() {
                self.scope.unbind(variables.first);
                return Err(self.scope.leaf(expr, Reason::NotRepresentable));
            }
        }
        Ok(producer.finish(Origin::of(expr)))
    }

    fn range(&mut self, expr: &'a Expr, range: &'a Expr) -> Result<Range<'a>, Leaf> {
        let operand = self.value(range)?;
        if let Some(list) = operand.as_list() {
            let whole = list.origin.clone();
            return Ok(Range { inner: whole.element(), whole, over: Over::List(list) });
        }
        let Some(entries) = operand.as_entries() else {
            return Err(self.unfit(&operand, expr));
        };
        let (whole, keys) = (entries.origin.clone(), entries.keys());
        Ok(Range { inner: whole.element(), whole, over: Over::Map(entries, keys) })
    }

    fn bind(&mut self, range: &Range<'a>, variables: Variables<'a>, idx: usize) {
        let element = self.element(range, idx);
        let Range { over, whole, inner } = range;
        let (first, second) = match (over, variables.second) {
            (Over::List(_), None) => (Frame { item: element, origin: inner.clone() }, None),
            (Over::Map(..), None) => (Frame { item: element, origin: whole.clone() }, None),
            (Over::List(_), Some(_)) => {
                let idx = Ok(Operand::Number(count(idx)));
                (Frame { item: idx, origin: whole.clone() }, Some(element))
            }
            (Over::Map(entries, keys), Some(_)) => {
                let value = keys.get(idx).and_then(|key| entries.get(key, || inner.clone(), &self.scope));
                let value = value.unwrap_or_else(|| Err(self.scope.leaf_at(inner, Reason::NoSuchKey)));
                (Frame { item: element, origin: whole.clone() }, Some(value))
            }
        };
        self.scope.bind(variables.first, first);
        if let (Some(variable), Some(item)) = (variables.second, second) {
            self.scope.bind(variable, Frame { item, origin: inner.clone() });
        }
    }

    /// The element or key at an index of the range.
    fn element(&self, range: &Range<'a>, idx: usize) -> Item<'a> {
        let item = match &range.over {
            Over::List(list) => list.get(idx, &self.scope),
            Over::Map(_, keys) => keys.get(idx).map(|key| Ok(Operand::Text(key.clone()))),
        };
        item.unwrap_or_else(|| Err(self.scope.leaf_at(&range.inner, Reason::NoSuchElement)))
    }
}

/// A count as a value.
pub(super) fn count(count: usize) -> Decimal {
    Decimal::from(i64::try_from(count).unwrap_or(i64::MAX))
}
