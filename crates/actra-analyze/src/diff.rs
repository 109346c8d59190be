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
//! - something runs under both, and an action that the stricter one demands is not demanded by the lenient one, though
//!   its effect is the same or stricter.
//!
//! A rule that both have alike, and read alike, needs no question of the first kind: where it is not false for one, it
//! is not false for the other. An action that such a rule demands needs no question of the last kind where the outcome
//! has to be that of the rule, and the rule carries it for both: no other rule of the lenient policy has that effect or
//! one in between, and beside a default of that effect, where undetermined rules carry only what is stricter than some
//! true rule, both have the same milder rules. Each answer with a request is decided by both policies before it is given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_eval::decide;
use actra_ir::hash::condition;
use actra_ir::{Policy, Rule};
use actra_model::{
    ActionId, Domain, Effect, FaultPolicy, Field, Fields, RawMap, RawRequest, Request, Schema, TypeKind,
};

use crate::Analyzer;
use crate::encode::{Admission, Earlier, Side, Space};
use crate::find::{Answer, Question, Want, Wish, find};
use crate::prove::Verdict;
use crate::question::{Outcome, enforced, has_all};
use crate::rules::EFFECTS;

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
    /// Facts that one of the schemas declares and the other does not, by path, ascending: requests that name them in
    /// `unknown` are not compared.
    pub not_compared: Vec<String>,
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
        Difference {
            regions,
            unmasked: unmasked(&old.schema, &new.schema),
            not_compared: one_sided(&old.schema, &new.schema),
        }
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

    /// An action that only one policy has: the other blocks it. What is blocked where a request is valid is blocked for
    /// those that know less, and each other request does, unless a type has no value.
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
        let mut answer = find(&question, &mut self.library);
        if answer == Answer::Never
            && let Some(vacant) = self.vacant(&policy.schema, action)
        {
            answer = Answer::Unknown(vec![vacant]);
        }
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
            for outcome in demand_dropped(pair, rule, action) {
                if !regions.iter().skip(known).any(is_told) {
                    self.ask(pair, (Because::RequiredAction, Some(rule)), Some(outcome), regions);
                }
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
                outcomes(strict.effect).any(|effect| *effect == lenient.effect)
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
    let is_shared = |rule: &Rule| shared.contains(rule.id.as_ref());
    let gone = enforced(pair.strict, pair.strict_action).filter(|rule| !is_shared(rule));
    let gone: BTreeSet<Effect> = gone.map(|rule| rule.effect).collect();
    // Where a rule that both have carries the outcome of one, it does so for the other, unless something else might.
    let is_kept = |rule: &Rule, action: &RawMap| {
        let same = by_id.get(rule.id.as_ref()).filter(|_| is_shared(rule));
        let has_same_base =
            pair.strict.default != rule.effect || gone.iter().all(|effect| *effect >= rule.effect);
        pair.strict.default == pair.lenient.default
            && !outcomes(rule.effect).any(|effect| changed.contains(effect))
            && same.is_some_and(|same| same.required_actions.iter().any(|kept| has_all(kept, action)))
            && has_same_base
    };
    demanding
        .flat_map(|rule| rule.required_actions.iter().map(move |action| (rule, action)))
        .filter(|(rule, action)| !is_kept(rule, action))
        .collect()
}

/// The effects of the lenient policy that have to come with what a rule with this effect demands: what is at least as
/// strict and lets something run; of a block, the block itself.
fn outcomes(effect: Effect) -> impl Iterator<Item = &'static Effect> {
    EFFECTS.iter().filter(move |other| **other == effect || (**other > effect && **other != Effect::Block))
}

/// A rule carries the outcome of the stricter policy, and no rule of the lenient one that demands the action carries
/// its outcome, which is at least as strict.
fn demand_dropped<'a>(pair: &Pair<'a>, rule: &'a Rule, action: &RawMap) -> Vec<Outcome<'a>> {
    let lacking = outcomes(rule.effect).flat_map(|effect| {
        Outcome::lacking(pair.lenient, pair.lenient_action, *effect, action, pair.lenient_side)
    });
    let carried = carried(pair, rule);
    lacking.filter_map(|lacking| Some(carried.clone()?.join(lacking))).collect()
}

/// A rule carries the outcome of the stricter policy; `None` if it never does.
fn carried<'a>(pair: &Pair<'a>, rule: &'a Rule) -> Option<Outcome<'a>> {
    let (policy, id, side) = (pair.strict, pair.strict_action, pair.strict_side);
    let wish = |rule: &'a Rule, want| Wish { condition: &rule.condition, want, side };
    let mut outcome =
        Outcome::at_most(policy, id, rule.effect, side)?.and(&rule.condition, Want::NotFalse, side);
    if policy.default == rule.effect {
        // Undetermined, it is stricter than a milder rule that is true, and not than the default.
        let milder = enforced(policy, id).filter(|other| other.effect < rule.effect);
        let carries = milder.chain([rule]).map(|rule| wish(rule, Want::True)).collect();
        outcome.clauses.push(carries);
    }
    let others = enforced(policy, id).filter(|other| other.effect == rule.effect && other.id != rule.id);
    for other in others.take(CARRYING) {
        outcome.clauses.push(vec![wish(rule, Want::True), wish(other, Want::NotTrue)]);
    }
    Some(outcome)
}

/// Rules with one effect of which it is said which of them carries an outcome.
const CARRYING: usize = 24;

/// The paths of fields that were `sensitive` and are not now.
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
    // What nobody declares is shown, and so is all that is in it.
    let none = Fields::new();
    for (name, was) in old {
        let is = new.get(name);
        if is.is_some_and(|is| is.sensitive) {
            continue;
        }
        let place = format!("{place}.{name}");
        if was.sensitive {
            found.push(place.clone());
        }
        if let Some(was) = members(&was.ty.kind) {
            let is = is.and_then(|is| members(&is.ty.kind)).unwrap_or(&none);
            unmasked_in(&place, was, is, found);
        }
    }
}

/// The facts that one schema declares and the other does not.
fn one_sided(old: &Schema, new: &Schema) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (record, old, new) in [("actor", &old.actor, &new.actor), ("snapshot", &old.snapshot, &new.snapshot)]
    {
        one_sided_in(record, old, new, &mut found);
    }
    found.into_iter().collect()
}

/// Depth: that of types.
fn one_sided_in(place: &str, old: &Fields, new: &Fields, found: &mut BTreeSet<String>) {
    let facts = |field: &Field| match &field.ty.kind {
        TypeKind::Object(members) => members.clone(),
        _ => Fields::new(),
    };
    for name in old.keys().chain(new.keys()) {
        let path = format!("{place}.{name}");
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) if old.ty != new.ty => {
                one_sided_in(&path, &facts(old), &facts(new), found)
            }
            (Some(_), Some(_)) => {}
            _ => drop(found.insert(path)),
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
            (Some(strict), Some(lenient)) => {
                strict.ty.reads_like(&lenient.ty) && strict.optional == lenient.optional
            }
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
