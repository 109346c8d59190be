//! Lists and maps: membership, quantifiers, sets.

use std::sync::Arc;

use actra_ir::{Comparison, Expr, ExprKind, Function, MacroKind};
use actra_model::{Value, ValueState};

use super::{Encoded, Encoder, Opaque};
use crate::formula::Formula;
use crate::linear::LinearExpr;
use crate::predicate::TextPredicate;
use crate::rational::Rational;
use crate::symbolic_request::Content;
use crate::term::{Item, PlaceId, SymbolicTruth, SymbolicValue, Term, TextTerm, literal_elements};

impl Encoder<'_> {
    /// The elements or keys of a container.
    pub(super) fn items(&mut self, term: &Term) -> Encoded<Vec<Item>> {
        match term {
            Term::Literal(Value::List(elements)) => {
                Ok(literal_elements(elements).into_iter().map(Item::always).collect())
            }
            Term::Literal(Value::Map(entries)) => {
                let keys: Vec<_> =
                    entries.keys().map(|key| ValueState::Present(Value::String(Arc::clone(key)))).collect();
                let values = entries.values().cloned().collect::<Vec<_>>();
                let entries = literal_elements(&keys).into_iter().zip(literal_elements(&values));
                Ok(entries.map(|(key, value)| Item { value: Some(value), ..Item::always(key) }).collect())
            }
            Term::Concatenation(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(self.items(part)?);
                }
                Ok(all)
            }
            Term::List(elements) => Ok(elements.iter().cloned().map(Item::always).collect()),
            Term::Items(items) => Ok(items.clone()),
            Term::Container(place) => self.cell_items(*place),
            _ => Err(Opaque),
        }
    }

    /// The keys of a map with their values.
    pub(super) fn entries(&mut self, term: &Term) -> Encoded<Vec<(Formula, SymbolicValue, SymbolicValue)>> {
        let items = self.items(term)?;
        items.into_iter().map(|item| Ok((item.there, item.read, item.value.ok_or(Opaque)?))).collect()
    }

    fn cell_items(&mut self, place: PlaceId) -> Encoded<Vec<Item>> {
        match self.symbolic_request.get(place).map(|place| place.content.clone()) {
            Some(Content::List(list)) => {
                let mut items: Vec<Item> = list
                    .elements
                    .iter()
                    .map(|(there, element)| Item {
                        there: *there,
                        ..Item::always(self.symbolic_request.read(*element))
                    })
                    .collect();
                let unrolled = items.len();
                if let Some(last) = items.last_mut().filter(|_| list.is_open) {
                    last.copies = Some((list.length, unrolled));
                }
                Ok(items)
            }
            Some(Content::Map(map)) => {
                let entry = |there: Formula, key: Term, value: PlaceId| Item {
                    there,
                    value: Some(self.symbolic_request.read(value)),
                    ..Item::always(SymbolicValue::always(key))
                };
                let named = map.named.iter().map(|(key, (there, value))| {
                    entry(*there, Term::Literal(Value::String(Arc::clone(key))), *value)
                });
                let others = map.others.iter().map(|(there, key, value)| {
                    entry(*there, Term::Text(TextTerm::Variable(*key), Arc::from([])), *value)
                });
                Ok(named.chain(others).collect())
            }
            _ => Err(Opaque),
        }
    }

    /// The truth of a statement about each container that an operand can be.
    fn containers(
        &mut self,
        read: &SymbolicValue,
        mut statement: impl FnMut(&mut Self, &Term) -> Encoded<SymbolicTruth>,
    ) -> Encoded<SymbolicTruth> {
        let mut is_true = Vec::new();
        let mut is_false = Vec::new();
        for (when, term) in &read.cases {
            let truth = statement(self, term)?;
            is_true.push(self.and([*when, truth.is_true]));
            is_false.push(self.and([*when, truth.is_false]));
        }
        Ok(SymbolicTruth { is_true: self.or(is_true), is_false: self.or(is_false) })
    }

    /// Kleene-or over the items that are there.
    pub(super) fn some(&mut self, truths: &[(Formula, SymbolicTruth)]) -> SymbolicTruth {
        let is_true: Vec<_> = truths.iter().map(|(there, truth)| self.and([*there, truth.is_true])).collect();
        let is_false: Vec<_> = truths
            .iter()
            .map(|(there, truth)| self.symbolic_request.formulas.implies(*there, truth.is_false))
            .collect();
        SymbolicTruth { is_true: self.or(is_true), is_false: self.and(is_false) }
    }

    /// Kleene-and over the items that are there.
    fn every(&mut self, truths: &[(Formula, SymbolicTruth)]) -> SymbolicTruth {
        let swap = |truth: SymbolicTruth| SymbolicTruth { is_true: truth.is_false, is_false: truth.is_true };
        let swapped: Vec<_> = truths.iter().map(|(there, truth)| (*there, swap(*truth))).collect();
        swap(self.some(&swapped))
    }

    pub(super) fn membership(&mut self, element: &Expr, container: &Expr) -> Encoded<SymbolicTruth> {
        let (element, container) = (self.read(element)?, self.read(container)?);
        self.containers(&container, |this, term| this.contains(term, &element))
    }

    /// Whether an element that may be undetermined is in a container.
    fn contains(&mut self, container: &Term, element: &SymbolicValue) -> Encoded<SymbolicTruth> {
        if let Term::Literal(Value::List(elements)) = container
            && !elements.is_empty()
            && let Some(texts) = all_texts(elements)
        {
            // A list of texts is one test, however long.
            return self.each(element, |this, scalar| {
                this.text_test(scalar, TextPredicate::one_of(texts.iter().cloned()))
            });
        }
        if let Term::Split(text, cases, separator) = container {
            return self.contains_piece(text, cases, *separator, element);
        }
        let items = self.items(container)?;
        let mut truths = Vec::with_capacity(items.len());
        for item in items {
            truths.push((item.there, self.compare_reads(Comparison::Equal, element, &item.read)?));
        }
        Ok(self.some(&truths))
    }

    pub(super) fn quantifier(&mut self, expr: &Expr) -> Encoded<SymbolicTruth> {
        let ExprKind::Macro { kind, range, variables, body, .. } = &expr.kind else { return Err(Opaque) };
        let range = self.read(range)?;
        self.containers(&range, |this, term| {
            let items = this.items(term)?;
            let mut truths = Vec::with_capacity(items.len());
            for item in items {
                this.scope.truncate(variables.first.slot);
                this.scope.push(item.read);
                if variables.second.is_some() {
                    // The number of a list's element is not known here.
                    this.scope.push(item.value.ok_or(Opaque)?);
                }
                let truth = this.truth(body);
                this.scope.truncate(variables.first.slot);
                truths.push((item.there, truth));
            }
            Ok(match kind {
                MacroKind::All => this.every(&truths),
                _ => this.some(&truths),
            })
        })
    }

    pub(super) fn sets(&mut self, function: Function, left: &Expr, right: &Expr) -> Encoded<SymbolicTruth> {
        let (left, right) = (self.read(left)?, self.read(right)?);
        self.containers(&left, |this, left| {
            this.containers(&right, |this, right| match function {
                Function::SetsIntersects => {
                    let items = this.items(left)?;
                    let mut truths = Vec::new();
                    for item in items {
                        truths.push((item.there, this.contains(right, &item.read)?));
                    }
                    Ok(this.some(&truths))
                }
                Function::SetsContains => this.covers(left, right),
                _ => {
                    let both = [this.covers(left, right)?, this.covers(right, left)?];
                    Ok(this.all(&both))
                }
            })
        })
    }

    /// Whether every element of `part` is in `whole`.
    fn covers(&mut self, whole: &Term, part: &Term) -> Encoded<SymbolicTruth> {
        let items = self.items(part)?;
        let mut truths = Vec::new();
        for item in items {
            truths.push((item.there, self.contains(whole, &item.read)?));
        }
        Ok(self.every(&truths))
    }

    /// Equality where one side is a list that is written out; `None` if neither is a list.
    pub(super) fn lists_equal(
        &mut self,
        left: &SymbolicValue,
        right: &SymbolicValue,
    ) -> Encoded<Option<SymbolicTruth>> {
        let is_list = |read: &SymbolicValue| {
            read.cases.iter().any(|(_, term)| {
                matches!(term, Term::Container(_) | Term::List(_) | Term::Literal(Value::List(_)))
            })
        };
        if !is_list(left) && !is_list(right) {
            return Ok(None);
        }
        let truth = self.containers(left, |this, left| {
            this.containers(right, |this, right| {
                let (known, other) = match (written(left), written(right)) {
                    (Some(known), _) => (known, right),
                    (None, Some(known)) => (known, left),
                    (None, None) => return Err(Opaque),
                };
                this.equals_written(&known, other)
            })
        })?;
        Ok(Some(truth))
    }

    /// Unequal lengths first, whatever the elements are.
    fn equals_written(&mut self, known: &[SymbolicValue], other: &Term) -> Encoded<SymbolicTruth> {
        let same_length = match other {
            Term::Container(place) => {
                let Some(Content::List(list)) =
                    self.symbolic_request.get(*place).map(|place| place.content.clone())
                else {
                    return Err(Opaque);
                };
                if list.elements.len() < known.len() {
                    return Err(Opaque);
                }
                let count = LinearExpr::constant(Rational::from_integer(known.len().into()));
                self.compare_numbers(Comparison::Equal, &LinearExpr::variable(list.length), &count)
            }
            other => Formula::constant(written(other).ok_or(Opaque)?.len() == known.len()),
        };
        if same_length == Formula::FALSE {
            return Ok(SymbolicTruth::constant(false));
        }
        let items = self.items(other)?;
        let mut truths = Vec::new();
        for (known, item) in known.iter().zip(items) {
            truths.push(self.compare_reads(Comparison::Equal, known, &item.read)?);
        }
        let elements = self.all(&truths);
        let is_false = self.and([same_length, elements.is_false]);
        Ok(SymbolicTruth {
            is_true: self.and([same_length, elements.is_true]),
            is_false: self.or([!same_length, is_false]),
        })
    }
}

fn written(term: &Term) -> Option<Vec<SymbolicValue>> {
    match term {
        Term::Literal(Value::List(elements)) => Some(literal_elements(elements)),
        Term::List(elements) => Some(elements.clone()),
        _ => None,
    }
}

fn all_texts(elements: &[ValueState]) -> Option<Vec<Arc<str>>> {
    elements
        .iter()
        .map(|element| match element {
            ValueState::Present(Value::String(text)) => Some(Arc::clone(text)),
            _ => None,
        })
        .collect()
}
