//! Requests for which a condition is what is wanted: each part is aimed at in turn, and the truth is asked of the
//! evaluator, so nothing here knows what operators mean.

use actra_engine::ir::{Expr, ExprKind, Mode, Rule};
use actra_engine::model::{RawValue, Schema};
use actra_engine::{Truth, truth};

use super::draft::{Draft, FieldKey, Fields, reads};
use super::edit::{edit, scalars};
use super::rng::Rng;

/// Combinations of values tried for an atom that reads several fields.
const COMBINED: usize = 240;
/// Other rules that are kept from deciding.
const OTHERS: usize = 40;
/// Ways in which a condition is aimed at.
const WAYS: usize = 10;
/// Requests with some fields drawn at random that are tried with those at boundaries.
const RANDOM: usize = 300;
/// Changes by which a request is brought to what is wanted of all rules.
const STEPS: usize = 8;
/// Other rules that are looked at while a request is settled.
const NEIGHBORS: usize = 60;

pub(super) struct Aim<'f> {
    schema: &'f Schema,
    fields: &'f Fields,
    rng: Rng,
}

impl<'f> Aim<'f> {
    pub(super) fn new(schema: &'f Schema, fields: &'f Fields, seed: u64) -> Self {
        Self { schema, fields, rng: Rng::new(seed) }
    }

    /// Requests around the boundaries of a rule, or of all rules that cover an action, not more than `most`.
    pub(super) fn near(
        &mut self,
        rule: Option<&Rule>,
        covering: &[&Rule],
        asked: &[Draft],
        most: usize,
    ) -> Vec<Draft> {
        let bases = self.bases(rule, covering);
        let read = match rule {
            Some(rule) => reads(&rule.condition),
            None => self.fields.values.keys().cloned().collect(),
        };
        let mut found: Vec<Draft> = bases.clone();
        found.extend(asked.iter().cloned());
        let valid = most / 2;
        for base in bases.iter().chain(asked) {
            if found.len() < valid {
                self.varied(base, &read, &mut found);
            }
        }
        found.truncate(valid);
        for base in bases.iter().take(3).chain(asked.iter().take(1)) {
            self.broken(base, &read, &mut found);
        }
        while found.len() < most && found.len() < valid + RANDOM {
            let Some(base) = self.rng.pick(&bases).cloned() else { break };
            found.push(self.random(base, &read));
        }
        found.truncate(most);
        found
    }

    /// Requests drawn at random from all that is declared, faults included.
    pub(super) fn far(
        &mut self,
        rule: Option<&Rule>,
        covering: &[&Rule],
        asked: &[Draft],
        most: usize,
    ) -> Vec<Draft> {
        let mut bases = self.bases(rule, covering);
        bases.extend(asked.iter().cloned());
        let all: Vec<FieldKey> = self.fields.values.keys().cloned().collect();
        let read = rule.map_or_else(|| all.clone(), |rule| reads(&rule.condition));
        let scalars = scalars(read.iter().flat_map(|field| self.fields.values(field)));
        let mut found = Vec::with_capacity(most);
        while found.len() < most {
            let Some(mut draft) = self.rng.pick(&bases).cloned() else { break };
            for _ in 0..=self.rng.below(6) {
                let fields = if self.rng.below(4) > 0 { &read } else { &all };
                let Some(field) = self.rng.pick(fields).cloned() else { continue };
                let value = match self.rng.below(12) {
                    0 => None,
                    1 => Some(odd()),
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

    /// Requests for which the rule is true, or false for one reason, and no other rule that counts is true.
    fn bases(&mut self, rule: Option<&Rule>, covering: &[&Rule]) -> Vec<Draft> {
        let mut quiet = self.fields.plain.clone();
        self.silence(&mut quiet, rule, covering);
        let mut full = self.fields.plain.clone();
        for field in &self.fields.optional {
            full.set(field, self.fields.values(field).first().cloned());
        }
        self.silence(&mut full, rule, covering);
        let mut bases = vec![quiet.clone(), full.clone()];
        let Some(rule) = rule else { return bases };
        for way in 0..WAYS {
            for wanted in [true, false] {
                for start in [&quiet, &full] {
                    let mut draft = start.clone();
                    self.aim(&mut draft, &rule.condition, wanted, way);
                    bases.push(draft.clone());
                    // Keeping others quiet may undo what was aimed at, so this is one more way, not the only one.
                    if self.settle(&mut draft, rule, wanted, covering) {
                        bases.push(draft);
                    }
                }
            }
        }
        let mut unique: Vec<Draft> = Vec::new();
        for base in bases {
            let raw = base.to_raw(self.schema);
            if !unique.iter().any(|other| other.to_raw(self.schema) == raw) {
                unique.push(base);
            }
        }
        unique
    }

    /// Makes the other enforced rules false where that can be done.
    fn silence(&mut self, draft: &mut Draft, rule: Option<&Rule>, covering: &[&Rule]) {
        let others = covering
            .iter()
            .filter(|other| other.mode == Mode::Enforce && rule.is_none_or(|rule| rule.id != other.id));
        let request = draft.admit(self.schema);
        let loud: Vec<_> =
            others.filter(|other| truth(&other.condition, &request) != Truth::False).take(OTHERS).collect();
        for other in loud {
            self.aim(draft, &other.condition, false, 0);
        }
    }

    /// Changes one field at a time until the rule is what is wanted and no other that counts is true; whether anything
    /// changed.
    fn settle(&mut self, draft: &mut Draft, rule: &Rule, wanted: bool, covering: &[&Rule]) -> bool {
        let others = covering.iter().filter(|other| other.mode == Mode::Enforce && other.id != rule.id);
        let others = others.take(NEIGHBORS).map(|other| (&other.condition, Truth::False));
        let own = if wanted { Truth::True } else { Truth::False };
        let goals: Vec<(&Expr, Truth)> = std::iter::once((&rule.condition, own)).chain(others).collect();
        let missed = |draft: &Draft, schema: &Schema| {
            let request = draft.admit(schema);
            let missed = |(_, (goal, wanted)): &(usize, &(&Expr, Truth))| truth(goal, &request) != *wanted;
            goals.iter().enumerate().filter(missed).map(|(idx, _)| idx).collect::<Vec<_>>()
        };
        let mut open = missed(draft, self.schema);
        let mut changed = false;
        for _ in 0..STEPS {
            let Some((goal, _)) = open.first().and_then(|idx| goals.get(*idx)) else { break };
            let mut best: Option<(Vec<usize>, Draft)> = None;
            for field in reads(goal) {
                for value in self.fields.values(&field) {
                    let mut next = draft.clone();
                    next.set(&field, Some(value.clone()));
                    let left = missed(&next, self.schema);
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

    /// Changes a request until a condition is true or false, if that is found; `way` chooses among ways to get there.
    ///
    /// Recursion is bounded: conditions nest at most `limits::NESTING` deep.
    fn aim(&mut self, draft: &mut Draft, expr: &Expr, wanted: bool, way: usize) {
        match &expr.kind {
            ExprKind::Not(operand) => self.aim(draft, operand, !wanted, way),
            ExprKind::And(parts) => self.aim_many(draft, parts, wanted, true, way),
            ExprKind::Or(parts) => self.aim_many(draft, parts, wanted, false, way),
            _ => self.aim_atom(draft, expr, wanted, way),
        }
    }

    /// For the truth that all parts must have, all are aimed at it; for the other, one part alone, so that it decides.
    fn aim_many(&mut self, draft: &mut Draft, parts: &[Expr], wanted: bool, and: bool, way: usize) {
        let alone = (wanted != and).then(|| way % parts.len().max(1));
        let inner = way / parts.len().max(1);
        for (idx, part) in parts.iter().enumerate() {
            if Some(idx) != alone {
                self.aim(draft, part, and, inner + usize::from(alone.is_none()) * way);
            }
        }
        if let Some(part) = alone.and_then(|idx| parts.get(idx)) {
            self.aim(draft, part, wanted, inner);
        }
    }

    fn aim_atom(&mut self, draft: &mut Draft, atom: &Expr, wanted: bool, way: usize) {
        let wanted = if wanted { Truth::True } else { Truth::False };
        let holds = |draft: &Draft, schema: &Schema| truth(atom, &draft.admit(schema)) == wanted;
        if way == 0 && holds(draft, self.schema) {
            return;
        }
        let read = reads(atom);
        let start = draft.clone();
        for field in &read {
            let values = self.fields.values(field);
            for value in values.iter().cycle().skip(way % values.len().max(1)).take(values.len()) {
                draft.set(field, Some(value.clone()));
                if holds(draft, self.schema) {
                    return;
                }
            }
            draft.clone_from(&start);
        }
        for _ in 0..if read.len() > 1 { COMBINED } else { 0 } {
            for field in &read {
                draft.set(field, self.rng.pick(self.fields.values(field)).cloned());
            }
            if holds(draft, self.schema) {
                return;
            }
        }
        *draft = start;
    }

    /// A base with each value of each field that is read.
    fn varied(&self, base: &Draft, read: &[FieldKey], found: &mut Vec<Draft>) {
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

    /// A base without each field, with null, and with a value that is of no type of the language.
    fn broken(&self, base: &Draft, read: &[FieldKey], found: &mut Vec<Draft>) {
        for field in read {
            for value in [None, Some(RawValue::Null), Some(odd())] {
                let mut draft = base.clone();
                draft.set(field, value);
                found.push(draft);
            }
        }
    }

    /// A base with some of the fields drawn anew.
    fn random(&mut self, mut draft: Draft, read: &[FieldKey]) -> Draft {
        for _ in 0..=self.rng.below(3) {
            let Some(field) = self.rng.pick(read).cloned() else { break };
            draft.set(&field, self.rng.pick(self.fields.values(&field)).cloned());
        }
        draft
    }
}

/// A value of no type of the language but `any`.
fn odd() -> RawValue {
    RawValue::List(vec![RawValue::List(Vec::new())])
}
