//! Bytecode: conditions as short runs of fixed-size instructions, contiguous in memory.
//!
//! With more rules than the caches hold, a decision costs the memory that it touches: a rule with two atoms is three
//! instructions of sixteen bytes here, and about ten allocations as a tree.

use std::collections::HashMap;

use actra_ir::cost::{self, Bounds};
use actra_ir::{Expr, ExprKind, Rule};
use actra_model::{ActionId, Decimal, Pattern, Schema, Value, ValueState};

use super::simple_atom::{FieldRef, OrderTest, SimpleAtom, TextTest};
use super::slots::SlotAssignment;

/// A test, or a junction that is followed by its operands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instruction {
    pub(crate) op: Opcode,
    /// The field that a test reads.
    pub(crate) slot: u16,
    /// Steps up to the next sibling, this one included.
    pub(crate) len: u32,
    /// By operation: an integer itself, or the index of its operand.
    pub(crate) arg: u64,
}

/// What an instruction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    /// Kleene-and of the instructions behind it.
    And,
    /// Kleene-or of the instructions behind it.
    Or,
    /// Negates the instruction behind it.
    Not,
    /// True or false by `arg`.
    Constant,
    /// A boolean field equals `arg`.
    Flag,
    /// Against an integer, which is `arg`.
    Integer(OrderTest),
    /// Against another number.
    Number(OrderTest),
    /// Against a text.
    Order(OrderTest),
    /// Against a value of another type.
    Value(OrderTest),
    /// Against the field in slot `arg`.
    Field(OrderTest),
    /// Among texts.
    TextIn,
    /// Among numbers.
    NumberIn,
    /// Text that starts with, ends with or contains a text.
    Text(TextTest),
    /// Matches a pattern.
    Matches,
    /// Is there.
    Has,
    /// A list that holds a text.
    HoldsText,
    /// Leaves conjunct `arg` of the rule to the tree evaluator.
    Evaluate,
    /// Leaves a conjunct to the tree evaluator that has a call which may cost more than the limit.
    EvaluateChecked,
}

impl Opcode {
    /// Whether it looks at one field and at no other instruction.
    #[inline]
    pub(crate) fn is_test(self) -> bool {
        !matches!(
            self,
            Opcode::And
                | Opcode::Or
                | Opcode::Not
                | Opcode::Constant
                | Opcode::Evaluate
                | Opcode::EvaluateChecked
        )
    }
}

/// A text in [`Bytecode::texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TextRef {
    start: u32,
    len: u32,
}

impl TextRef {
    fn to_arg(self) -> u64 {
        u64::from(self.start) << 32 | u64::from(self.len)
    }

    pub(crate) fn from_arg(arg: u64) -> Self {
        Self { start: (arg >> 32) as u32, len: arg as u32 }
    }

    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    /// A number of its own for each text: texts are stored once.
    pub(crate) fn id(self) -> u64 {
        self.to_arg()
    }
}

/// All instructions and the operands that do not fit into them.
#[derive(Debug, Default)]
pub(crate) struct Bytecode {
    pub(crate) instructions: Vec<Instruction>,
    texts: String,
    numbers: Vec<Decimal>,
    values: Vec<Value>,
    patterns: Vec<Pattern>,
    text_sets: Vec<Box<[TextRef]>>,
    number_sets: Vec<Box<[Decimal]>>,
}

impl Bytecode {
    pub(crate) fn text(&self, text: TextRef) -> &str {
        let start = text.start as usize;
        self.texts.get(start..start + text.len as usize).unwrap_or_default()
    }

    /// Whether a text is this one; those of another length are not looked at.
    #[inline]
    pub(crate) fn is_text(&self, known: TextRef, text: &str) -> bool {
        let start = known.start as usize;
        known.len() == text.len()
            && self.texts.as_bytes().get(start..start + known.len()) == Some(text.as_bytes())
    }

    pub(crate) fn number(&self, arg: u64) -> Option<&Decimal> {
        self.numbers.get(arg as usize)
    }

    pub(crate) fn value(&self, arg: u64) -> Option<&Value> {
        self.values.get(arg as usize)
    }

    pub(crate) fn pattern(&self, arg: u64) -> Option<&Pattern> {
        self.patterns.get(arg as usize)
    }

    /// The set of texts that an argument names, sorted; `None` if there is no such set.
    pub(crate) fn text_set(&self, arg: u64) -> Option<&[TextRef]> {
        self.text_sets.get(arg as usize).map(AsRef::as_ref)
    }

    /// The set of numbers that an argument names, sorted; `None` if there is no such set.
    pub(crate) fn number_set(&self, arg: u64) -> Option<&[Decimal]> {
        self.number_sets.get(arg as usize).map(AsRef::as_ref)
    }
}

/// How many keys all long lists of literals may add to the index; each takes eight bytes, and as much again where it is
/// filed.
const MAX_LIST_KEYS: usize = 4_000_000;

/// Writes code; texts and numbers that are equal are stored once.
pub(crate) struct Emitter<'p, 's> {
    pub(crate) code: Bytecode,
    slots: &'s SlotAssignment<'p>,
    texts: HashMap<&'p str, TextRef>,
    numbers: HashMap<Decimal, u64>,
    /// Sets by the list that they were made of, which many rules may share.
    sets: HashMap<*const ValueState, (Opcode, u64)>,
    /// How many more keys the index may hold; a list of literals that exceeds this is not indexed.
    pub(crate) key_budget: usize,
    schema: &'p Schema,
    /// What fields can measure, by scope; equal scopes are one allocation mostly.
    bounds: HashMap<*const ActionId, Bounds<'p>>,
}

impl<'p, 's> Emitter<'p, 's> {
    /// An emitter with capacity for about so many rules.
    pub(crate) fn new(schema: &'p Schema, slots: &'s SlotAssignment<'p>, rules: usize) -> Self {
        Self {
            code: Bytecode::default(),
            slots,
            texts: HashMap::with_capacity(rules),
            numbers: HashMap::new(),
            sets: HashMap::new(),
            key_budget: MAX_LIST_KEYS,
            schema,
            bounds: HashMap::new(),
        }
    }

    /// Whether a call in this part of a rule can cost more than the limit.
    fn may_exceed(&mut self, rule: &'p Rule, conjunct: &Expr) -> bool {
        let bounds = self.bounds.entry(rule.actions.as_ptr());
        let bounds = bounds.or_insert_with(|| Bounds::new(self.schema, &rule.actions));
        cost::may_exceed(conjunct, bounds)
    }

    /// Writes the condition of a rule; gives where it starts. `None` if there are too many texts to number.
    pub(crate) fn rule(&mut self, rule: &'p Rule) -> Option<u32> {
        let start = u32::try_from(self.code.instructions.len()).ok()?;
        let conjuncts = conjuncts(&rule.condition);
        let joined = (conjuncts.len() > 1).then(|| self.open(Opcode::And));
        for (idx, conjunct) in conjuncts.iter().enumerate() {
            let before = self.code.instructions.len();
            if self.condition(conjunct).is_none() {
                self.code.instructions.truncate(before);
                let op =
                    if self.may_exceed(rule, conjunct) { Opcode::EvaluateChecked } else { Opcode::Evaluate };
                self.push(op, 0, idx as u64);
            }
        }
        if let Some(at) = joined {
            self.close(at);
        }
        Some(start)
    }

    pub(crate) fn finish(mut self) -> Bytecode {
        self.code.instructions.shrink_to_fit();
        self.code.texts.shrink_to_fit();
        self.code
    }

    fn push(&mut self, op: Opcode, slot: u16, arg: u64) {
        self.code.instructions.push(Instruction { op, slot, len: 1, arg });
    }

    fn open(&mut self, op: Opcode) -> usize {
        self.push(op, 0, 0);
        self.code.instructions.len() - 1
    }

    fn close(&mut self, at: usize) {
        let len = self.code.instructions.len() - at;
        if let Some(instruction) = self.code.instructions.get_mut(at) {
            instruction.len = len as u32;
        }
    }

    /// `None` if some part has no instruction and needs the tree evaluator.
    fn condition(&mut self, expr: &'p Expr) -> Option<()> {
        let (op, operands) = match &expr.kind {
            ExprKind::And(operands) => (Opcode::And, operands.as_slice()),
            ExprKind::Or(operands) => (Opcode::Or, operands.as_slice()),
            ExprKind::Not(operand) => (Opcode::Not, std::slice::from_ref(operand.as_ref())),
            ExprKind::Literal(Value::Bool(truth)) => {
                self.push(Opcode::Constant, 0, u64::from(*truth));
                return Some(());
            }
            _ => return self.simple_atom(&SimpleAtom::of(expr)?),
        };
        let at = self.open(op);
        operands.iter().try_for_each(|operand| self.condition(operand))?;
        self.close(at);
        Some(())
    }

    fn simple_atom(&mut self, atom: &SimpleAtom<'p>) -> Option<()> {
        let (op, field, arg) = match atom {
            SimpleAtom::Flag(field) => (Opcode::Flag, *field, 1),
            SimpleAtom::Has(field) => (Opcode::Has, *field, 0),
            SimpleAtom::Compare(field, test, value) => {
                let (op, arg) = self.comparison(*test, value)?;
                (op, *field, arg)
            }
            SimpleAtom::CompareFields(left, test, right) => {
                (Opcode::Field(*test), *left, u64::from(self.slots.get(*right)?))
            }
            SimpleAtom::In(field, list, values) => {
                let (op, arg) = self.shared_set(list, values)?;
                (op, *field, arg)
            }
            SimpleAtom::Holds(field, Value::String(text)) => {
                (Opcode::HoldsText, *field, self.text(text)?.to_arg())
            }
            SimpleAtom::Holds(..) => return None,
            SimpleAtom::Text(field, test, text) => (Opcode::Text(*test), *field, self.text(text)?.to_arg()),
            SimpleAtom::Matches(field, pattern) => {
                self.code.patterns.push((*pattern).clone());
                (Opcode::Matches, *field, self.code.patterns.len() as u64 - 1)
            }
        };
        let slot = self.slots.get(field)?;
        self.push(op, slot, arg);
        Some(())
    }

    fn comparison(&mut self, test: OrderTest, value: &'p Value) -> Option<(Opcode, u64)> {
        Some(match value {
            Value::Bool(truth) if test == OrderTest::Equal => (Opcode::Flag, u64::from(*truth)),
            Value::Bool(_) => return None,
            Value::Number(number) => match number.to_i64() {
                Some(integer) => (Opcode::Integer(test), integer as u64),
                None => (Opcode::Number(test), self.number(*number)),
            },
            Value::String(text) => (Opcode::Order(test), self.text(text)?.to_arg()),
            value => {
                self.code.values.push(value.clone());
                (Opcode::Value(test), self.code.values.len() as u64 - 1)
            }
        })
    }

    fn shared_set(&mut self, list: &'p [ValueState], values: &[&'p Value]) -> Option<(Opcode, u64)> {
        if let Some(known) = self.sets.get(&list.as_ptr()) {
            return Some(*known);
        }
        let set = self.set(values)?;
        self.sets.insert(list.as_ptr(), set);
        Some(set)
    }

    fn set(&mut self, values: &[&'p Value]) -> Option<(Opcode, u64)> {
        let texts = values.iter().map(|value| match value {
            Value::String(text) => Some(&**text),
            _ => None,
        });
        if let Some(texts) = texts.collect::<Option<Vec<&str>>>() {
            let mut refs = texts.iter().map(|text| self.text(text)).collect::<Option<Vec<_>>>()?;
            refs.sort_by(|left, right| self.code.text(*left).cmp(self.code.text(*right)));
            self.code.text_sets.push(refs.into());
            return Some((Opcode::TextIn, self.code.text_sets.len() as u64 - 1));
        }
        let numbers = values.iter().map(|value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        });
        let mut numbers = numbers.collect::<Option<Vec<Decimal>>>()?;
        numbers.sort();
        self.code.number_sets.push(numbers.into());
        Some((Opcode::NumberIn, self.code.number_sets.len() as u64 - 1))
    }

    /// Where a text is stored; `None` beyond four gigabytes of them.
    pub(crate) fn text(&mut self, text: &'p str) -> Option<TextRef> {
        if let Some(known) = self.texts.get(text) {
            return Some(*known);
        }
        let start = u32::try_from(self.code.texts.len()).ok()?;
        let found = TextRef { start, len: u32::try_from(text.len()).ok()? };
        self.code.texts.push_str(text);
        self.texts.insert(text, found);
        Some(found)
    }

    pub(crate) fn number(&mut self, number: Decimal) -> u64 {
        let next = self.code.numbers.len() as u64;
        let found = *self.numbers.entry(number).or_insert(next);
        if found == next {
            self.code.numbers.push(number);
        }
        found
    }

    pub(crate) fn slot(&self, field: FieldRef<'p>) -> Option<u16> {
        self.slots.get(field)
    }
}

/// The parts of a condition that all must hold.
pub(crate) fn conjuncts(condition: &Expr) -> &[Expr] {
    match &condition.kind {
        ExprKind::And(all) => all,
        _ => std::slice::from_ref(condition),
    }
}
