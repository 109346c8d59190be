//! Which requests a change of a policy treats otherwise.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_ir::print::print;
use actra_ir::{Policy, Rule};
use actra_model::{ActionId, Domain, Effect, FaultPolicy, RawRequest};

use crate::Analyzer;
use crate::encode::{Side, Space};
use crate::find::{Answer, Question, Want, Wish, find};
use crate::prove::Verdict;
use crate::question::{Outcome, enforced};

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
}

/// A comparison of two policies: regions in the order of action names, direction, and rules.
///
/// Answers are witnesses or unknown; where no request is treated otherwise there is no region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What moved.
    pub regions: Vec<Region>,
}

impl Difference {
    /// Whether both give the same effects, proved.
    pub fn is_equivalent(&self) -> bool {
        self.regions.is_empty()
    }

    /// Whether something moved this way, or may have.
    pub fn moved(&self, direction: Direction) -> bool {
        self.regions.iter().any(|region| region.direction == direction)
    }
}

/// Which requests are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    /// Those that are valid under the new schema.
    Valid,
    /// Those of which fields may be missing or unreadable, as well.
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
    /// How the effects of two policies differ, for requests that are valid under the new one's schema and, where those
    /// are all treated alike, for requests of which something is missing.
    ///
    /// Cost: for each action and each rule that is not in both as it is, one search.
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
        Difference { regions }
    }

    /// Whether every request that is valid under the new schema has at least the effect that the old policy gave it.
    ///
    /// An action that the old schema lacks was blocked; it may be anything if its name is among `accepted`.
    pub fn no_weaker(&mut self, old: &Policy, new: &Policy, accepted: &[Arc<str>]) -> Verdict {
        let mut regions = Vec::new();
        for (number, action) in (0..).zip(&new.schema.actions) {
            let own = ActionId(number);
            match old.schema.action_id(&action.name) {
                Some(former) => self.compare(&weaker(old, former, new, own), Range::Valid, &mut regions),
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
            let action = policy.schema.action(action).map(|action| Arc::clone(&action.name));
            let action = action.unwrap_or_else(|| Arc::from(""));
            regions.push(Region { action, direction, rule: None, because: Because::Undeclared, answer });
        }
    }

    fn compare(&mut self, pair: &Pair<'_>, range: Range, regions: &mut Vec<Region>) {
        let (old, new, action) = match pair.direction {
            Direction::Weaker => (pair.strict, pair.lenient, pair.lenient_action),
            Direction::Stricter => (pair.lenient, pair.strict, pair.strict_action),
        };
        let shared = shared(pair);
        if enforced(pair.strict, pair.strict_action).all(|rule| shared.contains(rule.id.as_ref()))
            && enforced(pair.lenient, pair.lenient_action).all(|rule| shared.contains(rule.id.as_ref()))
            && pair.strict.default <= pair.lenient.default
            && !(pair.direction == Direction::Weaker && rejects_otherwise(pair))
        {
            return;
        }
        let name = new.schema.action(action).map(|action| Arc::clone(&action.name));
        let name = name.unwrap_or_else(|| Arc::from(""));
        if pair.direction == Direction::Weaker && rejects_otherwise(pair) {
            // A request that the old policy refused as a whole may be valid now.
            let what = "what the earlier schema rejects as a whole".to_owned();
            regions.push(region(&name, pair.direction, None, Answer::Unknown(vec![what])));
        }
        let tolerant = [&old.schema, &new.schema].into_iter().all(|schema| {
            schema.invalid_fields == FaultPolicy::Ignore && schema.extra_fields == FaultPolicy::Ignore
        });
        let spaces: &[bool] = if tolerant && range == Range::All { &[false, true] } else { &[false] };
        let mut ask = |rule: Option<&Rule>, outcomes: Vec<Outcome<'_>>| {
            let mut unknown = BTreeSet::new();
            for doubtful in spaces.iter().copied() {
                for outcome in &outcomes {
                    let space = Space { schema: &new.schema, action, earlier: Some(&old.schema), doubtful };
                    let Outcome { clauses, later } = outcome.clone();
                    match find(&Question { space, fixed: None, clauses, later }, &mut self.library) {
                        Answer::Never => {}
                        Answer::Unknown(opaque) => unknown.extend(opaque),
                        witness => {
                            regions.push(region(&name, pair.direction, rule, witness));
                            return;
                        }
                    }
                }
            }
            if !unknown.is_empty() {
                let answer = Answer::Unknown(unknown.into_iter().collect());
                regions.push(region(&name, pair.direction, rule, answer));
            }
        };
        for rule in enforced(pair.strict, pair.strict_action) {
            if rule.effect == Effect::Allow || shared.contains(rule.id.as_ref()) {
                continue;
            }
            let outcomes = Outcome::below(pair.lenient, pair.lenient_action, rule.effect, pair.lenient_side)
                .map(|outcome| outcome.and(&rule.condition, Want::NotFalse, pair.strict_side));
            ask(Some(rule), outcomes.into_iter().collect());
        }
        if pair.strict.default > Effect::Allow {
            ask(None, default_moved(pair, &shared));
        }
    }
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

/// The stricter policy's default applies, and the other's outcome is milder.
fn default_moved<'a>(pair: &Pair<'a>, shared: &BTreeSet<&str>) -> Vec<Outcome<'a>> {
    let effect = pair.strict.default;
    let by_default = Outcome::by_default(pair.strict, pair.strict_action, pair.strict_side);
    let Some(mut below) = Outcome::below(pair.lenient, pair.lenient_action, effect, pair.lenient_side) else {
        return Vec::new();
    };
    if pair.lenient.default >= effect {
        // A rule that both have is true in neither.
        let milder: Vec<Wish<'a>> = enforced(pair.lenient, pair.lenient_action)
            .filter(|rule| rule.effect < effect && !shared.contains(rule.id.as_ref()))
            .map(|rule| Wish { condition: &rule.condition, want: Want::True, side: pair.lenient_side })
            .collect();
        if milder.is_empty() {
            return Vec::new();
        }
        below.clauses = vec![milder];
    }
    vec![by_default.join(below)]
}

fn region(action: &Arc<str>, direction: Direction, rule: Option<&Rule>, answer: Answer) -> Region {
    let because = if rule.is_some() { Because::Rule } else { Because::Default };
    Region {
        action: Arc::clone(action),
        direction,
        rule: rule.map(|rule| Arc::clone(&rule.id)),
        because,
        answer,
    }
}

/// The ids of rules that both policies have with the same effect and a condition that reads the same.
fn shared<'a>(pair: &Pair<'a>) -> BTreeSet<&'a str> {
    let mut by_id = std::collections::BTreeMap::new();
    for rule in enforced(pair.lenient, pair.lenient_action) {
        by_id.insert(rule.id.as_ref(), rule);
    }
    enforced(pair.strict, pair.strict_action)
        .filter(|rule| {
            by_id.get(rule.id.as_ref()).is_some_and(|other| {
                other.effect == rule.effect
                    && print(&other.condition) == print(&rule.condition)
                    && reads_alike(pair, rule)
            })
        })
        .map(|rule| rule.id.as_ref())
        .collect()
}

/// Whether the stricter policy's schema rejects requests that are valid for the other one.
fn rejects_otherwise(pair: &Pair<'_>) -> bool {
    let (strict, lenient) = (&pair.strict.schema, &pair.lenient.schema);
    let rejects = strict.extra_fields == FaultPolicy::Reject || strict.invalid_fields == FaultPolicy::Reject;
    let alike = strict.extra_fields == lenient.extra_fields
        && strict.invalid_fields == lenient.invalid_fields
        && strict.actor == lenient.actor
        && strict.snapshot == lenient.snapshot
        && strict.action(pair.strict_action) == lenient.action(pair.lenient_action);
    rejects && !alike
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
