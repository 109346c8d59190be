//! Which requests a change of a policy treats otherwise.
//!
//! What is compared is what is decided for every JSON request: what each schema makes of it is said in
//! `encode/joint.rs`. One policy, the *stricter* one of a question, has an effect or demands an action that the other,
//! the *lenient* one, has not. There are four kinds of questions for each action that both declare, and together they
//! cover every such request:
//!
//! - a rule of the stricter policy is not false, and the lenient policy takes the request and has a milder effect;
//! - no rule of it is true, so that its default is the least, and the same of the lenient one;
//! - it rejects the request as a whole, which is a block, and the lenient one takes it and does not block it;
//! - both have one effect, and an action that the stricter one demands is not demanded by the lenient one.
//!
//! A rule that both have alike, and read alike, needs no question of the first kind: where it is not false for one, it
//! is not false for the other. Each answer with a request is decided by both policies before it is given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_eval::decide;
use actra_ir::hash::condition;
use actra_ir::{Policy, Rule};
use actra_model::{
    ActionId, Domain, Effect, FaultPolicy, Fields, RawMap, RawRequest, Request, Schema, TypeKind,
};

use crate::Analyzer;
use crate::encode::{Admission, Earlier, Side, Space};
use crate::find::{Answer, Question, Want, Wish, find};
use crate::prove::Verdict;
use crate::question::{Outcome, enforced, has_all};

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
    /// Which way.
    pub direction: Direction,
    /// The rule of the stricter policy that is responsible; `None` for its default, or for an action that one of the
    /// policies does not have.
    pub rule: Option<Arc<str>>,
    /// Why there is no rule.
    pub because: Because,
    /// What was found.
    pub answer: Answer,
}

/// What makes the stricter policy strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// A rule of it.
    Rule,
    /// Its default.
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
pub struct Difference {
    /// What moved.
    pub regions: Vec<Region>,
    /// Fields that were `sensitive` and are no more, by path: that is weaker, whatever the effects are.
    pub unmasked: Vec<String>,
}

impl Difference {
    /// Whether both give the same effects and demand the same actions, proved.
    pub fn is_equivalent(&self) -> bool {
        self.regions.is_empty() && self.unmasked.is_empty()
    }

    /// Whether something moved this way, or may have.
    pub fn moved(&self, direction: Direction) -> bool {
        let unmasked = direction == Direction::Weaker && !self.unmasked.is_empty();
        unmasked || self.regions.iter().any(|region| region.direction == direction)
    }

    /// Whether something moved this way, shown by a request.
    pub fn surely_moved(&self, direction: Direction) -> bool {
        let unmasked = direction == Direction::Weaker && !self.unmasked.is_empty();
        let is_shown = |region: &Region| matches!(region.answer, Answer::Witness(_));
        unmasked || self.regions.iter().any(|region| region.direction == direction && is_shown(region))
    }
}

/// How much of two decisions is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    /// Effects, and what is demanded before something runs.
    NoWeaker,
    /// Also what is demanded where nothing runs.
    All,
}

/// The two policies, and which of them is the stricter one of a question.
#[derive(Clone, Copy)]
struct Pair<'a> {
    strict: &'a Policy,
    strict_side: Side,
    strict_action: ActionId,
    lenient: &'a Policy,
    lenient_side: Side,
    lenient_action: ActionId,
    direction: Direction,
}

impl Analyzer {
    /// How the decisions of two policies differ over every JSON request: their effects and the actions that they demand.
    ///
    /// Cost: for each action and each rule that is not in both as it is, one search; a second one where there is a
    /// request, for one that is valid.
    pub fn diff(&mut self, old: &Policy, new: &Policy) -> Difference {
        let mut regions = Vec::new();
        for (number, action) in (0..).zip(&new.schema.actions) {
            let own = ActionId(number);
            match old.schema.action_id(&action.name) {
                Some(former) => {
                    let weaker = weaker(old, former, new, own);
                    self.compare(&weaker, Range::All, &mut regions);
                    self.compare(&weaker.reversed(), Range::All, &mut regions);
                }
                None => self.declared(new, own, Direction::Weaker, &mut regions),
            }
        }
        for (number, action) in (0..).zip(&old.schema.actions) {
            if new.schema.action_id(&action.name).is_none() {
                self.declared(old, ActionId(number), Direction::Stricter, &mut regions);
            }
        }
        Difference { regions, unmasked: unmasked(&old.schema, &new.schema) }
    }

    /// Whether the new policy gives up nothing: every JSON request, valid under either schema or none, has at least the
    /// effect that it had, and what was demanded before something runs is demanded still.
    ///
    /// An action that the old schema lacks was blocked; it may be anything if its name is among `accepted`.
    pub fn no_weaker(&mut self, old: &Policy, new: &Policy, accepted: &[Arc<str>]) -> Verdict {
        let unmasked = unmasked(&old.schema, &new.schema);
        if !unmasked.is_empty() {
            return Verdict::GivenUp(unmasked.iter().map(|path| format!("`sensitive` of {path}")).collect());
        }
        let mut regions = Vec::new();
        for (number, action) in (0..).zip(&new.schema.actions) {
            let own = ActionId(number);
            match old.schema.action_id(&action.name) {
                Some(former) => self.compare(&weaker(old, former, new, own), Range::NoWeaker, &mut regions),
                None if accepted.contains(&action.name) => {}
                None => self.declared(new, own, Direction::Weaker, &mut regions),
            }
        }
        let mut unknown = BTreeSet::new();
        for region in regions {
            match region.answer {
                Answer::Witness(request) => return Verdict::Refuted(request),
                Answer::Unknown(opaque) => unknown.extend(opaque),
                Answer::Never => {}
            }
        }
        if unknown.is_empty() { Verdict::Proved } else { Verdict::Unproven(unknown.into_iter().collect()) }
    }

    /// An action that only one policy has: the other blocks it.
    fn declared(
        &mut self,
        policy: &Policy,
        action: ActionId,
        direction: Direction,
        regions: &mut Vec<Region>,
    ) {
        let Some(outcome) = Outcome::below(policy, action, Effect::Block, Side::Own) else { return };
        let space = Space { schema: &policy.schema, action, earlier: None, doubtful: false };
        let question = Question { space, fixed: None, clauses: outcome.clauses, later: outcome.later };
        let answer = find(&question, &mut self.library);
        if answer != Answer::Never {
            let action = name(&policy.schema, action);
            regions.push(Region { action, direction, rule: None, because: Because::Undeclared, answer });
        }
    }

    fn compare(&mut self, pair: &Pair<'_>, range: Range, regions: &mut Vec<Region>) {
        let shared = shared(pair);
        for rule in enforced(pair.strict, pair.strict_action) {
            if rule.effect == Effect::Allow || shared.contains(rule.id.as_ref()) {
                continue;
            }
            let milder = Outcome::below(pair.lenient, pair.lenient_action, rule.effect, pair.lenient_side);
            let milder = milder.map(|outcome| outcome.and(&rule.condition, Want::NotFalse, pair.strict_side));
            self.ask(pair, (Because::Rule, Some(rule)), milder, regions);
        }
        if pair.strict.default > Effect::Allow {
            self.ask(pair, (Because::Default, None), default_moved(pair, &shared), regions);
        }
        if pair.may_reject_more() {
            let runs = Outcome::below(pair.lenient, pair.lenient_action, Effect::Block, pair.lenient_side);
            self.ask(pair, (Because::Rejected, None), runs, regions);
        }
        let known = regions.len();
        for (rule, action) in demands(pair, range, &shared) {
            // One region for a rule is enough, and none where its effect moved.
            let is_told = |region: &Region| {
                region.rule.as_ref() == Some(&rule.id) && region.because == Because::RequiredAction
            };
            if !regions.iter().skip(known).any(is_told) {
                let because = (Because::RequiredAction, Some(rule));
                self.ask(pair, because, Some(demand_dropped(pair, rule, action)), regions);
            }
        }
    }

    /// Asks over every request, and then over valid ones for an example that people know how to read.
    fn ask(
        &mut self,
        pair: &Pair<'_>,
        (because, rule): (Because, Option<&Rule>),
        outcome: Option<Outcome<'_>>,
        regions: &mut Vec<Region>,
    ) {
        let Some(outcome) = outcome else { return };
        let strict = if because == Because::Rejected { Admission::Rejected } else { Admission::Either };
        let mut search = |doubtful| {
            let Outcome { clauses, later } = outcome.clone();
            let space = Space { doubtful, ..pair.space(strict) };
            match find(&Question { space, fixed: None, clauses, later }, &mut self.library) {
                Answer::Witness(request) if !pair.differs(because, &request) => {
                    Answer::Unknown(vec!["a difference between analysis and engine".to_owned()])
                }
                answer => answer,
            }
        };
        let answer = match search(true) {
            Answer::Never => return,
            answer if because == Because::Rejected => answer,
            answer => match search(false) {
                Answer::Witness(request) => Answer::Witness(request),
                _ => answer,
            },
        };
        regions.push(Region {
            action: name(&pair.later().schema, pair.space(strict).action),
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
fn weaker<'a>(old: &'a Policy, former: ActionId, new: &'a Policy, own: ActionId) -> Pair<'a> {
    Pair {
        strict: old,
        strict_side: Side::Earlier,
        strict_action: former,
        lenient: new,
        lenient_side: Side::Own,
        lenient_action: own,
        direction: Direction::Weaker,
    }
}

impl Pair<'_> {
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

impl<'a> Pair<'a> {
    fn later(&self) -> &'a Policy {
        if self.direction == Direction::Weaker { self.lenient } else { self.strict }
    }

    /// All requests of the action that the lenient policy takes.
    fn space(&self, strict: Admission) -> Space<'a> {
        let (schema, action, earlier, own_admission, earlier_admission) = match self.direction {
            Direction::Weaker => {
                (&self.lenient.schema, self.lenient_action, &self.strict.schema, Admission::Taken, strict)
            }
            Direction::Stricter => {
                (&self.strict.schema, self.strict_action, &self.lenient.schema, strict, Admission::Taken)
            }
        };
        let earlier = Earlier { schema: earlier, own: own_admission, earlier: earlier_admission };
        Space { schema, action, earlier: Some(earlier), doubtful: true }
    }

    /// Whether the stricter schema rejects, and the other does not reject the same.
    fn may_reject_more(&self) -> bool {
        let (strict, lenient) = (&self.strict.schema, &self.lenient.schema);
        let rejects =
            strict.extra_fields == FaultPolicy::Reject || strict.invalid_fields == FaultPolicy::Reject;
        let alike = strict.extra_fields == lenient.extra_fields
            && strict.invalid_fields == lenient.invalid_fields
            && strict.actor == lenient.actor
            && strict.snapshot == lenient.snapshot
            && strict.action(self.strict_action) == lenient.action(self.lenient_action);
        rejects && !alike
    }

    /// Whether both policies decide a request as an answer says.
    fn differs(&self, because: Because, request: &RawRequest) -> bool {
        let [strict, lenient] =
            [self.strict, self.lenient].map(|policy| (policy, Request::admit(&policy.schema, request)));
        let (strict, lenient) = (decide(strict.0, &strict.1), decide(lenient.0, &lenient.1));
        let is_kept = |action: &RawMap| lenient.required_actions.iter().any(|kept| has_all(kept, action));
        match because {
            Because::RequiredAction => {
                lenient.effect == strict.effect
                    && !strict.required_actions.iter().all(|action| is_kept(action))
            }
            _ => lenient.effect < strict.effect,
        }
    }
}

/// The stricter policy's default applies, and the other's outcome is milder.
fn default_moved<'a>(pair: &Pair<'a>, shared: &BTreeSet<&str>) -> Option<Outcome<'a>> {
    let effect = pair.strict.default;
    let by_default = Outcome::by_default(pair.strict, pair.strict_action, pair.strict_side);
    let mut below = Outcome::below(pair.lenient, pair.lenient_action, effect, pair.lenient_side)?;
    if pair.lenient.default >= effect {
        // A rule that both have is true in neither.
        let milder: Vec<Wish<'a>> = enforced(pair.lenient, pair.lenient_action)
            .filter(|rule| rule.effect < effect && !shared.contains(rule.id.as_ref()))
            .map(|rule| Wish { condition: &rule.condition, want: Want::True, side: pair.lenient_side })
            .collect();
        if milder.is_empty() {
            return None;
        }
        below.clauses = vec![milder];
    }
    Some(by_default.join(below))
}

/// What the stricter policy demands that the lenient one might not: a rule, and the action.
fn demands<'a>(pair: &Pair<'a>, range: Range, shared: &BTreeSet<&str>) -> Vec<(&'a Rule, &'a RawMap)> {
    let demanding = enforced(pair.strict, pair.strict_action).filter(|rule| {
        // Nothing runs after a block, whatever is demanded.
        !rule.required_actions.is_empty() && (range == Range::All || rule.effect != Effect::Block)
    });
    let mut demanding = demanding.peekable();
    if demanding.peek().is_none() {
        return Vec::new();
    }
    let lenient = || enforced(pair.lenient, pair.lenient_action);
    let by_id: BTreeMap<&str, &Rule> = lenient().map(|rule| (rule.id.as_ref(), rule)).collect();
    let changed = lenient().filter(|rule| !shared.contains(rule.id.as_ref()));
    let changed: BTreeSet<Effect> = changed.map(|rule| rule.effect).collect();
    // Where a rule that both have carries the outcome of one, it does so for the other, unless something else might.
    let is_kept = |rule: &Rule, action: &RawMap| {
        pair.strict.default == pair.lenient.default
            && !changed.contains(&rule.effect)
            && shared.contains(rule.id.as_ref())
            && by_id
                .get(rule.id.as_ref())
                .is_some_and(|same| same.required_actions.iter().any(|kept| has_all(kept, action)))
    };
    demanding
        .flat_map(|rule| rule.required_actions.iter().map(move |action| (rule, action)))
        .filter(|(rule, action)| !is_kept(rule, action))
        .collect()
}

/// Both outcomes are the effect of a rule, which carries that of the stricter policy, and no rule of the lenient one
/// that demands the action carries its.
///
/// Rules that are undetermined carry an outcome only where no true one does; what is said here of them is more than
/// that, so that "no such request" is a proof.
fn demand_dropped<'a>(pair: &Pair<'a>, rule: &'a Rule, action: &RawMap) -> Outcome<'a> {
    // Beside a base that is never milder, what is undetermined carries nothing.
    let is_base = |policy: &Policy, id| {
        policy.default >= rule.effect && !enforced(policy, id).any(|other| other.effect < rule.effect)
    };
    let want = if is_base(pair.strict, pair.strict_action) { Want::True } else { Want::NotFalse };
    let mut outcome = Outcome::default().and(&rule.condition, want, pair.strict_side);
    let sides = [
        (pair.strict, pair.strict_action, pair.strict_side),
        (pair.lenient, pair.lenient_action, pair.lenient_side),
    ];
    for (policy, id, side) in sides {
        let stricter = enforced(policy, id).filter(|other| other.effect > rule.effect);
        outcome.later.extend(stricter.map(|other| Wish {
            condition: &other.condition,
            want: Want::False,
            side,
        }));
    }
    let side = pair.lenient_side;
    let true_ones = || {
        let carrying =
            enforced(pair.lenient, pair.lenient_action).filter(|other| other.effect == rule.effect);
        carrying.map(|other| Wish { condition: &other.condition, want: Want::True, side })
    };
    for other in enforced(pair.lenient, pair.lenient_action) {
        let has = other.required_actions.iter().any(|kept| has_all(kept, action));
        if has && other.effect == rule.effect {
            outcome.clauses.push(vec![Wish { condition: &other.condition, want: Want::NotTrue, side }]);
            // Undetermined, it carries the outcome unless another one is true.
            let mut kept = vec![Wish { condition: &other.condition, want: Want::False, side }];
            kept.extend(true_ones().take(CARRYING));
            if pair.lenient.default < rule.effect && true_ones().count() <= CARRYING {
                outcome.clauses.push(kept);
            }
        }
    }
    let others = enforced(pair.strict, pair.strict_action)
        .filter(|other| other.effect == rule.effect && other.id != rule.id);
    for other in others.take(CARRYING) {
        let side = pair.strict_side;
        let own = Wish { condition: &rule.condition, want: Want::True, side };
        outcome.clauses.push(vec![own, Wish { condition: &other.condition, want: Want::NotTrue, side }]);
    }
    outcome
}

/// Rules with one effect of which it is said which of them carries an outcome.
const CARRYING: usize = 24;

/// The paths of fields that were `sensitive` and are declared without it now.
fn unmasked(old: &Schema, new: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |place: &str, old: &Fields, new: &Fields| unmasked_in(place, old, new, &mut found);
    for action in &old.actions {
        if let Some(now) = new.action_id(&action.name).and_then(|id| new.action(id)) {
            look(&format!("action.{}", action.name), &action.fields, &now.fields);
        }
    }
    look("actor", &old.actor, &new.actor);
    look("snapshot", &old.snapshot, &new.snapshot);
    found
}

fn unmasked_in(place: &str, old: &Fields, new: &Fields, found: &mut Vec<String>) {
    for (name, was) in old {
        let Some(is) = new.get(name) else { continue };
        let place = format!("{place}.{name}");
        if was.sensitive && !is.sensitive {
            found.push(place.clone());
        }
        if let (Some(was), Some(is)) = (members(&was.ty.kind), members(&is.ty.kind)) {
            unmasked_in(&place, was, is, found);
        }
    }
}

/// The members of an object, also of one in lists and maps.
fn members(kind: &TypeKind) -> Option<&Fields> {
    match kind {
        TypeKind::Object(fields) => Some(fields),
        TypeKind::List(element) | TypeKind::Map(element) => members(&element.kind),
        _ => None,
    }
}

/// The ids of rules that both policies have with the same effect and a condition that reads the same.
fn shared<'a>(pair: &Pair<'a>) -> BTreeSet<&'a str> {
    let mut by_id = BTreeMap::new();
    for rule in enforced(pair.lenient, pair.lenient_action) {
        by_id.insert(rule.id.as_ref(), rule);
    }
    enforced(pair.strict, pair.strict_action)
        .filter(|rule| {
            by_id.get(rule.id.as_ref()).is_some_and(|other| {
                other.effect == rule.effect
                    && condition(&other.condition) == condition(&rule.condition)
                    && reads_alike(pair, rule)
            })
        })
        .map(|rule| rule.id.as_ref())
        .collect()
}

/// Whether both schemas declare alike what a rule reads.
fn reads_alike(pair: &Pair<'_>, rule: &Rule) -> bool {
    let mut fields = BTreeSet::new();
    collect_fields(&rule.condition, &mut fields);
    fields.into_iter().all(|(domain, name)| {
        let strict = pair.strict.schema.field(domain, pair.strict_action, &name);
        let lenient = pair.lenient.schema.field(domain, pair.lenient_action, &name);
        match (strict, lenient) {
            (Some(strict), Some(lenient)) => strict.ty == lenient.ty && strict.optional == lenient.optional,
            (None, None) => true,
            _ => false,
        }
    })
}

/// The fields at the top of records that a condition reads.
pub(crate) fn collect_fields(expr: &actra_ir::Expr, found: &mut BTreeSet<(Domain, Arc<str>)>) {
    if let actra_ir::ExprKind::Field { domain, name } = &expr.kind {
        found.insert((*domain, Arc::clone(name)));
    }
    for operand in actra_ir::operands(expr) {
        collect_fields(operand, found);
    }
}

/// A request that an old and a new policy treat otherwise, as a region shows it.
pub fn witness(region: &Region) -> Option<&RawRequest> {
    match &region.answer {
        Answer::Witness(request) => Some(request),
        _ => None,
    }
}
