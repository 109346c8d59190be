//! Atoms: the statements that formulas are made of.

use std::collections::HashMap;
use std::sync::Arc;

use crate::formula::{AtomId, Formula, Formulas};
use crate::linear::LinearForm;
use crate::predicate::Predicate;
use crate::rational::Rational;
use crate::relation::Relation;
use crate::variable::TextVar;

/// A statement about the unknowns that is true or false by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Atom {
    /// Presence, a boolean value, whether a list has an element.
    Proposition(Arc<str>),
    /// What the analysis does not look into: its name for people, what tells it from others, and whether this is its
    /// being true or its being false.
    Opaque(Arc<str>, Arc<str>, bool),
    /// `form <= bound`, or `form < bound`.
    Bound { form: Arc<LinearForm>, bound: Rational, strict: bool },
    /// A test of one unknown.
    Predicate(TextVar, Predicate),
    /// Two unknowns of one kind are equal; the lower number comes first.
    Equal(TextVar, TextVar),
    /// One unknown text stands in a relation to another.
    Related(Arc<Relation>, TextVar, TextVar),
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
