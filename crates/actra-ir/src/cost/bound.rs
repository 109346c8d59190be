//! What a condition can cost at most under a schema.

use std::collections::{BTreeMap, BTreeSet};

use actra_model::{ActionId, Domain, Schema, limits};

use super::{Measure, Size, Sizes, cost, outermost};
use crate::{Expr, ExprKind, operands};

/// The most that the fields of some actions can measure.
#[derive(Debug)]
pub struct Bounds<'s> {
    schema: &'s Schema,
    actions: &'s [ActionId],
    /// Limits besides those of the schema, by path.
    further: BTreeMap<(String, u8), u64>,
    known: BTreeMap<(Domain, String), Size>,
}

impl<'s> Bounds<'s> {
    /// For requests whose action is one of these.
    pub fn new(schema: &'s Schema, actions: &'s [ActionId]) -> Self {
        Self { schema, actions, further: BTreeMap::new(), known: BTreeMap::new() }
    }

    /// With a further limit for a container.
    fn limit(&mut self, container: &Container, most: u64) {
        self.known.clear();
        self.further.insert((container.path.clone(), container.measure as u8), most);
    }

    fn measure(&self, domain: Domain, name: &str) -> Size {
        if domain == Domain::Action && name == "type" {
            let names = self.actions.iter().filter_map(|action| self.schema.action(*action));
            return Size::text(names.map(|action| action.name.len() as u64).max().unwrap_or(0));
        }
        let path = format!("{domain}.{name}");
        let limit =
            |path: &str, measure: Measure| self.further.get(&(path.to_owned(), measure as u8)).copied();
        let of = |action: &ActionId| {
            let field = self.schema.field(domain, *action, name)?;
            Some(Size::bounded(&field.ty, &path, &limit))
        };
        // Only arguments differ by action.
        let actions =
            if domain == Domain::Action { self.actions } else { self.actions.get(..1).unwrap_or(&[]) };
        actions.iter().filter_map(of).fold(Size::default(), Size::merge)
    }
}

impl Sizes for Bounds<'_> {
    fn field(&mut self, domain: Domain, name: &str) -> Size {
        if let Some(size) = self.known.get(&(domain, name.to_owned())) {
            return size.clone();
        }
        let size = self.measure(domain, name);
        self.known.insert((domain, name.to_owned()), size.clone());
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
    /// By what.
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

/// What a bound is tried out with: small enough to help wherever one can.
const TRIED: u64 = 1;

/// Bounds one container after the other, each time the one that lowers the cost most.
fn to_bound(schema: &Schema, actions: &[ActionId], call: &Expr) -> Vec<Container> {
    let mut left = containers(schema, actions, call);
    let mut chosen: Vec<Container> = Vec::new();
    let with = |chosen: &[Container], more: Option<&Container>| {
        let mut bounds = Bounds::new(schema, actions);
        chosen.iter().chain(more).for_each(|container| bounds.limit(container, TRIED));
        cost(call, &mut bounds)
    };
    let mut now = with(&chosen, None);
    while now > limits::CALL_COST {
        let costs = left.iter().map(|container| (with(&chosen, Some(container)), container.clone()));
        let Some((next, best)) = costs.min().filter(|(next, _)| *next < now) else { return Vec::new() };
        now = next;
        left.remove(&best);
        chosen.push(best);
    }
    chosen
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
    for (domain, name) in fields {
        let declared = actions.iter().filter_map(|action| schema.field(domain, *action, name));
        declared.for_each(|field| drop(Size::bounded(&field.ty, &format!("{domain}.{name}"), &note)));
    }
    found.into_inner()
}

fn reads<'e>(expr: &'e Expr, fields: &mut BTreeSet<(Domain, &'e str)>) {
    if let ExprKind::Field { domain, name } = &expr.kind {
        fields.insert((*domain, name));
    }
    operands(expr).into_iter().for_each(|part| reads(part, fields));
}
