//! One scenario at one size: a schema, rules, and requests with the answers that are right.

use crate::random::Random;
use crate::request::Request;
use crate::rule::{Field, Rule};
use crate::scenarios::Scenario;
use crate::truth::{Expected, expected};

/// Requests in a series: enough that neither a cache nor a branch predictor sees one request only.
pub const POOL: usize = 128;

/// Fields with their types, as a schema writes them.
pub type Fields = Vec<(&'static str, &'static str)>;

/// The fields that requests have.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Each action with its arguments.
    pub actions: Vec<(String, Fields)>,
    /// Fields of the actor.
    pub actor: Fields,
    /// Fields of the snapshot.
    pub snapshot: Fields,
}

/// A request with the answer that is right.
#[derive(Debug, Clone)]
pub struct Case {
    /// The request.
    pub request: Request,
    /// The same as JSON.
    pub json: String,
    /// What every engine must answer.
    pub expected: Expected,
}

/// Which requests are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    /// Every field that rules read is there.
    Complete,
    /// One field that rules read is missing.
    Missing,
}

impl Series {
    /// Both series.
    pub const ALL: [Series; 2] = [Series::Complete, Series::Missing];
}

/// One scenario at one size.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The scenario.
    pub scenario: Scenario,
    /// Rules.
    pub size: usize,
    /// The fields.
    pub schema: Schema,
    /// The rules in file order.
    pub rules: Vec<Rule>,
    /// Requests with every field.
    pub complete: Vec<Case>,
    /// Requests that leave a field out.
    pub missing: Vec<Case>,
}

/// Makes one thing after another.
pub type Make<T> = Box<dyn Fn(&mut Random) -> T>;

/// What a scenario brings; the same in every run.
pub struct Plan {
    /// The fields.
    pub schema: Schema,
    /// The rules in file order.
    pub rules: Vec<Rule>,
    /// Makes the next request with every field.
    pub complete: Make<Request>,
    /// Makes the next request for the second series, and names the field it leaves out.
    pub missing: Make<(Request, Field)>,
}

impl Workload {
    /// The workload of a scenario with `size` rules, as far as the scenario has a choice.
    pub fn new(scenario: Scenario, size: usize) -> Self {
        let plan = scenario.plan(size);
        let mut random = Random::new(0x00ac_78a0);
        let complete = (0..POOL).map(|_| (plan.complete)(&mut random)).collect();
        let missing =
            (0..POOL).map(|_| (plan.missing)(&mut random)).map(|(request, field)| request.without(field));
        let missing = missing.collect();
        Self {
            scenario,
            size: plan.rules.len(),
            complete: cases(&plan.rules, complete),
            missing: cases(&plan.rules, missing),
            schema: plan.schema,
            rules: plan.rules,
        }
    }

    /// The requests of a series.
    pub fn cases(&self, series: Series) -> &[Case] {
        match series {
            Series::Complete => &self.complete,
            Series::Missing => &self.missing,
        }
    }
}

fn cases(rules: &[Rule], requests: Vec<Request>) -> Vec<Case> {
    let case = |request: Request| Case { json: request.json(), expected: expected(rules, &request), request };
    requests.into_iter().map(case).collect()
}
