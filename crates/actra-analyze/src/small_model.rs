//! A small-model bound: how many elements of each list, and which keys of each map, are enough for a question.
//!
//! # The argument
//!
//! A question asks for a request R that meets some *goals*: conditions, each with what it shall be (true, false, not
//! true, not false). The encoding unrolls N elements of a list and lets all further ones be copies of the last; of a
//! map it has the keys that are named, N other entries, and a number of entries of which nothing is said. This is a
//! loss only if R meets the goals and no such small request does. So, from R a small one is made:
//!
//! - A goal is kept if its value does not fall (true, not false: *at least*) or does not rise (false, not true: *at
//!   most*), in
//!   Kleene's order false < undetermined < true. `!` changes the direction; `&&`, `||` and the branches of `?:` keep it;
//!   everything else (the condition of `?:`, what is compared, filtered or counted) has to keep its value: *exactly*.
//! - What holds of all elements holds of those that are left. So `all` that must not fall and `exists` that must not
//!   rise need nothing, and what is inside of them must be kept for *each* element that is left: their variable is used
//!   *universally*. `exists` that must not fall and `all` that must not rise need one element, the witness, and what is
//!   inside must be kept for that one only. Where the value has to stay, they need one, and all that is inside is to be
//!   kept. Membership and functions on sets are `exists` and `all`.
//! - `filter`, `map`, `exists_one`, `distinct` and `sum` are undetermined if one element makes them so: one more (two
//!   for `distinct`, where it may take a pair). So are `min` and `max`, which besides need the element that they are:
//!   none of those that are left lies beyond it, and there is one if there was one.
//! - A count that is compared with k is kept by k + 1 of the counted elements, or all of them if there are fewer. A
//!   count
//!   that is compared with what is not known, and the sum of different values, need all elements.
//! - Elements that are read by a literal index stay in their places.
//!
//! An element is needed once for each choice of the universally used variables around (a *Skolem term* of them),
//! except those that determine which list is meant: each x has its own `x.ys`. Of alternatives of which one will do
//! (parts of `||` that must not fall, of `&&` that must not rise, goals of one clause) the one that needs most
//! counts, list by list. The same condition without outer variables, on the same side and in the same direction, has
//! the same witnesses. Nothing else is taken for the same, however it is printed.
//!
//! All other elements of a list are left out, and copies of one of them are put behind those that are kept, so that
//! its size stays. None of the counted ones is copied where all of them are kept. That makes one more element, also
//! where the elements that are kept are only those in their places: what stands behind need not be like the last of
//! them.
//!
//! Where two schemas read a request, R may also have to be one that a schema finds a fault in. One fault is enough,
//! and that other parts have none holds of those that are left. If the element that has the fault is not kept, it is
//! the one that is copied: it is none of those that were counted and all kept. So the one more element serves for
//! that, too, in each list on the way to the fault; of a map it is one of the other entries.
//!
//! So N elements are enough if N(L) >= needs of L, given N, + places of L + 1 for every list L that is not bounded by
//! its type to so many elements. Such an N is a pre-fixed point; the needs grow with N, so the least fixed point of
//! finitely many Skolem terms lies below it (Knaster and Tarski). It also shows that the terms are finite: where the
//! needs of L depend on L's own elements, there is no such N, since it would have to be greater than itself. That is
//! the stratified case of the Bernays-Schoenfinkel class over many sorts, with the lists as sorts (Abadi, Rabinovich,
//! Sagiv: "Decidable fragments of many-sorted logic", J. Symb. Comput. 45, 2010). Where the iteration from below does
//! not settle, such as for `xs.all(x, xs.exists(y, ..))`, nothing is proved: there may be requests that are larger
//! than any bound.
//!
//! [`crate::bound_check`] counts again in another way before anything is said to be proved.

mod collector;
mod conjuncts;
pub(crate) mod containers;
mod needs;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::budget::Budget;
use crate::goal::Clause;
use crate::known_fields::KnownFields;
use crate::request_space::RequestSpace;
use collector::NeedsCollector;
use conjuncts::Conjuncts;
use containers::Containers;

/// Elements of one list that are unrolled at most.
pub(crate) const MAX_ELEMENTS: usize = 48;
/// Those of a list that would need more: there is no proof then, but there may be a witness.
const FALLBACK_ELEMENTS: usize = 8;
/// Stands for all elements of a list.
pub(crate) const ALL_ELEMENTS: usize = 1_000_000;
/// Lists with at most so many elements are added up element by element.
const MAX_UNROLLED_SUM: usize = 8;

#[cfg(test)]
thread_local! {
    /// So many elements too few, to see that the size check notices.
    pub(crate) static SHORTFALL: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Elements and keys by static path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ModelSize {
    elements: BTreeMap<String, usize>,
    keys: BTreeMap<String, BTreeSet<Arc<str>>>,
    /// Lists that would have to be unrolled further than is allowed.
    beyond: BTreeSet<String>,
}

impl ModelSize {
    /// What is enough for these clauses.
    pub(crate) fn of(
        clauses: &[Clause<'_>],
        space: RequestSpace<'_>,
        known_fields: Option<&KnownFields>,
        budget: &Budget,
    ) -> Self {
        let conjuncts = Conjuncts::of(clauses);
        let mut demands = ModelSize::default();
        if conjuncts.is_empty() {
            return demands;
        }
        let containers = Containers::of(space, known_fields);
        // In each round but the last, some list gets more elements than before, or is found to be beyond the limit.
        loop {
            let known = demands.clone();
            let mut collector = NeedsCollector::new(&containers, &known, budget);
            let needs = conjuncts.needs(&mut collector);
            demands.merge(&containers, &needs, &collector);
            if demands == known || budget.is_spent() {
                return demands;
            }
        }
    }

    /// Takes in what is needed.
    fn merge(
        &mut self,
        containers: &Containers<'_>,
        needs: &BTreeMap<Arc<str>, usize>,
        collector: &NeedsCollector<'_, '_>,
    ) {
        for (path, keys) in &collector.keys {
            self.keys.entry(path.to_string()).or_default().extend(keys.iter().cloned());
        }
        let paths: BTreeSet<&Arc<str>> =
            needs.keys().chain(collector.front_reads.keys()).chain(&collector.summed).collect();
        for path in paths {
            let Some(most) = containers.most(path) else { continue };
            let placed = collector.front_reads.get(path).copied().unwrap_or(0);
            let witnesses = needs.get(path).copied().unwrap_or(0);
            let needed = placed.saturating_add(witnesses).saturating_add(1);
            let summed = collector.summed.contains(path) && most <= MAX_UNROLLED_SUM;
            let elements = if summed { most } else { needed.min(most) };
            self.set_elements(path, elements);
        }
    }

    fn set_elements(&mut self, path: &str, elements: usize) {
        #[cfg(test)]
        let elements = elements.saturating_sub(SHORTFALL.get()).max(1);
        let entry = self.elements.entry(path.to_owned()).or_insert(1);
        if elements > MAX_ELEMENTS || self.beyond.contains(path) {
            self.beyond.insert(path.to_owned());
            *entry = FALLBACK_ELEMENTS;
        } else {
            *entry = elements.max(*entry);
        }
    }

    /// How many elements of the list at a path are unrolled.
    pub(crate) fn elements(&self, pattern: &str) -> usize {
        self.elements.get(pattern).copied().unwrap_or(1)
    }

    /// The keys of the map at a path that are named.
    pub(crate) fn keys(&self, pattern: &str) -> BTreeSet<Arc<str>> {
        self.keys.get(pattern).cloned().unwrap_or_default()
    }

    /// How many positions a list or map has at most in a small request.
    pub(crate) fn positions(&self, pattern: &str) -> usize {
        self.elements(pattern) + self.keys.get(pattern).map_or(0, BTreeSet::len)
    }

    /// Whether the list would have to be unrolled further than it is.
    pub(crate) fn are_beyond(&self, pattern: &str) -> bool {
        self.beyond.contains(pattern)
    }
}
