//! Compares Actra with other engines on the same work, with checked answers.
//!
//! `scenarios` make rules and requests as data, `truth` says what is right, each file of `engines` writes the rules
//! in its engine's language, `measure` lets the engines take turns, `table` prints.

pub mod engines;
mod expression;
pub mod measure;
pub mod options;
pub mod random;
pub mod request;
pub mod rule;
pub mod scenarios;
pub mod subject;
pub mod table;
pub mod truth;
pub mod workload;
