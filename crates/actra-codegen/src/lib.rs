//! What a schema declares, in the types of other languages, so that editors complete calls and checkers check them.

mod names;
mod python;

pub use python::python;
