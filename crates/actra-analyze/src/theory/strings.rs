//! The theory of texts (paths and URLs among them) and addresses: values that pass some predicates, fail others, and
//! are equal or different.
//!
//! Variables that are asserted to be equal form a class. A class that must differ from `n` others needs at most `n + 1`
//! candidates: with so many, one is left whatever the others are. So a search over those candidates decides.

mod relations;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actra_model::IpAddress;

use crate::budget::{Budget, steps};
use crate::predicate::{IpPredicate, Predicate, TextPredicate};
use crate::relation::Relation;
use crate::theory::automaton::{AutomatonCache, Membership};
use crate::variable::{TextSort, TextVar};
use relations::Link;

/// An assertion about variables for texts and addresses, and whether it shall hold.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Assertion<'a> {
    Predicate(TextVar, &'a Predicate, bool),
    Equal(TextVar, TextVar, bool),
    Related(&'a Relation, TextVar, TextVar, bool),
}

/// What the theory of strings makes of a conjunction of assertions.
#[derive(Debug)]
pub(crate) enum StringsResult<M> {
    /// They hold for these values.
    Model(M),
    /// These assertions, by index, exclude each other (not always the fewest that do).
    Conflict(BTreeSet<usize>),
    /// No values were found for which these assertions hold, though there may be some.
    Incomplete(BTreeSet<usize>),
    /// The budget is used up, or an automaton is too large.
    GaveUp,
}

/// Values for all variables of some assertions, or assertions that exclude each other (not always the fewest).
pub(crate) fn solve(
    assertions: &[Assertion<'_>],
    kind_of: impl Fn(TextVar) -> TextSort,
    automata: &mut AutomatonCache,
    budget: &Budget,
) -> StringsResult<BTreeMap<TextVar, String>> {
    if !budget.spend(steps(assertions.len())) {
        return StringsResult::GaveUp;
    }
    let classes = classes(assertions);
    let mut parts: BTreeMap<TextVar, EqualityClass<'_>> = BTreeMap::new();
    let mut links = Vec::new();
    for (idx, assertion) in assertions.iter().enumerate() {
        match *assertion {
            Assertion::Predicate(var, test, passes) => {
                let class = parts.entry(root(&classes, var)).or_default();
                class.assertions.insert(idx);
                class.predicates.push((test, passes));
            }
            Assertion::Equal(left, right, same) => {
                let (left, right) = (root(&classes, left), root(&classes, right));
                parts.entry(left).or_default().assertions.insert(idx);
                parts.entry(right).or_default().assertions.insert(idx);
                match same {
                    false if left == right => {
                        let equal = assertions.iter().enumerate().filter(|(_, assertion)| {
                            matches!(assertion, Assertion::Equal(one, _, true) if root(&classes, *one) == left)
                        });
                        return StringsResult::Conflict(equal.map(|(idx, _)| idx).chain([idx]).collect());
                    }
                    false => {
                        parts.entry(left).or_default().differs_from.insert(right);
                        parts.entry(right).or_default().differs_from.insert(left);
                    }
                    true => {}
                }
            }
            Assertion::Related(relation, left, right, holds) => {
                let (left, right) = (root(&classes, left), root(&classes, right));
                parts.entry(left).or_default().assertions.insert(idx);
                parts.entry(right).or_default().assertions.insert(idx);
                links.push(Link { relation, left, right, holds, assertion: idx });
            }
        }
    }
    if let Some(mut conflict) = relations::contradiction(&links) {
        // The unknowns are one because of these.
        conflict.extend((0..).zip(assertions).filter_map(|(idx, assertion)| match assertion {
            Assertion::Equal(_, _, true) => Some(idx),
            _ => None,
        }));
        return StringsResult::Conflict(conflict);
    }
    let mut candidates = BTreeMap::new();
    for (var, class) in &parts {
        let Some(found) = class.candidates(kind_of(*var), automata, budget) else {
            return StringsResult::GaveUp;
        };
        if found.is_empty() {
            let own = class.assertions.iter().copied().filter(|idx| {
                matches!(assertions.get(*idx), Some(Assertion::Predicate(..) | Assertion::Equal(_, _, true)))
            });
            return StringsResult::Conflict(own.collect());
        }
        candidates.insert(*var, found);
    }
    let mut chosen = BTreeMap::new();
    let mut tries = 20_000;
    match color(&parts, &candidates, &mut chosen, &mut tries) {
        Some(true) => {}
        Some(false) => return StringsResult::Conflict((0..assertions.len()).collect()),
        None => return StringsResult::GaveUp,
    }
    match relations::solve(&parts, &links, automata, budget) {
        StringsResult::Model(related) => chosen.extend(related),
        StringsResult::Conflict(conflict) => return StringsResult::Conflict(conflict),
        StringsResult::Incomplete(untried) => return StringsResult::Incomplete(untried),
        StringsResult::GaveUp => return StringsResult::GaveUp,
    }
    let all = assertions.iter().flat_map(|assertion| match assertion {
        Assertion::Predicate(var, ..) => vec![*var],
        Assertion::Equal(left, right, _) | Assertion::Related(_, left, right, _) => vec![*left, *right],
    });
    StringsResult::Model(
        all.filter_map(|var| Some((var, chosen.get(&root(&classes, var))?.clone()))).collect(),
    )
}

#[derive(Debug, Default)]
pub(super) struct EqualityClass<'a> {
    pub(super) assertions: BTreeSet<usize>,
    pub(super) predicates: Vec<(&'a Predicate, bool)>,
    /// The classes that it must differ from.
    pub(super) differs_from: BTreeSet<TextVar>,
}

type UnionFind = BTreeMap<TextVar, TextVar>;

fn classes(assertions: &[Assertion<'_>]) -> UnionFind {
    let mut classes = UnionFind::new();
    for assertion in assertions {
        if let Assertion::Equal(left, right, true) = assertion {
            let (left, right) = (root(&classes, *left), root(&classes, *right));
            if left != right {
                classes.insert(left.max(right), left.min(right));
            }
        }
    }
    classes
}

fn root(classes: &UnionFind, mut var: TextVar) -> TextVar {
    while let Some(parent) = classes.get(&var) {
        var = *parent;
    }
    var
}

/// Gives each class one of its candidates so that those that must differ do; `None` when the budget is used up.
fn color(
    parts: &BTreeMap<TextVar, EqualityClass<'_>>,
    candidates: &BTreeMap<TextVar, Vec<String>>,
    chosen: &mut BTreeMap<TextVar, String>,
    steps: &mut usize,
) -> Option<bool> {
    // The class with the fewest candidates first; among those with plenty any order does.
    let open = parts.keys().filter(|var| !chosen.contains_key(*var));
    let Some(var) = open.min_by_key(|var| candidates.get(*var).map_or(0, Vec::len)) else {
        return Some(true);
    };
    for candidate in candidates.get(var).into_iter().flatten() {
        *steps = steps.checked_sub(1)?;
        let differs_from = parts.get(var).into_iter().flat_map(|class| &class.differs_from);
        if differs_from.into_iter().any(|other| chosen.get(other) == Some(candidate)) {
            continue;
        }
        chosen.insert(*var, candidate.clone());
        if color(parts, candidates, chosen, steps)? {
            return Some(true);
        }
        chosen.remove(var);
    }
    Some(false)
}

impl EqualityClass<'_> {
    fn passes(&self, value: &str) -> bool {
        self.predicates.iter().all(|(test, passes)| test.holds(value) == *passes)
    }

    /// Enough values that pass: all, or one more than the class must differ from.
    fn candidates(
        &self,
        kind: TextSort,
        automata: &mut AutomatonCache,
        budget: &Budget,
    ) -> Option<Vec<String>> {
        self.values(self.differs_from.len() + 1, kind, automata, budget)
    }

    /// How many values it can have, if they are written out.
    pub(super) fn listed(&self) -> Option<usize> {
        let known =
            self.predicates.iter().filter(|(_, passes)| *passes).filter_map(|(test, _)| test.values());
        known.map(|values| values.len()).min()
    }

    /// So many values that pass, or all if there are fewer; `None` if an automaton is too large.
    pub(super) fn values(
        &self,
        count: usize,
        kind: TextSort,
        automata: &mut AutomatonCache,
        budget: &Budget,
    ) -> Option<Vec<String>> {
        let known =
            self.predicates.iter().filter(|(_, passes)| *passes).filter_map(|(test, _)| test.values());
        if let Some(values) = known.min_by_key(Vec::len) {
            return Some(values.into_iter().filter(|value| self.passes(value)).take(count).collect());
        }
        let all = match kind {
            TextSort::Text => return self.texts(count, automata, budget),
            TextSort::Ip => self.addresses(count),
        };
        let mut seen = BTreeSet::new();
        let fit = all.into_iter().filter(|value| self.passes(value) && seen.insert(value.clone()));
        Some(fit.take(count).collect())
    }

    fn texts(&self, count: usize, automata: &mut AutomatonCache, budget: &Budget) -> Option<Vec<String>> {
        // What people would write comes first, where it will do.
        let mut found: Vec<String> =
            ["a", "b", "c", "d", "e", "f", "/a", "https://example.com/"].map(str::to_owned).into();
        found.retain(|text| self.passes(text));
        found.truncate(count);
        if found.len() == count {
            return Some(found);
        }
        let mut memberships = Vec::new();
        let mut without = found.clone();
        for (test, passes) in &self.predicates {
            match test {
                Predicate::Text(cases, test) => match (test, *passes, cases.is_empty()) {
                    // Few texts are left out more cheaply than an automaton of them is walked.
                    (TextPredicate::OneOf(texts), false, true) if texts.len() <= 64 => {
                        without.extend(texts.iter().map(|text| text.to_string()));
                    }
                    _ => memberships.push(Membership {
                        cases: cases.clone(),
                        test: test.clone(),
                        passes: *passes,
                    }),
                },
                _ => return None,
            }
        }
        let more = automata.texts(&memberships, count - found.len(), &without, budget)?;
        found.extend(more);
        Some(found)
    }

    /// Between the edges of ranges all addresses are alike: each edge, and as many behind it as are wanted.
    fn addresses(&self, count: usize) -> Vec<String> {
        let mut starts = vec![
            IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)),
            IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
            // Behind the range that is IPv4 in disguise.
            IpAddr::V6(Ipv6Addr::new(0, 0, 0, 0, 0, 1, 0, 0)),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        ];
        for (test, _) in &self.predicates {
            match test {
                Predicate::Ip(IpPredicate::OneOf(known)) => {
                    starts.extend(known.iter().filter_map(|address| ahead(address.addr(), 1)));
                }
                Predicate::Ip(IpPredicate::Within(range)) => {
                    let first = range.network().addr();
                    starts.push(first);
                    let width = if first.is_ipv4() { 32 } else { 128 };
                    let size = 1_u128.checked_shl(width - u32::from(range.prefix()));
                    starts.extend(size.and_then(|size| ahead(first, size)));
                }
                _ => {}
            }
        }
        let each = |start: IpAddr| (0..count).filter_map(move |step| ahead(start, step as u128));
        let all = starts.into_iter().flat_map(each);
        all.filter_map(|address| IpAddress::parse(&address.to_string()))
            .map(|address| address.to_string())
            .collect()
    }
}

fn ahead(address: IpAddr, steps: u128) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => {
            let bits = u32::from(address).checked_add(u32::try_from(steps).ok()?)?;
            Some(IpAddr::V4(bits.into()))
        }
        IpAddr::V6(address) => Some(IpAddr::V6(u128::from(address).checked_add(steps)?.into())),
    }
}
