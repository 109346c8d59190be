//! The theories: what atoms say about numbers and about texts, decided for a conjunction of them at a time.

pub(crate) mod automaton;
pub(crate) mod simplex;
pub(crate) mod strings;
