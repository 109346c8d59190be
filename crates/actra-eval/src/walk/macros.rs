//! The macros: over the elements of a list, the keys of a map, or either of an `any`.

use actra_ir::{Expr, ExprKind, MacroKind, Variable};
use actra_model::{Decimal, Reason};

use super::Walk;
use crate::operand::{Element, Item, List, Operand, Producer, Text};
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
    Keys(Vec<Text<'a>>),
    Entries(Vec<(Text<'a>, Element<'a>)>),
}

impl Range<'_> {
    fn len(&self) -> usize {
        match &self.over {
            Over::List(list) => list.len(),
            Over::Keys(keys) => keys.len(),
            Over::Entries(entries) => entries.len(),
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
        let variables = Variables { first: &bound.first, second: bound.second.as_ref() };
        let range = self.range(expr, range, variables)?;
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
        let variables = Variables { first: &bound.first, second: bound.second.as_ref() };
        let range = self.range(expr, range, variables)?;
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
                None => self.item(range, idx),
            };
            if producer.push(item).is_none() {
                self.scope.unbind(variables.first);
                return Err(self.scope.leaf(expr, Reason::NotRepresentable));
            }
        }
        Ok(producer.finish(Origin::of(expr)))
    }

    fn range(
        &mut self,
        expr: &'a Expr,
        range: &'a Expr,
        variables: Variables<'a>,
    ) -> Result<Range<'a>, Leaf> {
        let operand = self.value(range)?;
        if let Some(list) = operand.as_list() {
            let whole = list.origin.clone();
            return Ok(Range { inner: whole.element(), whole, over: Over::List(list) });
        }
        let Some(entries) = operand.as_entries() else {
            return Err(self.unfit(&operand, expr));
        };
        let over = match variables.second {
            None => Over::Keys(entries.keys()),
            Some(_) => Over::Entries(entries.pairs()),
        };
        Ok(Range { inner: entries.origin.element(), whole: entries.origin, over })
    }

    fn bind(&mut self, range: &Range<'a>, variables: Variables<'a>, idx: usize) {
        let Range { over, whole, inner } = range;
        let (first, origin) = match (over, variables.second) {
            (Over::List(_), None) => (self.element(range, idx), inner.clone()),
            (Over::List(_), Some(_)) => (Element::Item(Ok(Operand::Number(count(idx)))), whole.clone()),
            (Over::Keys(_) | Over::Entries(_), _) => (self.key(range, idx), whole.clone()),
        };
        self.scope.bind(variables.first, Frame { element: first, origin });
        if let Some(second) = variables.second {
            let element = self.element(range, idx);
            self.scope.bind(second, Frame { element, origin: inner.clone() });
        }
    }

    /// The key at an index of the range.
    fn key(&self, range: &Range<'a>, idx: usize) -> Element<'a> {
        let key = match &range.over {
            Over::List(_) => None,
            Over::Keys(keys) => keys.get(idx),
            Over::Entries(entries) => entries.get(idx).map(|(key, _)| key),
        };
        let missing = || self.scope.leaf_at(&range.whole, Reason::NoSuchKey);
        Element::Item(key.map(|key| Operand::Text(key.clone())).ok_or_else(missing))
    }

    /// What a single variable stands for, as a value.
    fn item(&self, range: &Range<'a>, idx: usize) -> Item<'a> {
        let item = self.element(range, idx).item(|| range.inner.clone(), &self.scope);
        item.unwrap_or_else(|| Err(self.scope.leaf_at(&range.inner, Reason::NoSuchElement)))
    }

    /// What a single variable stands for at an index of the range, or the second one of two.
    fn element(&self, range: &Range<'a>, idx: usize) -> Element<'a> {
        match &range.over {
            Over::List(list) => list.element(idx),
            Over::Keys(_) => Some(self.key(range, idx)),
            Over::Entries(entries) => entries.get(idx).map(|(_, element)| element.clone()),
        }
        .unwrap_or_else(|| Element::Item(Err(self.scope.leaf_at(&range.inner, Reason::NoSuchElement))))
    }
}

/// A count as a value.
pub(super) fn count(count: usize) -> Decimal {
    Decimal::from(i64::try_from(count).unwrap_or(i64::MAX))
}
