//! `min` and `max`: a number that bounds all elements and is one of them.
//!
//! INVARIANT (axioms exclude no request): what is said of the number can be met in every request, by the least or
//! greatest of the elements that are there, so that nothing is excluded but what the value cannot be.

use actra_ir::{Expr, Function};

use super::{Encoded, Encoder, Opaque};
use crate::formula::Formula;
use crate::linear::LinearExpr;
use crate::term::{ScalarTerm, SymbolicValue, Term, Unit};
use crate::variable::NumberSort;

impl Encoder<'_> {
    /// Undetermined if any element is, and of a list without elements.
    pub(super) fn min_max(&mut self, function: Function, list: &Expr) -> Encoded<SymbolicValue> {
        let read = self.read(list)?;
        let mut values = Vec::new();
        for (when, term) in &read.cases {
            let items = self.elements(term)?;
            let mut defined = vec![*when];
            let mut numbers = Vec::new();
            let mut known = None;
            for item in &items {
                defined.push(self.readable(item));
                for (present, term) in &item.read.cases {
                    let Some(ScalarTerm::Number(number, unit)) = term.scalar() else { return Err(Opaque) };
                    if *known.get_or_insert(unit) != unit {
                        return Err(Opaque);
                    }
                    numbers.push((self.and([item.there, *present]), number));
                }
            }
            defined.push(self.or(items.iter().map(|item| item.there)));
            let defined = self.and(defined);
            let found = self.bounding_number(function, defined, &numbers);
            values.push((defined, Term::Number(found, known.unwrap_or(Unit::Number))));
        }
        Ok(SymbolicValue { cases: values, absent: Formula::FALSE })
    }

    /// A number that bounds all of these that are present, and equals one of them where there is a value.
    fn bounding_number(
        &mut self,
        function: Function,
        defined: Formula,
        numbers: &[(Formula, LinearExpr)],
    ) -> LinearExpr {
        let digits = numbers.iter().map(|(_, number)| self.digits(number).unwrap_or(34)).max();
        let kind = match digits.unwrap_or(0) {
            0 => NumberSort::Integer,
            digits => NumberSort::Decimal(u8::try_from(digits.min(34)).unwrap_or(34)),
        };
        let found = LinearExpr::variable(self.symbolic_request.number(kind));
        let mut reached = vec![!defined];
        for (there, number) in numbers {
            let (less, greater) = match function {
                Function::Min => (&found, number),
                _ => (number, &found),
            };
            let bounded = self.symbolic_request.at_most_zero(&less.minus(greater), false);
            let fact = self.symbolic_request.formulas.implies(*there, bounded);
            self.symbolic_request.axioms.push(fact);
            let equal = self.symbolic_request.at_most_zero(&greater.minus(less), false);
            reached.push(self.and([*there, equal]));
        }
        let fact = self.or(reached);
        self.symbolic_request.axioms.push(fact);
        found
    }
}
