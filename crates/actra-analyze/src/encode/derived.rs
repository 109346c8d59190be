//! Lists that are made of others: `filter`, `map`, `distinct`; how many elements they have, and their sum.

use std::sync::Arc;

use actra_ir::{Comparison, Expr, ExprKind, Function, MacroKind};

use super::{DIGITS_OBSTACLE, ELEMENTS_OBSTACLE, Encoded, Encoder, Opaque};
use crate::atom::Atom;
use crate::formula::Formula;
use crate::linear::LinearExpr;
use crate::rational::Rational;
use crate::symbolic_request::Content;
use crate::term::{Item, ScalarTerm, SymbolicTruth, SymbolicValue, Term, Unit};
use crate::variable::{NumberSort, NumberVar};

impl Encoder<'_> {
    /// `filter` and `map`: undetermined if the predicate or, for `map`, the body is for any element.
    pub(super) fn collection(&mut self, expr: &Expr) -> Encoded<SymbolicValue> {
        let ExprKind::Macro { kind, range, variables, filter, body } = &expr.kind else { return Err(Opaque) };
        let (filter, body) = match kind {
            MacroKind::Filter => (Some(body), None),
            MacroKind::Map => (filter.as_ref(), Some(body)),
            _ => return Err(Opaque),
        };
        let slot = variables.first.slot;
        self.each_list(range, |this, items, defined| {
            for item in items {
                this.scope.truncate(slot);
                this.scope.push(item.read.clone());
                let chosen = filter.map_or(SymbolicTruth::constant(true), |filter| this.truth(filter));
                let made = body.map(|body| this.read(body));
                this.scope.truncate(slot);
                let decided = this.or([chosen.is_true, chosen.is_false]);
                defined.push(this.symbolic_request.formulas.implies(item.there, decided));
                item.there = this.and([item.there, chosen.is_true]);
                item.value = None;
                if let Some(made) = made {
                    item.read = made?;
                    defined.push(this.readable(item));
                }
            }
            Ok(())
        })
    }

    /// `distinct`: the first of equal elements stays; undetermined if any element is, or an equality that matters.
    fn distinct(&mut self, list: &Expr) -> Encoded<SymbolicValue> {
        self.each_list(list, |this, items, defined| {
            let mut kept: Vec<Item> = Vec::new();
            for item in &*items {
                let mut equal = Vec::new();
                for other in &kept {
                    equal
                        .push((other.there, this.compare_reads(Comparison::Equal, &other.read, &item.read)?));
                }
                let known = this.some(&equal);
                let decided = this.or([known.is_true, known.is_false]);
                defined.push(this.readable(item));
                defined.push(this.symbolic_request.formulas.implies(item.there, decided));
                if let Some((length, unrolled)) = item.copies {
                    // A copy of it is compared with it.
                    let itself = this.compare_reads(Comparison::Equal, &item.read, &item.read)?;
                    let longer = this.symbolic_request.longer_than(length, unrolled);
                    let copied = this.and([item.there, longer]);
                    let decided = this.or([known.is_true, itself.is_true]);
                    defined.push(this.symbolic_request.formulas.implies(copied, decided));
                }
                let there = this.and([item.there, known.is_false]);
                kept.push(Item { there, copies: None, ..item.clone() });
            }
            *items = kept;
            Ok(())
        })
    }

    /// Changes the elements of each list that an operand can be; what is said to be defined makes the result one.
    fn each_list(
        &mut self,
        list: &Expr,
        mut change: impl FnMut(&mut Self, &mut Vec<Item>, &mut Vec<Formula>) -> Encoded<()>,
    ) -> Encoded<SymbolicValue> {
        let read = self.read(list)?;
        let mut values = Vec::new();
        for (when, term) in &read.cases {
            let mut items = self.elements(term)?;
            let mut defined = vec![*when];
            change(self, &mut items, &mut defined)?;
            values.push((self.and(defined), Term::Items(items)));
        }
        Ok(SymbolicValue { cases: values, absent: Formula::FALSE })
    }

    /// The elements of a list, or the keys of a map that is known.
    pub(super) fn elements(&mut self, term: &Term) -> Encoded<Vec<Item>> {
        if let Term::Container(place) = term
            && !matches!(
                self.symbolic_request.get(*place).map(|place| &place.content),
                Some(Content::List(_))
            )
        {
            // Further entries of a map are no copies of those that are unrolled.
            return Err(Opaque);
        }
        self.items(term)
    }

    /// The formula for an element having a value if it is present.
    pub(super) fn readable(&mut self, item: &Item) -> Formula {
        let readable = self.or(item.read.cases.iter().map(|(when, _)| *when));
        self.symbolic_request.formulas.implies(item.there, readable)
    }

    /// `distinct`, `sum`, `min` and `max`
    pub(super) fn aggregate(
        &mut self,
        expr: &Expr,
        function: Function,
        list: &Expr,
    ) -> Encoded<SymbolicValue> {
        match function {
            Function::Distinct => self.distinct(list),
            Function::Sum => self.memoized(expr, |this| this.sum(list)),
            Function::Min | Function::Max => self.memoized(expr, |this| this.min_max(function, list)),
            _ => Err(Opaque),
        }
    }

    /// `exists_one`: undetermined if the predicate is for any element.
    pub(super) fn exactly_one(&mut self, expr: &Expr) -> Encoded<SymbolicTruth> {
        let ExprKind::Macro { range, variables, body, .. } = &expr.kind else { return Err(Opaque) };
        let slot = variables.first.slot;
        if variables.second.is_some() {
            return Err(Opaque);
        }
        let chosen = self.each_list(range, |this, items, defined| {
            for item in items {
                this.scope.truncate(slot);
                this.scope.push(item.read.clone());
                let truth = this.truth(body);
                this.scope.truncate(slot);
                let decided = this.or([truth.is_true, truth.is_false]);
                defined.push(this.symbolic_request.formulas.implies(item.there, decided));
                item.there = this.and([item.there, truth.is_true]);
            }
            Ok(())
        })?;
        let one = ScalarTerm::Number(LinearExpr::constant(Rational::from_integer(1.into())), Unit::Number);
        let count = self.memoized(expr, |this| this.size(&chosen))?;
        self.each(&count, |this, scalar| this.compare(Comparison::Equal, scalar, &one))
    }

    /// The same expression over the same elements has the same variables.
    pub(super) fn memoized(
        &mut self,
        expr: &Expr,
        read: impl FnOnce(&mut Self) -> Encoded<SymbolicValue>,
    ) -> Encoded<SymbolicValue> {
        let key = self.identity(expr);
        if let Some(known) = self.memo.get(&key) {
            return Ok(known.clone());
        }
        let read = read(self)?;
        self.memo.insert(key, read.clone());
        Ok(read)
    }

    /// How many of these items are present.
    pub(super) fn count(&mut self, items: &[Item]) -> LinearExpr {
        let one = Rational::from_integer(1.into());
        let mut sum = LinearExpr::constant(Rational::from_integer(0.into()));
        for item in items {
            let counted = match item.there {
                Formula::FALSE => continue,
                Formula::TRUE => LinearExpr::constant(one.clone()),
                there => {
                    let counted = self.symbolic_request.number(NumberSort::Integer);
                    self.symbolic_request.bound(counted, Some(0), Some(1));
                    let counts = self.symbolic_request.longer_than(counted, 0);
                    let axioms = [
                        self.symbolic_request.formulas.implies(there, counts),
                        self.symbolic_request.formulas.implies(counts, there),
                    ];
                    self.symbolic_request.axioms.extend(axioms);
                    LinearExpr::variable(counted)
                }
            };
            sum = sum.plus(&counted, &one);
            if let Some((length, unrolled)) = item.copies {
                let copies = self.symbolic_request.number(NumberSort::Integer);
                let (longer, more) = self.more(length, unrolled);
                let copied = self.and([item.there, longer]);
                self.equal_if(copied, copies, &more);
                self.equal_if(!copied, copies, &LinearExpr::constant(Rational::from_integer(0.into())));
                sum = sum.plus(&LinearExpr::variable(copies), &one);
            }
        }
        sum
    }

    /// Whether a list has more elements than unrolled, and how many.
    fn more(&mut self, length: NumberVar, unrolled: usize) -> (Formula, LinearExpr) {
        let longer = self.symbolic_request.longer_than(length, unrolled);
        let unrolled = LinearExpr::constant(Rational::from_integer(unrolled.into()));
        (longer, LinearExpr::variable(length).minus(&unrolled))
    }

    pub(super) fn equal_if(&mut self, when: Formula, var: NumberVar, value: &LinearExpr) {
        let same = self.compare_numbers(Comparison::Equal, &LinearExpr::variable(var), value);
        let fact = self.symbolic_request.formulas.implies(when, same);
        self.symbolic_request.axioms.push(fact);
    }

    /// `sum`: undetermined if any element is, or a sum on the way cannot be represented.
    fn sum(&mut self, list: &Expr) -> Encoded<SymbolicValue> {
        let (printed, identity) = self.identity(list);
        let name: Arc<str> = format!("{ELEMENTS_OBSTACLE} {printed}").into();
        let read = self.read(list)?;
        let mut values = Vec::new();
        for (way, (when, term)) in read.cases.iter().enumerate() {
            // Each list that this can be has a rest, and sums that may be too long, of its own.
            let which: Arc<str> = format!("{way} {identity}").into();
            let items = self.elements(term)?;
            let mut defined = vec![*when];
            let mut total = LinearExpr::constant(Rational::from_integer(0.into()));
            let mut on_the_way = Vec::new();
            for item in &items {
                defined.push(self.readable(item));
                let part = self.contribution(item)?;
                total = total.plus(&part, &Rational::from_integer(1.into()));
                on_the_way.push(self.representable(&total, Unit::Number));
            }
            let some = self.or(items.iter().map(|item| item.there));
            let mut unordered = Vec::new();
            for item in items.iter().filter(|item| item.there != Formula::FALSE) {
                if let Some((length, unrolled)) = item.copies {
                    let (rest, many) = self.rest(item, (length, unrolled), &name, &which);
                    // If any element counts, one of those that are unrolled does.
                    let fact = self.symbolic_request.formulas.implies(many, some);
                    self.symbolic_request.axioms.push(fact);
                    total = total.plus(&LinearExpr::variable(rest), &Rational::from_integer(1.into()));
                    on_the_way.push(self.representable(&total, Unit::Number));
                    if !self.is_small(item) {
                        unordered.push(self.symbolic_request.longer_than(length, unrolled));
                    }
                }
            }
            // The unrolled of a longer list stand for elements between which there are others.
            let ordered = self.and(on_the_way);
            let is_longer = self.or(unordered);
            let long = self.symbolic_request.atom(Atom::Opaque(DIGITS_OBSTACLE.into(), which, true));
            let ways = [self.and([!is_longer, ordered]), self.and([is_longer, !long])];
            defined.push(self.or(ways));
            values.push((self.and(defined), Term::Number(total, Unit::Number)));
        }
        Ok(SymbolicValue { cases: values, absent: Formula::FALSE })
    }

    /// What an element adds to a sum.
    fn contribution(&mut self, item: &Item) -> Encoded<LinearExpr> {
        let mut numbers = Vec::new();
        for (when, term) in &item.read.cases {
            let Some(ScalarTerm::Number(number, Unit::Number)) = term.scalar() else { return Err(Opaque) };
            numbers.push((*when, number));
        }
        if let ([(Formula::TRUE, number)], Formula::TRUE) = (numbers.as_slice(), item.there) {
            return Ok(number.clone());
        }
        // Where those of one are not known, those of the sum are not.
        let digits: Option<Vec<u32>> = numbers.iter().map(|(_, number)| self.digits(number)).collect();
        let digits = digits.and_then(|digits| digits.into_iter().max()).unwrap_or(34);
        let kind = match u8::try_from(digits) {
            Ok(0) => NumberSort::Integer,
            Ok(digits) => NumberSort::Decimal(digits.min(34)),
            Err(_) => NumberSort::Decimal(34),
        };
        let part = self.symbolic_request.number(kind);
        self.equal_if(!item.there, part, &LinearExpr::constant(Rational::from_integer(0.into())));
        for (when, number) in numbers {
            let counts = self.and([item.there, when]);
            self.equal_if(counts, part, &number);
        }
        Ok(LinearExpr::variable(part))
    }

    /// What the elements that are not unrolled add to a sum, of which only the bounds of each are known; and an atom
    /// for its not being zero.
    fn rest(
        &mut self,
        item: &Item,
        (length, unrolled): (NumberVar, usize),
        name: &Arc<str>,
        which: &Arc<str>,
    ) -> (NumberVar, Formula) {
        let zero = LinearExpr::constant(Rational::from_integer(0.into()));
        let bounds = self.bounds_of(item);
        let kind = match bounds {
            Some((NumberSort::Integer, ..)) => NumberSort::Integer,
            _ => NumberSort::Decimal(34),
        };
        let rest = self.symbolic_request.number(kind);
        let (longer, more) = self.more(length, unrolled);
        self.equal_if(!longer, rest, &zero);
        let value = LinearExpr::variable(rest);
        if let Some((_, least, most)) = bounds {
            let zero = Rational::from_integer(0.into());
            // Each element adds a number in between, or nothing.
            let lower = least.map(|least| more.times(&least.min(zero.clone())).minus(&value));
            let upper = most.map(|most| value.minus(&more.times(&most.max(zero))));
            for distance in [lower, upper].into_iter().flatten() {
                let holds = self.symbolic_request.at_most_zero(&distance, false);
                let fact = self.symbolic_request.formulas.implies(longer, holds);
                self.symbolic_request.axioms.push(fact);
            }
        }
        let many = self.symbolic_request.atom(Atom::Opaque(Arc::clone(name), Arc::clone(which), true));
        let nothing = self.compare_numbers(Comparison::Equal, &value, &zero);
        let fact = self.or([nothing, many]);
        self.symbolic_request.axioms.push(fact);
        (rest, many)
    }

    /// Whether no sum of elements like this one has too many digits.
    fn is_small(&self, item: &Item) -> bool {
        let most = Rational::from_integer(num_bigint::BigInt::from(10).pow(28));
        let Some((NumberSort::Integer, Some(least), Some(greatest))) = self.bounds_of(item) else {
            return false;
        };
        -least <= most && greatest <= most
    }

    /// The kind of an element, and what the types of what it is made of say that it is at least and at most.
    fn bounds_of(&self, item: &Item) -> Option<(NumberSort, Option<Rational>, Option<Rational>)> {
        let [(_, Term::Number(number, _))] = item.read.cases.as_slice() else { return None };
        let kind = match self.digits(number)? {
            0 => NumberSort::Integer,
            digits => NumberSort::Decimal(u8::try_from(digits).ok()?),
        };
        let (mut least, mut most) = (Some(number.constant.clone()), Some(number.constant.clone()));
        for (var, coefficient) in number.terms() {
            let (low, high) = self.symbolic_request.bounds.get(var).cloned().unwrap_or_default();
            let [low, high] = [low, high].map(|bound| bound.map(|bound| bound * coefficient));
            let (low, high) = if coefficient.is_negative() { (high, low) } else { (low, high) };
            least = least.zip(low).map(|(sum, low)| sum + low);
            most = most.zip(high).map(|(sum, high)| sum + high);
        }
        Some((kind, least, most))
    }
}
