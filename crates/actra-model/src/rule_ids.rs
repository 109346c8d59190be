//! A list of rule ids that allocates only for more than a few.

use std::borrow::Cow;
use std::fmt;

/// Ids that need no memory of their own.
const INLINE: usize = 3;

/// Ids of rules, in file order; up to three that are borrowed need no memory of their own.
#[derive(Clone)]
pub struct RuleIds<'p>(IdStorage<'p>);

#[derive(Clone)]
enum IdStorage<'p> {
    Inline { count: u8, ids: [&'p str; INLINE] },
    Heap(Vec<Cow<'p, str>>),
}

impl<'p> RuleIds<'p> {
    /// No ids.
    pub const fn new() -> Self {
        Self(IdStorage::Inline { count: 0, ids: [""; INLINE] })
    }

    /// Appends an id.
    #[inline]
    pub fn push(&mut self, id: Cow<'p, str>) {
        if let (IdStorage::Inline { count, ids }, Cow::Borrowed(id)) = (&mut self.0, &id)
            && let Some(place) = ids.get_mut(usize::from(*count))
        {
            *place = id;
            *count += 1;
            return;
        }
        self.push_to_heap(id);
    }

    fn push_to_heap(&mut self, id: Cow<'p, str>) {
        if let IdStorage::Inline { count, ids } = &self.0 {
            let ids = ids.iter().take(usize::from(*count));
            self.0 = IdStorage::Heap(ids.map(|id| Cow::Borrowed(*id)).collect());
        }
        if let IdStorage::Heap(all) = &mut self.0 {
            all.push(id);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            IdStorage::Inline { count, .. } => usize::from(*count),
            IdStorage::Heap(all) => all.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ids in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (few, many) = match &self.0 {
            IdStorage::Inline { count, ids } => (ids.get(..usize::from(*count)).unwrap_or_default(), &[][..]),
            IdStorage::Heap(all) => (&[][..], all.as_slice()),
        };
        few.iter().copied().chain(many.iter().map(AsRef::as_ref))
    }

    /// Copies the ids, so that they may outlive what they are borrowed from.
    pub fn into_owned(self) -> RuleIds<'static> {
        self.iter().map(|id| Cow::Owned(id.to_owned())).collect()
    }
}

impl<'p> FromIterator<Cow<'p, str>> for RuleIds<'p> {
    fn from_iter<I: IntoIterator<Item = Cow<'p, str>>>(ids: I) -> Self {
        let mut all = Self::new();
        ids.into_iter().for_each(|id| all.push(id));
        all
    }
}

impl Default for RuleIds<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for RuleIds<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for RuleIds<'_> {}

impl<const N: usize> PartialEq<[&str; N]> for RuleIds<'_> {
    fn eq(&self, other: &[&str; N]) -> bool {
        self.iter().eq(other.iter().copied())
    }
}

impl fmt::Debug for RuleIds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_in_order_inline_and_beyond() {
        for count in 0..10 {
            let names = (0..count).map(|idx| format!("r{idx}")).collect::<Vec<_>>();
            let ids = names.iter().map(|name| Cow::Borrowed(name.as_str())).collect::<RuleIds<'_>>();
            assert_eq!(ids.iter().collect::<Vec<_>>(), names);
            assert_eq!(ids.len(), names.len());
            assert_eq!(ids, ids.clone().into_owned());
            assert_eq!(matches!(ids.0, IdStorage::Inline { .. }), count <= INLINE);
        }
    }
}
