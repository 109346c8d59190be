//! What a schema declares, in the types of other languages, so that editors complete calls and checkers check them.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod names;
mod python;

pub use python::python;
