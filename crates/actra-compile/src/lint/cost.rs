//! Conditions that may exceed the cost limit, and actions about which deciding may take long.

use std::collections::HashMap;

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::Rule;
use actra_ir::cost::{Bounds, Container, Excess, Measure, cost, excess, may_exceed, outermost};
use actra_model::{ActionId, limits};

use super::LintInput;

/// Units that take at most about a second, as measured by `benches/cost`. Outside of calls, where only `matches` can
/// cost
/// much, they take far less.
const UNITS_PER_SECOND: u64 = 1_000_000_000 / NANOS_PER_UNIT;
/// The most nanoseconds that a unit takes.
const NANOS_PER_UNIT: u64 = 5;

pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut scopes: HashMap<*const ActionId, ScopeCost<'_>> = HashMap::new();
    for rule in set.rules {
        let scope = scopes.entry(rule.actions.as_ptr()).or_insert_with(|| ScopeCost {
            bounds: Bounds::new(set.schema, &rule.actions),
            representative: rule,
            total_cost: 0,
            most_expensive: Vec::new(),
        });
        scope.add(rule);
        if may_exceed(&rule.condition, &mut scope.bounds)
            && let Some(excess) = excess(set.schema, &rule.actions, &rule.condition)
        {
            diagnostics.push(too_costly(&excess));
        }
    }
    diagnostics.extend(slow_actions(set, scopes.into_values().collect()));
}

/// The rules with one scope.
struct ScopeCost<'a> {
    bounds: Bounds<'a>,
    /// Any of them, since all cover the same actions.
    representative: &'a Rule,
    /// The most units that they cost together.
    total_cost: u64,
    /// Those that cost most, with their costs.
    most_expensive: Vec<(u64, &'a Rule)>,
}

/// How many rules a message names.
const NAMED: usize = 3;

impl<'a> ScopeCost<'a> {
    fn add(&mut self, rule: &'a Rule) {
        let total_cost = max_cost(rule, &mut self.bounds);
        self.total_cost = self.total_cost.saturating_add(total_cost);
        self.most_expensive.push((total_cost, rule));
        if self.most_expensive.len() > 64 {
            keep_most_expensive(&mut self.most_expensive);
        }
    }
}

fn keep_most_expensive(rules: &mut Vec<(u64, &Rule)>) {
    rules.sort_by(|(left, a), (right, b)| right.cmp(left).then(a.metadata.id.cmp(&b.metadata.id)));
    rules.truncate(NAMED);
}

/// The most units that a rule costs, where each of its calls costs no more than the limit.
fn max_cost(rule: &Rule, bounds: &mut Bounds<'_>) -> u64 {
    let all = cost(&rule.condition, bounds);
    let (mut full, mut limited) = (0u64, 0u64);
    for call in outermost(&rule.condition) {
        let units = cost(call, bounds);
        full = full.saturating_add(units);
        limited = limited.saturating_add(units.min(limits::CALL_COST));
    }
    all.saturating_sub(full).saturating_add(limited)
}

fn too_costly(excess: &Excess) -> Diagnostic {
    let message = format!(
        "this call may cost {} units; above {} it is undetermined",
        if excess.cost == u64::MAX { "countless".to_owned() } else { excess.cost.to_string() },
        limits::CALL_COST
    );
    let help = match excess.containers.as_slice() {
        [] => "go through fewer nested lists and maps".to_owned(),
        containers => {
            let bounds: Vec<String> = containers.iter().map(bound).collect();
            format!("bound {} in the schema", bounds.join(" and "))
        }
    };
    Diagnostic::new(codes::TOO_COSTLY, excess.span, message).help(help)
}

fn bound(container: &Container) -> String {
    let measure = match container.measure {
        Measure::Items => "max_items",
        Measure::Length => "max_length",
    };
    format!("`{}` by `{measure}`", container.path)
}

/// The action about which deciding may take longest, if that is over a second, and how many more there are.
fn slow_actions(set: &LintInput<'_>, scopes: Vec<ScopeCost<'_>>) -> Option<Diagnostic> {
    let mut costs = vec![0u64; set.schema.actions.len()];
    for scope in &scopes {
        for action in scope.representative.actions.iter() {
            costs
                .get_mut(action.0 as usize)
                .into_iter()
                .for_each(|total_cost| *total_cost = total_cost.saturating_add(scope.total_cost));
        }
    }
    let slow = costs.iter().filter(|total_cost| **total_cost > UNITS_PER_SECOND).count();
    let (idx, worst) = costs.iter().enumerate().rev().max_by_key(|(_, total_cost)| **total_cost)?;
    let action = set.schema.actions.get(idx).filter(|_| slow > 0)?;
    let worst_action = ActionId(u32::try_from(idx).ok()?);
    let covers = |scope: &&ScopeCost<'_>| scope.representative.covers(worst_action);
    let mut most_expensive: Vec<_> =
        scopes.iter().filter(covers).flat_map(|scope| scope.most_expensive.clone()).collect();
    keep_most_expensive(&mut most_expensive);
    let rules: Vec<String> = most_expensive.iter().map(|(_, rule)| format!("`{}`", rule.id)).collect();
    let others = if slow > 1 {
        format!(", and {} more actions may take over a second", slow - 1)
    } else {
        String::new()
    };
    let message = format!(
        "deciding about `{}` may take {} seconds{others}: its conditions cost up to {} units",
        action.name,
        worst.div_ceil(UNITS_PER_SECOND),
        worst,
    );
    let declared = set.schema_decl.actions.iter().find(|decl| *decl.name.value == *action.name)?;
    Some(Diagnostic::new(codes::SLOW_ACTION, declared.name.span, message).help(format!(
        "most of it comes from {}; set `max_items` and `max_length` on what they go through",
        rules.join(", ")
    )))
}
