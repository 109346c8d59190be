//! What the atoms of a question say about numbers and points, decided together.

pub(crate) mod automaton;
pub(crate) mod simplex;
pub(crate) mod strings;
