//! What expressions read.

use std::sync::Arc;

use actra_ir::{ArithmeticOp, Expr, ExprKind, Function, MacroKind};
use actra_model::{Domain, Field, Slot, TypeKind, Value};

use super::{Encoder, Opaque, Seen, Side, case_of, literal_text, plain};
use crate::atom::Atom;
use crate::cell::{CellId, Content};
use crate::formula::Formula;
use crate::linear::{Linear, Rational, decimal};
use crate::solve::NumberKind;
use crate::term::{Point, Read, Scalar, Term, Text, Unit};

impl Encoder<'_> {
    pub(super) fn read(&mut self, expr: &Expr) -> Seen<Read> {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(Read::always(Term::Literal(value.clone()))),
            ExprKind::Field { domain, name } => self.field(*domain, name),
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
                let mut values = read.values;
                for (when, term) in default.values {
                    values.push((self.and([read.absent, when]), term));
                }
                Ok(Read { values, absent: self.and([read.absent, default.absent]) })
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                let condition = self.truth(condition);
                let mut values = Vec::new();
                let mut absent = Vec::new();
                for (chosen, branch) in [(condition.yes, then), (condition.no, otherwise)] {
                    let read = self.read(branch)?;
                    for (when, term) in read.values {
                        values.push((self.and([chosen, when]), term));
                    }
                    absent.push(self.and([chosen, read.absent]));
                }
                Ok(Read { values, absent: self.or(absent) })
            }
            ExprKind::Convert { operand, kind } => {
                let read = self.read(operand)?;
                self.convert(read, kind)
            }
            ExprKind::Arithmetic { op, left, right } => self.arithmetic(*op, left, right),
            ExprKind::Negate(operand) => {
                let read = self.read(operand)?;
                self.map(&read, |_, scalar| match scalar {
                    Scalar::Number(linear, unit @ (Unit::Number | Unit::Duration)) => Ok((
                        Formula::TRUE,
                        Term::Number(linear.times(&Rational::from_integer((-1).into())), *unit),
                    )),
                    _ => Err(Opaque),
                })
            }
            ExprKind::List(elements) => {
                let parts: Seen<Vec<Read>> = elements.iter().map(|element| self.read(element)).collect();
                let parts = parts?;
                // One element that cannot be read is that element's matter, not the list's.
                Ok(Read::always(Term::List(parts)))
            }
            ExprKind::Call { function, args } => self.call(expr, *function, args),
            ExprKind::Macro { kind: MacroKind::Filter | MacroKind::Map, .. } => self.collection(expr),
            _ => self.condition_read(expr),
        }
    }

    /// A condition as a boolean value; anything else is not looked into.
    fn condition_read(&mut self, expr: &Expr) -> Seen<Read> {
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
        Ok(Read {
            values: vec![(truth.yes, Term::Bool(Formula::TRUE)), (truth.no, Term::Bool(Formula::FALSE))],
            absent: Formula::FALSE,
        })
    }

    fn field(&mut self, domain: Domain, name: &Arc<str>) -> Seen<Read> {
        if domain == Domain::Action && name.as_ref() == "type" {
            let action = self.space.schema.action(self.space.action).ok_or(Opaque)?;
            return Ok(Read::always(Term::Literal(Value::String(Arc::clone(&action.name)))));
        }
        let key = (domain, Arc::clone(name));
        if let Some(slot) = self.fixed.get(&key) {
            return Ok(of_slot(slot));
        }
        match self.side {
            Side::Own => {
                let cell = *self.fields.get(&key).ok_or(Opaque)?;
                Ok(self.cells.read(cell))
            }
            Side::Earlier => self.earlier_field(key),
        }
    }

    /// A field as an earlier schema reads the same JSON.
    fn earlier_field(&mut self, key: (Domain, Arc<str>)) -> Seen<Read> {
        let (domain, name) = &key;
        let earlier = self.space.earlier.ok_or(Opaque)?;
        let action = self.space.schema.action(self.space.action).ok_or(Opaque)?;
        let former_action = earlier.action_id(&action.name).ok_or(Opaque)?;
        let former: &Field = earlier.field(*domain, former_action, name).ok_or(Opaque)?;
        let Some(own) = self.space.schema.field(*domain, self.space.action, name) else {
            return self.undeclared_field(key.clone(), &former.clone());
        };
        let cell = *self.fields.get(&key).ok_or(Opaque)?;
        let read = self.cells.read(cell);
        if own.ty == former.ty && own.optional == former.optional {
            return Ok(read);
        }
        // A type that changed inside, or at all, cannot be read both ways.
        let same_kind = own.ty.kind == former.ty.kind
            || (own.ty.kind == TypeKind::Integer && former.ty.kind == TypeKind::Number);
        if !same_kind || own.ty.narrowing.max_items != former.ty.narrowing.max_items {
            return Err(Opaque);
        }
        let narrowed = self.cells.narrowed(cell, &former.ty.narrowing.clone());
        let values = read.values.into_iter().map(|(when, term)| (self.and([when, narrowed]), term)).collect();
        let absent = match (former.optional, own.optional) {
            (false, _) => Formula::FALSE,
            (true, true) => read.absent,
            (true, false) => self.left_out(key, cell),
        };
        Ok(Read { values, absent })
    }

    /// A required field that is missing was lawfully absent for a schema where it was optional.
    fn left_out(&mut self, key: (Domain, Arc<str>), cell: CellId) -> Formula {
        let present = self.cells.get(cell).map_or(Formula::TRUE, |cell| cell.present);
        let missing = self.cells.free(format!("{}.{} is left out", key.0, key.1));
        let left_out = self.and([!present, missing]);
        self.left_out.insert(key, left_out);
        left_out
    }

    /// A field that valid requests need not know of: it can hold anything, unless what is not declared is rejected.
    fn undeclared_field(&mut self, key: (Domain, Arc<str>), former: &Field) -> Seen<Read> {
        if self.space.schema.extra_fields == actra_model::FaultPolicy::Reject {
            let absent = Formula::constant(former.optional);
            return Ok(Read { values: Vec::new(), absent });
        }
        let cell = match self.former.get(&key) {
            Some(cell) => *cell,
            None => {
                let cell = self.cells.field(&format!("{}.{}", key.0, key.1), former, true);
                self.former.insert(key, cell);
                cell
            }
        };
        Ok(self.cells.read(cell))
    }

    /// Absence of a parent is the selection's only behind a question mark.
    fn selection(
        &mut self,
        parent: &Read,
        chained: bool,
        mut select: impl FnMut(&mut Self, &Term) -> Seen<Read>,
    ) -> Seen<Read> {
        let mut values = Vec::new();
        let mut absent = if chained { vec![parent.absent] } else { Vec::new() };
        for (when, term) in &parent.values {
            let read = select(self, term)?;
            for (inner, term) in read.values {
                values.push((self.and([*when, inner]), term));
            }
            absent.push(self.and([*when, read.absent]));
        }
        Ok(Read { values, absent: self.or(absent) })
    }

    fn member(&mut self, parent: &Read, name: &Arc<str>, chained: bool) -> Seen<Read> {
        self.selection(parent, chained, |this, term| match term {
            Term::Object(cell) => {
                let Some(Content::Object(members)) = this.cells.get(*cell).map(|cell| &cell.content) else {
                    return Err(Opaque);
                };
                let member = *members.get(name).ok_or(Opaque)?;
                Ok(this.cells.read(member))
            }
            Term::Literal(Value::Object(record)) => Ok(record.get(name).map_or_else(nothing, of_slot)),
            Term::Literal(Value::Map(entries)) => Ok(entries.get(name).map_or_else(nothing, of_slot)),
            Term::Container(cell) => this.entry(*cell, name),
            _ => Err(Opaque),
        })
    }

    fn lookup(&mut self, parent: &Read, key: &Expr, chained: bool) -> Seen<Read> {
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
            (Term::Container(cell), Some(key), _) => this.entry(*cell, key),
            (Term::Container(cell), None, Some(idx)) => this.element_at(*cell, idx),
            (Term::Literal(Value::Map(entries)), Some(key), _) => {
                Ok(entries.get(key).map_or_else(nothing, of_slot))
            }
            (Term::List(elements), None, Some(idx)) => Ok(elements.get(idx).cloned().unwrap_or_else(nothing)),
            (Term::Pieces(text, cases, mark), None, Some(idx)) => this.piece(text, cases, *mark, idx),
            (Term::Literal(Value::List(elements)), None, Some(idx)) => {
                Ok(elements.get(idx).map_or_else(nothing, of_slot))
            }
            _ => Err(Opaque),
        })
    }

    /// The entry of a map with a key that is known.
    fn entry(&mut self, cell: CellId, key: &Arc<str>) -> Seen<Read> {
        let Some(Content::Map(map)) = self.cells.get(cell).map(|cell| cell.content.clone()) else {
            return Err(Opaque);
        };
        let (there, value) = *map.named.get(key).ok_or(Opaque)?;
        let mut read = self.cells.read(value);
        read.absent = !there;
        Ok(read)
    }

    /// The entry of a map with a key that is an unknown text: that of each key which it may equal.
    fn entry_by(&mut self, term: &Term, key: &Read) -> Seen<Read> {
        if key.values.iter().any(|(_, key)| !matches!(key.scalar(), Some(Scalar::Text(..)))) {
            return Err(Opaque);
        }
        let (mut values, mut elsewhere) = (Vec::new(), Vec::new());
        for (there, known, value) in self.entries(term)? {
            let same = self.compare_reads(actra_ir::Comparison::Equal, key, &known)?;
            let here = self.and([there, same.yes]);
            for (when, term) in value.values {
                values.push((self.and([here, when]), term));
            }
            let other = self.cells.formulas.implies(there, same.no);
            elsewhere.push(other);
        }
        let readable: Vec<Formula> = key.values.iter().map(|(when, _)| *when).collect();
        elsewhere.push(self.or(readable));
        Ok(Read { values, absent: self.and(elsewhere) })
    }

    fn element_at(&mut self, cell: CellId, idx: usize) -> Seen<Read> {
        let Some(Content::List(list)) = self.cells.get(cell).map(|cell| cell.content.clone()) else {
            return Err(Opaque);
        };
        let (there, element) = *list.elements.get(idx).ok_or(Opaque)?;
        let mut read = self.cells.read(element);
        read.absent = !there;
        Ok(read)
    }

    fn convert(&mut self, read: Read, kind: &TypeKind) -> Seen<Read> {
        let mut values = Vec::new();
        for (when, term) in read.values {
            if let Term::Literal(Value::Any(raw)) = &term {
                if let Ok(value) = kind.read(raw) {
                    values.push((when, Term::Literal(value)));
                }
                continue;
            }
            let Term::Any(cell) = term else {
                values.push((when, term));
                continue;
            };
            if *kind == TypeKind::Any {
                values.push((when, Term::Any(cell)));
                continue;
            }
            let kinds = self.kinds(cell);
            let (_, is, cell) = kinds.into_iter().find(|(known, ..)| known == kind).ok_or(Opaque)?;
            for (inner, term) in self.cells.read(cell).values {
                values.push((self.and([when, is, inner]), term));
            }
        }
        Ok(Read { values, absent: read.absent })
    }

    pub(super) fn kinds(&self, cell: CellId) -> Vec<(TypeKind, Formula, CellId)> {
        match self.cells.get(cell).map(|cell| &cell.content) {
            Some(Content::Any(kinds)) => kinds.clone(),
            _ => Vec::new(),
        }
    }

    /// A function of each value that an operand can be; the formula says when it has a value.
    pub(super) fn map(
        &mut self,
        read: &Read,
        mut function: impl FnMut(&mut Self, &Scalar) -> Seen<(Formula, Term)>,
    ) -> Seen<Read> {
        let mut values = Vec::new();
        for (when, term) in &read.values {
            let scalar = term.scalar().ok_or(Opaque)?;
            let (defined, term) = function(self, &scalar)?;
            values.push((self.and([*when, defined]), term));
        }
        Ok(Read { values, absent: Formula::FALSE })
    }

    fn arithmetic(&mut self, op: ArithmeticOp, left: &Expr, right: &Expr) -> Seen<Read> {
        let (left, right) = (self.read(left)?, self.read(right)?);
        let mut values = Vec::new();
        for (left_when, left) in &left.values {
            for (right_when, right) in &right.values {
                if op == ArithmeticOp::Add && left.is_list() && right.is_list() {
                    let term = Term::Joined(vec![left.clone(), right.clone()]);
                    let Term::Number(size, _) = self.size_of(&term)? else { return Err(Opaque) };
                    let most = Rational::from_integer(actra_model::limits::ELEMENTS.into());
                    let fits = self.cells.at_most_zero(&size.minus(&Linear::constant(most)), false);
                    values.push((self.and([*left_when, *right_when, fits]), term));
                    continue;
                }
                let (Some(Scalar::Number(left, left_unit)), Some(Scalar::Number(right, right_unit))) =
                    (left.scalar(), right.scalar())
                else {
                    return Err(Opaque);
                };
                let unit = unit_of(op, left_unit, right_unit).ok_or(Opaque)?;
                let one = Rational::from_integer(1.into());
                let result = match op {
                    ArithmeticOp::Add => left.plus(&right, &one),
                    ArithmeticOp::Subtract => left.minus(&right),
                    ArithmeticOp::Multiply => match (left.as_constant(), right.as_constant()) {
                        (Some(factor), _) => right.times(factor),
                        (_, Some(factor)) => left.times(factor),
                        _ => return Err(Opaque),
                    },
                };
                let defined = self.representable(&result, unit);
                values.push((self.and([*left_when, *right_when, defined]), Term::Number(result, unit)));
            }
        }
        Ok(Read { values, absent: Formula::FALSE })
    }

    /// When a result is a value: within the range of its type and, for decimals, not of too many digits, of which
    /// nothing is known here.
    pub(super) fn representable(&mut self, result: &Linear, unit: Unit) -> Formula {
        let power = |exponent: u32| Rational::from_integer(num_bigint::BigInt::from(10).pow(exponent));
        let nanos = |seconds: i64| Rational::from_integer(seconds.into()) * power(9);
        let one = Rational::from_integer(1.into());
        let (least, most) = match unit {
            Unit::Number | Unit::Quantity => (-power(34) + &one, power(34) - &one),
            Unit::Timestamp => (nanos(-62_135_596_800), nanos(253_402_300_800) - &one),
            Unit::Duration => (nanos(-315_576_000_000), nanos(315_576_000_000)),
            Unit::Date => return Formula::TRUE,
        };
        let below = self.cells.at_most_zero(&result.minus(&Linear::constant(most)), false);
        let above = self.cells.at_most_zero(&Linear::constant(least).minus(result), false);
        let short = self.short(result, unit);
        self.and([below, above, short])
    }

    /// When a decimal has at most 34 digits.
    fn short(&mut self, result: &Linear, unit: Unit) -> Formula {
        if !matches!(unit, Unit::Number | Unit::Quantity) {
            return Formula::TRUE;
        }
        if let Some(constant) = result.as_constant() {
            return if decimal(constant).is_some() { Formula::TRUE } else { Formula::FALSE };
        }
        let power = |exponent: u32| Rational::from_integer(num_bigint::BigInt::from(10).pow(exponent));
        let which: Arc<str> = format!("{:?}", result.terms()).into();
        let digits = self.digits(result);
        if digits == Some(0) {
            return Formula::TRUE;
        }
        let long = self.cells.atom(Atom::Opaque(super::LONG.into(), which, true));
        let Some(digits) = digits.filter(|digits| *digits < 34) else { return !long };
        // With so few digits behind the point, a number that is not too great has at most 34.
        let most = Linear::constant(power(34 - digits) - Rational::from_integer(1.into()));
        let below = self.cells.at_most_zero(&result.minus(&most), false);
        let least = most.times(&Rational::from_integer((-1).into()));
        let above = self.cells.at_most_zero(&least.minus(result), false);
        let small = self.and([below, above]);
        self.or([small, !long])
    }

    /// How many digits a sum has behind the point at most, if that is known.
    pub(super) fn digits(&self, sum: &Linear) -> Option<u32> {
        let mut most = u32::from(decimal(&sum.constant)?.scale());
        for (unknown, coefficient) in sum.terms() {
            let own = match self.cells.unknowns.numbers.get(*unknown as usize)? {
                NumberKind::Integer => 0,
                NumberKind::Decimal(digits) => u32::from(*digits),
            };
            most = most.max(own + u32::from(decimal(coefficient)?.scale()));
        }
        Some(most)
    }

    fn call(&mut self, expr: &Expr, function: Function, args: &[Expr]) -> Seen<Read> {
        match (function, args) {
            (Function::Substring, args) => return self.cut(args),
            (Function::Split, [text, mark]) => return self.pieces(text, mark),
            (Function::Sum | Function::Distinct, [list]) => return self.aggregate(expr, function, list),
            _ => {}
        }
        let [operand] = args else { return self.condition_read(expr) };
        if let Some(case) = case_of(function) {
            let read = self.read(operand)?;
            return self.map(&read, |_, scalar| match scalar {
                Scalar::Text(Text::Part(_, part), _) if part.mark.is_ascii_alphabetic() => Err(Opaque),
                Scalar::Text(text, cases) => {
                    let cases = cases.iter().copied().chain([case]).collect();
                    Ok((Formula::TRUE, Term::Text(text.clone(), cases)))
                }
                _ => Err(Opaque),
            });
        }
        if function == Function::ToString {
            let read = self.read(operand)?;
            return self.text_of(&read);
        }
        if function == Function::Size {
            let read = self.read(operand)?;
            return match read.values.iter().any(|(_, term)| has_items(term)) {
                true => self.once(expr, |this| this.size(&read)),
                false => self.size(&read),
            };
        }
        Err(Opaque)
    }

    /// `string(x)`
    fn text_of(&mut self, read: &Read) -> Seen<Read> {
        let mut values = Vec::new();
        for (when, term) in &read.values {
            let texts = match term {
                Term::Any(cell) => {
                    let mut texts = Vec::new();
                    for (_, is, cell) in self.kinds(*cell) {
                        for (inner, text) in self.text_of(&self.cells.read(cell))?.values {
                            texts.push((self.and([is, inner]), text));
                        }
                    }
                    texts
                }
                // Lists and objects have no text.
                Term::Literal(Value::Any(raw)) => match plain(raw) {
                    Some(scalar) => self.text_of_scalar(scalar)?,
                    None => Vec::new(),
                },
                term => self.text_of_scalar(term.scalar().ok_or(Opaque)?)?,
            };
            for (inner, text) in texts {
                values.push((self.and([*when, inner]), text));
            }
        }
        Ok(Read { values, absent: Formula::FALSE })
    }

    fn text_of_scalar(&mut self, scalar: Scalar) -> Seen<Vec<(Formula, Term)>> {
        let plain = |text: Text| Term::Text(text, Arc::from([]));
        let always = |term: Term| vec![(Formula::TRUE, term)];
        Ok(match scalar {
            Scalar::Text(text, cases) => always(Term::Text(text, cases)),
            Scalar::Number(number, Unit::Number) | Scalar::Digits(number) => always(Term::Digits(number)),
            // Their texts are their normal forms.
            Scalar::Path(Point::Unknown(point)) | Scalar::Url(Point::Unknown(point)) => {
                always(plain(Text::Unknown(point)))
            }
            Scalar::Path(Point::Known(path)) => always(plain(Text::Known(path.to_string().into()))),
            Scalar::Url(Point::Known(url)) => always(plain(Text::Known(url.as_str().into()))),
            Scalar::Bool(formula) => {
                vec![
                    (formula, plain(Text::Known("true".into()))),
                    (!formula, plain(Text::Known("false".into()))),
                ]
            }
            Scalar::Number(..) | Scalar::Length(_) | Scalar::Ip(_) => return Err(Opaque),
        })
    }

    pub(super) fn size(&mut self, read: &Read) -> Seen<Read> {
        let mut values = Vec::new();
        for (when, term) in &read.values {
            let term = self.size_of(term)?;
            values.push((*when, term));
        }
        Ok(Read { values, absent: Formula::FALSE })
    }

    fn size_of(&mut self, term: &Term) -> Seen<Term> {
        Ok(match term {
            // Changing letters does not change their number.
            Term::Text(text, _) => match text {
                Text::Known(text) => count(text.chars().count()),
                text @ (Text::Unknown(_) | Text::Part(..)) => Term::Length(text.clone()),
            },
            Term::Literal(Value::String(text)) => count(text.chars().count()),
            Term::Literal(Value::List(elements)) => count(elements.len()),
            Term::Literal(Value::Map(entries)) => count(entries.len()),
            Term::List(elements) => count(elements.len()),
            Term::Items(items) => Term::Number(self.count(items), Unit::Number),
            Term::Container(cell) => match self.cells.get(*cell).map(|cell| &cell.content) {
                Some(Content::List(list)) => Term::Number(Linear::unknown(list.length), Unit::Number),
                Some(Content::Map(map)) => Term::Number(Linear::unknown(map.length), Unit::Number),
                _ => return Err(Opaque),
            },
            Term::Joined(parts) => {
                let mut sum = Linear::constant(Rational::from_integer(0.into()));
                for part in parts {
                    match self.size_of(part)? {
                        Term::Number(size, _) => sum = sum.plus(&size, &Rational::from_integer(1.into())),
                        _ => return Err(Opaque),
                    }
                }
                Term::Number(sum, Unit::Number)
            }
            _ => return Err(Opaque),
        })
    }
}

/// Whether elements of a list have to be counted.
fn has_items(term: &Term) -> bool {
    match term {
        Term::Items(_) => true,
        Term::Joined(parts) => parts.iter().any(has_items),
        _ => false,
    }
}

/// A state that is known.
fn of_slot(slot: &Slot) -> Read {
    match slot {
        Slot::Present(value) => Read::always(Term::Literal(value.clone())),
        Slot::Absent => nothing(),
        Slot::Invalid(_) => Read::undetermined(),
    }
}

fn nothing() -> Read {
    Read { values: Vec::new(), absent: Formula::TRUE }
}

fn count(count: usize) -> Term {
    Term::Number(Linear::constant(Rational::from_integer(count.into())), Unit::Number)
}

fn unit_of(op: ArithmeticOp, left: Unit, right: Unit) -> Option<Unit> {
    match (op, left, right) {
        (_, Unit::Number, Unit::Number) => Some(Unit::Number),
        (ArithmeticOp::Add, Unit::Timestamp, Unit::Duration)
        | (ArithmeticOp::Add, Unit::Duration, Unit::Timestamp)
        | (ArithmeticOp::Subtract, Unit::Timestamp, Unit::Duration) => Some(Unit::Timestamp),
        (ArithmeticOp::Subtract, Unit::Timestamp, Unit::Timestamp)
        | (ArithmeticOp::Add | ArithmeticOp::Subtract, Unit::Duration, Unit::Duration) => {
            Some(Unit::Duration)
        }
        _ => None,
    }
}
