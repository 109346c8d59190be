//! Building the index: each rule is filed under its most selective predicate.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use actra_model::Decimal;

use super::table::{NumberTable, TextTable};
use super::thresholds::{Axis, BoundSide, Interval, RulePoint, ThresholdTree};
use super::{
    AccessPredicate, BRANCH, Branch, Conjunction, Index, NodeRef, PredicateKind, SubIndex, SubIndexKind,
};
use crate::plan::bytecode::{Bytecode, TextRef};
use crate::plan::index::predicate::KeyKind;

/// Up to so many rules are evaluated one by one: a look-up would take longer.
const MAX_LINEAR_RULES: usize = 8;
/// How many tests deep rules are filed.
const MAX_DEPTH: usize = 4;
/// How many times its own keys each rule may be filed below the first level: a rule with many keys on several fields
/// would be filed under each combination of them.
const MAX_FILINGS_PER_KEY: usize = 32;

/// One alternative of a rule's condition.
#[derive(Debug)]
pub(crate) struct Disjunct {
    pub(crate) rule: u32,
    pub(crate) predicates: Conjunction,
}

/// How a rule is found: the first predicate that it is filed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AccessPath {
    /// With every rule of its scope, as it has no predicate to be filed under.
    Unindexed,
    /// With every rule of its scope, as there are few.
    Few,
    /// By keys of a field.
    Keys(KeyKind, u16),
    /// By intervals of fields.
    Ranges,
}

/// Files rules under their tests.
pub(crate) struct IndexBuilder<'c> {
    index: Index,
    code: &'c Bytecode,
    alternatives: Vec<Disjunct>,
    /// How many more keys may be looked at below the first level.
    budget: usize,
    /// The access paths of each rule's alternatives at the first level, in no order; for descriptions of the plan.
    access_paths: Vec<(u32, AccessPath)>,
}

/// What the alternatives of a sub-index have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum SubIndexKey {
    /// Keys of a field.
    Keys(KeyKind, u16),
    /// Bounds of fields, by field and side; equal for alternatives that have the same ones.
    Range(Vec<(u16, BoundSide)>),
}

impl SubIndexKey {
    /// Fewer rules than this are not worth a look-up of their own.
    fn least(&self) -> usize {
        match self {
            SubIndexKey::Keys(..) => 3,
            SubIndexKey::Range(_) => 8,
        }
    }

    fn access_path(&self) -> AccessPath {
        match self {
            SubIndexKey::Keys(kind, slot) => AccessPath::Keys(*kind, *slot),
            SubIndexKey::Range(_) => AccessPath::Ranges,
        }
    }
}

impl<'c> IndexBuilder<'c> {
    pub(crate) fn new(alternatives: Vec<Disjunct>, code: &'c Bytecode) -> Self {
        let keys: usize = alternatives.iter().map(|alternative| keys_of(&alternative.predicates)).sum();
        let budget = MAX_FILINGS_PER_KEY * keys + 100_000;
        Self { index: Index::default(), code, alternatives, budget, access_paths: Vec::new() }
    }

    pub(crate) fn finish(mut self) -> (Index, Vec<(u32, AccessPath)>) {
        self.index.branches.shrink_to_fit();
        self.index.lists.shrink_to_fit();
        (self.index, self.access_paths)
    }

    /// Makes one node under which all of these alternatives are found.
    pub(crate) fn file(&mut self, alternatives: &[u32]) -> NodeRef {
        self.file_below(alternatives, &mut Vec::new())
    }

    fn file_below(&mut self, alternatives: &[u32], used: &mut Vec<u16>) -> NodeRef {
        if alternatives.len() <= MAX_LINEAR_RULES
            || used.len() >= MAX_DEPTH
            || !self.may_divide(alternatives, used)
        {
            if used.is_empty() {
                self.note(alternatives, AccessPath::Unindexed);
            }
            return self.list(alternatives);
        }
        let mut unindexed = Vec::new();
        let mut sub_indexes: BTreeMap<SubIndexKey, Vec<u32>> = BTreeMap::new();
        let counts = self.counts(alternatives, used);
        for alternative in alternatives {
            match self.choose(*alternative, alternatives.len(), used, &counts) {
                Some(key) => sub_indexes.entry(key).or_default().push(*alternative),
                None => unindexed.push(*alternative),
            }
        }
        sub_indexes.retain(|key, alternatives| {
            let kept = alternatives.len() >= key.least();
            if !kept {
                unindexed.append(alternatives);
            }
            kept
        });
        unindexed.sort_unstable();
        if used.is_empty() {
            self.note(&unindexed, AccessPath::Unindexed);
            for (key, alternatives) in &sub_indexes {
                self.note(alternatives, key.access_path());
            }
        }
        let unindexed = self.list(&unindexed);
        let sub_indexes = sub_indexes
            .into_iter()
            .map(|(key, alternatives)| self.sub_index(key, &alternatives, used))
            .collect();
        let start = self.index.branches.len() as u32;
        self.index.branches.push(Branch { unindexed, sub_indexes });
        NodeRef { start, len: BRANCH }
    }

    /// Whether the budget allows to divide alternatives further; the cost of doing so is then taken from it.
    fn may_divide(&mut self, alternatives: &[u32], used: &[u16]) -> bool {
        if used.is_empty() {
            return true;
        }
        let keys: usize =
            alternatives.iter().map(|alternative| 1 + keys_of(self.predicates(*alternative))).sum();
        let left = self.budget.checked_sub(keys);
        self.budget = left.unwrap_or(0);
        left.is_some()
    }

    fn note(&mut self, alternatives: &[u32], access_path: AccessPath) {
        for alternative in alternatives {
            if let Some(alternative) = self.alternatives.get(*alternative as usize) {
                let findable = alternative
                    .predicates
                    .iter()
                    .any(|predicate| !matches!(predicate.kind, PredicateKind::Present));
                let access_path = if access_path == AccessPath::Unindexed && findable {
                    AccessPath::Few
                } else {
                    access_path
                };
                self.access_paths.push((alternative.rule, access_path));
            }
        }
    }

    /// A list of rules, each once, in file order.
    fn list(&mut self, alternatives: &[u32]) -> NodeRef {
        let mut rules: Vec<u32> = alternatives
            .iter()
            .filter_map(|alternative| Some(self.alternatives.get(*alternative as usize)?.rule))
            .collect();
        rules.sort_unstable();
        rules.dedup();
        let start = self.index.lists.len() as u32;
        self.index.lists.extend_from_slice(&rules);
        NodeRef { start, len: rules.len() as u32 }
    }

    fn predicates(&self, alternative: u32) -> &[AccessPredicate] {
        self.alternatives
            .get(alternative as usize)
            .map_or(&[], |alternative| alternative.predicates.as_slice())
    }

    /// How many alternatives each key would find.
    fn counts(&self, alternatives: &[u32], used: &[u16]) -> HashMap<(KeyKind, u16, u64), usize> {
        let mut counts = HashMap::with_capacity(alternatives.len());
        for predicate in alternatives
            .iter()
            .flat_map(|alternative| self.predicates(*alternative))
            .filter(|predicate| !used.contains(&predicate.slot))
        {
            if let PredicateKind::Keys(kind, keys) = &predicate.kind {
                keys.iter().for_each(|key| *counts.entry((*kind, predicate.slot, *key)).or_default() += 1);
            }
        }
        counts
    }

    /// The most selective predicate of an alternative: the one that it shares with the fewest others.
    fn choose(
        &self,
        alternative: u32,
        among: usize,
        used: &[u16],
        counts: &HashMap<(KeyKind, u16, u64), usize>,
    ) -> Option<SubIndexKey> {
        let cost = |predicate: &AccessPredicate| match &predicate.kind {
            PredicateKind::Present => None,
            PredicateKind::Within(_) => Some((among / 4, None)),
            PredicateKind::Keys(kind, keys) => {
                let count =
                    |key: &u64| counts.get(&(*kind, predicate.slot, *key)).copied().unwrap_or_default();
                Some((keys.iter().map(count).sum(), Some((*kind, predicate.slot))))
            }
        };
        let predicates =
            self.predicates(alternative).iter().filter(|predicate| !used.contains(&predicate.slot));
        let (_, key) = predicates.filter_map(cost).min()?;
        Some(match key {
            Some((kind, slot)) => SubIndexKey::Keys(kind, slot),
            None => SubIndexKey::Range(self.bounds(alternative, used)),
        })
    }

    /// The sides on which tests bound fields.
    fn bounds(&self, alternative: u32, used: &[u16]) -> Vec<(u16, BoundSide)> {
        let mut bounds = BTreeSet::new();
        for predicate in
            self.predicates(alternative).iter().filter(|predicate| !used.contains(&predicate.slot))
        {
            if let PredicateKind::Within(interval) = predicate.kind {
                let sides = [BoundSide::Low, BoundSide::High].into_iter();
                bounds.extend(
                    sides.filter(|side| interval.on(*side).is_finite()).map(|side| (predicate.slot, side)),
                );
            }
        }
        bounds.into_iter().collect()
    }

    fn sub_index(&mut self, key: SubIndexKey, alternatives: &[u32], used: &mut Vec<u16>) -> SubIndex {
        let (kind, slot) = match key {
            SubIndexKey::Keys(kind, slot) => (kind, slot),
            SubIndexKey::Range(bounds) => {
                let kind = SubIndexKind::Range(self.thresholds(&bounds, alternatives));
                return SubIndex { slot: 0, kind, invalid: NodeRef::default(), absent: NodeRef::default() };
            }
        };
        used.push(slot);
        let invalid = self.file_below(alternatives, used);
        let absent = self.absent(alternatives, slot, invalid, used);
        let mut by_key: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for alternative in alternatives {
            for key in self.keys(*alternative, kind, slot) {
                by_key.entry(key).or_default().push(*alternative);
            }
        }
        let mut nodes = Vec::with_capacity(by_key.len());
        for (key, mut alternatives) in by_key {
            alternatives.dedup();
            nodes.push((key, self.file_below(&alternatives, used)));
        }
        used.pop();
        SubIndex { slot, kind: self.table(kind, &nodes), invalid, absent }
    }

    /// The alternatives that do not require the field to be present, filed by their other predicates.
    fn absent(&mut self, alternatives: &[u32], slot: u16, invalid: NodeRef, used: &mut Vec<u16>) -> NodeRef {
        let guarded = |predicates: &[AccessPredicate]| {
            predicates
                .iter()
                .any(|predicate| predicate.slot == slot && matches!(predicate.kind, PredicateKind::Present))
        };
        let rest: Vec<u32> = alternatives
            .iter()
            .copied()
            .filter(|alternative| !guarded(self.predicates(*alternative)))
            .collect();
        if rest.len() == alternatives.len() || (!rest.is_empty() && used.len() > 1) {
            return invalid;
        }
        self.file_below(&rest, used)
    }

    /// The keys under which the sub-index files an alternative.
    fn keys(&self, alternative: u32, kind: KeyKind, slot: u16) -> Vec<u64> {
        let of_kind = |predicate: &AccessPredicate| match &predicate.kind {
            PredicateKind::Keys(chosen, keys) if *chosen == kind && predicate.slot == slot => {
                Some(keys.to_vec())
            }
            _ => None,
        };
        // Several tests of one kind on one field must all hold, so any one of them will do.
        let chosen = self.predicates(alternative).iter().filter_map(of_kind);
        chosen.min_by_key(Vec::len).unwrap_or_default()
    }

    fn table(&self, kind: KeyKind, nodes: &[(u64, NodeRef)]) -> SubIndexKind {
        let texts = || {
            let entries = nodes.iter().map(|(key, node)| (TextRef::from_arg(*key), *node));
            let entries: Vec<(TextRef, NodeRef)> = entries.collect();
            TextTable::new(&entries, self.code)
        };
        match kind {
            KeyKind::Text => SubIndexKind::Text(texts()),
            KeyKind::Holds => SubIndexKind::Holds(texts()),
            KeyKind::Prefix => {
                let lengths: BTreeSet<u32> =
                    nodes.iter().map(|(key, _)| TextRef::from_arg(*key).len() as u32).collect();
                SubIndexKind::Prefix { lengths: lengths.into_iter().collect(), table: texts() }
            }
            KeyKind::Number => {
                let entry = |(key, node): &(u64, NodeRef)| Some((*self.code.number(*key)?, *node));
                let entries: Vec<(Decimal, NodeRef)> = nodes.iter().filter_map(entry).collect();
                SubIndexKind::Number(NumberTable::new(&entries))
            }
            KeyKind::Flag => {
                let of = |flag: u64| nodes.iter().find(|(key, _)| *key == flag).map(|(_, node)| *node);
                SubIndexKind::Flag([of(0).unwrap_or_default(), of(1).unwrap_or_default()])
            }
        }
    }

    fn thresholds(&mut self, bounds: &[(u16, BoundSide)], alternatives: &[u32]) -> ThresholdTree {
        let present = |predicates: &[AccessPredicate], slot: u16| {
            predicates
                .iter()
                .any(|predicate| predicate.slot == slot && matches!(predicate.kind, PredicateKind::Present))
        };
        let axes = bounds.iter().map(|(slot, side)| Axis {
            slot: *slot,
            side: *side,
            guarded: alternatives.iter().all(|alternative| present(self.predicates(*alternative), *slot)),
        });
        let axes = axes.collect();
        let point = |alternative: &u32| {
            let of =
                |(slot, side): &(u16, BoundSide)| interval(self.predicates(*alternative), *slot).on(*side);
            RulePoint { rule: *alternative, coordinates: bounds.iter().map(of).collect() }
        };
        let points = alternatives.iter().map(point).collect();
        ThresholdTree::new(axes, points, &mut |part| {
            let alternatives: Vec<u32> = part.iter().map(|point| point.rule).collect();
            self.list(&alternatives)
        })
    }
}

/// How many keys a rule can be found by.
fn keys_of(predicates: &[AccessPredicate]) -> usize {
    let keys = |predicate: &AccessPredicate| match &predicate.kind {
        PredicateKind::Keys(_, keys) => keys.len(),
        PredicateKind::Within(_) | PredicateKind::Present => 1,
    };
    predicates.iter().map(keys).sum()
}

/// The intersection of all intervals of a field.
fn interval(predicates: &[AccessPredicate], slot: u16) -> Interval {
    let of_state =
        predicates.iter().filter(|predicate| predicate.slot == slot).filter_map(|predicate| match predicate
            .kind
        {
            PredicateKind::Within(interval) => Some(interval),
            _ => None,
        });
    of_state.fold(Interval::ALL, Interval::and)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules with many keys on several fields could be filed under each combination of them.
    #[test]
    fn filing_is_bounded_by_the_keys_of_the_rules() {
        let keys = |rule: u32, slot: u16| {
            (0..20).map(|key| u64::from((rule * 7 + key * 3) % 40) + u64::from(slot)).collect()
        };
        let predicate = |rule: u32, slot: u16| AccessPredicate {
            slot,
            kind: PredicateKind::Keys(KeyKind::Text, keys(rule, slot)),
        };
        let alternatives = (0..400)
            .map(|rule| Disjunct { rule, predicates: (0..4).map(|slot| predicate(rule, slot)).collect() });
        let code = Bytecode::default();
        let mut builder = IndexBuilder::new(alternatives.collect(), &code);
        builder.file(&(0..400).collect::<Vec<_>>());
        let (index, _) = builder.finish();
        let keys = 400 * 4 * 20;
        assert!(index.lists.len() < 64 * keys, "{} rules are filed for {keys} keys", index.lists.len());
    }
}
