//! The smallest change of a request that would make its outcome more permissive.

mod minimize;

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_eval::decide;
use actra_ir::{Expr, ExprKind, Policy, operands};
use actra_model::{ActionId, Effect, RawRequest, RawValue, RecordName, Request, Value, ValueState};

use crate::Analyzer;
use crate::fields::collect_fields;
use crate::find::find;
use crate::indexed_rules::IndexedRules;
use crate::known_fields::{given_fields, member, record, set_member};
use crate::question::SearchAnswer;
use crate::request_space::{RequestSpace, Side};
use crate::scenario::Scenario;
use minimize::nearer;

/// A change of a request that would make its outcome more permissive.
#[derive(Debug, Clone, PartialEq)]
pub struct NearestChange {
    /// The changed request.
    pub request: RawRequest,
    /// The effect of the decision on the changed request.
    pub effect: Effect,
    /// The fields that differ.
    pub fields: Vec<FieldChange>,
    /// Whether fewer fields would not have done.
    pub least: Minimality,
}

/// What is known of changes of fewer fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Minimality {
    /// None of them gives a more permissive effect: a proof.
    Proved,
    /// Some could not be decided.
    Unproved,
}

/// A field that differs between two requests.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The record that the field is in.
    pub record: RecordName,
    /// The name of the top-level field.
    pub name: Arc<str>,
    /// Its value before; `None` if it was not there.
    pub before: Option<RawValue>,
    /// Its value after.
    pub after: Option<RawValue>,
}

/// Fields changed at most.
const MAX_CHANGED_FIELDS: usize = 3;
/// Sets of fields that are tried.
const MAX_FIELD_SETS: usize = 400;

impl Analyzer {
    /// A change of as few fields as possible that gives a more permissive effect; `None` if there is none among up to
    /// three fields of those that rules read, or the request is invalid.
    pub fn nearest(&mut self, policy: &Policy, request: &RawRequest) -> Option<NearestChange> {
        let typed = Request::from_raw(&policy.schema, request);
        let action = typed.action_id.filter(|_| !typed.invalid)?;
        let effect = decide(policy, &typed).effect;
        let index = self.index(policy);
        let rules = IndexedRules::new(policy, &index);
        let outcome = Scenario::below(rules, action, effect, Side::Own)?;
        let mut fields = BTreeSet::new();
        for rule in rules.enforced(action) {
            collect_fields(&rule.condition, &mut fields);
        }
        fields.remove(&(RecordName::Action, Arc::from("type")));
        let known = fields.len();
        fields.retain(|(record_name, name)| can_change(request, *record_name, name));
        let some_stay = fields.len() < known;
        let fields: Vec<_> = fields.into_iter().collect();
        let mut tried = 0;
        let mut least = Minimality::Proved;
        for count in 1..=MAX_CHANGED_FIELDS.min(fields.len()) {
            if some_stay && count > 1 {
                // What could not be found out, or lacks its record, may be all that has to be known.
                least = Minimality::Unproved;
            }
            for chosen in subsets(fields.len(), count) {
                tried += 1;
                if tried > MAX_FIELD_SETS {
                    return None;
                }
                let free: BTreeSet<_> = chosen.iter().filter_map(|idx| fields.get(*idx).cloned()).collect();
                let known_fields = given_fields(policy, action, request, &typed, &free);
                let space = RequestSpace::valid(&policy.schema, action);
                let question = outcome.clone().question(space, Some(&known_fields));
                match find(&question, &mut self.cache) {
                    SearchAnswer::Witness(found) => {
                        let closer = closer(policy, action, request, *found, &free);
                        return Some(change(policy, request, closer, &free, least));
                    }
                    SearchAnswer::Unknown(_) if count < MAX_CHANGED_FIELDS => least = Minimality::Unproved,
                    SearchAnswer::Unknown(_) | SearchAnswer::Unsatisfiable => {}
                }
            }
        }
        None
    }
}

/// Whether a field can be given another value by itself: in a record that is not there nothing can, and a fact that the
/// request says could not be found out has none.
fn can_change(request: &RawRequest, record_name: RecordName, name: &str) -> bool {
    let is_unknown = request.unknown.iter().any(|path| is_within(path, record_name, name));
    matches!(record(request, record_name), Some(RawValue::Map(_))) && !is_unknown
}

/// A changed request with its new values as close to the former ones as the effect allows.
fn closer(
    policy: &Policy,
    action: ActionId,
    before: &RawRequest,
    mut after: RawRequest,
    free: &BTreeSet<(RecordName, Arc<str>)>,
) -> RawRequest {
    let effect_of = |request: &RawRequest| decide(policy, &Request::from_raw(&policy.schema, request)).effect;
    let effect = effect_of(&after);
    let covering = policy.rules.iter().filter(|rule| rule.covers(action));
    let digits = covering.map(|rule| digits(&rule.condition)).max().unwrap_or(0);
    for (record_name, name) in free {
        let (Some(was), Some(is)) = (member(before, *record_name, name), member(&after, *record_name, name))
        else {
            continue;
        };
        let with = |value: &RawValue| {
            let mut tried = after.clone();
            set_member(&mut tried, *record_name, name, value.clone());
            tried
        };
        let near = nearer(was, is, digits, |value| {
            let tried = with(value);
            let typed = Request::from_raw(&policy.schema, &tried);
            // Nothing in it is a fault that was none.
            let is_valid = !typed.invalid
                && typed.faults.iter().all(|fault| !is_within(&fault.path, *record_name, name));
            is_valid && effect_of(&tried) <= effect
        });
        after = with(&near);
    }
    after
}

/// How many digits the numbers in a condition have behind the point at most.
fn digits(expr: &Expr) -> u8 {
    let of = |value: &Value| if let Value::Number(number) = value { number.scale() } else { 0 };
    match &expr.kind {
        ExprKind::Literal(Value::List(elements)) => {
            let values = elements.iter().filter_map(|element| {
                if let ValueState::Present(value) = element { Some(value) } else { None }
            });
            values.map(of).max().unwrap_or(0)
        }
        ExprKind::Literal(value) => of(value),
        _ => operands(expr).into_iter().map(digits).max().unwrap_or(0),
    }
}

/// Whether a path is that of a field or of something in it.
fn is_within(path: &str, record_name: RecordName, name: &str) -> bool {
    let rest =
        path.strip_prefix(record_name.as_str()).and_then(|rest| rest.strip_prefix('.')?.strip_prefix(name));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn change(
    policy: &Policy,
    before: &RawRequest,
    after: RawRequest,
    free: &BTreeSet<(RecordName, Arc<str>)>,
    least: Minimality,
) -> NearestChange {
    let effect = decide(policy, &Request::from_raw(&policy.schema, &after)).effect;
    let fields = free
        .iter()
        .map(|(record_name, name)| FieldChange {
            record: *record_name,
            name: Arc::clone(name),
            before: member(before, *record_name, name).cloned(),
            after: member(&after, *record_name, name).cloned(),
        })
        .filter(|field| field.before != field.after)
        .collect();
    NearestChange { request: after, effect, fields, least }
}

/// All sets of `count` numbers below `of`, in order.
fn subsets(of: usize, count: usize) -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new()];
    for _ in 0..count {
        found = found
            .into_iter()
            .flat_map(|set: Vec<usize>| {
                let next = set.last().map_or(0, |last| last + 1);
                (next..of).map(move |number| set.iter().copied().chain([number]).collect())
            })
            .take(MAX_FIELD_SETS * 8)
            .collect();
    }
    found
}
