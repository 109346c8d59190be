//! Hand-made trees against a hand-made request; the corpus in `conformance/` tests the same through the compiler.

mod any;
mod build;
mod collections;
mod decision;
mod functions;
mod kleene;
mod random;
mod reading;
