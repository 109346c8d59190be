//! The smallest change of a request that would make its outcome milder.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_eval::decide;
use actra_ir::Policy;
use actra_model::{Decimal, Domain, Effect, RawRequest, RawValue, Request, Slot};

use crate::Analyzer;
use crate::diff::collect_fields;
use crate::encode::{Side, Space};
use crate::find::{Answer, find};
use crate::given::{given_fields, member, set_member};
use crate::prepared::Prepared;
use crate::question::Outcome;

/// A change of a request that would make its outcome milder.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The changed request.
    pub request: RawRequest,
    /// Its effect.
    pub effect: Effect,
    /// The fields that differ.
    pub fields: Vec<FieldChange>,
    /// Whether fewer fields would not have done.
    pub least: Least,
}

/// What is known of changes of fewer fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    /// None of them gives a milder effect: a proof.
    Proved,
    /// Some could not be decided.
    Unproved,
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
    /// A change of as few fields as possible that gives a milder effect; `None` if there is none among up to three
    /// fields of those that rules read, or the request is invalid.
    pub fn nearest(&mut self, policy: &Policy, request: &RawRequest) -> Option<Change> {
        let admitted = Request::admit(&policy.schema, request);
        let action = admitted.action_id.filter(|_| !admitted.invalid)?;
        let effect = decide(policy, &admitted).effect;
        let work = self.work(policy);
        let rules = Prepared::new(policy, &work);
        let outcome = Outcome::below(rules, action, effect, Side::Own)?;
        let mut fields = BTreeSet::new();
        for rule in rules.enforced(action) {
            collect_fields(&rule.condition, &mut fields);
        }
        fields.remove(&(Domain::Action, Arc::from("type")));
        let fields: Vec<_> = fields.into_iter().collect();
        let mut tried = 0;
        let mut least = Least::Proved;
        for count in 1..=CHANGES.min(fields.len()) {
            for chosen in subsets(fields.len(), count) {
                tried += 1;
                if tried > TRIED {
                    return None;
                }
                let free: BTreeSet<_> = chosen.iter().filter_map(|idx| fields.get(*idx).cloned()).collect();
                let fixed = given_fields(policy, action, request, &admitted, &free);
                let space = Space { schema: &policy.schema, action, earlier: None, doubtful: false };
                let question = outcome.clone().question(space, Some(&fixed));
                match find(&question, &mut self.memory) {
                    Answer::Witness(found) => {
                        let closer = closer(policy, request, *found, &free);
                        return Some(change(policy, request, closer, &free, least));
                    }
                    Answer::Unknown(_) if count < CHANGES => least = Least::Unproved,
                    Answer::Unknown(_) | Answer::Never => {}
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

fn change(
    policy: &Policy,
    before: &RawRequest,
    after: RawRequest,
    free: &BTreeSet<(Domain, Arc<str>)>,
    least: Least,
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
    Change { request: after, effect, fields, least }
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
