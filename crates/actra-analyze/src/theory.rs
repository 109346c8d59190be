//! What the atoms of a question say about numbers and points, decided together.

pub(crate) mod automaton;
pub(crate) mod points;
mod relations;
pub(crate) mod simplex;
