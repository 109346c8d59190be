//! Input written by others, decided by the policy sets in `examples/`.
//!
//! The data stands in `$ACTRA_CORPORA`, by default `../shared/data` beside the repository; where it is absent, each
//! test says so and passes. Run with `--nocapture` for the tables.

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
fn banking_calls() {
    agentdojo::check("banking");
}

#[test]
fn slack_calls() {
    agentdojo::check("slack");
}

#[test]
fn kubernetes_admission() {
    kubernetes::check();
}

#[test]
fn retail_rule_book() {
    tau2::check("retail", &["retail_cases_allow_train.json", "retail_cases_block_train.json"]);
}

#[test]
fn retail_calls_changed_in_one_respect() {
    tau2::check_changed("retail", "retail_cases_allow_train.json");
}

#[test]
fn airline_calls_changed_in_one_respect() {
    tau2::check_changed("airline", "airline_cases_allow_train.json");
}

#[test]
fn airline_rule_book() {
    tau2::check("airline", &["airline_cases_allow_train.json"]);
}
