//! What functions and arithmetic make of values.

use std::sync::Arc;

use actra_ir::{ArithmeticOp, Expr, Function};
use actra_model::Value;

use super::{Encoded, Encoder, Opaque, case_of, plain};
use crate::atom::Atom;
use crate::fields::collect_fields;
use crate::formula::Formula;
use crate::linear::{LinearExpr, decimal};
use crate::rational::Rational;
use crate::symbolic_request::Content;
use crate::term::{ScalarTerm, Symbolic, SymbolicValue, Term, TextTerm, Unit};
use crate::variable::NumberSort;

/// Cases of two operands whose combinations are told apart.
const MAX_DISTINGUISHED_CASES: usize = 16;
/// Cases that are looked into.
const MAX_CASES: usize = 256;

impl Encoder<'_> {
    /// A function of each value that an operand can be; the formula says when it has a value.
    pub(super) fn map(
        &mut self,
        read: &SymbolicValue,
        mut function: impl FnMut(&mut Self, &ScalarTerm) -> Encoded<(Formula, Term)>,
    ) -> Encoded<SymbolicValue> {
        let mut values = Vec::new();
        for (when, term) in &read.cases {
            let scalar = term.scalar().ok_or(Opaque)?;
            let (defined, term) = function(self, &scalar)?;
            values.push((self.and([*when, defined]), term));
        }
        Ok(SymbolicValue { cases: values, absent: Formula::FALSE })
    }

    pub(super) fn arithmetic(
        &mut self,
        op: ArithmeticOp,
        left: &Expr,
        right: &Expr,
    ) -> Encoded<SymbolicValue> {
        let operands = [left, right];
        let (mut left, mut right) = (self.read(left)?, self.read(right)?);
        if left.cases.len().saturating_mul(right.cases.len()) > MAX_DISTINGUISHED_CASES {
            (left, right) = (self.chosen(left), self.chosen(right));
        }
        if left.cases.len().saturating_mul(right.cases.len()) > MAX_CASES {
            return Err(Opaque);
        }
        let mut values = Vec::new();
        for (left_when, left) in &left.cases {
            for (right_when, right) in &right.cases {
                if !self.symbolic_request.has_budget() {
                    return Err(Opaque);
                }
                if op == ArithmeticOp::Add && left.is_list() && right.is_list() {
                    let term = Term::Concatenation(vec![left.clone(), right.clone()]);
                    let Term::Number(size, _) = self.size_of(&term)? else { return Err(Opaque) };
                    let most = Rational::from_integer(actra_model::limits::ELEMENTS.into());
                    let fits =
                        self.symbolic_request.at_most_zero(&size.minus(&LinearExpr::constant(most)), false);
                    values.push((self.and([*left_when, *right_when, fits]), term));
                    continue;
                }
                let (Some(ScalarTerm::Number(left, left_unit)), Some(ScalarTerm::Number(right, right_unit))) =
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
                        _ if unit == Unit::Number => self.product(&left, &right, operands)?,
                        _ => return Err(Opaque),
                    },
                };
                let defined = self.representable(&result, unit);
                if self.digits(&result) != Some(0) {
                    // Whether it has too many digits is not looked into.
                    operands.iter().for_each(|operand| collect_fields(operand, &mut self.opaque_fields));
                }
                values.push((self.and([*left_when, *right_when, defined]), Term::Number(result, unit)));
            }
        }
        Ok(SymbolicValue { cases: values, absent: Formula::FALSE })
    }

    /// A number that is one of several, as one unknown: the cases of a sum of choices would be all their combinations.
    fn chosen(&mut self, read: SymbolicValue) -> SymbolicValue {
        let number = |(when, term): &(Formula, Term)| match term.scalar() {
            Some(ScalarTerm::Number(number, unit)) => Some((*when, number, unit)),
            _ => None,
        };
        let Some(numbers) = read.cases.iter().map(number).collect::<Option<Vec<_>>>() else { return read };
        let Some((_, _, unit)) = numbers.first().cloned().filter(|_| numbers.len() > 1) else { return read };
        if numbers.iter().any(|(.., other)| *other != unit) {
            return read;
        }
        let digits: Option<Vec<u32>> = numbers.iter().map(|(_, number, _)| self.digits(number)).collect();
        let kind = match digits.and_then(|digits| digits.into_iter().max()).map(u8::try_from) {
            Some(Ok(0)) => NumberSort::Integer,
            Some(Ok(digits)) => NumberSort::Decimal(digits.min(34)),
            _ => NumberSort::Decimal(34),
        };
        let var = self.symbolic_request.number(kind);
        for (when, number, _) in &numbers {
            self.equal_if(*when, var, number);
        }
        let there = self.or(numbers.iter().map(|(when, ..)| *when));
        SymbolicValue {
            cases: vec![(there, Term::Number(LinearExpr::variable(var), unit))],
            absent: read.absent,
        }
    }

    /// When a result is a value: within the range of its type and, for decimals, not of too many digits, of which
    /// nothing is known here.
    pub(super) fn representable(&mut self, result: &LinearExpr, unit: Unit) -> Formula {
        let power = |exponent: u32| Rational::from_integer(num_bigint::BigInt::from(10).pow(exponent));
        let nanos = |seconds: i64| Rational::from_integer(seconds.into()) * power(9);
        let one = Rational::from_integer(1.into());
        let (least, most) = match unit {
            Unit::Number | Unit::Quantity => (-power(34) + &one, power(34) - &one),
            Unit::Timestamp => (nanos(-62_135_596_800), nanos(253_402_300_800) - &one),
            Unit::Duration => (nanos(-315_576_000_000), nanos(315_576_000_000)),
            Unit::Date => return Formula::TRUE,
        };
        let below = self.symbolic_request.at_most_zero(&result.minus(&LinearExpr::constant(most)), false);
        let above = self.symbolic_request.at_most_zero(&LinearExpr::constant(least).minus(result), false);
        let short = self.short(result, unit);
        self.and([below, above, short])
    }

    /// When a decimal has at most 34 digits.
    fn short(&mut self, result: &LinearExpr, unit: Unit) -> Formula {
        if !matches!(unit, Unit::Number | Unit::Quantity) {
            return Formula::TRUE;
        }
        if let Some(constant) = result.as_constant() {
            return if decimal(constant).is_some() { Formula::TRUE } else { Formula::FALSE };
        }
        let power = |exponent: u32| Rational::from_integer(num_bigint::BigInt::from(10).pow(exponent));
        let which: Arc<str> = format!("{result:?}").into();
        let digits = self.digits(result);
        if digits == Some(0) {
            return Formula::TRUE;
        }
        let long = self.symbolic_request.atom(Atom::Opaque(super::DIGITS_OBSTACLE.into(), which, true));
        let Some(digits) = digits.filter(|digits| *digits < 34) else { return !long };
        // With so few digits behind the point, a number that is not too great has at most 34.
        let most = LinearExpr::constant(power(34 - digits) - Rational::from_integer(1.into()));
        let below = self.symbolic_request.at_most_zero(&result.minus(&most), false);
        let least = most.times(&Rational::from_integer((-1).into()));
        let above = self.symbolic_request.at_most_zero(&least.minus(result), false);
        let small = self.and([below, above]);
        self.or([small, !long])
    }

    /// How many digits a sum has behind the point at most, if that is known.
    pub(super) fn digits(&self, sum: &LinearExpr) -> Option<u32> {
        let mut most = u32::from(decimal(&sum.constant)?.scale());
        for (var, coefficient) in sum.terms() {
            let own = match self.symbolic_request.variables.numbers.get(*var as usize)? {
                NumberSort::Integer => 0,
                NumberSort::Decimal(digits) => u32::from(*digits),
            };
            most = most.max(own + u32::from(decimal(coefficient)?.scale()));
        }
        Some(most)
    }

    pub(super) fn call(&mut self, expr: &Expr, function: Function, args: &[Expr]) -> Encoded<SymbolicValue> {
        match (function, args) {
            (Function::Substring, args) => return self.substring(args),
            (Function::Split, [text, separator]) => return self.pieces(text, separator),
            (Function::Sum | Function::Distinct | Function::Min | Function::Max, [list]) => {
                return self.aggregate(expr, function, list);
            }
            _ => {}
        }
        let [operand] = args else { return self.condition_read(expr) };
        if let Some(case) = case_of(function) {
            let read = self.read(operand)?;
            return self.map(&read, |_, scalar| match scalar {
                ScalarTerm::Text(TextTerm::Segment(_, part), _) if part.separator.is_ascii_alphabetic() => {
                    Err(Opaque)
                }
                ScalarTerm::Text(text, cases) => {
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
            return if read.cases.iter().any(|(_, term)| has_items(term)) {
                self.memoized(expr, |this| this.size(&read))
            } else {
                self.size(&read)
            };
        }
        Err(Opaque)
    }

    /// `string(x)`
    fn text_of(&mut self, read: &SymbolicValue) -> Encoded<SymbolicValue> {
        let mut values = Vec::new();
        for (when, term) in &read.cases {
            let texts = match term {
                Term::Any(place) => {
                    let mut texts = Vec::new();
                    for (_, is, place) in self.kinds(*place) {
                        for (inner, text) in self.text_of(&self.symbolic_request.read(place))?.cases {
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
        Ok(SymbolicValue { cases: values, absent: Formula::FALSE })
    }

    fn text_of_scalar(&mut self, scalar: ScalarTerm) -> Encoded<Vec<(Formula, Term)>> {
        let plain = |text: TextTerm| Term::Text(text, Arc::from([]));
        let always = |term: Term| vec![(Formula::TRUE, term)];
        Ok(match scalar {
            ScalarTerm::Text(text, cases) => always(Term::Text(text, cases)),
            ScalarTerm::Number(number, Unit::Number) | ScalarTerm::NumberText(number) => {
                always(Term::NumberText(number))
            }
            // Their texts are their normal forms.
            ScalarTerm::Path(Symbolic::Variable(var)) | ScalarTerm::Url(Symbolic::Variable(var)) => {
                always(plain(TextTerm::Variable(var)))
            }
            ScalarTerm::Path(Symbolic::Constant(path)) => {
                always(plain(TextTerm::Constant(path.to_string().into())))
            }
            ScalarTerm::Url(Symbolic::Constant(url)) => {
                always(plain(TextTerm::Constant(url.as_str().into())))
            }
            ScalarTerm::Bool(formula) => {
                vec![
                    (formula, plain(TextTerm::Constant("true".into()))),
                    (!formula, plain(TextTerm::Constant("false".into()))),
                ]
            }
            ScalarTerm::Number(..) | ScalarTerm::Length(_) | ScalarTerm::Ip(_) => return Err(Opaque),
        })
    }

    pub(super) fn size(&mut self, read: &SymbolicValue) -> Encoded<SymbolicValue> {
        let mut values = Vec::new();
        for (when, term) in &read.cases {
            let term = self.size_of(term)?;
            values.push((*when, term));
        }
        Ok(SymbolicValue { cases: values, absent: Formula::FALSE })
    }

    fn size_of(&mut self, term: &Term) -> Encoded<Term> {
        Ok(match term {
            // Changing letters does not change their number.
            Term::Text(text, _) => match text {
                TextTerm::Constant(text) => count(text.chars().count()),
                text @ (TextTerm::Variable(_) | TextTerm::Segment(..)) => Term::Length(text.clone()),
            },
            Term::Literal(Value::String(text)) => count(text.chars().count()),
            Term::Literal(Value::List(elements)) => count(elements.len()),
            Term::Literal(Value::Map(entries)) => count(entries.len()),
            Term::List(elements) => count(elements.len()),
            Term::Items(items) => Term::Number(self.count(items), Unit::Number),
            Term::Container(place) => match self.symbolic_request.get(*place).map(|place| &place.content) {
                Some(Content::List(list)) => Term::Number(LinearExpr::variable(list.length), Unit::Number),
                Some(Content::Map(map)) => Term::Number(LinearExpr::variable(map.length), Unit::Number),
                _ => return Err(Opaque),
            },
            Term::Concatenation(parts) => {
                let mut sum = LinearExpr::constant(Rational::from_integer(0.into()));
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
        Term::Concatenation(parts) => parts.iter().any(has_items),
        _ => false,
    }
}
fn count(count: usize) -> Term {
    Term::Number(LinearExpr::constant(Rational::from_integer(count.into())), Unit::Number)
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
