//! Which requests a change of a policy treats otherwise.
//!
//! What is compared is what is decided for every JSON request: what each schema makes of it is said in
//! `encode/joint.rs`. One policy, the *stricter* one of a question, has an effect or demands an action that the other,
//! the *lenient* one, has not. There are four kinds of questions for each action that both declare, and together they
//! cover every such request:
//!
//! - a rule of the stricter policy is not false, and the lenient policy takes the request and has a more permissive
//!   effect;
//! - no rule of it is true, and none is undetermined that would carry its default's effect or a stricter one, so that
//!   its default is responsible, and the same of the lenient one;
//! - it rejects the request as a whole, which is a block, and the lenient one takes it and does not block it;
//! - something runs under both, and an action that the stricter one demands is not demanded by the lenient one, though
//!   its effect is the same or stricter.
//!
//! A rule that both have alike, and read alike, needs no question of the first kind: where it is not false for one,
//! it is not false for the other. An action that such a rule demands needs no question of the last kind where the
//! outcome has to be that of the rule, and the rule carries it for both: no other rule of the lenient policy has that
//! effect or one in between, and beside a default of that effect, where undetermined rules carry only what is
//! stricter than some true rule, both have the same more permissive rules. Each answer with a request is decided by
//! both policies before it is given.

mod arguments;
mod masks;
mod required_actions;

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_eval::decide;
use actra_ir::{Policy, Rule};
use actra_model::{ActionId, Effect, FaultHandling, RawMap, RawRequest, Request, Schema};

use crate::cost_caveats::CostCaveats;
use crate::fields::collect_fields;
use crate::find::find;
use crate::goal::Polarity;
use crate::indexed_rules::IndexedRules;
use crate::prove::ProofVerdict;
use crate::question::SearchAnswer;
use crate::request_space::{Acceptance, Earlier, RequestSpace, Side};
use crate::rule_goals::{AnyRule, EachRule};
use crate::scenario::{Scenario, has_all};
use crate::{Analyzer, cost_caveats};
pub use arguments::Remapped;
use arguments::remapped;
use masks::{one_sided, unmasked};
use required_actions::outcomes;

/// Which way an outcome moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// The new policy is more permissive.
    Weaker,
    /// The new policy is less permissive.
    Stricter,
}

/// Requests of one action that one rule, or the default, treated otherwise than the other policy does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The action's name.
    pub action: Arc<str>,
    /// Whether outcomes got stricter or more permissive there.
    pub direction: Direction,
    /// The rule of the stricter policy that is responsible; `None` for its default, or for an action that one of the
    /// policies does not have.
    pub rule: Option<Arc<str>>,
    /// Why there is no rule.
    pub because: StricterBy,
    /// A request that is decided otherwise, or why none could be found.
    pub answer: SearchAnswer,
}

impl Region {
    /// A request that the two policies treat otherwise, if one was found.
    pub fn witness(&self) -> Option<&RawRequest> {
        match &self.answer {
            SearchAnswer::Witness(request) => Some(request),
            SearchAnswer::Unsatisfiable | SearchAnswer::Unknown(_) => None,
        }
    }
}

/// What makes the stricter policy strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StricterBy {
    /// A rule of it.
    Rule,
    /// The default of the stricter policy.
    Default,
    /// It does not declare the action.
    Undeclared,
    /// Its schema rejects the request as a whole.
    Rejected,
    /// A rule of it demands an action of the caller.
    RequiredAction,
}

/// A comparison of two policies: regions in the order of action names, direction, and rules.
///
/// Answers are witnesses or unknown; where no request is treated otherwise there is no region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyDiff {
    /// The regions of requests whose outcomes moved, with a request for each.
    pub regions: Vec<Region>,
    /// Fields that were `sensitive` and are no more, by path: that is weaker, whatever the effects are.
    pub unmasked: Vec<String>,
    /// Fields that another argument of their operation fills than before: that counts as weaker as well, since effects
    /// are compared by fields.
    pub remapped: Vec<Remapped>,
    /// Facts that one of the schemas declares and the other does not, by path, ascending: requests that name them in
    /// `unknown` are not compared.
    pub not_compared: Vec<String>,
    /// Where requests that are in no region are treated alike within cost only: the containers; see
    /// [`crate::cost_caveats`].
    pub within_cost: CostCaveats,
}

impl PolicyDiff {
    /// Whether both give the same effects and demand the same actions, proved.
    pub fn is_equivalent(&self) -> bool {
        self.regions.is_empty() && !self.gives_up()
    }

    /// Whether something moved this way, or may have.
    pub fn moved(&self, direction: Direction) -> bool {
        let gives_up = direction == Direction::Weaker && self.gives_up();
        gives_up || self.regions.iter().any(|region| region.direction == direction)
    }

    /// Whether something moved this way, shown by a request.
    pub fn surely_moved(&self, direction: Direction) -> bool {
        let gives_up = direction == Direction::Weaker && self.gives_up();
        let is_shown = |region: &Region| matches!(region.answer, SearchAnswer::Witness(_));
        gives_up || self.regions.iter().any(|region| region.direction == direction && is_shown(region))
    }

    /// Whether the new schema says less than the old one, whatever the effects are.
    fn gives_up(&self) -> bool {
        !self.unmasked.is_empty() || !self.remapped.is_empty()
    }
}

/// How much of two decisions is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ComparedParts {
    /// Effects, and what is demanded before something runs.
    NoWeaker,
    /// Also what is demanded where nothing runs.
    All,
}

/// The two policies, and which of them is the stricter one of a question.
#[derive(Clone, Copy)]
struct PolicyPair<'a> {
    strict: IndexedRules<'a>,
    strict_side: Side,
    strict_action: ActionId,
    lenient: IndexedRules<'a>,
    lenient_side: Side,
    lenient_action: ActionId,
    direction: Direction,
}

impl Analyzer {
    /// How the decisions of two policies differ over every JSON request: their effects and the actions that they
    /// demand.
    ///
    /// Cost: for each action and each rule that is not in both as it is, one search; a second one where there is a
    /// request, for one that is valid.
    pub fn diff(&mut self, old: &Policy, new: &Policy) -> PolicyDiff {
        let (former_index, index) = (self.index(old), self.index(new));
        let (former_rules, rules) = (IndexedRules::new(old, &former_index), IndexedRules::new(new, &index));
        let mut regions = Vec::new();
        for (number, action) in (0..).zip(&new.schema.actions) {
            let own = ActionId(number);
            match old.schema.action_id(&action.name) {
                Some(former) => {
                    let weaker = weaker(former_rules, former, rules, own);
                    self.compare(&weaker, ComparedParts::All, &mut regions);
                    self.compare(&weaker.reversed(), ComparedParts::All, &mut regions);
                }
                None => self.declared(rules, own, Direction::Weaker, &mut regions),
            }
        }
        for (number, action) in (0..).zip(&old.schema.actions) {
            if new.schema.action_id(&action.name).is_none() {
                self.declared(former_rules, ActionId(number), Direction::Stricter, &mut regions);
            }
        }
        PolicyDiff {
            regions,
            unmasked: unmasked(&old.schema, &new.schema),
            remapped: remapped(&old.schema, &new.schema),
            not_compared: one_sided(&old.schema, &new.schema),
            within_cost: cost_caveats::of_difference(old, new),
        }
    }

    /// Whether the new policy gives up nothing: every JSON request, valid under either schema or none, has at least the
    /// effect that it had, and what was demanded before something runs is demanded still.
    ///
    /// An action that the old schema lacks was blocked; it may be anything if its name is among `accepted`.
    pub fn no_weaker(&mut self, old: &Policy, new: &Policy, accepted: &[Arc<str>]) -> ProofVerdict {
        let protections_lost = protections_lost(&old.schema, &new.schema);
        if !protections_lost.is_empty() {
            return ProofVerdict::ProtectionsLost(protections_lost);
        }
        let (former_index, index) = (self.index(old), self.index(new));
        let (former_rules, rules) = (IndexedRules::new(old, &former_index), IndexedRules::new(new, &index));
        let mut regions = Vec::new();
        for (number, action) in (0..).zip(&new.schema.actions) {
            let own = ActionId(number);
            match old.schema.action_id(&action.name) {
                Some(former) => {
                    self.compare(
                        &weaker(former_rules, former, rules, own),
                        ComparedParts::NoWeaker,
                        &mut regions,
                    );
                }
                None if accepted.contains(&action.name) => {}
                None => self.declared(rules, own, Direction::Weaker, &mut regions),
            }
        }
        let mut obstacles = BTreeSet::new();
        for region in regions {
            match region.answer {
                SearchAnswer::Witness(request) => return ProofVerdict::Refuted(request),
                SearchAnswer::Unknown(opaque) => obstacles.extend(opaque),
                SearchAnswer::Unsatisfiable => {}
            }
        }
        if obstacles.is_empty() {
            ProofVerdict::Proved
        } else {
            ProofVerdict::Unproven(obstacles.into_iter().collect())
        }
    }

    /// An action that only one policy has: the other blocks it. What is blocked where a request is valid is blocked for
    /// those that know less, and each other request does, unless a type has no value.
    fn declared(
        &mut self,
        rules: IndexedRules<'_>,
        action: ActionId,
        direction: Direction,
        regions: &mut Vec<Region>,
    ) {
        let Some(outcome) = Scenario::below(rules, action, Effect::Block, Side::Own) else { return };
        let schema = &rules.policy.schema;
        let space = RequestSpace::valid(schema, action);
        let mut answer = find(&outcome.question(space, None), &mut self.cache);
        if answer == SearchAnswer::Unsatisfiable
            && let Some(uninhabited) = self.uninhabited(schema, action)
        {
            answer = SearchAnswer::Unknown(vec![uninhabited]);
        }
        if answer != SearchAnswer::Unsatisfiable {
            let action = name(schema, action);
            regions.push(Region { action, direction, rule: None, because: StricterBy::Undeclared, answer });
        }
    }

    fn compare(&mut self, pair: &PolicyPair<'_>, extent: ComparedParts, regions: &mut Vec<Region>) {
        let shared = shared(pair);
        for number in pair.strict.numbers(pair.strict_action).iter().copied() {
            let Some(rule) = pair.strict.rule(number).filter(|rule| rule.effect > Effect::Allow) else {
                continue;
            };
            if !shared.contains(&number) {
                let permissive = pair.lenient_below(rule.effect);
                let permissive = permissive.map(|outcome| Scenario {
                    eager: vec![rule.id.as_ref()],
                    ..outcome.and(&rule.condition, Polarity::NotFalse, pair.strict_side)
                });
                self.ask(pair, (StricterBy::Rule, Some(rule)), permissive, regions);
            }
        }
        if pair.strict.policy.default > Effect::Allow {
            self.ask(pair, (StricterBy::Default, None), default_moved(pair, &shared), regions);
        }
        if pair.may_reject_more() {
            self.ask(pair, (StricterBy::Rejected, None), pair.lenient_below(Effect::Block), regions);
        }
        self.demands(pair, extent, &shared, regions);
    }

    /// Asks over every request, and then over valid ones for an example that people know how to read.
    fn ask(
        &mut self,
        pair: &PolicyPair<'_>,
        (because, rule): (StricterBy, Option<&Rule>),
        outcome: Option<Scenario<'_>>,
        regions: &mut Vec<Region>,
    ) {
        let Some(outcome) = outcome else { return };
        // Where no rule was asked, none held the request back.
        let strict = match because {
            StricterBy::Rejected => Acceptance::Rejected,
            _ if pair.may_reject_more() => Acceptance::Accepted,
            _ => Acceptance::Any,
        };
        let mut search = |includes_invalid| {
            let space = RequestSpace { includes_invalid, ..pair.space(strict) };
            match find(&outcome.clone().question(space, None), &mut self.cache) {
                SearchAnswer::Witness(request) if !pair.differs(because, &request) => {
                    SearchAnswer::Unknown(vec!["a mismatch between the analysis and the engine".to_owned()])
                }
                answer => answer,
            }
        };
        let answer = match search(true) {
            SearchAnswer::Unsatisfiable => return,
            answer if because == StricterBy::Rejected => answer,
            answer => match search(false) {
                SearchAnswer::Witness(request) => SearchAnswer::Witness(request),
                _ => answer,
            },
        };
        regions.push(Region {
            action: name(&pair.lazy().policy.schema, pair.space(strict).action),
            direction: pair.direction,
            rule: rule.map(|rule| Arc::clone(&rule.id)),
            because,
            answer,
        });
    }
}

fn name(schema: &Schema, action: ActionId) -> Arc<str> {
    schema.action(action).map_or_else(|| Arc::from(""), |action| Arc::clone(&action.name))
}

/// The question where the new policy is weaker.
fn weaker<'a>(
    old: IndexedRules<'a>,
    former: ActionId,
    new: IndexedRules<'a>,
    own: ActionId,
) -> PolicyPair<'a> {
    PolicyPair {
        strict: old,
        strict_side: Side::Earlier,
        strict_action: former,
        lenient: new,
        lenient_side: Side::Own,
        lenient_action: own,
        direction: Direction::Weaker,
    }
}

impl PolicyPair<'_> {
    /// The question where the new policy is stricter.
    fn reversed(self) -> Self {
        Self {
            strict: self.lenient,
            strict_side: self.lenient_side,
            strict_action: self.lenient_action,
            lenient: self.strict,
            lenient_side: self.strict_side,
            lenient_action: self.strict_action,
            direction: Direction::Stricter,
        }
    }
}

impl<'a> PolicyPair<'a> {
    fn lazy(&self) -> IndexedRules<'a> {
        if self.direction == Direction::Weaker { self.lenient } else { self.strict }
    }

    /// All requests of the action that the lenient policy takes.
    fn space(&self, strict: Acceptance) -> RequestSpace<'a> {
        let (lenient, stricter) = (&self.lenient.policy.schema, &self.strict.policy.schema);
        let (schema, action, earlier, own_admission, earlier_admission) = match self.direction {
            Direction::Weaker => (lenient, self.lenient_action, stricter, Acceptance::Accepted, strict),
            Direction::Stricter => (stricter, self.strict_action, lenient, strict, Acceptance::Accepted),
        };
        let earlier = Earlier { schema: earlier, own: own_admission, earlier: earlier_admission };
        RequestSpace { schema, action, earlier: Some(earlier), includes_invalid: true }
    }

    /// The lenient policy's outcome is more permissive than an effect.
    fn lenient_below(&self, effect: Effect) -> Option<Scenario<'a>> {
        Scenario::below(self.lenient, self.lenient_action, effect, self.lenient_side)
    }

    /// Whether the stricter schema rejects, and the other does not reject the same.
    fn may_reject_more(&self) -> bool {
        let (strict, lenient) = (&self.strict.policy.schema, &self.lenient.policy.schema);
        let rejects =
            strict.extra_fields == FaultHandling::Reject || strict.invalid_fields == FaultHandling::Reject;
        let alike = strict.extra_fields == lenient.extra_fields
            && strict.invalid_fields == lenient.invalid_fields
            && strict.actor == lenient.actor
            && strict.snapshot == lenient.snapshot
            && strict.action(self.strict_action) == lenient.action(self.lenient_action);
        rejects && !alike
    }

    /// Whether both policies decide a request as an answer says.
    fn differs(&self, because: StricterBy, request: &RawRequest) -> bool {
        let [strict, lenient] = [self.strict.policy, self.lenient.policy]
            .map(|policy| (policy, Request::from_raw(&policy.schema, request)));
        let (strict, lenient) = (decide(strict.0, &strict.1), decide(lenient.0, &lenient.1));
        let is_kept = |action: &RawMap| lenient.required_actions.iter().any(|kept| has_all(kept, action));
        match because {
            StricterBy::RequiredAction => {
                outcomes(strict.effect).any(|effect| effect == lenient.effect)
                    && !strict.required_actions.iter().all(|action| is_kept(action))
            }
            _ => lenient.effect < strict.effect,
        }
    }
}

/// What the new schema does not say any more, each with its path: "`sensitive` of PATH".
fn protections_lost(old: &Schema, new: &Schema) -> Vec<String> {
    let unmasked = unmasked(old, new).into_iter().map(|path| format!("`sensitive` of {path}"));
    let remapped = remapped(old, new).into_iter().map(|field| format!("`argument` of {}", field.path));
    unmasked.chain(remapped).collect()
}

/// The stricter policy's default applies, and the other's outcome is more permissive.
fn default_moved<'a>(pair: &PolicyPair<'a>, shared: &BTreeSet<usize>) -> Option<Scenario<'a>> {
    let effect = pair.strict.policy.default;
    let each_rule = EachRule::at_least_as_strict(
        pair.strict,
        pair.strict_action,
        pair.strict_side,
        effect,
        Polarity::False,
    );
    let by_default = Scenario::for_each(each_rule.or_below(Polarity::NotTrue));
    let mut below = pair.lenient_below(effect)?;
    if pair.lenient.policy.default >= effect {
        // A rule that both have is true in neither.
        let mut permissive =
            AnyRule::permissive(pair.lenient, pair.lenient_action, pair.lenient_side, effect);
        let is_shared = |number: &usize| {
            let id = pair.lenient.rule(*number).map(|rule| rule.id.as_ref());
            id.and_then(|id| pair.strict.number(id)).is_some_and(|number| shared.contains(&number))
        };
        for part in &mut permissive.numbers {
            *part = part.iter().copied().filter(|number| !is_shared(number)).collect();
        }
        (below.clauses, below.any) = (Vec::new(), None);
        below = below.and_any(permissive)?;
    }
    Some(by_default.join(below))
}

/// The numbers of the stricter policy's rules that the other one has, too, with the same id and effect and a condition
/// that reads the same.
fn shared(pair: &PolicyPair<'_>) -> BTreeSet<usize> {
    let is_shared = |number: usize| {
        let rule = pair.strict.rule(number)?;
        let same =
            pair.lenient.number(&rule.id).filter(|same| pair.lenient.covers(*same, pair.lenient_action))?;
        let is_alike = pair.lenient.rule(same)?.effect == rule.effect
            && pair.lenient.condition(same) == pair.strict.condition(number)
            && reads_alike(pair, rule);
        is_alike.then_some(number)
    };
    pair.strict.numbers(pair.strict_action).iter().filter_map(|number| is_shared(*number)).collect()
}

/// Whether both schemas declare alike what a rule reads.
fn reads_alike(pair: &PolicyPair<'_>, rule: &Rule) -> bool {
    let mut fields = BTreeSet::new();
    collect_fields(&rule.condition, &mut fields);
    fields.into_iter().all(|(record, name)| {
        let strict = pair.strict.policy.schema.field(record, pair.strict_action, &name);
        let lenient = pair.lenient.policy.schema.field(record, pair.lenient_action, &name);
        match (strict, lenient) {
            (Some(strict), Some(lenient)) => {
                strict.ty.reads_like(&lenient.ty) && strict.optional == lenient.optional
            }
            (None, None) => true,
            _ => false,
        }
    })
}
