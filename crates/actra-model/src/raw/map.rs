//! An object of untyped values, as a sorted block of members.

use std::collections::BTreeMap;
use std::fmt;

use super::RawValue;

/// Up to so many members, a linear search is faster than a binary one.
const MAX_LINEAR_MEMBERS: usize = 16;

/// Spare capacity for another member: the `type` of an action is added to its arguments.
const SPARE_MEMBERS: usize = 1;

/// An object as a host has it: members by key in byte order, each key once.
///
/// Objects of requests are small, so the members are one block of memory: a look-up compares a few lengths.
///
/// INVARIANT (sorted): `members` is strictly ascending by key, so derived equality is equality of objects.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawMap {
    members: Vec<(String, RawValue)>,
}

impl RawMap {
    /// No members.
    pub const fn new() -> Self {
        Self { members: Vec::new() }
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: &str) -> Option<&RawValue> {
        self.member(key).map(|(_, value)| value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut RawValue> {
        let index = self.index(key).ok()?;
        self.members.get_mut(index).map(|(_, value)| value)
    }

    /// A key and its value.
    pub fn get_key_value(&self, key: &str) -> Option<(&String, &RawValue)> {
        self.member(key).map(|(key, value)| (key, value))
    }

    /// Whether there is a member of this key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.member(key).is_some()
    }

    /// Sets a member; the value that the key had.
    ///
    /// Cost: linear in the members behind it. To build a whole map, collect its members instead.
    pub fn insert(&mut self, key: String, value: RawValue) -> Option<RawValue> {
        match self.index(&key) {
            Ok(index) => {
                let (_, known) = self.members.get_mut(index)?;
                Some(std::mem::replace(known, value))
            }
            Err(index) => {
                self.members.insert(index, (key, value));
                None
            }
        }
    }

    /// Takes a member out.
    pub fn remove(&mut self, key: &str) -> Option<RawValue> {
        let index = self.index(key).ok()?;
        Some(self.members.remove(index).1)
    }

    /// The members in byte order of their keys.
    pub fn iter(&self) -> Iter<'_> {
        Iter { members: self.members.iter() }
    }

    /// The keys in byte order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &String> + ExactSizeIterator + Clone {
        self.members.iter().map(|(key, _)| key)
    }

    /// The values in byte order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &RawValue> + ExactSizeIterator + Clone {
        self.members.iter().map(|(_, value)| value)
    }

    /// The values in byte order of their keys, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut RawValue> + ExactSizeIterator {
        self.members.iter_mut().map(|(_, value)| value)
    }

    #[inline]
    fn member(&self, key: &str) -> Option<&(String, RawValue)> {
        if self.members.len() <= MAX_LINEAR_MEMBERS {
            return self.members.iter().find(|(known, _)| known == key);
        }
        self.index(key).ok().and_then(|index| self.members.get(index))
    }

    /// Where a key is, else where it would be.
    fn index(&self, key: &str) -> Result<usize, usize> {
        match self.members.last() {
            Some((last, _)) if last.as_str() < key => Err(self.members.len()),
            _ => self.members.binary_search_by(|(known, _)| known.as_str().cmp(key)),
        }
    }

    /// Of equal keys the last one counts.
    fn from_members(mut members: Vec<(String, RawValue)>) -> Self {
        if !members.is_sorted_by(|(left, _), (right, _)| left < right) {
            // The sort is stable, so equal keys stay in their order.
            members.sort_by(|(left, _), (right, _)| left.cmp(right));
            members.dedup_by(|later, kept| {
                let equal = later.0 == kept.0;
                if equal {
                    std::mem::swap(later, kept);
                }
                equal
            });
        }
        Self { members }
    }
}

impl fmt::Debug for RawMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl FromIterator<(String, RawValue)> for RawMap {
    fn from_iter<I: IntoIterator<Item = (String, RawValue)>>(members: I) -> Self {
        let members = members.into_iter();
        let mut all = Vec::with_capacity(members.size_hint().0.saturating_add(SPARE_MEMBERS));
        all.extend(members);
        Self::from_members(all)
    }
}

impl<const N: usize> From<[(String, RawValue); N]> for RawMap {
    fn from(members: [(String, RawValue); N]) -> Self {
        members.into_iter().collect()
    }
}

impl From<BTreeMap<String, RawValue>> for RawMap {
    fn from(members: BTreeMap<String, RawValue>) -> Self {
        Self { members: members.into_iter().collect() }
    }
}

impl Extend<(String, RawValue)> for RawMap {
    fn extend<I: IntoIterator<Item = (String, RawValue)>>(&mut self, members: I) {
        let mut all = std::mem::take(&mut self.members);
        all.extend(members);
        *self = Self::from_members(all);
    }
}

impl IntoIterator for RawMap {
    type Item = (String, RawValue);
    type IntoIter = std::vec::IntoIter<(String, RawValue)>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

impl<'a> IntoIterator for &'a RawMap {
    type Item = (&'a String, &'a RawValue);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The members of a [`RawMap`] in byte order of their keys.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    members: std::slice::Iter<'a, (String, RawValue)>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a String, &'a RawValue);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.members.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.members.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.members.next_back().map(|(key, value)| (key, value))
    }
}

impl ExactSizeIterator for Iter<'_> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(ours: &RawMap, theirs: &BTreeMap<String, RawValue>) -> Result<(), TestCaseError> {
        prop_assert!(ours.iter().eq(theirs.iter()), "{:?} against {:?}", ours, theirs);
        prop_assert!(ours.keys().eq(theirs.keys()) && ours.values().eq(theirs.values()));
        prop_assert_eq!(ours.len(), theirs.len());
        prop_assert_eq!(ours.is_empty(), theirs.is_empty());
        prop_assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
        prop_assert!(ours.iter().rev().eq(theirs.iter().rev()));
        Ok(())
    }

    fn members() -> impl Strategy<Value = Vec<(String, RawValue)>> {
        let member = ("[ab]{0,5}|é", 0i64..1_000).prop_map(|(key, value)| (key, value.into()));
        prop_oneof![prop::collection::vec(member.clone(), 0..6), prop::collection::vec(member, 0..60),]
    }

    proptest! {
        #[test]
        fn is_a_sorted_map(members in members(), more in members(), key in "[ab]{0,5}|é") {
            let mut ours: RawMap = members.iter().cloned().collect();
            let mut theirs: BTreeMap<_, _> = members.into_iter().collect();
            same(&ours, &theirs)?;
            prop_assert_eq!(&RawMap::from(theirs.clone()), &ours);
            prop_assert_eq!(ours.get(&key), theirs.get(&key));
            prop_assert_eq!(ours.get_mut(&key), theirs.get_mut(&key));
            prop_assert_eq!(ours.get_key_value(&key), theirs.get_key_value(&key));
            prop_assert_eq!(ours.contains_key(&key), theirs.contains_key(&key));
            prop_assert_eq!(ours.remove(&key), theirs.remove(&key));
            same(&ours, &theirs)?;
            prop_assert_eq!(ours.insert(key.clone(), true.into()), theirs.insert(key, true.into()));
            same(&ours, &theirs)?;
            for (key, value) in &more {
                prop_assert_eq!(
                    ours.clone().insert(key.clone(), value.clone()),
                    theirs.clone().insert(key.clone(), value.clone())
                );
            }
            prop_assert!(ours.values_mut().eq(theirs.values_mut()));
            ours.extend(more.iter().cloned());
            theirs.extend(more);
            same(&ours, &theirs)?;
            prop_assert!(ours.into_iter().eq(theirs));
        }
    }

    #[test]
    fn of_equal_keys_the_last_counts() {
        let map = RawMap::from(["b", "a", "b", "a"].map(|key| (key.to_owned(), key.into())));
        assert_eq!(map.keys().collect::<Vec<_>>(), ["a", "b"]);
        let numbered = [("b", 1), ("a", 2), ("b", 3)].map(|(key, value)| (key.to_owned(), value.into()));
        assert_eq!(RawMap::from(numbered).get("b"), Some(&3.into()));
    }
}
