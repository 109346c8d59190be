//! `+ - *`, negation and the parts of a timestamp.

use actra_ir::{ArithmeticOp, Expr, TimePart};
use actra_model::{Decimal, Duration, Reason, TypeKind, Zone};

use super::Evaluator;
use crate::operand::{EvalResult, Operand, coerce};
use crate::recorder::Recorder;

impl<'a, R: Recorder> Evaluator<'a, R> {
    pub(super) fn arithmetic(
        &self,
        expr: &'a Expr,
        op: ArithmeticOp,
        left: Operand<'a>,
        right: Operand<'a>,
    ) -> EvalResult<'a> {
        let result = match (op, left, right) {
            (_, Operand::Any(left), right) if !matches!(right, Operand::Any(_)) => {
                let left = coerce(&left, &right, &self.env)?;
                return self.arithmetic(expr, op, left, right);
            }
            (_, left, Operand::Any(right)) if !matches!(left, Operand::Any(_)) => {
                let right = coerce(&right, &left, &self.env)?;
                return self.arithmetic(expr, op, left, right);
            }
            (ArithmeticOp::Add, Operand::List(left), Operand::List(right)) => {
                return self.produce(expr, left.iter(&self.env).chain(right.iter(&self.env)));
            }
            (op, Operand::Number(left), Operand::Number(right)) => match op {
                ArithmeticOp::Add => left.checked_add(right),
                ArithmeticOp::Subtract => left.checked_sub(right),
                ArithmeticOp::Multiply => left.checked_mul(right),
            }
            .map(Operand::Number),
            (ArithmeticOp::Add, Operand::Timestamp(time), Operand::Duration(length))
            | (ArithmeticOp::Add, Operand::Duration(length), Operand::Timestamp(time)) => {
                time.checked_add(length).map(Operand::Timestamp)
            }
            (ArithmeticOp::Subtract, Operand::Timestamp(time), Operand::Duration(length)) => {
                time.checked_sub(length).map(Operand::Timestamp)
            }
            (ArithmeticOp::Subtract, Operand::Timestamp(later), Operand::Timestamp(earlier)) => {
                Some(Operand::Duration(later.since(earlier)))
            }
            (ArithmeticOp::Add, Operand::Duration(left), Operand::Duration(right)) => {
                left.checked_add(right).map(Operand::Duration)
            }
            (ArithmeticOp::Subtract, Operand::Duration(left), Operand::Duration(right)) => {
                left.checked_sub(right).map(Operand::Duration)
            }
            (_, left, _) => return Err(self.kind_mismatch(&left, expr)),
        };
        result.ok_or_else(|| self.env.error(expr, Reason::NotRepresentable))
    }

    pub(super) fn negate(&self, expr: &'a Expr, operand: Operand<'a>) -> EvalResult<'a> {
        match operand {
            Operand::Number(number) => Ok(Operand::Number(number.negate())),
            Operand::Duration(length) => length
                .nanos()
                .checked_neg()
                .and_then(Duration::from_nanos)
                .map(Operand::Duration)
                .ok_or_else(|| self.env.error(expr, Reason::NotRepresentable)),
            Operand::Any(_) => {
                let number = self.typed(operand, &TypeKind::Number)?;
                self.negate(expr, number)
            }
            _ => Err(self.wrong_kind(expr)),
        }
    }

    /// Counted as CEL counts: months, days of the month by `getDayOfMonth` and days of the year from 0.
    pub(super) fn time_part(
        &self,
        expr: &'a Expr,
        part: TimePart,
        operand: Operand<'a>,
        zone: &Zone,
    ) -> EvalResult<'a> {
        let Operand::Timestamp(time) = self.typed(operand, &TypeKind::Timestamp)? else {
            return Err(self.wrong_kind(expr));
        };
        let civil = time.civil(zone.offset_seconds(time));
        let number = match part {
            TimePart::FullYear => i64::from(civil.year),
            TimePart::Month => i64::from(civil.month) - 1,
            TimePart::Date => i64::from(civil.day),
            TimePart::DayOfMonth => i64::from(civil.day) - 1,
            TimePart::DayOfWeek => i64::from(civil.weekday),
            TimePart::DayOfYear => i64::from(civil.day_of_year) - 1,
            TimePart::Hours => i64::from(civil.hour),
            TimePart::Minutes => i64::from(civil.minute),
            TimePart::Seconds => i64::from(civil.second),
            TimePart::Milliseconds => i64::from(civil.nanosecond) / 1_000_000,
        };
        Ok(Operand::Number(Decimal::from(number)))
    }
}
