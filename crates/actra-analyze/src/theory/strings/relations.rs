//! Texts that stand in relations to each other: those that others are looked for in are chosen last, when what is said
//! of them has become tests.
//!
//! A few texts are tried for each unknown. That none of them will do is a conflict only where these were all there are.

use std::collections::{BTreeMap, BTreeSet};

use super::{EqualityClass, StringsResult};
use crate::budget::Budget;
use crate::predicate::Predicate;
use crate::relation::{Relation, RelationKind};
use crate::theory::automaton::AutomatonCache;
use crate::variable::{TextSort, TextVar};

/// Texts tried for an unknown that others depend on, besides those that differences take.
const CANDIDATES_PER_TEXT: usize = 4;
/// Values of an unknown of which all are tried.
const EXHAUSTIVE_VALUES: usize = 64;
/// Variables that are given candidates before the search is given up.
const MAX_SEARCH_STEPS: usize = 400;

/// An assertion that two classes stand in a relation, or do not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    pub(super) relation: &'a Relation,
    pub(super) left: TextVar,
    pub(super) right: TextVar,
    pub(super) holds: bool,
    /// The index of the assertion.
    pub(super) assertion: usize,
}

/// Claims that exclude each other whatever else is said of the texts.
pub(super) fn contradiction(links: &[Link<'_>]) -> Option<BTreeSet<usize>> {
    for link in links.iter().filter(|link| !link.holds) {
        if link.left == link.right && link.relation.is_reflexive() {
            return Some(BTreeSet::from([link.assertion]));
        }
        let stronger = links.iter().find(|other| {
            other.holds
                && (other.left, other.right) == (link.left, link.right)
                && other.relation.implies(link.relation)
        });
        if let Some(stronger) = stronger {
            return Some(BTreeSet::from([link.assertion, stronger.assertion]));
        }
        if link.relation.kind == RelationKind::Contains && link.relation.is_plain() {
            let plain = links.iter().filter(|other| other.holds && other.relation.is_plain());
            let plain: Vec<_> = plain.collect();
            if reaches(&plain, link.left, link.right) {
                return Some(plain.iter().map(|other| other.assertion).chain([link.assertion]).collect());
            }
        }
    }
    None
}

/// Whether one text contains another by way of those between.
fn reaches(links: &[&Link<'_>], from: TextVar, to: TextVar) -> bool {
    let mut known = BTreeSet::from([from]);
    loop {
        let more: Vec<_> =
            links.iter().filter(|link| known.contains(&link.left)).map(|link| link.right).collect();
        let before = known.len();
        known.extend(more);
        if known.contains(&to) {
            return true;
        }
        if known.len() == before {
            return false;
        }
    }
}

/// Texts for the classes that relations speak of, and for those that must differ from them.
pub(super) fn solve(
    classes: &BTreeMap<TextVar, EqualityClass<'_>>,
    links: &[Link<'_>],
    automata: &mut AutomatonCache,
    budget: &Budget,
) -> StringsResult<BTreeMap<TextVar, String>> {
    let mut chosen = BTreeMap::new();
    for group in groups(classes, links) {
        let mut search = RelationSearch { classes, links, automata, steps: MAX_SEARCH_STEPS, budget };
        let order = search.order(&group);
        match search.place(&order, &mut chosen) {
            Some(Placement::Placed) => {}
            Some(Placement::Exhausted) => return StringsResult::Conflict(claims_of(classes, &group)),
            Some(Placement::Incomplete) => {
                return match narrower(classes, links, automata, budget) {
                    Some(conflict) => StringsResult::Conflict(conflict),
                    None => StringsResult::Incomplete(claims_of(classes, &group)),
                };
            }
            None => return StringsResult::GaveUp,
        }
    }
    StringsResult::Model(chosen)
}

fn claims_of(classes: &BTreeMap<TextVar, EqualityClass<'_>>, group: &BTreeSet<TextVar>) -> BTreeSet<usize> {
    group.iter().filter_map(|var| classes.get(var)).flat_map(|class| class.assertions.clone()).collect()
}

/// Claims that exclude each other whatever the unknowns are of which not all values were tried: relations to those with
/// few values only.
fn narrower(
    classes: &BTreeMap<TextVar, EqualityClass<'_>>,
    links: &[Link<'_>],
    automata: &mut AutomatonCache,
    budget: &Budget,
) -> Option<BTreeSet<usize>> {
    let is_few =
        |var| classes.get(var).and_then(EqualityClass::listed).is_some_and(|few| few <= EXHAUSTIVE_VALUES);
    let links: Vec<Link<'_>> = links
        .iter()
        .filter(|link| link.holds && (is_few(&link.left) || is_few(&link.right)))
        .copied()
        .collect();
    // What must differ from others is not looked at here.
    let mut alone = BTreeMap::new();
    for (var, class) in classes {
        let (assertions, predicates) = (class.assertions.clone(), class.predicates.clone());
        alone.insert(*var, EqualityClass { assertions, predicates, differs_from: BTreeSet::new() });
    }
    groups(&alone, &links).into_iter().find_map(|group| {
        let mut search = RelationSearch {
            classes: &alone,
            links: &links,
            automata: &mut *automata,
            steps: MAX_SEARCH_STEPS,
            budget,
        };
        let order = search.order(&group);
        let exhausted = matches!(search.place(&order, &mut BTreeMap::new())?, Placement::Exhausted);
        exhausted.then(|| claims_of(&alone, &group))
    })
}

/// Classes that are connected by relations and differences, if there is a relation among them.
fn groups(classes: &BTreeMap<TextVar, EqualityClass<'_>>, links: &[Link<'_>]) -> Vec<BTreeSet<TextVar>> {
    let mut groups: Vec<BTreeSet<TextVar>> = Vec::new();
    for link in links {
        if groups.iter().any(|group| group.contains(&link.left)) {
            continue;
        }
        let mut group = BTreeSet::new();
        let mut open = vec![link.left];
        while let Some(var) = open.pop() {
            if group.insert(var) {
                open.extend(
                    classes.get(&var).into_iter().flat_map(|class| class.differs_from.iter().copied()),
                );
                for link in links {
                    if link.left == var {
                        open.push(link.right);
                    }
                    if link.right == var {
                        open.push(link.left);
                    }
                }
            }
        }
        groups.push(group);
    }
    groups
}

enum Placement {
    Placed,
    /// There are no others.
    Exhausted,
    /// There may be others.
    Incomplete,
}

struct RelationSearch<'s, 'c> {
    classes: &'s BTreeMap<TextVar, EqualityClass<'c>>,
    links: &'s [Link<'c>],
    automata: &'s mut AutomatonCache,
    steps: usize,
    budget: &'s Budget,
}

impl RelationSearch<'_, '_> {
    /// Those with few values first, then those that the fewest of the rest are looked for in.
    fn order(&self, group: &BTreeSet<TextVar>) -> Vec<TextVar> {
        let mut open = group.clone();
        let mut order = Vec::new();
        while let Some(next) = open.iter().copied().min_by_key(|var| {
            let few = self.classes.get(var).and_then(EqualityClass::listed).unwrap_or(usize::MAX);
            let needed = self
                .links
                .iter()
                .filter(|link| link.left == *var && link.right != *var && open.contains(&link.right));
            (few, needed.count())
        }) {
            open.remove(&next);
            order.push(next);
        }
        order
    }

    /// `None` when an automaton is too large. Depth: the number of classes.
    fn place(&mut self, order: &[TextVar], chosen: &mut BTreeMap<TextVar, String>) -> Option<Placement> {
        let Some((var, rest)) = order.split_first() else { return Some(Placement::Placed) };
        let Some(steps) = self.steps.checked_sub(1) else { return Some(Placement::Incomplete) };
        self.steps = steps;
        let (candidates, mut all) = self.candidates(*var, chosen)?;
        for candidate in candidates {
            if self.is_excluded(*var, &candidate, chosen) {
                continue;
            }
            chosen.insert(*var, candidate);
            match self.place(rest, chosen)? {
                Placement::Placed => return Some(Placement::Placed),
                Placement::Exhausted => {}
                Placement::Incomplete => all = false,
            }
            chosen.remove(var);
        }
        Some(if all { Placement::Exhausted } else { Placement::Incomplete })
    }

    /// Texts that pass what is said of a class, given those that were chosen; and whether no others need be tried.
    fn candidates(
        &mut self,
        var: TextVar,
        chosen: &BTreeMap<TextVar, String>,
    ) -> Option<(Vec<String>, bool)> {
        let class = self.classes.get(&var)?;
        let (mut derived, mut tested, mut needed) = (Vec::new(), true, false);
        for link in self.links {
            if link.holds {
                let [left, right] = link.relation.forbidden();
                let own = [left.filter(|_| link.left == var), right.filter(|_| link.right == var)];
                derived.extend(own.into_iter().flatten().map(|test| (test, false)));
            }
            match (link.left == var, link.right == var) {
                // What a text is to itself is tried.
                (true, true) => tested = false,
                (true, false) => match chosen.get(&link.right) {
                    Some(right) => derived.push((link.relation.test_of_left(right), link.holds)),
                    None => needed = true,
                },
                (false, true) => match chosen.get(&link.left) {
                    Some(left) => match link.relation.test_of_right(left) {
                        Some(test) => derived.push((test, link.holds)),
                        None => tested = false,
                    },
                    None => needed = true,
                },
                (false, false) => {}
            }
        }
        let own = class.predicates.iter().copied();
        let predicates: Vec<(&Predicate, bool)> =
            own.chain(derived.iter().map(|(test, holds)| (test, *holds))).collect();
        let full = EqualityClass {
            assertions: BTreeSet::new(),
            predicates,
            differs_from: class.differs_from.clone(),
        };
        let more = if tested && !needed { 0 } else { CANDIDATES_PER_TEXT };
        let wanted = full.differs_from.len() + 1 + more;
        let wanted =
            full.listed().filter(|few| *few <= EXHAUSTIVE_VALUES).map_or(wanted, |few| wanted.max(few + 1));
        let found = full.values(wanted, TextSort::Text, self.automata, self.budget)?;
        let all = found.len() < wanted || more == 0;
        Some((found, all))
    }

    /// Whether a text is one that the class must differ from, or does not stand in a relation that was no test.
    fn is_excluded(&self, var: TextVar, text: &str, chosen: &BTreeMap<TextVar, String>) -> bool {
        let differs_from = self.classes.get(&var).into_iter().flat_map(|class| &class.differs_from);
        if differs_from.into_iter().any(|other| chosen.get(other).is_some_and(|other| other == text)) {
            return true;
        }
        let known =
            |other: TextVar| if other == var { Some(text) } else { chosen.get(&other).map(String::as_str) };
        self.links.iter().filter(|link| link.left == var || link.right == var).any(|link| {
            match (known(link.left), known(link.right)) {
                (Some(left), Some(right)) => link.relation.holds(left, right) != link.holds,
                _ => false,
            }
        })
    }
}
