//! Unknown lists and maps: their lengths, and as many elements and entries as the small model has.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_model::Type;

use super::{SymbolicList, SymbolicMap, SymbolicRequest, Unrolled};
use crate::atom::Atom;

use crate::formula::Formula;
use crate::linear::LinearExpr;
use crate::predicate::{Predicate, TextPredicate};
use crate::rational::Rational;
use crate::small_model::containers::ContainerKind;
use crate::term::PlaceId;
use crate::variable::{NumberSort, NumberVar, TextSort, TextVar};

impl SymbolicRequest {
    fn length(&mut self, max_items: Option<usize>) -> NumberVar {
        let length = self.number(NumberSort::Integer);
        let most = max_items.unwrap_or(actra_model::limits::ELEMENTS).min(actra_model::limits::ELEMENTS);
        self.bound(length, Some(0), i128::try_from(most).ok());
        length
    }

    pub(super) fn list(
        &mut self,
        place: &str,
        pattern: &str,
        element: &Type,
        max_items: Option<usize>,
        present: Formula,
    ) -> SymbolicList {
        let length = self.length(max_items);
        let most = max_items.unwrap_or(usize::MAX);
        let count = self.unroll(ContainerKind::List, pattern, most);
        let inner = format!("{pattern}[*]");
        let elements = (0..count)
            .map(|idx| {
                let longer = self.longer_than(length, idx);
                let place = format!("{place}[{idx}]");
                let there = self.formulas.and([present, longer]);
                let readable = self.readable(&place, there, &element.kind);
                let readable = self.formulas.and([there, readable]);
                (longer, self.add_place(&place, &inner, element, readable, Formula::FALSE))
            })
            .collect();
        SymbolicList { length, elements, is_open: count < most }
    }

    /// How many elements, or entries with keys that no condition names, get unknowns of their own.
    fn unroll(&mut self, kind: ContainerKind, pattern: &str, most: usize) -> usize {
        // Without steps left nothing is proved, whatever is made here.
        let count = if self.has_budget() { self.size.elements(pattern).min(most) } else { 0 };
        if count < most && self.size.are_beyond(pattern) {
            self.truncated.insert(pattern.to_owned());
        }
        let named = self.size.keys(pattern).len();
        let mut made = Unrolled { kind, elements: count, named, is_open: count < most };
        if let Some(other) = self.unrolled.get(pattern) {
            // A list whose type allows no more elements than are unrolled is complete.
            made.elements = match (made.is_open, other.is_open) {
                (true, true) => made.elements.min(other.elements),
                (true, false) => made.elements,
                (false, true) => other.elements,
                (false, false) => made.elements.max(other.elements),
            };
            made.is_open |= other.is_open;
        }
        self.unrolled.insert(pattern.to_owned(), made);
        count
    }

    pub(super) fn map(
        &mut self,
        place: &str,
        pattern: &str,
        value: &Type,
        max_items: Option<usize>,
        present: Formula,
    ) -> SymbolicMap {
        let length = self.length(max_items);
        let inner = format!("{pattern}[*]");
        let keys = self.size.keys(pattern);
        let mut entries = Vec::new();
        let mut named = BTreeMap::new();
        for key in &keys {
            let place = format!("{place}[{key:?}]");
            let there = self.proposition(format!("{place} is there"));
            let present = self.formulas.and([present, there]);
            let readable = self.readable(&place, present, &value.kind);
            let readable = self.formulas.and([present, readable]);
            let id = self.add_place(&place, &inner, value, readable, Formula::FALSE);
            entries.push(there);
            named.insert(Arc::clone(key), (there, id));
        }
        let mut others: Vec<(Formula, TextVar, PlaceId)> = Vec::new();
        let most = max_items.unwrap_or(usize::MAX);
        let count = self.unroll(ContainerKind::Map, pattern, most);
        for idx in 0..count {
            let there = self.proposition(format!("{place} has entry {idx}"));
            let key = self.var(TextSort::Text);
            let present = self.formulas.and([present, there]);
            let place = format!("{place}[key {idx}]");
            let readable = self.readable(&place, present, &value.kind);
            let readable = self.formulas.and([present, readable]);
            let id = self.add_place(&place, &inner, value, readable, Formula::FALSE);
            if !keys.is_empty() {
                let test = Predicate::Text(Arc::from([]), TextPredicate::one_of(keys.iter().cloned()));
                let is_named = self.atom(Atom::Predicate(key, test));
                let fact = self.formulas.implies(there, !is_named);
                self.axioms.push(fact);
            }
            for (other_there, other, _) in others.clone() {
                let same = self.atom(Atom::Equal(other, key));
                let fact = self.formulas.and([there, other_there, same]);
                self.axioms.push(!fact);
            }
            // The first entries are used first.
            if let Some((before, ..)) = others.last() {
                let fact = self.formulas.implies(there, *before);
                self.axioms.push(fact);
            }
            entries.push(there);
            others.push((there, key, id));
        }
        let last = others.last().map_or(Formula::TRUE, |(there, ..)| *there);
        self.count(length, &entries, last);
        SymbolicMap { length, named, others }
    }

    /// The length of a map is the number of its entries, and of others that nothing is said of once the last entry is
    /// there.
    fn count(&mut self, length: NumberVar, entries: &[Formula], last: Formula) {
        let rest = self.number(NumberSort::Integer);
        self.bound(rest, Some(0), None);
        let more = self.longer_than(rest, 0);
        let fact = self.formulas.implies(more, last);
        self.axioms.push(fact);
        let one = Rational::from_integer(1.into());
        let mut sum = LinearExpr::variable(rest);
        for there in entries {
            let each = self.number(NumberSort::Integer);
            self.bound(each, Some(0), Some(1));
            let counts = self.longer_than(each, 0);
            for fact in [self.formulas.implies(*there, counts), self.formulas.implies(counts, *there)] {
                self.axioms.push(fact);
            }
            sum = sum.plus(&LinearExpr::variable(each), &one);
        }
        let length = LinearExpr::variable(length);
        for distance in [length.minus(&sum), sum.minus(&length)] {
            let fact = self.at_most_zero(&distance, false);
            self.axioms.push(fact);
        }
    }
}
