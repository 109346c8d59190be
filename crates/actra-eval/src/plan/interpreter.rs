//! The interpreter of the plan's bytecode.

use std::cell::{OnceCell, RefCell};
use std::cmp::Ordering;

use actra_ir::{Expr, Policy, Rule};
use actra_model::{BorrowedState, Request, Value, ValueState};

use super::bytecode::{Bytecode, Instruction, Opcode, TextRef, conjuncts};
use super::frame::Frame;
use super::simple_atom::{OrderTest, TextTest};
use crate::evaluator::Evaluator;
use crate::recorder::NoRecorder;
use crate::truth::{EvalError, Kleene};

/// The result of an instruction: a [`crate::Truth`] without memory of its own, since every instruction returns one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompactTruth {
    True,
    False,
    Undetermined(Cause),
}

/// Why an instruction is undetermined: the leftmost leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A field that is absent or invalid.
    Slot(u16),
    /// A leaf of the tree evaluator, by its place in [`Interpreter::errors`].
    EvalError(u32),
    /// Only the tree evaluator can tell.
    Evaluator,
}

impl From<bool> for CompactTruth {
    fn from(truth: bool) -> Self {
        if truth { CompactTruth::True } else { CompactTruth::False }
    }
}

/// One request being decided.
pub(crate) struct Interpreter<'a, 'r, 'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) code: &'p Bytecode,
    pub(crate) frame: &'a Frame<'r, 'p>,
    /// The request for the tree evaluator, made when it is first needed.
    pub(crate) request: &'a OnceCell<Request>,
    /// What the tree evaluator could not decide.
    pub(crate) errors: &'a RefCell<Vec<EvalError>>,
}

impl Interpreter<'_, '_, '_> {
    /// The truth of a rule's condition; `start` is its first instruction.
    pub(crate) fn rule(&self, rule: &Rule, start: u32) -> CompactTruth {
        match self.instruction(start as usize, &rule.condition) {
            CompactTruth::Undetermined(Cause::Evaluator) => {
                self.evaluate(|request| Evaluator::new(request, NoRecorder).truth(&rule.condition))
            }
            truth => truth,
        }
    }

    #[cold]
    fn evaluate(&self, truth: impl FnOnce(&Request) -> Kleene) -> CompactTruth {
        let request = self.request.get_or_init(|| self.frame.to_request());
        match truth(request) {
            Ok(truth) => truth.into(),
            Err(error) => {
                let mut errors = self.errors.borrow_mut();
                errors.push(error);
                CompactTruth::Undetermined(Cause::EvalError(errors.len() as u32 - 1))
            }
        }
    }

    /// Recursion is bounded by the nesting of conditions.
    fn instruction(&self, at: usize, condition: &Expr) -> CompactTruth {
        let Some(instruction) = self.code.instructions.get(at) else {
            return CompactTruth::Undetermined(Cause::Evaluator);
        };
        match instruction.op {
            Opcode::And => self.junction(at, instruction, condition, false),
            Opcode::Or => self.junction(at, instruction, condition, true),
            Opcode::Not => match self.instruction(at + 1, condition) {
                CompactTruth::True => CompactTruth::False,
                CompactTruth::False => CompactTruth::True,
                undetermined => undetermined,
            },
            Opcode::Constant => CompactTruth::from(instruction.arg != 0),
            Opcode::Evaluate | Opcode::EvaluateChecked => {
                match conjuncts(condition).get(instruction.arg as usize) {
                    Some(conjunct) if instruction.op == Opcode::Evaluate => {
                        self.evaluate(|request| Evaluator::within_cost(request, NoRecorder).truth(conjunct))
                    }
                    Some(conjunct) => {
                        self.evaluate(|request| Evaluator::new(request, NoRecorder).truth(conjunct))
                    }
                    None => CompactTruth::Undetermined(Cause::Evaluator),
                }
            }
            _ => self.test(instruction),
        }
    }

    /// Kleene's junction that one truth decides; else the first undetermined part counts.
    fn junction(
        &self,
        at: usize,
        instruction: &Instruction,
        condition: &Expr,
        deciding: bool,
    ) -> CompactTruth {
        let end = at + instruction.len as usize;
        let mut idx = at + 1;
        let mut undetermined = None;
        while idx < end {
            let Some(part) = self.code.instructions.get(idx) else {
                return CompactTruth::Undetermined(Cause::Evaluator);
            };
            let truth = if part.op.is_test() { self.test(part) } else { self.instruction(idx, condition) };
            match truth {
                CompactTruth::True if deciding => return CompactTruth::True,
                CompactTruth::False if !deciding => return CompactTruth::False,
                // It may turn out to decide.
                CompactTruth::Undetermined(Cause::Evaluator) => {
                    return CompactTruth::Undetermined(Cause::Evaluator);
                }
                CompactTruth::Undetermined(why) => {
                    undetermined.get_or_insert(why);
                }
                CompactTruth::True | CompactTruth::False => {}
            }
            idx += part.len as usize;
        }
        undetermined.map_or(CompactTruth::from(!deciding), CompactTruth::Undetermined)
    }

    #[inline]
    fn test(&self, instruction: &Instruction) -> CompactTruth {
        let Some(slot) = self.frame.slots.get(usize::from(instruction.slot)) else {
            return CompactTruth::Undetermined(Cause::Evaluator);
        };
        if let (Opcode::Integer(test), BorrowedState::Number(number)) = (instruction.op, slot) {
            return CompactTruth::from(test.holds(number.cmp_integer(instruction.arg as i64)));
        }
        self.other_test(instruction, slot)
    }

    fn other_test(&self, instruction: &Instruction, slot: &BorrowedState<'_>) -> CompactTruth {
        match (instruction.op, slot) {
            (Opcode::Has, BorrowedState::Absent) => CompactTruth::False,
            (_, BorrowedState::Absent | BorrowedState::Invalid(_)) => {
                CompactTruth::Undetermined(Cause::Slot(instruction.slot))
            }
            (Opcode::Has, _) => CompactTruth::True,
            (Opcode::Field(test), left) => self.fields(test, left, instruction),
            _ => self
                .literal(instruction, slot)
                .map_or(CompactTruth::Undetermined(Cause::Evaluator), CompactTruth::from),
        }
    }

    /// A present value against a literal; `None` for what only the evaluator knows.
    fn literal(&self, instruction: &Instruction, slot: &BorrowedState<'_>) -> Option<bool> {
        let code = self.code;
        Some(match (instruction.op, slot) {
            (Opcode::Flag, BorrowedState::Bool(flag)) => u64::from(*flag) == instruction.arg,
            (Opcode::Number(test), BorrowedState::Number(number)) => {
                test.holds(number.cmp(code.number(instruction.arg)?))
            }
            (Opcode::Order(OrderTest::Equal), BorrowedState::Text(text)) => {
                code.is_text(TextRef::from_arg(instruction.arg), text)
            }
            (Opcode::Order(test), BorrowedState::Text(text)) => {
                test.holds((**text).cmp(code.text(TextRef::from_arg(instruction.arg))))
            }
            (Opcode::Value(test), BorrowedState::Value(value)) => {
                compare(test, value, code.value(instruction.arg)?)?
            }
            (Opcode::TextIn, BorrowedState::Text(text)) => {
                let set = code.text_set(instruction.arg)?;
                set.binary_search_by(|known| code.text(*known).cmp(text)).is_ok()
            }
            (Opcode::NumberIn, BorrowedState::Number(number)) => {
                code.number_set(instruction.arg)?.binary_search(number).is_ok()
            }
            (Opcode::Text(test), BorrowedState::Text(text)) => {
                let wanted = code.text(TextRef::from_arg(instruction.arg));
                match test {
                    TextTest::StartsWith => text.starts_with(wanted),
                    TextTest::EndsWith => text.ends_with(wanted),
                    TextTest::Contains => text.contains(wanted),
                }
            }
            (Opcode::Matches, BorrowedState::Text(text)) => code.pattern(instruction.arg)?.is_match(text),
            (Opcode::HoldsText, BorrowedState::Texts(texts)) => {
                let wanted = code.text(TextRef::from_arg(instruction.arg));
                texts.iter().any(|text| text == wanted)
            }
            (Opcode::HoldsText, BorrowedState::Value(Value::List(elements))) => {
                return holds(elements, code.text(TextRef::from_arg(instruction.arg)));
            }
            _ => return None,
        })
    }

    /// A present field against another; the left one's leaf comes first.
    fn fields(&self, test: OrderTest, left: &BorrowedState<'_>, instruction: &Instruction) -> CompactTruth {
        let right_slot = instruction.arg as u16;
        let truth = match (left, self.frame.slots.get(usize::from(right_slot))) {
            (_, Some(BorrowedState::Absent | BorrowedState::Invalid(_))) => {
                return CompactTruth::Undetermined(Cause::Slot(right_slot));
            }
            (BorrowedState::Bool(left), Some(BorrowedState::Bool(right))) if test == OrderTest::Equal => {
                Some(left == right)
            }
            (BorrowedState::Number(left), Some(BorrowedState::Number(right))) => {
                Some(test.holds(left.cmp(right)))
            }
            (BorrowedState::Text(left), Some(BorrowedState::Text(right))) => {
                Some(test.holds(left.cmp(right)))
            }
            (BorrowedState::Value(left), Some(BorrowedState::Value(right))) => compare(test, left, right),
            _ => None,
        };
        truth.map_or(CompactTruth::Undetermined(Cause::Evaluator), CompactTruth::from)
    }
}

impl OrderTest {
    /// A look at one bit: mispredicted branches would cost more than the comparison.
    #[inline]
    fn holds(self, order: Ordering) -> bool {
        self as u8 >> (order as i8 + 1) as u8 & 1 != 0
    }
}

/// Compares values of a type that is totally ordered; `None` leaves all others to the tree evaluator.
fn compare(test: OrderTest, left: &Value, right: &Value) -> Option<bool> {
    let order = match (left, right) {
        (Value::Timestamp(left), Value::Timestamp(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        (Value::Quantity(left), Value::Quantity(right)) => left.cmp(right),
        (Value::Ip(left), Value::Ip(right)) if test == OrderTest::Equal => left.cmp(right),
        (Value::Url(left), Value::Url(right)) if test == OrderTest::Equal => left.cmp(right),
        _ => return None,
    };
    Some(test.holds(order))
}

/// Whether a text is among elements; `None` if it is not and some element cannot be read.
fn holds(elements: &[ValueState], wanted: &str) -> Option<bool> {
    let mut readable = true;
    for element in elements {
        match element {
            ValueState::Present(Value::String(text)) if **text == *wanted => return Some(true),
            ValueState::Present(Value::String(_)) => {}
            _ => readable = false,
        }
    }
    readable.then_some(false)
}
