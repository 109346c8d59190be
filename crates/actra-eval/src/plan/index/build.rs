//! Filing rules.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use actra_model::Decimal;

use super::table::{NumberTable, TextTable};
use super::thresholds::{Axis, Interval, Point, Side, Thresholds};
use super::{Access, AccessKind, Conjunction, Family, FamilyKind, GROUP, Group, Index, Target};
use crate::plan::code::{Code, TextRef};
use crate::plan::index::access::KeyKind;

/// Rules that are quicker to go through than to look up.
const LIST: usize = 8;
/// How many tests deep rules are filed.
const DEPTH: usize = 4;
/// How often the keys of all rules are looked at while they are divided below the first level: a rule with many keys
/// on several fields would be filed under each combination of them.
const LOOKS: usize = 32;

/// One alternative of a rule's condition.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) rule: u32,
    pub(crate) tests: Conjunction,
}

/// How a rule is reached: the first test that it is filed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// With every rule of its scope, for want of a test.
    Scanned,
    /// With every rule of its scope, as there are few.
    Few,
    /// By keys of a field.
    Keys(KeyKind, u16),
    /// By intervals of fields.
    Ranges,
}

/// Files rules under their tests.
pub(crate) struct Builder<'c> {
    index: Index,
    code: &'c Code,
    items: Vec<Item>,
    /// How many more keys may be looked at below the first level.
    room: usize,
    /// The ways of each rule's alternatives at the first level, in no order; for who describes a plan.
    ways: Vec<(u32, Way)>,
}

/// What a family is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum FamilyKey {
    /// Keys of a field.
    Keys(KeyKind, u16),
    /// The same bounds of the same fields.
    Range(Vec<(u16, Side)>),
}

impl FamilyKey {
    /// Fewer rules than this are not worth a look-up of their own.
    fn least(&self) -> usize {
        match self {
            FamilyKey::Keys(..) => 3,
            FamilyKey::Range(_) => 8,
        }
    }

    fn way(&self) -> Way {
        match self {
            FamilyKey::Keys(kind, slot) => Way::Keys(*kind, *slot),
            FamilyKey::Range(_) => Way::Ranges,
        }
    }
}

impl<'c> Builder<'c> {
    pub(crate) fn new(items: Vec<Item>, code: &'c Code) -> Self {
        let keys: usize = items.iter().map(|item| keys_of(&item.tests)).sum();
        let room = LOOKS * keys + 100_000;
        Self { index: Index::default(), code, items, room, ways: Vec::new() }
    }

    pub(crate) fn finish(mut self) -> (Index, Vec<(u32, Way)>) {
        self.index.groups.shrink_to_fit();
        self.index.lists.shrink_to_fit();
        (self.index, self.ways)
    }

    /// Files items together.
    pub(crate) fn file(&mut self, items: &[u32]) -> Target {
        self.file_below(items, &mut Vec::new())
    }

    fn file_below(&mut self, items: &[u32], used: &mut Vec<u16>) -> Target {
        if items.len() <= LIST || used.len() >= DEPTH || !self.may_divide(items, used) {
            if used.is_empty() {
                self.note(items, Way::Scanned);
            }
            return self.list(items);
        }
        let mut scanned = Vec::new();
        let mut families: BTreeMap<FamilyKey, Vec<u32>> = BTreeMap::new();
        let counts = self.counts(items, used);
        for item in items {
            match self.choose(*item, items.len(), used, &counts) {
                Some(key) => families.entry(key).or_default().push(*item),
                None => scanned.push(*item),
            }
        }
        families.retain(|key, items| {
            let kept = items.len() >= key.least();
            if !kept {
                scanned.append(items);
            }
            kept
        });
        scanned.sort_unstable();
        if used.is_empty() {
            self.note(&scanned, Way::Scanned);
            for (key, items) in &families {
                self.note(items, key.way());
            }
        }
        let scanned = self.list(&scanned);
        let families = families.into_iter().map(|(key, items)| self.family(key, &items, used)).collect();
        let start = self.index.groups.len() as u32;
        self.index.groups.push(Group { scanned, families });
        Target { start, len: GROUP }
    }

    /// Whether there is room to divide items further, which is then taken.
    fn may_divide(&mut self, items: &[u32], used: &[u16]) -> bool {
        if used.is_empty() {
            return true;
        }
        let keys: usize = items.iter().map(|item| 1 + keys_of(self.tests(*item))).sum();
        let left = self.room.checked_sub(keys);
        self.room = left.unwrap_or(0);
        left.is_some()
    }

    fn note(&mut self, items: &[u32], way: Way) {
        for item in items {
            if let Some(item) = self.items.get(*item as usize) {
                let findable = item.tests.iter().any(|test| !matches!(test.kind, AccessKind::Present));
                let way = if way == Way::Scanned && findable { Way::Few } else { way };
                self.ways.push((item.rule, way));
            }
        }
    }

    /// A list of rules, each once, in file order.
    fn list(&mut self, items: &[u32]) -> Target {
        let mut rules: Vec<u32> =
            items.iter().filter_map(|item| Some(self.items.get(*item as usize)?.rule)).collect();
        rules.sort_unstable();
        rules.dedup();
        let start = self.index.lists.len() as u32;
        self.index.lists.extend_from_slice(&rules);
        Target { start, len: rules.len() as u32 }
    }

    fn tests(&self, item: u32) -> &[Access] {
        self.items.get(item as usize).map_or(&[], |item| item.tests.as_slice())
    }

    /// How many items each key would reach.
    fn counts(&self, items: &[u32], used: &[u16]) -> HashMap<(KeyKind, u16, u64), usize> {
        let mut counts = HashMap::with_capacity(items.len());
        for test in items.iter().flat_map(|item| self.tests(*item)).filter(|test| !used.contains(&test.slot))
        {
            if let AccessKind::Keys(kind, keys) = &test.kind {
                keys.iter().for_each(|key| *counts.entry((*kind, test.slot, *key)).or_default() += 1);
            }
        }
        counts
    }

    /// The test of an item that the fewest others share.
    fn choose(
        &self,
        item: u32,
        among: usize,
        used: &[u16],
        counts: &HashMap<(KeyKind, u16, u64), usize>,
    ) -> Option<FamilyKey> {
        let cost = |test: &Access| match &test.kind {
            AccessKind::Present => None,
            AccessKind::Within(_) => Some((among / 4, None)),
            AccessKind::Keys(kind, keys) => {
                let count = |key: &u64| counts.get(&(*kind, test.slot, *key)).copied().unwrap_or_default();
                Some((keys.iter().map(count).sum(), Some((*kind, test.slot))))
            }
        };
        let tests = self.tests(item).iter().filter(|test| !used.contains(&test.slot));
        let (_, key) = tests.filter_map(cost).min()?;
        Some(match key {
            Some((kind, slot)) => FamilyKey::Keys(kind, slot),
            None => FamilyKey::Range(self.bounds(item, used)),
        })
    }

    /// The sides on which tests bound fields.
    fn bounds(&self, item: u32, used: &[u16]) -> Vec<(u16, Side)> {
        let mut bounds = BTreeSet::new();
        for test in self.tests(item).iter().filter(|test| !used.contains(&test.slot)) {
            if let AccessKind::Within(interval) = test.kind {
                let sides = [Side::Low, Side::High].into_iter();
                bounds.extend(
                    sides.filter(|side| interval.on(*side).is_finite()).map(|side| (test.slot, side)),
                );
            }
        }
        bounds.into_iter().collect()
    }

    fn family(&mut self, key: FamilyKey, items: &[u32], used: &mut Vec<u16>) -> Family {
        let (kind, slot) = match key {
            FamilyKey::Keys(kind, slot) => (kind, slot),
            FamilyKey::Range(bounds) => {
                let kind = FamilyKind::Range(self.thresholds(&bounds, items));
                return Family { slot: 0, kind, missing: Target::default(), absent: Target::default() };
            }
        };
        used.push(slot);
        let missing = self.file_below(items, used);
        let absent = self.absent(items, slot, missing, used);
        let mut filed: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for item in items {
            for key in self.keys(*item, kind, slot) {
                filed.entry(key).or_default().push(*item);
            }
        }
        let mut targets = Vec::with_capacity(filed.len());
        for (key, mut items) in filed {
            items.dedup();
            targets.push((key, self.file_below(&items, used)));
        }
        used.pop();
        Family { slot, kind: self.table(kind, &targets), missing, absent }
    }

    /// Items that do not ask for the presence of a field, by their other tests.
    fn absent(&mut self, items: &[u32], slot: u16, missing: Target, used: &mut Vec<u16>) -> Target {
        let guarded = |tests: &[Access]| {
            tests.iter().any(|test| test.slot == slot && matches!(test.kind, AccessKind::Present))
        };
        let rest: Vec<u32> = items.iter().copied().filter(|item| !guarded(self.tests(*item))).collect();
        if rest.len() == items.len() || (!rest.is_empty() && used.len() > 1) {
            return missing;
        }
        self.file_below(&rest, used)
    }

    /// The keys of the test that the family chose.
    fn keys(&self, item: u32, kind: KeyKind, slot: u16) -> Vec<u64> {
        let of_kind = |test: &Access| match &test.kind {
            AccessKind::Keys(found, keys) if *found == kind && test.slot == slot => Some(keys.to_vec()),
            _ => None,
        };
        // Several tests of one kind on one field must all hold, so any one of them will do.
        let found = self.tests(item).iter().filter_map(of_kind);
        found.min_by_key(Vec::len).unwrap_or_default()
    }

    fn table(&self, kind: KeyKind, targets: &[(u64, Target)]) -> FamilyKind {
        let texts = || {
            let entries = targets.iter().map(|(key, target)| (TextRef::from_arg(*key), *target));
            let entries: Vec<(TextRef, Target)> = entries.collect();
            TextTable::new(&entries, self.code)
        };
        match kind {
            KeyKind::Text => FamilyKind::Text(texts()),
            KeyKind::Holds => FamilyKind::Holds(texts()),
            KeyKind::Prefix => {
                let lengths: BTreeSet<u32> =
                    targets.iter().map(|(key, _)| TextRef::from_arg(*key).len() as u32).collect();
                FamilyKind::Prefix { lengths: lengths.into_iter().collect(), table: texts() }
            }
            KeyKind::Number => {
                let entry = |(key, target): &(u64, Target)| Some((*self.code.number(*key)?, *target));
                let entries: Vec<(Decimal, Target)> = targets.iter().filter_map(entry).collect();
                FamilyKind::Number(NumberTable::new(&entries))
            }
            KeyKind::Flag => {
                let of = |flag: u64| targets.iter().find(|(key, _)| *key == flag).map(|(_, target)| *target);
                FamilyKind::Flag([of(0).unwrap_or_default(), of(1).unwrap_or_default()])
            }
        }
    }

    fn thresholds(&mut self, bounds: &[(u16, Side)], items: &[u32]) -> Thresholds {
        let present = |tests: &[Access], slot: u16| {
            tests.iter().any(|test| test.slot == slot && matches!(test.kind, AccessKind::Present))
        };
        let axes = bounds.iter().map(|(slot, side)| Axis {
            slot: *slot,
            side: *side,
            guarded: items.iter().all(|item| present(self.tests(*item), *slot)),
        });
        let axes = axes.collect();
        let point = |item: &u32| {
            let of = |(slot, side): &(u16, Side)| interval(self.tests(*item), *slot).on(*side);
            Point { rule: *item, coordinates: bounds.iter().map(of).collect() }
        };
        let points = items.iter().map(point).collect();
        Thresholds::new(axes, points, &mut |part| {
            let items: Vec<u32> = part.iter().map(|point| point.rule).collect();
            self.list(&items)
        })
    }
}

/// How many keys a rule can be found by.
fn keys_of(tests: &[Access]) -> usize {
    let keys = |test: &Access| match &test.kind {
        AccessKind::Keys(_, keys) => keys.len(),
        AccessKind::Within(_) | AccessKind::Present => 1,
    };
    tests.iter().map(keys).sum()
}

/// What all tests of a field leave.
fn interval(tests: &[Access], slot: u16) -> Interval {
    let of_slot = tests.iter().filter(|test| test.slot == slot).filter_map(|test| match test.kind {
        AccessKind::Within(interval) => Some(interval),
        _ => None,
    });
    of_slot.fold(Interval::ALL, Interval::and)
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
        let test =
            |rule: u32, slot: u16| Access { slot, kind: AccessKind::Keys(KeyKind::Text, keys(rule, slot)) };
        let items = (0..400).map(|rule| Item { rule, tests: (0..4).map(|slot| test(rule, slot)).collect() });
        let code = Code::default();
        let mut builder = Builder::new(items.collect(), &code);
        builder.file(&(0..400).collect::<Vec<_>>());
        let (index, _) = builder.finish();
        let keys = 400 * 4 * 20;
        assert!(index.lists.len() < 64 * keys, "{} rules are filed for {keys} keys", index.lists.len());
    }
}
