//! `can`: which actions an actor may do, with a request for each answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_ir::{Expr, Policy};
use actra_model::{ActionId, Effect, RawRequest, Request};

use crate::cost_caveats::CostCaveats;
use crate::find::find;
use crate::indexed_rules::IndexedRules;
use crate::known_fields::{KnownFields, given_records, with_action};
use crate::question::SearchAnswer;
use crate::request_space::{RequestSpace, Side};
use crate::residual::{KnownRecords, residual};
use crate::rule_goals::AnyRule;
use crate::scenario::Scenario;
use crate::{Analyzer, cost_caveats};

/// The outcomes that requests of one action can have.
#[derive(Debug, Clone)]
pub struct PossibleOutcomes {
    /// The action's name.
    pub action: Arc<str>,
    /// Effects that some request has, most permissive first, each with one; an effect that could be neither shown nor
    /// excluded comes with what stood in the way.
    pub effects: Vec<(Effect, SearchAnswer)>,
    /// For each rule that can count, as far as what is given leaves it open: effect, id and condition.
    pub rules: Vec<(Effect, Arc<str>, Expr)>,
    /// Where the effects that are not listed are excluded within cost only: the containers; see
    /// [`crate::cost_caveats`].
    pub within_cost: CostCaveats,
}

/// What is left open of each rule of an action.
fn open_rules(
    rules: IndexedRules<'_>,
    action: ActionId,
    known: &KnownRecords<'_>,
) -> Vec<(Effect, Arc<str>, Expr)> {
    let open = rules.enforced(action).filter_map(|rule| {
        let rest = residual(&rule.condition, known)?;
        Some((rule.effect, Arc::clone(&rule.id), rest))
    });
    open.collect()
}

impl Analyzer {
    /// What requests of an action can come to, given fields of an actor or a snapshot or both. Required fields that are
    /// not given are left open; optional ones are not there if their record is given.
    pub fn can(&mut self, policy: &Policy, action: ActionId, given: &RawRequest) -> PossibleOutcomes {
        let known_fields = given_records(policy, action, given);
        let request = Request::from_raw(&policy.schema, &with_action(policy, action, given));
        let index = self.index(policy);
        let rules = IndexedRules::new(policy, &index);
        let known =
            KnownRecords { request: &request, schema: &policy.schema, action, fields: &known_fields.states };
        let mut effects = Vec::new();
        for effect in Effect::ALL {
            let mut answer = self.some_with(rules, action, effect, &known_fields);
            if answer == SearchAnswer::Unsatisfiable
                && let Some(uninhabited) = self.uninhabited(&policy.schema, action)
            {
                answer = SearchAnswer::Unknown(vec![uninhabited]);
            }
            if answer != SearchAnswer::Unsatisfiable {
                effects.push((effect, answer));
            }
        }
        let rules = open_rules(rules, action, &known);
        let possible: Vec<Effect> = effects.iter().map(|(effect, _)| *effect).collect();
        let within_cost = cost_caveats::of_possible(policy, action, &possible);
        let name = policy.schema.action(action).map(|action| Arc::clone(&action.name));
        PossibleOutcomes { action: name.unwrap_or_else(|| Arc::from("")), effects, rules, within_cost }
    }

    /// The rules of an action that can still count, given fields of an actor or a snapshot or both, each with what is
    /// left open of its condition: partial evaluation, without a search.
    ///
    /// A condition that no request meets is left in unless that shows by what is given.
    /// Cost: linear in the conditions, after the first call for a policy.
    pub fn open_rules(
        &mut self,
        policy: &Policy,
        action: ActionId,
        given: &RawRequest,
    ) -> Vec<(Effect, Arc<str>, Expr)> {
        let known_fields = given_records(policy, action, given);
        let request = Request::from_raw(&policy.schema, &with_action(policy, action, given));
        let known =
            KnownRecords { request: &request, schema: &policy.schema, action, fields: &known_fields.states };
        let index = self.index(policy);
        open_rules(IndexedRules::new(policy, &index), action, &known)
    }

    /// A request whose outcome is exactly this effect.
    fn some_with(
        &mut self,
        rules: IndexedRules<'_>,
        action: ActionId,
        effect: Effect,
        known_fields: &KnownFields,
    ) -> SearchAnswer {
        let policy = rules.policy;
        let space = RequestSpace::valid(&policy.schema, action);
        let upper = match effect {
            Effect::Block => Some(Scenario::default()),
            Effect::RequireApproval => Scenario::below(rules, action, Effect::Block, Side::Own),
            Effect::Allow => Scenario::below(rules, action, Effect::RequireApproval, Side::Own),
        };
        let Some(upper) = upper else { return SearchAnswer::Unsatisfiable };
        let mut scenarios = Vec::new();
        match effect {
            Effect::Allow => scenarios.push(upper),
            Effect::RequireApproval | Effect::Block => {
                scenarios.extend(upper.clone().and_any(AnyRule::at_least_as_strict(rules, action, effect)));
                if policy.default >= effect {
                    scenarios.push(upper.join(Scenario::by_default(rules, action, Side::Own)));
                }
            }
        }
        let mut obstacles = BTreeSet::new();
        for outcome in scenarios {
            match find(&outcome.question(space, Some(known_fields)), &mut self.cache) {
                SearchAnswer::Unsatisfiable => {}
                SearchAnswer::Unknown(opaque) => obstacles.extend(opaque),
                witness => return witness,
            }
        }
        if obstacles.is_empty() {
            SearchAnswer::Unsatisfiable
        } else {
            SearchAnswer::Unknown(obstacles.into_iter().collect())
        }
    }
}
