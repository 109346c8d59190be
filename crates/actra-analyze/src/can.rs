//! What an actor can do, and what would have to change.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_eval::decide;
use actra_ir::{Expr, ExprKind, Policy};
use actra_model::{ActionId, Decimal, Domain, Effect, RawRequest, RawValue, Request, Slot, Value};

use crate::Analyzer;
use crate::diff::collect_fields;
use crate::encode::{Side, Space};
use crate::find::{Answer, Fixed, Question, Want, Wish, find};
use crate::question::{Outcome, enforced};
use crate::rules::EFFECTS;

/// What can become of requests of one action.
#[derive(Debug, Clone)]
pub struct Possible {
    /// The action's name.
    pub action: Arc<str>,
    /// Effects that some request has, mildest first, each with one; an effect that could be neither shown nor
    /// excluded comes with what stood in the way.
    pub effects: Vec<(Effect, Answer)>,
    /// For each rule that can count, as far as what is given leaves it open: effect, id and condition.
    pub rules: Vec<(Effect, Arc<str>, Expr)>,
}

/// A change of a request that would make its outcome milder.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The changed request.
    pub request: RawRequest,
    /// Its effect.
    pub effect: Effect,
    /// The fields that differ.
    pub fields: Vec<FieldChange>,
}

/// A field that differs between two requests.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The record.
    pub domain: Domain,
    /// The field.
    pub name: Arc<str>,
    /// Its value before; `None` if it was not there.
    pub before: Option<RawValue>,
    /// Its value after.
    pub after: Option<RawValue>,
}

/// Fields changed at most.
const CHANGES: usize = 3;
/// Sets of fields that are tried.
const TRIED: usize = 400;

impl Analyzer {
    /// What requests of an action can come to, given an actor or a snapshot or both.
    pub fn can(&mut self, policy: &Policy, action: ActionId, given: &RawRequest) -> Possible {
        let fixed = given_records(policy, action, given);
        let known = Request::admit(&policy.schema, &with_action(policy, action, given));
        let mut effects = Vec::new();
        for effect in EFFECTS {
            let answer = self.some_with(policy, action, effect, &fixed);
            if answer != Answer::Never {
                effects.push((effect, answer));
            }
        }
        let is_known = |domain| fixed.slots.keys().any(|(known, _)| *known == domain);
        let rules = enforced(policy, action)
            .filter_map(|rule| {
                let rest = residue(&rule.condition, &known, &is_known)?;
                Some((rule.effect, Arc::clone(&rule.id), rest))
            })
            .collect();
        let name = policy.schema.action(action).map(|action| Arc::clone(&action.name));
        Possible { action: name.unwrap_or_else(|| Arc::from("")), effects, rules }
    }

    /// A request whose outcome is exactly this effect.
    fn some_with(&mut self, policy: &Policy, action: ActionId, effect: Effect, fixed: &Fixed) -> Answer {
        let space = Space { schema: &policy.schema, action, earlier: None, doubtful: false };
        let upper = match effect {
            Effect::Block => Some(Outcome::default()),
            Effect::RequireApproval => Outcome::below(policy, action, Effect::Block, Side::Own),
            Effect::Allow => Outcome::below(policy, action, Effect::RequireApproval, Side::Own),
        };
        let Some(upper) = upper else { return Answer::Never };
        let as_strict: Vec<Wish<'_>> = enforced(policy, action)
            .filter(|rule| rule.effect >= effect)
            .map(|rule| Wish::own(&rule.condition, Want::NotFalse))
            .collect();
        let mut ways = Vec::new();
        if effect == Effect::Allow {
            ways.push(upper.clone());
        } else {
            if !as_strict.is_empty() {
                let mut outcome = upper.clone();
                outcome.clauses.push(as_strict);
                ways.push(outcome);
            }
            if policy.default >= effect {
                ways.push(upper.join(Outcome::by_default(policy, action, Side::Own)));
            }
        }
        let mut unknown = BTreeSet::new();
        for Outcome { clauses, later } in ways {
            match find(&Question { space, fixed: Some(fixed), clauses, later }, &mut self.library) {
                Answer::Never => {}
                Answer::Unknown(opaque) => unknown.extend(opaque),
                witness => return witness,
            }
        }
        if unknown.is_empty() { Answer::Never } else { Answer::Unknown(unknown.into_iter().collect()) }
    }

    /// A change of as few fields as possible that gives a milder effect; `None` if there is none among up to three
    /// fields of those that rules read, or the request is invalid.
    pub fn nearest(&mut self, policy: &Policy, request: &RawRequest) -> Option<Change> {
        let admitted = Request::admit(&policy.schema, request);
        let action = admitted.action_id.filter(|_| !admitted.invalid)?;
        let effect = decide(policy, &admitted).effect;
        let outcome = Outcome::below(policy, action, effect, Side::Own)?;
        let mut fields = BTreeSet::new();
        for rule in enforced(policy, action) {
            collect_fields(&rule.condition, &mut fields);
        }
        fields.remove(&(Domain::Action, Arc::from("type")));
        let fields: Vec<_> = fields.into_iter().collect();
        let mut tried = 0;
        for count in 1..=CHANGES.min(fields.len()) {
            for chosen in subsets(fields.len(), count) {
                tried += 1;
                if tried > TRIED {
                    return None;
                }
                let free: BTreeSet<_> = chosen.iter().filter_map(|idx| fields.get(*idx).cloned()).collect();
                let fixed = given_fields(policy, action, request, &admitted, &free);
                let space = Space { schema: &policy.schema, action, earlier: None, doubtful: false };
                let Outcome { clauses, later } = outcome.clone();
                let question = Question { space, fixed: Some(&fixed), clauses, later };
                if let Answer::Witness(found) = find(&question, &mut self.library) {
                    let closer = closer(policy, request, *found, &free);
                    return Some(change(policy, request, closer, &free));
                }
            }
        }
        None
    }
}

/// The same change with numbers moved as close to what they were as the effect stays.
///
/// Halves the way between a number that helps and one that does not, so it ends at an edge, if not always at the
/// nearest one.
fn closer(
    policy: &Policy,
    before: &RawRequest,
    mut after: RawRequest,
    free: &BTreeSet<(Domain, Arc<str>)>,
) -> RawRequest {
    let effect_of = |request: &RawRequest| decide(policy, &Request::admit(&policy.schema, request)).effect;
    let effect = effect_of(&after);
    for (domain, name) in free {
        let (Some(RawValue::Number(from)), Some(RawValue::Number(to))) =
            (member(before, *domain, name), member(&after, *domain, name))
        else {
            continue;
        };
        let scale = from.scale().max(to.scale());
        let scaled = |number: Decimal| {
            number.mantissa().checked_mul(10_i128.checked_pow(u32::from(scale - number.scale()))?)
        };
        let (Some(mut bad), Some(mut good)) = (scaled(*from), scaled(*to)) else { continue };
        while good.abs_diff(bad) > 1 {
            let middle = good + (bad - good) / 2;
            let mut tried = after.clone();
            let Some(number) = Decimal::new(middle, scale) else { break };
            set_member(&mut tried, *domain, name, RawValue::Number(number));
            let admitted = Request::admit(&policy.schema, &tried);
            let is_valid = matches!(admitted.record(*domain).get(name), Some(Slot::Present(_)));
            if is_valid && effect_of(&tried) <= effect {
                (good, after) = (middle, tried);
            } else {
                bad = middle;
            }
        }
    }
    after
}

fn set_member(request: &mut RawRequest, domain: Domain, name: &str, value: RawValue) {
    let record = match domain {
        Domain::Action => &mut request.action,
        Domain::Actor => &mut request.actor,
        Domain::Snapshot => &mut request.snapshot,
    };
    if let Some(RawValue::Map(members)) = record {
        members.insert(name.to_owned(), value);
    }
}

fn change(
    policy: &Policy,
    before: &RawRequest,
    after: RawRequest,
    free: &BTreeSet<(Domain, Arc<str>)>,
) -> Change {
    let effect = decide(policy, &Request::admit(&policy.schema, &after)).effect;
    let fields = free
        .iter()
        .map(|(domain, name)| FieldChange {
            domain: *domain,
            name: Arc::clone(name),
            before: member(before, *domain, name).cloned(),
            after: member(&after, *domain, name).cloned(),
        })
        .filter(|field| field.before != field.after)
        .collect();
    Change { request: after, effect, fields }
}

fn record(request: &RawRequest, domain: Domain) -> Option<&RawValue> {
    match domain {
        Domain::Action => request.action.as_ref(),
        Domain::Actor => request.actor.as_ref(),
        Domain::Snapshot => request.snapshot.as_ref(),
    }
}

fn member<'r>(request: &'r RawRequest, domain: Domain, name: &str) -> Option<&'r RawValue> {
    match record(request, domain)? {
        RawValue::Map(members) => members.get(name),
        _ => None,
    }
}

/// All declared fields of an action's requests.
fn declared(policy: &Policy, action: ActionId) -> Vec<(Domain, Arc<str>)> {
    let schema = &policy.schema;
    let arguments = schema.action(action).map(|action| &action.fields);
    let records = [
        (Domain::Action, arguments),
        (Domain::Actor, Some(&schema.actor)),
        (Domain::Snapshot, Some(&schema.snapshot)),
    ];
    records
        .into_iter()
        .flat_map(|(domain, fields)| {
            fields
                .into_iter()
                .flat_map(move |fields| fields.keys().map(move |name| (domain, Arc::clone(name))))
        })
        .collect()
}

/// Everything but the free fields, as the request has it.
fn given_fields(
    policy: &Policy,
    action: ActionId,
    request: &RawRequest,
    admitted: &Request,
    free: &BTreeSet<(Domain, Arc<str>)>,
) -> Fixed {
    let mut fixed = Fixed::default();
    for key in declared(policy, action).into_iter().filter(|key| !free.contains(key)) {
        if let Some(slot) = admitted.record(key.0).get(&key.1) {
            fixed.slots.insert(key.clone(), slot.clone());
        }
        if let Some(value) = member(request, key.0, &key.1) {
            fixed.raw.insert(key, value.clone());
        }
    }
    fixed
}

/// The records that are given, whole.
fn given_records(policy: &Policy, action: ActionId, given: &RawRequest) -> Fixed {
    let request = with_action(policy, action, given);
    let admitted = Request::admit(&policy.schema, &request);
    let free = declared(policy, action)
        .into_iter()
        .filter(|(domain, _)| *domain == Domain::Action || record(given, *domain).is_none())
        .collect();
    given_fields(policy, action, &request, &admitted, &free)
}

fn with_action(policy: &Policy, action: ActionId, given: &RawRequest) -> RawRequest {
    let name = policy.schema.action(action).map_or("", |action| &action.name);
    let members = [("type".to_owned(), RawValue::from(name))];
    RawRequest { action: Some(RawValue::Map(members.into())), ..given.clone() }
}

/// What is left of a condition where some records are known; `None` if it is false.
fn residue(expr: &Expr, known: &Request, is_known: &dyn Fn(Domain) -> bool) -> Option<Expr> {
    let rest = reduce(expr, known, is_known);
    (rest.kind_is() != Some(false)).then_some(rest)
}

trait Constant {
    fn kind_is(&self) -> Option<bool>;
}

impl Constant for Expr {
    fn kind_is(&self) -> Option<bool> {
        match self.kind {
            ExprKind::Literal(Value::Bool(flag)) => Some(flag),
            _ => None,
        }
    }
}

fn reduce(expr: &Expr, known: &Request, is_known: &dyn Fn(Domain) -> bool) -> Expr {
    let constant = |flag| Expr { kind: ExprKind::Literal(Value::Bool(flag)), span: expr.span };
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            let deciding = matches!(expr.kind, ExprKind::Or(_));
            let mut kept = Vec::new();
            for part in parts {
                let part = reduce(part, known, is_known);
                match part.kind_is() {
                    Some(flag) if flag == deciding => return constant(deciding),
                    Some(_) => {}
                    None => kept.push(part),
                }
            }
            match (kept.len(), kept.pop()) {
                (_, None) => constant(!deciding),
                (1, Some(only)) => only,
                (_, Some(last)) => {
                    kept.push(last);
                    let kind = if deciding { ExprKind::Or(kept) } else { ExprKind::And(kept) };
                    Expr { kind, span: expr.span }
                }
            }
        }
        ExprKind::Not(operand) => {
            let operand = reduce(operand, known, is_known);
            match operand.kind_is() {
                Some(flag) => constant(!flag),
                None => Expr { kind: ExprKind::Not(Arc::new(operand)), span: expr.span },
            }
        }
        _ => {
            let mut fields = BTreeSet::new();
            collect_fields(expr, &mut fields);
            let settled = fields.iter().all(|(domain, name)| {
                is_known(*domain) || (*domain == Domain::Action && name.as_ref() == "type")
            });
            if !settled {
                return expr.clone();
            }
            match actra_eval::truth(expr, known) {
                actra_eval::Truth::True => constant(true),
                actra_eval::Truth::False => constant(false),
                actra_eval::Truth::Undetermined(_) => expr.clone(),
            }
        }
    }
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
            .take(TRIED * 8)
            .collect();
    }
    found
}
