//! Input written by others, decided by the policy sets in `examples/`.
//!
//! The data stands in the directory `$ACTRA_CORPORA`; tests whose corpus is not there are reported as ignored.
//! Run with `--nocapture` for the tables.

#![expect(clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "indexing a JSON value gives null where there is nothing")]

mod corpora {
    pub mod agentdojo;
    pub mod corpus;
    pub mod imports;
    pub mod kubernetes;
    pub mod tau2;
}

use corpora::{agentdojo, kubernetes, tau2};

#[test]
#[cfg_attr(not(corpus = "agentdojo"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `agentdojo`")]
fn banking_calls() {
    agentdojo::check("banking");
}

#[test]
#[cfg_attr(not(corpus = "agentdojo"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `agentdojo`")]
fn slack_calls() {
    agentdojo::check("slack");
}

#[test]
#[cfg_attr(not(corpus = "kubernetes"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `kubernetes`")]
fn kubernetes_admission() {
    kubernetes::check();
}

#[test]
#[cfg_attr(not(corpus = "tau2"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `tau2`")]
fn retail_rule_book() {
    tau2::check("retail", &["retail_cases_allow_train.json", "retail_cases_block_train.json"]);
}

#[test]
#[cfg_attr(not(corpus = "tau2"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `tau2`")]
fn retail_calls_changed_in_one_respect() {
    tau2::check_changed("retail", "retail_cases_allow_train.json");
}

#[test]
#[cfg_attr(not(corpus = "tau2"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `tau2`")]
fn airline_calls_changed_in_one_respect() {
    tau2::check_changed("airline", "airline_cases_allow_train.json");
}

#[test]
#[cfg_attr(not(corpus = "tau2"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `tau2`")]
fn airline_rule_book() {
    tau2::check("airline", &["airline_cases_allow_train.json"]);
}
