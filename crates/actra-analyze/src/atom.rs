//! What atoms mean.

use std::collections::HashMap;
use std::sync::Arc;

use actra_model::{Cidr, IpAddress, Pattern};

use crate::formula::{AtomId, Formula, Formulas};
use crate::linear::{Form, Rational};
use crate::relation::Relation;

/// The number of an unknown text or address; paths and URLs are texts in their normal form.
pub(crate) type PointId = u32;

/// A statement about the unknowns that is true or false by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Atom {
    /// Presence, a boolean value, whether a list has an element.
    Free(Arc<str>),
    /// What the analysis does not look into: its name for people, what tells it from others, and whether this is its
    /// being true or its being false.
    Opaque(Arc<str>, Arc<str>, bool),
    /// `form <= bound`, or `form < bound`.
    Bound { form: Arc<Form>, bound: Rational, strict: bool },
    /// A test of one unknown.
    Test(PointId, Test),
    /// Two unknowns of one kind are equal; the lower number comes first.
    Same(PointId, PointId),
    /// One unknown text stands in a relation to another.
    Related(Arc<Relation>, PointId, PointId),
}

/// A change of letters before a text is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Case {
    Lower,
    Upper,
}

/// A test of one value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    Text(Arc<[Case]>, TextTest),
    Ip(IpTest),
}

/// A test of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TextTest {
    /// One of these, ascending.
    OneOf(Arc<[Arc<str>]>),
    StartsWith(Arc<str>),
    EndsWith(Arc<str>),
    Contains(Arc<str>),
    Matches(Regex),
    /// At most so many code points.
    AtMost(usize),
    /// Before this text, or that text itself.
    Before {
        text: Arc<str>,
        or_equal: bool,
    },
}

/// A pattern that is compared by its source.
#[derive(Debug, Clone)]
pub(crate) struct Regex(pub(crate) Arc<Pattern>);

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.0.source() == other.0.source()
    }
}

impl Eq for Regex {}

impl std::hash::Hash for Regex {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.source().hash(state);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum IpTest {
    OneOf(Arc<[IpAddress]>),
    Within(Cidr),
}

pub(crate) fn cased(cases: &[Case], text: &str) -> String {
    cases.iter().fold(text.to_owned(), |text, case| match case {
        Case::Lower => text.to_ascii_lowercase(),
        Case::Upper => text.to_ascii_uppercase(),
    })
}

impl TextTest {
    pub(crate) fn holds(&self, text: &str) -> bool {
        match self {
            TextTest::OneOf(texts) => texts.binary_search_by(|known| known.as_ref().cmp(text)).is_ok(),
            TextTest::StartsWith(part) => text.starts_with(part.as_ref()),
            TextTest::EndsWith(part) => text.ends_with(part.as_ref()),
            TextTest::Contains(part) => text.contains(part.as_ref()),
            TextTest::Matches(regex) => regex.0.is_match(text),
            TextTest::AtMost(count) => text.chars().count() <= *count,
            TextTest::Before { text: bound, or_equal } => {
                text < bound.as_ref() || (*or_equal && text == bound.as_ref())
            }
        }
    }
}

impl IpTest {
    pub(crate) fn holds(&self, address: IpAddress) -> bool {
        match self {
            IpTest::OneOf(known) => known.contains(&address),
            IpTest::Within(range) => range.contains(address),
        }
    }
}

impl Test {
    /// Whether a value, written as text, passes. Text that is no value of the kind does not.
    pub(crate) fn holds(&self, value: &str) -> bool {
        match self {
            Test::Text(cases, test) if cases.is_empty() => test.holds(value),
            Test::Text(cases, test) => test.holds(&cased(cases, value)),
            Test::Ip(test) => IpAddress::parse(value).is_some_and(|address| test.holds(address)),
        }
    }

    /// The only values that pass, if they are few and known.
    pub(crate) fn values(&self) -> Option<Vec<String>> {
        match self {
            Test::Text(cases, TextTest::OneOf(known)) if cases.is_empty() => {
                Some(known.iter().map(|text| text.to_string()).collect())
            }
            Test::Ip(IpTest::OneOf(known)) => Some(known.iter().map(IpAddress::to_string).collect()),
            _ => None,
        }
    }
}

/// All atoms of a question.
#[derive(Debug, Default)]
pub(crate) struct Atoms {
    atoms: Vec<Atom>,
    known: HashMap<Atom, AtomId>,
}

impl Atoms {
    pub(crate) fn add(&mut self, formulas: &mut Formulas, atom: Atom) -> Formula {
        let next = AtomId::try_from(self.atoms.len()).unwrap_or(AtomId::MAX);
        let id = *self.known.entry(atom.clone()).or_insert(next);
        if id == next {
            self.atoms.push(atom);
        }
        formulas.atom(id)
    }

    pub(crate) fn get(&self, id: AtomId) -> Option<&Atom> {
        self.atoms.get(id as usize)
    }

    /// Those that were added after there were so many, which are relations.
    pub(crate) fn relations_from(&self, count: usize) -> impl Iterator<Item = AtomId> {
        self.iter().skip(count).filter(|(_, atom)| matches!(atom, Atom::Related(..))).map(|(id, _)| id)
    }

    pub(crate) fn count(&self) -> usize {
        self.atoms.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (AtomId, &Atom)> {
        (0..).zip(&self.atoms)
    }
}
