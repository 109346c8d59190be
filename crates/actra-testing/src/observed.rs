//! What tests see of a policy: each request with its decision and what every rule comes to, worked out once.

use actra_engine::ir::Rule;
use actra_engine::model::{ActionId, Decision, RawRequest, Request, Schema};
use actra_engine::{Policy, Truth, decide_by, ir, truth};

use crate::compare;
use crate::expected::Expected;
use crate::mutate::Change;
use crate::parallel;
use crate::suite::{Case, Unsaid};
use crate::test_set::TestSet;
use crate::unsaid;

/// A request and what the policy makes of it.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) request: Request,
    /// The rules in scope that are not false, by place, ascending.
    truths: Vec<(usize, Truth)>,
    pub(crate) decision: Decision<'static>,
}

/// A test of the set whose expectation is about a decision.
pub(crate) struct Probe<'t> {
    pub(crate) name: &'t str,
    expected: Vec<&'t Expected>,
    /// Whether it says all that stood in the way of its decision.
    is_witness: bool,
    /// The members of decisions whose change alone is nothing to notice.
    besides: &'static [&'static str],
    pub(crate) observed: Observed,
}

impl Observed {
    pub(crate) fn new(policy: &ir::Policy, raw: &RawRequest) -> Self {
        Self::of(policy, Request::admit(&policy.schema, raw))
    }

    pub(crate) fn of(policy: &ir::Policy, request: Request) -> Self {
        let mut truths = Vec::new();
        let decision = decide_by(policy, &request, |idx, rule| {
            let truth = truth(&rule.condition, &request);
            if truth != Truth::False {
                truths.push((idx, truth.clone()));
            }
            truth
        });
        let decision = decision.into_owned();
        Self { request, truths, decision }
    }

    /// The action of a valid request.
    pub(crate) fn action(&self) -> Option<ActionId> {
        self.request.action_id.filter(|_| !self.request.invalid)
    }

    pub(crate) fn truth(&self, idx: usize) -> &Truth {
        match self.truths.binary_search_by_key(&idx, |(idx, _)| *idx) {
            Ok(at) => self.truths.get(at).map_or(&Truth::False, |(_, truth)| truth),
            Err(_) => &Truth::False,
        }
    }

    /// The decision under a change, where it can be another one.
    ///
    /// `mutated` is the policy with the change in it, and `original` the rule that was there.
    pub(crate) fn changed<'p>(&self, mutated: &'p ir::Policy, change: &Applied<'_>) -> Option<Decision<'p>> {
        let action = self.action()?;
        let decision = match change {
            Applied::Default => decide_by(mutated, &self.request, |idx, _| self.truth(idx).clone()),
            Applied::Rule { idx, original } => {
                let rule = mutated.rules.get(*idx)?;
                let covers = |rule: &Rule| rule.actions.binary_search(&action).is_ok();
                let (was, is) = (covers(original), covers(rule));
                let new = if is { truth(&rule.condition, &self.request) } else { Truth::False };
                let silent = new == Truth::False && *self.truth(*idx) == Truth::False;
                let same_faults = self.request.faults.is_empty() || (!was && !is);
                let same = new == *self.truth(*idx) && !says_otherwise(original, rule);
                if (silent || same) && same_faults {
                    return None;
                }
                decide_by(mutated, &self.request, |at, _| {
                    if at == *idx { new.clone() } else { self.truth(at).clone() }
                })
            }
        };
        (decision != self.decision).then_some(decision)
    }
}

/// A change that is in force, with what it replaced.
pub(crate) enum Applied<'r> {
    Default,
    Rule { idx: usize, original: &'r Rule },
}

/// Whether two versions of a rule say something else when they hold.
fn says_otherwise(old: &Rule, new: &Rule) -> bool {
    old.effect != new.effect || old.mode != new.mode || old.required_actions != new.required_actions
}

impl<'t> Probe<'t> {
    /// `None` for a test that is not about a decision.
    ///
    /// Explanations, hashes and diagnostics follow the text: that they change says nothing about what is decided.
    pub(crate) fn new(policy: &Policy, case: &'t Case) -> Option<Self> {
        let about =
            |expected: &&Expected| matches!(expected, Expected::Members(_) | Expected::Decision { .. });
        let expected: Vec<_> = case.expected.iter().filter(about).collect();
        let raw = actra_wire::read_request(case.request.as_deref()?);
        let observed = Observed::new(policy, &raw);
        let is_witness = unsaid::is_witness(case, &observed.decision);
        let besides = if case.unsaid == Unsaid::Fails { unsaid::NAMES } else { &[] };
        (!expected.is_empty()).then_some(Self { name: &case.name, expected, is_witness, besides, observed })
    }

    /// Whether the test fails with this decision because of what it decides: not only because of what could not be
    /// read or decided.
    pub(crate) fn notices(&self, decision: &Decision<'_>) -> bool {
        if !self.is_witness {
            return false;
        }
        let bytes = actra_wire::decision_bytes(decision);
        self.expected.iter().any(|expected| match expected {
            Expected::Members(members) => {
                let differences = compare::members(members, &bytes);
                differences.iter().any(|found| !self.besides.contains(&found.subject.as_str()))
            }
            Expected::Decision { bytes: expected, .. } => {
                compare::differs_besides(self.besides, expected.as_bytes(), &bytes)
            }
            _ => false,
        })
    }
}

/// The tests about decisions of the set itself, in order.
pub(crate) fn probes<'t>(tests: &'t TestSet<'_>, policy: &Policy) -> Vec<Probe<'t>> {
    let cases: Vec<_> = tests.own_cases().collect();
    let probe = |(): &mut (), case: &&'t Case| Probe::new(policy, case);
    parallel::map(&cases, tests.jobs(), || (), probe).into_iter().flatten().collect()
}

/// A policy in which changes are tried one after another.
pub(crate) struct Workbench {
    policy: ir::Policy,
}

impl Workbench {
    pub(crate) fn new(policy: &ir::Policy) -> Self {
        Self { policy: policy.clone() }
    }

    /// Runs something with a change in force, and takes it back.
    pub(crate) fn with<T>(
        &mut self,
        change: &Change,
        then: impl FnOnce(&ir::Policy, &Applied<'_>) -> T,
    ) -> T {
        match change {
            Change::Default(effect) => {
                let original = std::mem::replace(&mut self.policy.default, *effect);
                let result = then(&self.policy, &Applied::Default);
                self.policy.default = original;
                result
            }
            Change::Rule(idx, rule) => {
                let mut original = (**rule).clone();
                self.swap(*idx, &mut original);
                let result = then(&self.policy, &Applied::Rule { idx: *idx, original: &original });
                self.swap(*idx, &mut original);
                result
            }
        }
    }

    fn swap(&mut self, idx: usize, rule: &mut Rule) {
        if let Some(place) = self.policy.rules.get_mut(idx) {
            std::mem::swap(place, rule);
        }
    }
}

/// All declared actions.
pub(crate) fn actions(schema: &Schema) -> impl Iterator<Item = ActionId> + '_ {
    (0..schema.actions.len()).filter_map(|idx| Some(ActionId(u32::try_from(idx).ok()?)))
}
