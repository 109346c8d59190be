//! What expressions read: fields, members, look-ups and literals as symbolic values.

use std::sync::Arc;

use actra_ir::{Expr, ExprKind, Function, MacroKind};
use actra_model::{RecordName, TypeKind, Value, ValueState};

use super::{Encoded, Encoder, Opaque, Side, literal_text};
use crate::formula::Formula;
use crate::rational::Rational;
use crate::symbolic_request::Content;
use crate::term::{PlaceId, ScalarTerm, SymbolicValue, Term, Unit};

impl Encoder<'_> {
    /// What an expression is; where it cannot be looked into, an unknown value.
    pub(super) fn read(&mut self, expr: &Expr) -> Encoded<SymbolicValue> {
        self.look_into(expr).or_else(|Opaque| self.uninterpreted(expr))
    }

    fn look_into(&mut self, expr: &Expr) -> Encoded<SymbolicValue> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(SymbolicValue::always(Term::Literal(value.clone()))),
            ExprKind::Field { record: record_name, name } => self.field(*record_name, name),
            ExprKind::Variable(variable) => self.scope.get(variable.slot).cloned().ok_or(Opaque),
            ExprKind::Member { operand, name, chained } => {
                let parent = self.read(operand)?;
                self.member(&parent, name, *chained)
            }
            ExprKind::Lookup { operand, key, chained } => {
                let parent = self.read(operand)?;
                self.lookup(&parent, key, *chained)
            }
            ExprKind::OrValue { operand, default } => {
                let read = self.read(operand)?;
                let default = self.read(default)?;
                let mut values = read.cases;
                for (when, term) in default.cases {
                    values.push((self.and([read.absent, when]), term));
                }
                Ok(SymbolicValue { cases: values, absent: self.and([read.absent, default.absent]) })
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                let condition = self.truth(condition);
                let mut values = Vec::new();
                let mut absent = Vec::new();
                for (chosen, branch) in [(condition.is_true, then), (condition.is_false, otherwise)] {
                    let read = self.read(branch)?;
                    for (when, term) in read.cases {
                        values.push((self.and([chosen, when]), term));
                    }
                    absent.push(self.and([chosen, read.absent]));
                }
                Ok(SymbolicValue { cases: values, absent: self.or(absent) })
            }
            ExprKind::Convert { operand, kind } => {
                let read = self.read(operand)?;
                self.convert(read, kind)
            }
            ExprKind::Arithmetic { op, left, right } => self.arithmetic(*op, left, right),
            ExprKind::Negate(operand) => {
                let read = self.read(operand)?;
                self.map(&read, |_, scalar| match scalar {
                    ScalarTerm::Number(linear, unit @ (Unit::Number | Unit::Duration)) => Ok((
                        Formula::TRUE,
                        Term::Number(linear.times(&Rational::from_integer((-1).into())), *unit),
                    )),
                    _ => Err(Opaque),
                })
            }
            ExprKind::List(elements) => {
                let parts: Encoded<Vec<SymbolicValue>> =
                    elements.iter().map(|element| self.read(element)).collect();
                let parts = parts?;
                // One element that cannot be read is that element's matter, not the list's.
                Ok(SymbolicValue::always(Term::List(parts)))
            }
            ExprKind::Call { function, args } => self.call(expr, *function, args),
            ExprKind::Macro { kind: MacroKind::Filter | MacroKind::Map, .. } => self.collection(expr),
            _ => self.condition_read(expr),
        }
    }

    /// A condition as a boolean value; anything else is not looked into.
    pub(super) fn condition_read(&mut self, expr: &Expr) -> Encoded<SymbolicValue> {
        let is_condition = matches!(
            expr.kind,
            ExprKind::Has(_)
                | ExprKind::Not(_)
                | ExprKind::And(_)
                | ExprKind::Or(_)
                | ExprKind::Compare { .. }
                | ExprKind::IsNull(_)
                | ExprKind::In { .. }
                | ExprKind::Within { .. }
                | ExprKind::InCidr { .. }
                | ExprKind::Matches { .. }
        ) || matches!(
            &expr.kind,
            ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne, .. }
        ) || matches!(
            &expr.kind,
            ExprKind::Call {
                function: Function::StartsWith
                    | Function::EndsWith
                    | Function::Contains
                    | Function::SetsContains
                    | Function::SetsIntersects
                    | Function::SetsEquivalent,
                ..
            }
        );
        if !is_condition {
            return Err(Opaque);
        }
        let truth = self.truth(expr);
        Ok(SymbolicValue {
            cases: vec![
                (truth.is_true, Term::Bool(Formula::TRUE)),
                (truth.is_false, Term::Bool(Formula::FALSE)),
            ],
            absent: Formula::FALSE,
        })
    }

    fn field(&mut self, record_name: RecordName, name: &Arc<str>) -> Encoded<SymbolicValue> {
        if record_name == RecordName::Action && name.as_ref() == "type" {
            let action = self.space.schema.action(self.space.action).ok_or(Opaque)?;
            return Ok(SymbolicValue::always(Term::Literal(Value::String(Arc::clone(&action.name)))));
        }
        let key = (record_name, Arc::clone(name));
        if let Some(state) = self.known_fields.get(&key) {
            return Ok(of_state(state));
        }
        let fields = match self.side {
            Side::Own => &self.fields,
            Side::Earlier => &self.earlier_fields,
        };
        let place = *fields.get(&key).ok_or(Opaque)?;
        Ok(self.symbolic_request.read(place))
    }

    /// Absence of a parent is the selection's only behind a question mark.
    fn selection(
        &mut self,
        parent: &SymbolicValue,
        chained: bool,
        mut select: impl FnMut(&mut Self, &Term) -> Encoded<SymbolicValue>,
    ) -> Encoded<SymbolicValue> {
        let mut values = Vec::new();
        let mut absent = if chained { vec![parent.absent] } else { Vec::new() };
        for (when, term) in &parent.cases {
            let read = select(self, term)?;
            for (inner, term) in read.cases {
                values.push((self.and([*when, inner]), term));
            }
            absent.push(self.and([*when, read.absent]));
        }
        Ok(SymbolicValue { cases: values, absent: self.or(absent) })
    }

    fn member(&mut self, parent: &SymbolicValue, name: &Arc<str>, chained: bool) -> Encoded<SymbolicValue> {
        self.selection(parent, chained, |this, term| match term {
            Term::Object(place) => {
                let Some(Content::Object(members)) =
                    this.symbolic_request.get(*place).map(|place| &place.content)
                else {
                    return Err(Opaque);
                };
                let member = *members.get(name).ok_or(Opaque)?;
                Ok(this.symbolic_request.read(member))
            }
            Term::Literal(Value::Object(record)) => Ok(record.get(name).map_or_else(nothing, of_state)),
            Term::Literal(Value::Map(entries)) => Ok(entries.get(name).map_or_else(nothing, of_state)),
            Term::Container(place) => this.entry(*place, name),
            _ => Err(Opaque),
        })
    }

    fn lookup(&mut self, parent: &SymbolicValue, key: &Expr, chained: bool) -> Encoded<SymbolicValue> {
        let text = literal_text(key).cloned();
        let idx = match &key.kind {
            ExprKind::Literal(Value::Number(number)) => {
                number.to_i64().and_then(|idx| usize::try_from(idx).ok())
            }
            _ => None,
        };
        if text.is_none() && idx.is_none() {
            let key = self.read(key)?;
            return self.selection(parent, chained, |this, term| this.entry_by(term, &key));
        }
        self.selection(parent, chained, |this, term| match (term, &text, idx) {
            (Term::Container(place), Some(key), _) => this.entry(*place, key),
            (Term::Container(place), None, Some(idx)) => this.element_at(*place, idx),
            (Term::Literal(Value::Map(entries)), Some(key), _) => {
                Ok(entries.get(key).map_or_else(nothing, of_state))
            }
            (Term::List(elements), None, Some(idx)) => Ok(elements.get(idx).cloned().unwrap_or_else(nothing)),
            (Term::Split(text, cases, separator), None, Some(idx)) => {
                this.piece(text, cases, *separator, idx)
            }
            (Term::Literal(Value::List(elements)), None, Some(idx)) => {
                Ok(elements.get(idx).map_or_else(nothing, of_state))
            }
            _ => Err(Opaque),
        })
    }

    /// The entry of a map with a key that is known.
    fn entry(&mut self, place: PlaceId, key: &Arc<str>) -> Encoded<SymbolicValue> {
        let Some(Content::Map(map)) = self.symbolic_request.get(place).map(|place| place.content.clone())
        else {
            return Err(Opaque);
        };
        let (there, value) = *map.named.get(key).ok_or(Opaque)?;
        let mut read = self.symbolic_request.read(value);
        read.absent = !there;
        Ok(read)
    }

    /// The entry of a map with a key that is an unknown text: that of each key which it may equal.
    fn entry_by(&mut self, term: &Term, key: &SymbolicValue) -> Encoded<SymbolicValue> {
        if key.cases.iter().any(|(_, key)| !matches!(key.scalar(), Some(ScalarTerm::Text(..)))) {
            return Err(Opaque);
        }
        let (mut values, mut elsewhere) = (Vec::new(), Vec::new());
        for (there, known, value) in self.entries(term)? {
            let same = self.compare_reads(actra_ir::Comparison::Equal, key, &known)?;
            let here = self.and([there, same.is_true]);
            for (when, term) in value.cases {
                values.push((self.and([here, when]), term));
            }
            let other = self.symbolic_request.formulas.implies(there, same.is_false);
            elsewhere.push(other);
        }
        let readable: Vec<Formula> = key.cases.iter().map(|(when, _)| *when).collect();
        elsewhere.push(self.or(readable));
        Ok(SymbolicValue { cases: values, absent: self.and(elsewhere) })
    }

    fn element_at(&mut self, place: PlaceId, idx: usize) -> Encoded<SymbolicValue> {
        let Some(Content::List(list)) = self.symbolic_request.get(place).map(|place| place.content.clone())
        else {
            return Err(Opaque);
        };
        let (there, element) = *list.elements.get(idx).ok_or(Opaque)?;
        let mut read = self.symbolic_request.read(element);
        read.absent = !there;
        Ok(read)
    }

    fn convert(&mut self, read: SymbolicValue, kind: &TypeKind) -> Encoded<SymbolicValue> {
        let mut values = Vec::new();
        for (when, term) in read.cases {
            if let Term::Literal(Value::Any(raw)) = &term {
                if let Ok(value) = kind.read(raw) {
                    values.push((when, Term::Literal(value)));
                }
                continue;
            }
            let Term::Any(place) = term else {
                values.push((when, term));
                continue;
            };
            if *kind == TypeKind::Any {
                values.push((when, Term::Any(place)));
                continue;
            }
            let kinds = self.kinds(place);
            let (_, is, place) = kinds.into_iter().find(|(known, ..)| known == kind).ok_or(Opaque)?;
            for (inner, term) in self.symbolic_request.read(place).cases {
                values.push((self.and([when, is, inner]), term));
            }
        }
        Ok(SymbolicValue { cases: values, absent: read.absent })
    }

    pub(super) fn kinds(&self, place: PlaceId) -> Vec<(TypeKind, Formula, PlaceId)> {
        match self.symbolic_request.get(place).map(|place| &place.content) {
            Some(Content::Any(kinds)) => kinds.clone(),
            _ => Vec::new(),
        }
    }
}

/// A state that is known.
fn of_state(state: &ValueState) -> SymbolicValue {
    match state {
        ValueState::Present(value) => SymbolicValue::always(Term::Literal(value.clone())),
        ValueState::Absent => nothing(),
        ValueState::Invalid(_) => SymbolicValue::undetermined(),
    }
}

fn nothing() -> SymbolicValue {
    SymbolicValue { cases: Vec::new(), absent: Formula::TRUE }
}
