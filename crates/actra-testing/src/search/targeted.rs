//! Generates requests for which a condition is true or false: each part is made so in turn, by trying values and asking
//! the evaluator, so that nothing here knows what operators mean.

use actra_engine::ir::{Expr, ExprKind, Rule, RuleMode};
use actra_engine::model::{RawValue, Schema};
use actra_engine::{Truth, evaluate_condition};

use super::draft::{FieldKey, FieldValues, RequestDraft, reads};
use super::nested_edit::{edit, scalars};
use super::rng::Rng;

/// How many combinations of values are tried for an atom that reads several fields.
const COMBINATIONS: usize = 240;
/// How many other rules are made false.
const MAX_SILENCED: usize = 40;
/// In how many ways a condition is made true, and false.
const ATTEMPTS: usize = 10;
/// How many requests with some fields drawn at random are tried with those at boundaries.
const MAX_RANDOM: usize = 300;
/// How many changes are made to a request to satisfy the goals for all rules.
const MAX_STEPS: usize = 8;
/// How many other rules have a goal at that.
const MAX_OTHER_GOALS: usize = 60;

pub(super) struct TargetedGenerator<'f> {
    schema: &'f Schema,
    fields: &'f FieldValues,
    rng: Rng,
}

impl<'f> TargetedGenerator<'f> {
    pub(super) fn new(schema: &'f Schema, fields: &'f FieldValues, seed: u64) -> Self {
        Self { schema, fields, rng: Rng::new(seed) }
    }

    /// At most `limit` requests around the boundaries of a rule, or of all rules that cover the action.
    pub(super) fn at_boundaries(
        &mut self,
        rule: Option<&Rule>,
        covering: &[&Rule],
        of_tests: &[RequestDraft],
        limit: usize,
    ) -> Vec<RequestDraft> {
        let bases = self.bases(rule, covering);
        let read = match rule {
            Some(rule) => reads(&rule.condition),
            None => self.fields.values.keys().cloned().collect(),
        };
        let mut found: Vec<RequestDraft> = bases.clone();
        found.extend(of_tests.iter().cloned());
        let valid = limit / 2;
        for base in bases.iter().chain(of_tests) {
            if found.len() < valid {
                self.push_varied(base, &read, &mut found);
            }
        }
        found.truncate(valid);
        for base in bases.iter().take(3).chain(of_tests.iter().take(1)) {
            self.push_faulty(base, &read, &mut found);
        }
        while found.len() < limit && found.len() < valid + MAX_RANDOM {
            let Some(base) = self.rng.pick(&bases).cloned() else { break };
            found.push(self.redraw(base, &read));
        }
        found.truncate(limit);
        found
    }

    /// `limit` requests drawn at random from all that is declared, faults included.
    pub(super) fn at_random(
        &mut self,
        rule: Option<&Rule>,
        covering: &[&Rule],
        of_tests: &[RequestDraft],
        limit: usize,
    ) -> Vec<RequestDraft> {
        let mut bases = self.bases(rule, covering);
        bases.extend(of_tests.iter().cloned());
        let all: Vec<FieldKey> = self.fields.values.keys().cloned().collect();
        let read = rule.map_or_else(|| all.clone(), |rule| reads(&rule.condition));
        let scalars = scalars(read.iter().flat_map(|field| self.fields.values(field)));
        let mut found = Vec::with_capacity(limit);
        while found.len() < limit {
            let Some(mut draft) = self.rng.pick(&bases).cloned() else { break };
            for _ in 0..=self.rng.below(6) {
                let fields = if self.rng.below(4) > 0 { &read } else { &all };
                let Some(field) = self.rng.pick(fields).cloned() else { continue };
                let value = match self.rng.below(12) {
                    0 => None,
                    1 => Some(invalid_value()),
                    2..6 => draft.get(&field).cloned().map(|mut value| {
                        edit(&mut value, &scalars, &mut self.rng);
                        value
                    }),
                    _ => self.rng.pick(self.fields.values(&field)).cloned(),
                };
                draft.set(&field, value);
            }
            found.push(draft);
        }
        found
    }

    /// Requests for which the rule is true, or false for one reason, while no other enforced rule is true.
    fn bases(&mut self, rule: Option<&Rule>, covering: &[&Rule]) -> Vec<RequestDraft> {
        let mut minimal = self.fields.plain.clone();
        self.silence(&mut minimal, rule, covering);
        let mut full = self.fields.plain.clone();
        for field in &self.fields.optional {
            full.set(field, self.fields.values(field).first().cloned());
        }
        self.silence(&mut full, rule, covering);
        let mut bases = vec![minimal.clone(), full.clone()];
        let Some(rule) = rule else { return bases };
        for attempt in 0..ATTEMPTS {
            for target in [true, false] {
                for start in [&minimal, &full] {
                    let mut draft = start.clone();
                    self.satisfy(&mut draft, &rule.condition, target, attempt);
                    bases.push(draft.clone());
                    // Making the others false may undo this, so it is tried in addition.
                    if self.settle(&mut draft, rule, target, covering) {
                        bases.push(draft);
                    }
                }
            }
        }
        let mut unique: Vec<RequestDraft> = Vec::new();
        for base in bases {
            let raw = base.to_raw(self.schema);
            if !unique.iter().any(|other| other.to_raw(self.schema) == raw) {
                unique.push(base);
            }
        }
        unique
    }

    /// Makes the other enforced rules false, as far as that is possible.
    fn silence(&mut self, draft: &mut RequestDraft, rule: Option<&Rule>, covering: &[&Rule]) {
        let others = covering
            .iter()
            .filter(|other| other.mode == RuleMode::Enforce && rule.is_none_or(|rule| rule.id != other.id));
        let request = draft.to_request(self.schema);
        let not_false: Vec<_> = others
            .filter(|other| evaluate_condition(&other.condition, &request) != Truth::False)
            .take(MAX_SILENCED)
            .collect();
        for other in not_false {
            self.satisfy(draft, &other.condition, false, 0);
        }
    }

    /// Changes one field at a time, always by the best value, until the rule has the target and no other enforced
    /// rule is true; whether anything changed.
    fn settle(&mut self, draft: &mut RequestDraft, rule: &Rule, target: bool, covering: &[&Rule]) -> bool {
        let others = covering.iter().filter(|other| other.mode == RuleMode::Enforce && other.id != rule.id);
        let others = others.take(MAX_OTHER_GOALS).map(|other| (&other.condition, Truth::False));
        let goals: Vec<(&Expr, Truth)> =
            std::iter::once((&rule.condition, truth_of(target))).chain(others).collect();
        let unmet = |draft: &RequestDraft, schema: &Schema| {
            let request = draft.to_request(schema);
            let is_unmet = |(_, (expr, target)): &(usize, &(&Expr, Truth))| {
                evaluate_condition(expr, &request) != *target
            };
            goals.iter().enumerate().filter(is_unmet).map(|(idx, _)| idx).collect::<Vec<_>>()
        };
        let mut open = unmet(draft, self.schema);
        let mut changed = false;
        for _ in 0..MAX_STEPS {
            let Some((expr, _)) = open.first().and_then(|idx| goals.get(*idx)) else { break };
            let mut best: Option<(Vec<usize>, RequestDraft)> = None;
            for field in reads(expr) {
                for value in self.fields.values(&field) {
                    let mut next = draft.clone();
                    next.set(&field, Some(value.clone()));
                    let left = unmet(&next, self.schema);
                    if best.as_ref().map_or(open.len(), |(best, _)| best.len()) > left.len() {
                        best = Some((left, next));
                    }
                }
            }
            let Some((left, next)) = best else { break };
            (open, *draft, changed) = (left, next, true);
        }
        changed
    }

    /// Changes a request until a condition is true or false, if such a request is found; each attempt gets there in
    /// another way.
    ///
    /// Recursion is bounded: conditions nest at most `limits::NESTING` deep.
    fn satisfy(&mut self, draft: &mut RequestDraft, expr: &Expr, target: bool, attempt: usize) {
        match &expr.kind {
            ExprKind::Not(operand) => self.satisfy(draft, operand, !target, attempt),
            ExprKind::And(parts) => self.satisfy_parts(draft, parts, target, true, attempt),
            ExprKind::Or(parts) => self.satisfy_parts(draft, parts, target, false, attempt),
            _ => self.satisfy_atom(draft, expr, target, attempt),
        }
    }

    /// `neutral` is the truth that a part must have to leave the decision to the others: true in `&&`, false in `||`.
    ///
    /// If that is the target, every part is given it. If not, one part alone is given the target and the others are
    /// neutral, so that this part decides; attempts choose it in turn.
    fn satisfy_parts(
        &mut self,
        draft: &mut RequestDraft,
        parts: &[Expr],
        target: bool,
        neutral: bool,
        attempt: usize,
    ) {
        let deciding = (target != neutral).then(|| attempt % parts.len().max(1));
        let inner = attempt / parts.len().max(1);
        for (idx, part) in parts.iter().enumerate() {
            if Some(idx) != deciding {
                self.satisfy(draft, part, neutral, inner + usize::from(deciding.is_none()) * attempt);
            }
        }
        if let Some(part) = deciding.and_then(|idx| parts.get(idx)) {
            self.satisfy(draft, part, target, inner);
        }
    }

    fn satisfy_atom(&mut self, draft: &mut RequestDraft, atom: &Expr, target: bool, attempt: usize) {
        let target = truth_of(target);
        let is_met = |draft: &RequestDraft, schema: &Schema| {
            evaluate_condition(atom, &draft.to_request(schema)) == target
        };
        if attempt == 0 && is_met(draft, self.schema) {
            return;
        }
        let read = reads(atom);
        let start = draft.clone();
        for field in &read {
            let values = self.fields.values(field);
            for value in values.iter().cycle().skip(attempt % values.len().max(1)).take(values.len()) {
                draft.set(field, Some(value.clone()));
                if is_met(draft, self.schema) {
                    return;
                }
            }
            draft.clone_from(&start);
        }
        let combinations = if read.len() > 1 { COMBINATIONS } else { 0 };
        for _ in 0..combinations {
            for field in &read {
                draft.set(field, self.rng.pick(self.fields.values(field)).cloned());
            }
            if is_met(draft, self.schema) {
                return;
            }
        }
        *draft = start;
    }

    /// Adds a base with each value of each field that is read.
    fn push_varied(&self, base: &RequestDraft, read: &[FieldKey], found: &mut Vec<RequestDraft>) {
        for field in read {
            for value in self.fields.values(field) {
                if base.get(field) != Some(value) {
                    let mut draft = base.clone();
                    draft.set(field, Some(value.clone()));
                    found.push(draft);
                }
            }
            if self.fields.optional.contains(field) && base.get(field).is_some() {
                let mut draft = base.clone();
                draft.set(field, None);
                found.push(draft);
            }
        }
    }

    /// Adds a base with each field missing, null, and of a wrong type.
    fn push_faulty(&self, base: &RequestDraft, read: &[FieldKey], found: &mut Vec<RequestDraft>) {
        for field in read {
            for value in [None, Some(RawValue::Null), Some(invalid_value())] {
                let mut draft = base.clone();
                draft.set(field, value);
                found.push(draft);
            }
        }
    }

    /// A base with some of its fields drawn at random.
    fn redraw(&mut self, mut draft: RequestDraft, read: &[FieldKey]) -> RequestDraft {
        for _ in 0..=self.rng.below(3) {
            let Some(field) = self.rng.pick(read).cloned() else { break };
            draft.set(&field, self.rng.pick(self.fields.values(&field)).cloned());
        }
        draft
    }
}

fn truth_of(holds: bool) -> Truth {
    if holds { Truth::True } else { Truth::False }
}

/// A value that is of no type of the language but `any`.
fn invalid_value() -> RawValue {
    RawValue::List(vec![RawValue::List(Vec::new())])
}
