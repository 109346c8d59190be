//! What an actor can do.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_ir::{Expr, Policy};
use actra_model::{ActionId, Effect, RawRequest, Request};

use crate::Analyzer;
use crate::encode::{Side, Space};
use crate::find::{Answer, Fixed, Question, Want, Wish, find};
use crate::given::{given_records, with_action};
use crate::question::{Outcome, enforced};
use crate::residue::{Known, residue};
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

impl Analyzer {
    /// What requests of an action can come to, given fields of an actor or a snapshot or both. Required fields that are
    /// not given are left open; optional ones are not there if their record is given.
    pub fn can(&mut self, policy: &Policy, action: ActionId, given: &RawRequest) -> Possible {
        let fixed = given_records(policy, action, given);
        let request = Request::admit(&policy.schema, &with_action(policy, action, given));
        let known = Known { request: &request, schema: &policy.schema, action, fields: &fixed.slots };
        let mut effects = Vec::new();
        for effect in EFFECTS {
            let mut answer = self.some_with(policy, action, effect, &fixed);
            if answer == Answer::Never
                && let Some(vacant) = self.vacant(&policy.schema, action)
            {
                answer = Answer::Unknown(vec![vacant]);
            }
            if answer != Answer::Never {
                effects.push((effect, answer));
            }
        }
        let rules = enforced(policy, action)
            .filter_map(|rule| {
                let rest = residue(&rule.condition, &known)?;
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
}
