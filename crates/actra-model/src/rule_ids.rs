use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// Ids that need no memory of their own.
const INLINE: usize = 3;

/// Ids of rules, in file order; up to three need no memory of their own.
///
/// Reads as a slice. Unlike general small vectors it is covariant, so that a decision may outlive nothing but its
/// policy.
#[derive(Clone)]
pub struct RuleIds<'p>(Ids<'p>);

#[derive(Clone)]
enum Ids<'p> {
    Inline { count: usize, ids: [Cow<'p, str>; INLINE] },
    Heap(Vec<Cow<'p, str>>),
}

impl<'p> RuleIds<'p> {
    /// No ids.
    pub const fn new() -> Self {
        const NONE: Cow<'_, str> = Cow::Borrowed("");
        Self(Ids::Inline { count: 0, ids: [NONE; INLINE] })
    }

    /// Appends an id.
    pub fn push(&mut self, id: Cow<'p, str>) {
        match &mut self.0 {
            Ids::Heap(all) => all.push(id),
            Ids::Inline { count, ids } => match ids.get_mut(*count) {
                Some(place) => {
                    *place = id;
                    *count += 1;
                }
                None => {
                    let mut all = Vec::with_capacity(4 * INLINE);
                    all.extend(ids.iter_mut().map(std::mem::take));
                    all.push(id);
                    self.0 = Ids::Heap(all);
                }
            },
        }
    }
}

impl<'p> Deref for RuleIds<'p> {
    type Target = [Cow<'p, str>];

    fn deref(&self) -> &Self::Target {
        match &self.0 {
            Ids::Inline { count, ids } => ids.get(..*count).unwrap_or_default(),
            Ids::Heap(all) => all,
        }
    }
}

impl<'p> FromIterator<Cow<'p, str>> for RuleIds<'p> {
    fn from_iter<I: IntoIterator<Item = Cow<'p, str>>>(ids: I) -> Self {
        let mut all = Self::new();
        ids.into_iter().for_each(|id| all.push(id));
        all
    }
}

impl<'a, 'p> IntoIterator for &'a RuleIds<'p> {
    type Item = &'a Cow<'p, str>;
    type IntoIter = std::slice::Iter<'a, Cow<'p, str>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Default for RuleIds<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for RuleIds<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for RuleIds<'_> {}

impl fmt::Debug for RuleIds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
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
            assert_eq!(ids.iter().collect::<Vec<_>>(), names.iter().collect::<Vec<_>>());
            assert_eq!(ids, ids.clone());
            assert_eq!(matches!(ids.0, Ids::Inline { .. }), count <= INLINE);
        }
    }
}
