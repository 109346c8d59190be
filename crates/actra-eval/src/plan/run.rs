//! Evaluating steps against a frame.

use std::cell::{OnceCell, RefCell};
use std::cmp::Ordering;

use actra_ir::{Expr, Policy, Rule};
use actra_model::{Cell, Request, Slot, Value};

use super::atom::{Test, TextTest};
use super::code::{Code, Op, Step, TextRef, conjuncts};
use super::frame::Frame;
use crate::record::Silent;
use crate::truth::{Kleene, Leaf};
use crate::walk::Walk;

/// What steps come to; small, for it is handed from step to step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tri {
    True,
    False,
    Undetermined(Why),
}

/// The leftmost undetermined leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// A field that is absent or invalid.
    Slot(u16),
    /// What the walker found, by its place in [`Run::leaves`].
    Leaf(u32),
    /// Only the walker knows.
    Walk,
}

impl From<bool> for Tri {
    fn from(truth: bool) -> Self {
        if truth { Tri::True } else { Tri::False }
    }
}

/// One request being decided.
pub(crate) struct Run<'a, 'r, 'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) code: &'p Code,
    pub(crate) frame: &'a Frame<'r, 'p>,
    /// For the walker; made when it is first needed.
    pub(crate) request: &'a OnceCell<Request>,
    /// What the walker could not decide.
    pub(crate) leaves: &'a RefCell<Vec<Leaf>>,
}

impl Run<'_, '_, '_> {
    /// What the condition of a rule is, whose steps start there.
    pub(crate) fn rule(&self, rule: &Rule, start: u32) -> Tri {
        match self.step(start as usize, &rule.condition) {
            Tri::Undetermined(Why::Walk) => {
                self.walk(|request| Walk::new(request, Silent).truth(&rule.condition))
            }
            truth => truth,
        }
    }

    #[cold]
    fn walk(&self, truth: impl FnOnce(&Request) -> Kleene) -> Tri {
        let request = self.request.get_or_init(|| self.frame.to_request());
        match truth(request) {
            Ok(truth) => truth.into(),
            Err(leaf) => {
                let mut leaves = self.leaves.borrow_mut();
                leaves.push(leaf);
                Tri::Undetermined(Why::Leaf(leaves.len() as u32 - 1))
            }
        }
    }

    /// Recursion is bounded by the nesting of conditions.
    fn step(&self, at: usize, condition: &Expr) -> Tri {
        let Some(step) = self.code.steps.get(at) else { return Tri::Undetermined(Why::Walk) };
        match step.op {
            Op::And => self.junction(at, step, condition, false),
            Op::Or => self.junction(at, step, condition, true),
            Op::Not => match self.step(at + 1, condition) {
                Tri::True => Tri::False,
                Tri::False => Tri::True,
                undetermined => undetermined,
            },
            Op::Constant => Tri::from(step.arg != 0),
            Op::Walk | Op::WalkWatched => match conjuncts(condition).get(step.arg as usize) {
                Some(conjunct) if step.op == Op::Walk => {
                    self.walk(|request| Walk::within_cost(request, Silent).truth(conjunct))
                }
                Some(conjunct) => self.walk(|request| Walk::new(request, Silent).truth(conjunct)),
                None => Tri::Undetermined(Why::Walk),
            },
            _ => self.test(step),
        }
    }

    /// Kleene's junction that one truth decides; else the first undetermined part counts.
    fn junction(&self, at: usize, step: &Step, condition: &Expr, deciding: bool) -> Tri {
        let end = at + step.len as usize;
        let mut idx = at + 1;
        let mut undetermined = None;
        while idx < end {
            let Some(part) = self.code.steps.get(idx) else { return Tri::Undetermined(Why::Walk) };
            let truth = if part.op.is_test() { self.test(part) } else { self.step(idx, condition) };
            match truth {
                Tri::True if deciding => return Tri::True,
                Tri::False if !deciding => return Tri::False,
                // It may turn out to decide.
                Tri::Undetermined(Why::Walk) => return Tri::Undetermined(Why::Walk),
                Tri::Undetermined(why) => {
                    undetermined.get_or_insert(why);
                }
                Tri::True | Tri::False => {}
            }
            idx += part.len as usize;
        }
        undetermined.map_or(Tri::from(!deciding), Tri::Undetermined)
    }

    #[inline]
    fn test(&self, step: &Step) -> Tri {
        let Some(cell) = self.frame.cells.get(usize::from(step.slot)) else {
            return Tri::Undetermined(Why::Walk);
        };
        if let (Op::Integer(test), Cell::Number(number)) = (step.op, cell) {
            return Tri::from(test.holds(number.cmp_integer(step.arg as i64)));
        }
        self.other_test(step, cell)
    }

    fn other_test(&self, step: &Step, cell: &Cell<'_>) -> Tri {
        match (step.op, cell) {
            (Op::Has, Cell::Absent) => Tri::False,
            (_, Cell::Absent | Cell::Invalid(_)) => Tri::Undetermined(Why::Slot(step.slot)),
            (Op::Has, _) => Tri::True,
            (Op::Field(test), left) => self.fields(test, left, step),
            _ => self.literal(step, cell).map_or(Tri::Undetermined(Why::Walk), Tri::from),
        }
    }

    /// A present value against a literal; `None` for what only the walker knows.
    fn literal(&self, step: &Step, cell: &Cell<'_>) -> Option<bool> {
        let code = self.code;
        Some(match (step.op, cell) {
            (Op::Flag, Cell::Bool(flag)) => u64::from(*flag) == step.arg,
            (Op::Number(test), Cell::Number(number)) => test.holds(number.cmp(code.number(step.arg)?)),
            (Op::Order(Test::Equal), Cell::Text(text)) => code.is_text(TextRef::from_arg(step.arg), text),
            (Op::Order(test), Cell::Text(text)) => {
                test.holds((**text).cmp(code.text(TextRef::from_arg(step.arg))))
            }
            (Op::Value(test), Cell::Value(value)) => compare(test, value, code.value(step.arg)?)?,
            (Op::TextIn, Cell::Text(text)) => {
                let set = code.text_set(step.arg)?;
                set.binary_search_by(|known| code.text(*known).cmp(text)).is_ok()
            }
            (Op::NumberIn, Cell::Number(number)) => code.number_set(step.arg)?.binary_search(number).is_ok(),
            (Op::Text(test), Cell::Text(text)) => {
                let wanted = code.text(TextRef::from_arg(step.arg));
                match test {
                    TextTest::StartsWith => text.starts_with(wanted),
                    TextTest::EndsWith => text.ends_with(wanted),
                    TextTest::Contains => text.contains(wanted),
                }
            }
            (Op::Matches, Cell::Text(text)) => code.pattern(step.arg)?.is_match(text),
            (Op::HoldsText, Cell::Texts(texts)) => {
                let wanted = code.text(TextRef::from_arg(step.arg));
                texts.iter().any(|text| text == wanted)
            }
            (Op::HoldsText, Cell::Value(Value::List(elements))) => {
                return holds(elements, code.text(TextRef::from_arg(step.arg)));
            }
            _ => return None,
        })
    }

    /// A present field against another; the left one's leaf comes first.
    fn fields(&self, test: Test, left: &Cell<'_>, step: &Step) -> Tri {
        let right_slot = step.arg as u16;
        let truth = match (left, self.frame.cells.get(usize::from(right_slot))) {
            (_, Some(Cell::Absent | Cell::Invalid(_))) => return Tri::Undetermined(Why::Slot(right_slot)),
            (Cell::Bool(left), Some(Cell::Bool(right))) if test == Test::Equal => Some(left == right),
            (Cell::Number(left), Some(Cell::Number(right))) => Some(test.holds(left.cmp(right))),
            (Cell::Text(left), Some(Cell::Text(right))) => Some(test.holds(left.cmp(right))),
            (Cell::Value(left), Some(Cell::Value(right))) => compare(test, left, right),
            _ => None,
        };
        truth.map_or(Tri::Undetermined(Why::Walk), Tri::from)
    }
}

impl Test {
    /// A look at one bit: branches to foresee would cost more than the comparison.
    #[inline]
    fn holds(self, order: Ordering) -> bool {
        self as u8 >> (order as i8 + 1) as u8 & 1 != 0
    }
}

/// Values of one type that always compare; the rest is the walker's.
fn compare(test: Test, left: &Value, right: &Value) -> Option<bool> {
    let order = match (left, right) {
        (Value::Timestamp(left), Value::Timestamp(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        (Value::Quantity(left), Value::Quantity(right)) => left.cmp(right),
        (Value::Ip(left), Value::Ip(right)) if test == Test::Equal => left.cmp(right),
        (Value::Url(left), Value::Url(right)) if test == Test::Equal => left.cmp(right),
        _ => return None,
    };
    Some(test.holds(order))
}

/// Whether a text is among elements; `None` if it is not and some element cannot be read.
fn holds(elements: &[Slot], wanted: &str) -> Option<bool> {
    let mut readable = true;
    for element in elements {
        match element {
            Slot::Present(Value::String(text)) if **text == *wanted => return Some(true),
            Slot::Present(Value::String(_)) => {}
            _ => readable = false,
        }
    }
    readable.then_some(false)
}
