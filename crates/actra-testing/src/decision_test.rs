//! The tests that coverage and mutation testing use: those whose expectation is about a decision.

use actra_engine::Policy;
use actra_engine::model::Decision;

use crate::case_file::{Case, Unmentioned};
use crate::compare;
use crate::evaluated::EvaluatedRequest;
use crate::expected::Expected;
use crate::parallel;
use crate::set_tests::SetTests;
use crate::unmentioned;

/// A test of the set whose expectation is about a decision.
pub(crate) struct DecisionTest<'t> {
    pub(crate) name: &'t str,
    expected: Vec<&'t Expected>,
    /// Whether it mentions every fault of its decision, so that it can tell policies apart.
    mentions_faults: bool,
    /// The members of decisions whose change alone does not make the test fail.
    ignored_members: &'static [&'static str],
    pub(crate) evaluated: EvaluatedRequest,
}

impl<'t> DecisionTest<'t> {
    /// `None` for a test that is not about a decision.
    ///
    /// Explanations, hashes and diagnostics change with the text of a policy, whether or not its decisions do.
    pub(crate) fn new(policy: &Policy, case: &'t Case) -> Option<Self> {
        let is_about_decision =
            |expected: &&Expected| matches!(expected, Expected::Members(_) | Expected::Decision { .. });
        let expected: Vec<_> = case.expected.iter().filter(is_about_decision).collect();
        let raw = actra_wire::read_request(case.request.as_deref()?);
        let evaluated = EvaluatedRequest::new(policy, &raw);
        let mentions_faults = unmentioned::mentions_faults(case, &evaluated.decision);
        let ignored_members = match case.unmentioned {
            Unmentioned::Fails => unmentioned::FAULT_MEMBERS,
            Unmentioned::Passes => &[],
        };
        (!expected.is_empty()).then_some(Self {
            name: &case.name,
            expected,
            mentions_faults,
            ignored_members,
            evaluated,
        })
    }

    /// Whether the test fails with this decision because of what was decided, and not only because of what could not be
    /// read or evaluated.
    pub(crate) fn fails_with(&self, decision: &Decision<'_>) -> bool {
        if !self.mentions_faults {
            return false;
        }
        let bytes = actra_wire::decision_bytes(decision);
        self.expected.iter().any(|expected| match expected {
            Expected::Members(members) => {
                let mismatches = compare::members(members, &bytes);
                mismatches.iter().any(|mismatch| !self.ignored_members.contains(&mismatch.subject.as_str()))
            }
            Expected::Decision { bytes: expected, .. } => {
                compare::differ_outside(self.ignored_members, expected.as_bytes(), &bytes)
            }
            _ => false,
        })
    }
}

/// The tests about decisions of the set itself, in order.
pub(crate) fn decision_tests<'t>(tests: &'t SetTests<'_>, policy: &Policy) -> Vec<DecisionTest<'t>> {
    let cases: Vec<_> = tests.own_cases().collect();
    let test = |(): &mut (), case: &&'t Case| DecisionTest::new(policy, case);
    parallel::map(&cases, tests.jobs(), || (), test).into_iter().flatten().collect()
}
