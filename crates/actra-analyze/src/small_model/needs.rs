//! What must be preserved of a condition, and how many elements that takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ALL_ELEMENTS;
use super::containers::{BinderId, Location};

/// What of a truth value must be preserved where elements are left out, in the order false < undetermined < true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Preserve {
    /// It must not fall.
    AtLeast,
    /// It must not rise.
    AtMost,
    /// It must stay.
    Exactly,
}

impl Preserve {
    pub(super) fn negated(self) -> Self {
        match self {
            Preserve::AtLeast => Preserve::AtMost,
            Preserve::AtMost => Preserve::AtLeast,
            Preserve::Exactly => Preserve::Exactly,
        }
    }
}

/// How many elements are needed, by location.
#[derive(Debug, Clone, Default)]
pub(super) struct Needs(BTreeMap<Location, usize>);

impl Needs {
    /// So many elements of one location.
    pub(super) fn of(location: Location, count: usize) -> Self {
        Self(BTreeMap::from([(location, count.min(ALL_ELEMENTS))]))
    }

    /// What both need together.
    pub(super) fn and(mut self, other: Self) -> Self {
        for (location, count) in other.0 {
            let entry = self.0.entry(location).or_insert(0);
            *entry = entry.saturating_add(count).min(ALL_ELEMENTS);
        }
        self
    }

    /// What is enough for either of the two.
    ///
    /// Locations with other variables stay apart: for some choices of the variables one of the two may be needed, and
    /// for others the other.
    pub(super) fn or(mut self, other: Self) -> Self {
        for (location, count) in other.0 {
            let entry = self.0.entry(location).or_insert(0);
            *entry = count.max(*entry);
        }
        self
    }

    pub(super) fn by_path(self) -> BTreeMap<Arc<str>, usize> {
        let mut found = BTreeMap::new();
        for (location, count) in self.0 {
            let entry: &mut usize = found.entry(location.path).or_insert(0);
            *entry = entry.saturating_add(count).min(ALL_ELEMENTS);
        }
        found
    }

    /// The needs for so many positions that a variable stands for; a list that the variable determines is another one
    /// at each position, and needed once.
    pub(super) fn for_each(self, variable: BinderId, times: usize) -> Self {
        let mut found = Self::default();
        for (mut location, count) in self.0 {
            let before = location.binders.len();
            location.binders.retain(|root| *root != variable);
            let times = if location.binders.len() < before { 1 } else { times };
            found = found.and(Self::of(location, count.saturating_mul(times)));
        }
        found
    }
}
