//! Upper bounds of what a condition can cost under a schema.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use actra_model::{ActionId, RecordName, Schema, limits};

use super::{Measure, Size, Sizes, cost, outermost};
use crate::{Expr, ExprKind, operands};

/// The most that the fields of some actions can measure.
#[derive(Debug)]
pub struct Bounds<'s> {
    schema: &'s Schema,
    actions: &'s [ActionId],
    /// Limits besides those of the schema, by path.
    further: BTreeMap<(String, u8), u64>,
    known: BTreeMap<(RecordName, String), Size>,
}

impl<'s> Bounds<'s> {
    /// For requests whose action is one of these.
    pub fn new(schema: &'s Schema, actions: &'s [ActionId]) -> Self {
        Self { schema, actions, further: BTreeMap::new(), known: BTreeMap::new() }
    }

    /// With a further limit for a container.
    fn limit(&mut self, container: &Container, most: u64) {
        self.forget(container);
        self.further.insert((container.path.clone(), container.measure as u8), most);
    }

    /// Without a further limit for a container.
    fn lift(&mut self, container: &Container) {
        self.forget(container);
        self.further.remove(&(container.path.clone(), container.measure as u8));
    }

    /// Measures anew the field that a container belongs to.
    fn forget(&mut self, container: &Container) {
        self.known.retain(|(record, name), _| !container.path.starts_with(&format!("{record}.{name}")));
    }

    fn measure(&self, record: RecordName, name: &str) -> Size {
        if record == RecordName::Action && name == "type" {
            let names = self.actions.iter().filter_map(|action| self.schema.action(*action));
            return Size::text(names.map(|action| action.name.len() as u64).max().unwrap_or(0));
        }
        let path = format!("{record}.{name}");
        let limit =
            |path: &str, measure: Measure| self.further.get(&(path.to_owned(), measure as u8)).copied();
        let of = |action: &ActionId| {
            let field = self.schema.field(record, *action, name)?;
            Some(Size::bounded(&field.ty, &path, &limit))
        };
        // Only arguments differ by action.
        let actions =
            if record == RecordName::Action { self.actions } else { self.actions.get(..1).unwrap_or(&[]) };
        actions.iter().filter_map(of).fold(Size::default(), Size::merge)
    }
}

impl Sizes for Bounds<'_> {
    fn field(&mut self, record: RecordName, name: &str) -> Size {
        if let Some(size) = self.known.get(&(record, name.to_owned())) {
            return size.clone();
        }
        let size = self.measure(record, name);
        self.known.insert((record, name.to_owned()), size.clone());
        size
    }
}

/// Whether an outermost call of a condition can cost more than the limit in a request with fields of these sizes.
pub fn may_exceed(condition: &Expr, bounds: &mut Bounds<'_>) -> bool {
    outermost(condition).into_iter().any(|call| cost(call, bounds) > limits::CALL_COST)
}

/// A call that can cost more than [`limits::CALL_COST`] in a request that the schema accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// Where it was written.
    pub span: actra_diagnostics::Span,
    /// The most that it can cost.
    pub cost: u64,
    /// What to bound so that it costs no more than the limit, the most effective first; empty if no bound of the schema
    /// helps.
    pub containers: Vec<Container>,
}

/// A place that a schema can bound.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Container {
    /// Where: `action.recipients`, `action.recipients[*]`, `snapshot.users[*].name`.
    pub path: String,
    /// What is bounded: its items, its bytes or all of it.
    pub measure: Measure,
}

/// The first outermost call of a condition that can exceed the limit, and because of which containers.
///
/// "Within cost" can be said of a condition for which this is `None`.
/// Cost: linear in the condition and the types that it reads; a few times that where the limit can be exceeded.
pub fn excess(schema: &Schema, actions: &[ActionId], condition: &Expr) -> Option<Excess> {
    let calls = outermost(condition);
    let mut bounds = (!calls.is_empty()).then(|| Bounds::new(schema, actions))?;
    let exceeds = |call: &&Expr| cost(call, &mut bounds) > limits::CALL_COST;
    let call = calls.into_iter().find(exceeds)?;
    let cost = cost(call, &mut bounds);
    Some(Excess { span: call.span, cost, containers: to_bound(schema, actions, call) })
}

/// The bound that is tried for a container: small enough to help wherever a bound can.
const TRIAL_BOUND: u64 = 1;

/// How many costs the search computes at most for each of its two phases; it gives up beyond that.
const MAX_TRIALS: usize = 1_000;

/// Bounds one container after the other, each time one that lowers the cost most.
///
/// The more is bounded, the less a further bound saves, but for the rare largest of several. So a container is looked
/// at again only when it comes first by what it saved before: once for each, and a few times for each that is chosen.
fn to_bound(schema: &Schema, actions: &[ActionId], call: &Expr) -> Vec<Container> {
    let mut search = BoundSearch { call, bounds: Bounds::new(schema, actions), trials: 0 };
    search.containers(containers(schema, actions, call)).unwrap_or_default()
}

struct BoundSearch<'a> {
    call: &'a Expr,
    /// The bounds, with those of the chosen containers.
    bounds: Bounds<'a>,
    trials: usize,
}

impl BoundSearch<'_> {
    /// `None` if no bounds help, or none were found in time.
    fn containers(&mut self, all: BTreeSet<Container>) -> Option<Vec<Container>> {
        let mut now = cost(self.call, &mut self.bounds);
        let mut left: BTreeSet<(Reverse<u64>, Container)> = BTreeSet::new();
        for container in all.into_iter().take(MAX_TRIALS) {
            let cost = self.with(&container);
            left.insert((Reverse(now.saturating_sub(cost)), container));
        }
        let mut chosen = Vec::new();
        while now > limits::CALL_COST && self.trials < 2 * MAX_TRIALS {
            let (_, best) = left.pop_first()?;
            let cost = self.with(&best);
            let saved = now.saturating_sub(cost);
            let next = left.first().map_or(0, |(Reverse(next), _)| *next);
            if saved == 0 {
                continue;
            }
            if saved < next {
                left.insert((Reverse(saved), best));
                continue;
            }
            self.bounds.limit(&best, TRIAL_BOUND);
            now = cost;
            chosen.push(best);
        }
        (now <= limits::CALL_COST).then_some(chosen)
    }

    /// The cost of the call if this container is bounded too.
    fn with(&mut self, container: &Container) -> u64 {
        self.trials += 1;
        self.bounds.limit(container, TRIAL_BOUND);
        let cost = cost(self.call, &mut self.bounds);
        self.bounds.lift(container);
        cost
    }
}

/// The places in what a call reads that a schema can bound.
fn containers(schema: &Schema, actions: &[ActionId], call: &Expr) -> BTreeSet<Container> {
    let found = std::cell::RefCell::new(BTreeSet::new());
    let note = |path: &str, measure: Measure| {
        found.borrow_mut().insert(Container { path: path.to_owned(), measure });
        None
    };
    let mut fields = BTreeSet::new();
    reads(call, &mut fields);
    for (record, name) in fields {
        let declared = actions.iter().filter_map(|action| schema.field(record, *action, name));
        declared.for_each(|field| drop(Size::bounded(&field.ty, &format!("{record}.{name}"), &note)));
    }
    found.into_inner()
}

fn reads<'e>(expr: &'e Expr, fields: &mut BTreeSet<(RecordName, &'e str)>) {
    if let ExprKind::Field { record, name } = &expr.kind {
        fields.insert((*record, name));
    }
    operands(expr).into_iter().for_each(|part| reads(part, fields));
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actra_model::{ActionSchema, Field, Type, TypeKind};

    use super::*;
    use crate::{Comparison, MacroKind, Span, Variable, Variables};

    fn expr(kind: ExprKind) -> Expr {
        Expr { kind, span: Span { file: actra_diagnostics::FileId(0), start: 0, end: 0 } }
    }

    /// Goes for each element of the first list through all the others.
    fn call(fields: usize) -> Expr {
        let field = |number: usize| {
            expr(ExprKind::Field { record: RecordName::Snapshot, name: format!("f{number}").into() })
        };
        let compare = |number: usize| {
            let (left, right) = (Arc::new(field(number)), Arc::new(field(number)));
            expr(ExprKind::Compare { op: Comparison::Equal, left, right })
        };
        let variables = Variables { first: Variable { name: "x".into(), slot: 0 }, second: None };
        expr(ExprKind::Macro {
            kind: MacroKind::All,
            range: Arc::new(field(0)),
            variables: Box::new(variables),
            filter: None,
            body: Arc::new(expr(ExprKind::And((1..fields).map(compare).collect()))),
        })
    }

    #[test]
    fn the_search_looks_at_each_container_about_once() {
        let list = TypeKind::List(Box::new(Type::plain(TypeKind::Number)));
        let field = Field::new(Type::plain(list));
        for fields in [10, 100, 300] {
            let snapshot = (0..fields).map(|number| (format!("f{number}").into(), field.clone())).collect();
            let action = ActionSchema::new("a".into(), Default::default(), Default::default());
            let schema = Schema { actions: vec![action], snapshot, ..Schema::default() };
            let (call, actions) = (call(fields), [ActionId(0)]);
            let mut search = BoundSearch { call: &call, bounds: Bounds::new(&schema, &actions), trials: 0 };
            let found = search.containers(containers(&schema, &actions, &call));
            let first = found.iter().flatten().next().map(|found| found.path.as_str());
            assert_eq!(first, Some("snapshot.f0"), "the one that all others are gone through for");
            assert!(search.trials <= 3 * fields, "{} tries for {fields} containers", search.trials);
        }
    }
}
