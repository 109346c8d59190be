//! What evaluating a condition costs, worked out from sizes before it is evaluated.
//!
//! An outermost macro, `distinct`, `sets` or `matches` call that costs more than [`limits::CALL_COST`] is
//! undetermined, so that no request keeps an engine busy. Every engine has to agree to the unit, so this is the
//! function:
//!
//! **Sizes.** A text measures its *bytes*, a list its *items*, a map or an object its *entries* and the bytes of its
//! longest *key*. *Whole* is what going through all of a value takes: for a text, a URL (in normal form) or a path a
//! 64th of its bytes, rounded down, for a path also two for each segment; for a list one and the whole of the element
//! for each element; for a map or object three, a 64th of the key's bytes and the whole of the value for each entry;
//! and nothing for anything else. What is absent or invalid measures nothing, and counts as an element. Behind a
//! variable, an index or a look-up stands, in every measure, the largest of all elements or values of the container;
//! inside of an `any` the largest of everything that lies in it at any depth. Members of declared objects are told
//! apart by name, so `xs[0].to` measures as much as the largest `to` of all elements.
//!
//! **Computed values** measure the most that they can: a choice, `orValue` and the elements of a list that is written
//! out the largest of the parts in every measure; `lowerAscii`, `upperAscii`, `trim`, `substring` what their text does;
//! `string(x)` at least 64 bytes; `replace` the text and, for each place between its bytes, the new text; `split` one
//! item more than its text has bytes, each as long as the text; `a + b` the items of both; `filter` its range, of a map
//! the keys; `map` as many items as its range has, each as large as the body; `distinct` its list, `min` and `max` an
//! element. A list or text that is computed measures at most [`limits::ELEMENTS`] items and
//! [`limits::PRODUCED_BYTES`] bytes, and its whole is at most three 64ths of the latter.
//!
//! **Costs.** Every node costs one and what its operands cost, but for what is listed here, which costs besides:
//!
//! | node | costs besides |
//! |---|---|
//! | conversion of an `any`, which nobody wrote | nothing, and no one either |
//! | `==`, `<`, `<=`, `within` | the lesser *whole* of both sides |
//! | `in` | for each item of the container one and the lesser *whole* of element and item; for a map a look-up |
//! | member, look-up by a key that is written out | [`MEMBER`]; such a key is no node |
//! | other look-up, `in` of a map | [`LOOKUP`] and an eighth of the lesser bytes of key and longest key, if there are entries |
//! | `startsWith`, `endsWith` | the lesser *whole* of both |
//! | `contains`, `indexOf`, `lastIndexOf`, `split` | [`SEARCH`] for each 64 bytes begun of the text; what is longer than the text is not looked for |
//! | `size`, `lowerAscii`, `upperAscii`, `trim`, `substring`, `int`, `double`, `string` | [`TEXT`] for each 64 bytes begun of a text, and [`TEXT`] for anything else |
//! | `int`, `double` | [`PARSE`] more |
//! | `string` | [`WRITE`] more |
//! | `replace` | [`REPLACE`] for each 64 bytes begun of the text, and [`TEXT`] for each 64 bytes of the result |
//! | `split` | [`PRODUCE`] for each item of the result |
//! | `matches` | [`PATTERN`], and for each byte of the text the weight of the pattern ([`actra_model::Pattern::weight`]) |
//! | `+` of lists, a list or map that is written out | [`PRODUCE`] for each element of the result |
//! | `sum`, `min`, `max` | [`FOLD`] for each item, and the *whole* of the list |
//! | `distinct` | for each pair of items one and the *whole* of an item |
//! | `sets.contains`, `sets.intersects` | for each pair of an item of either one and the lesser *whole* of both; `sets.equivalent` twice |
//! | macro | for each element of its range [`BIND`], twice that for two variables or where there are entries, what the filter and what the body costs; `filter` and `map` [`PRODUCE`] more |
//! | calendar part | [`CALENDAR`] |
//! | `+ - *` of others | [`ARITHMETIC`] |
//!
//! Wherever two operands meet in one of these, the pair costs besides what reading an `any` takes, if one side is an
//! `any` and the other a URL, a path or a container: [`READ`] times one more than its *whole*.
//!
//! **Time.** The weights are such that a call at the limit takes at most 50 ms on a machine of two cores, five
//! nanoseconds a unit, whatever its body does; most take less, and `matches` by far. `benches/cost` measures it.

mod bound;
mod size;

use actra_model::{RecordName, Value, limits};

use crate::{ArithmeticOp, Expr, ExprKind, Function, MacroKind, Variables};

pub use bound::{Bounds, Container, Excess, excess, may_exceed};
pub use size::{Measure, Size, SizeBounds};

/// For each 64 bytes begun of a text that is searched.
pub const SEARCH: u64 = 48;
/// For each 64 bytes begun of a text that is copied or counted.
pub const TEXT: u64 = 16;
/// For each 64 bytes begun of a text in which others are replaced.
pub const REPLACE: u64 = 192;
/// For reading a number from a text.
pub const PARSE: u64 = 32;
/// For writing out a number, a time or an address.
pub const WRITE: u64 = 48;
/// For starting to match a pattern.
pub const PATTERN: u64 = 16;
/// For an element that is produced.
pub const PRODUCE: u64 = 16;
/// For an element that is added up or compared with the least so far.
pub const FOLD: u64 = 8;
/// For an element that a macro binds to a variable.
pub const BIND: u64 = 10;
/// For finding the member of an object, or of an `any` by a key that is written out.
pub const MEMBER: u64 = 2;
/// For finding a key in a map.
pub const LOOKUP: u64 = 40;
/// For a part of a calendar.
pub const CALENDAR: u64 = 40;
/// For a sum, a difference or a product.
pub const ARITHMETIC: u64 = 20;
/// For what reading an `any` as a value of a composite type goes through.
pub const READ: u64 = 16;

/// Who says how large the fields of a request are: of one request, or the most of any.
pub trait Sizes {
    /// The size of the top-level field of a record.
    fn field(&mut self, record: RecordName, name: &str) -> Size;
}

/// What a condition or an operand costs as a whole.
///
/// Cost: linear in the expression, and what asking for sizes takes.
pub fn cost(expr: &Expr, sizes: &mut impl Sizes) -> u64 {
    CostEstimator { sizes, variables: Vec::new() }.estimate(expr).cost
}

/// The outermost calls with a limited cost in a condition, from left to right.
pub fn outermost(expr: &Expr) -> Vec<&Expr> {
    let mut found = Vec::new();
    collect(expr, &mut found);
    found
}

fn collect<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    if is_limited(expr) {
        return found.push(expr);
    }
    match &expr.kind {
        ExprKind::And(all) | ExprKind::Or(all) => all.iter().for_each(|part| collect(part, found)),
        ExprKind::Field { .. } | ExprKind::Literal(_) => {}
        _ => crate::operands(expr).into_iter().for_each(|part| collect(part, found)),
    }
}

/// Whether the cost of an expression is limited: of a macro, a `distinct`, `sets` or `matches` call.
pub fn is_limited(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Macro { .. } | ExprKind::Matches { .. } => true,
        ExprKind::Call { function, .. } => matches!(
            function,
            Function::Distinct | Function::SetsContains | Function::SetsIntersects | Function::SetsEquivalent
        ),
        _ => false,
    }
}

/// The cost of an expression, and the most that its value measures.
#[derive(Default)]
struct Estimate {
    cost: u64,
    size: Size,
}

struct CostEstimator<'s, S> {
    sizes: &'s mut S,
    /// The sizes of macro variables by slot.
    variables: Vec<Size>,
}

impl<S: Sizes> CostEstimator<'_, S> {
    fn estimate(&mut self, expr: &Expr) -> Estimate {
        match &expr.kind {
            ExprKind::Literal(value) => Estimate { cost: 1, size: Size::of_value(value) },
            ExprKind::Field { record, name } => Estimate { cost: 1, size: self.sizes.field(*record, name) },
            ExprKind::Variable(variable) => {
                Estimate { cost: 1, size: self.variables.get(variable.slot).cloned().unwrap_or_default() }
            }
            ExprKind::Member { operand, name, .. } => {
                let operand = self.estimate(operand);
                let size = operand.size.inside(Some(name));
                operand.node(MEMBER, size)
            }
            ExprKind::Lookup { operand, key, .. } => {
                let operand = self.estimate(operand);
                let size = operand.size.inside(None);
                if let ExprKind::Literal(Value::String(_)) = key.kind {
                    return operand.node(MEMBER, size);
                }
                let key = self.estimate(key);
                let own = lookup_cost(&key.size, &operand.size);
                operand.and(key).node(own, size)
            }
            ExprKind::OrValue { operand, default } => {
                let (operand, default) = (self.estimate(operand), self.estimate(default));
                let own = conversion_cost(&operand.size.own, &default.size.own);
                operand.either(default).add(own)
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                let condition = self.estimate(condition).cost;
                let (then, otherwise) = (self.estimate(then), self.estimate(otherwise));
                then.either(otherwise).add(condition)
            }
            ExprKind::Compare { left, right, .. } | ExprKind::Within { operand: left, base: right } => {
                let (left, right) = (self.estimate(left), self.estimate(right));
                let own = compare_cost(&left.size.own, &right.size.own);
                left.and(right).node(own, Size::default())
            }
            ExprKind::In { element, container } => {
                let (element, container) = (self.estimate(element), self.estimate(container));
                let own = membership_cost(&element.size, &container.size);
                element.and(container).node(own, Size::default())
            }
            ExprKind::Matches { operand, pattern } => {
                let operand = self.estimate(operand);
                let own = operand.size.own.bytes.saturating_mul(pattern.weight());
                operand.node(own.saturating_add(PATTERN), Size::default())
            }
            ExprKind::Arithmetic { op, left, right } => self.arithmetic(*op, left, right),
            ExprKind::TimePart { operand, .. } => self.estimate(operand).node(CALENDAR, Size::default()),
            ExprKind::Call { function, args } => self.call(*function, args),
            ExprKind::Macro { kind, range, variables, filter, body } => {
                self.comprehension(*kind, range, variables, filter.as_deref(), body)
            }
            ExprKind::List(elements) => {
                let parts: Vec<Estimate> = elements.iter().map(|element| self.estimate(element)).collect();
                let cost = parts.iter().map(|part| part.cost.saturating_add(PRODUCE));
                let cost = cost.fold(1, u64::saturating_add);
                Estimate { cost, size: within_limits(Size::list(parts.into_iter().map(|part| part.size))) }
            }
            ExprKind::Map(entries) => {
                let parts: Vec<_> = entries.iter().map(|(key, part)| (key, self.estimate(part))).collect();
                let cost = parts.iter().map(|(_, part)| part.cost.saturating_add(PRODUCE));
                let cost = cost.fold(1, u64::saturating_add);
                let size = Size::map(parts.into_iter().map(|(key, part)| (&**key, part.size)));
                Estimate { cost, size: within_limits(size) }
            }
            ExprKind::Convert { operand, .. } => self.estimate(operand),
            ExprKind::Has(_)
            | ExprKind::Not(_)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::IsNull(_)
            | ExprKind::InCidr { .. }
            | ExprKind::Negate(_) => {
                let parts = crate::operands(expr).into_iter().map(|part| self.estimate(part).cost);
                Estimate { cost: parts.fold(1, u64::saturating_add), size: Size::default() }
            }
        }
    }

    fn arithmetic(&mut self, op: ArithmeticOp, left: &Expr, right: &Expr) -> Estimate {
        let (left, right) = (self.estimate(left), self.estimate(right));
        let items = left.size.own.items.saturating_add(right.size.own.items);
        let conversion_cost = conversion_cost(&left.size.own, &right.size.own);
        if op == ArithmeticOp::Add && items > 0 {
            let each = left.size.inside(None).merge(right.size.inside(None));
            let size = Size::many(items.min(ELEMENTS), 0, 0, &each, PRODUCED);
            let own = items.saturating_mul(PRODUCE).saturating_add(conversion_cost);
            return left.and(right).node(own, size);
        }
        left.and(right).node(ARITHMETIC.saturating_add(conversion_cost), Size::default())
    }

    fn call(&mut self, function: Function, args: &[Expr]) -> Estimate {
        let args: Vec<Estimate> = args.iter().map(|arg| self.estimate(arg)).collect();
        let size = |idx: usize| args.get(idx).map(|arg| arg.size.clone()).unwrap_or_default();
        let (first, second) = (size(0), size(1));
        let (own, result) = function_cost(function, &first, &second, &size(2));
        let cost = args.iter().map(|arg| arg.cost).fold(1, u64::saturating_add);
        Estimate { cost: cost.saturating_add(own), size: result }
    }

    fn comprehension(
        &mut self,
        kind: MacroKind,
        range: &Expr,
        variables: &Variables,
        filter: Option<&Expr>,
        body: &Expr,
    ) -> Estimate {
        let range = self.estimate(range);
        let outer = self.variables.clone();
        let element = element(&range.size);
        self.variables.resize(variables.first.slot, Size::default());
        match &variables.second {
            None => self.variables.push(element.clone()),
            Some(second) => {
                self.variables.push(key(&range.size));
                self.variables.resize(second.slot, Size::default());
                self.variables.push(range.size.inside(None));
            }
        }
        let filter = filter.map_or(0, |filter| self.estimate(filter).cost);
        let body = self.estimate(body);
        self.variables = outer;
        let (produce, each) = match kind {
            MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne => (0, None),
            MacroKind::Filter => (PRODUCE, Some(element)),
            MacroKind::Map => (PRODUCE, Some(body.size)),
        };
        let count = range.size.own.count();
        // The keys of a map are gathered before they are bound.
        let twice = variables.second.is_some() || range.size.own.entries > 0;
        let bind = if twice { 2 * BIND } else { BIND };
        let step = bind.saturating_add(produce).saturating_add(filter).saturating_add(body.cost);
        let size = each.map(|each| Size::many(count.min(ELEMENTS), 0, 0, &each, PRODUCED));
        range.node(count.saturating_mul(step), size.unwrap_or_default())
    }
}

/// What a function costs besides its operands, and what its result measures.
fn function_cost(function: Function, first: &Size, second: &Size, third: &Size) -> (u64, Size) {
    let text = first.own.bytes / 64 + 1;
    let copied = text.saturating_mul(TEXT);
    let searched = text.saturating_mul(SEARCH);
    let pairs = |left: &Size, right: &Size| {
        let pair = compare_cost(&left.inside(None).own, &right.inside(None).own).saturating_add(1);
        left.own.items.saturating_mul(right.own.items).saturating_mul(pair)
    };
    match function {
        Function::Size => (copied, Size::default()),
        Function::ToInt | Function::ToDouble => (copied.saturating_add(PARSE), Size::default()),
        Function::LowerAscii | Function::UpperAscii | Function::Trim | Function::Substring => {
            (copied, Size::text(first.own.bytes))
        }
        Function::ToString => (copied.saturating_add(WRITE), Size::text(first.own.bytes.max(64))),
        Function::StartsWith | Function::EndsWith => (first.own.whole.min(second.own.whole), Size::default()),
        Function::Contains | Function::IndexOf | Function::LastIndexOf => (searched, Size::default()),
        Function::Split => {
            let items = first.own.bytes.saturating_add(1).min(ELEMENTS);
            let size = Size::many(items, 0, 0, &Size::text(first.own.bytes), PRODUCED);
            (searched.saturating_add(items.saturating_mul(PRODUCE)), size)
        }
        Function::Replace => {
            let places = first.own.bytes.saturating_add(1);
            let bytes = first.own.bytes.saturating_add(places.saturating_mul(third.own.bytes));
            let bytes = bytes.min(limits::PRODUCED_BYTES as u64);
            let replaced = text.saturating_mul(REPLACE);
            (replaced.saturating_add((bytes / 64).saturating_mul(TEXT)), Size::text(bytes))
        }
        Function::Sum => (fold_cost(first), Size::default()),
        Function::Min | Function::Max => (fold_cost(first), first.inside(None)),
        Function::Distinct => (pairs(first, first), first.clone()),
        Function::SetsContains | Function::SetsIntersects => (pairs(first, second), Size::default()),
        Function::SetsEquivalent => (pairs(first, second).saturating_mul(2), Size::default()),
    }
}

/// Elements of a computed container at most.
const ELEMENTS: u64 = limits::ELEMENTS as u64;
/// The whole of a computed value at most.
const PRODUCED: u64 = 3 * limits::PRODUCED_BYTES as u64 / 64;

fn fold_cost(list: &Size) -> u64 {
    list.own.items.saturating_mul(FOLD).saturating_add(list.own.whole)
}

/// A container that is written out, within what a function may produce.
fn within_limits(mut size: Size) -> Size {
    size.own.whole = size.own.whole.min(PRODUCED);
    size
}

/// The cost of comparing two values.
fn compare_cost(left: &SizeBounds, right: &SizeBounds) -> u64 {
    left.whole.min(right.whole).saturating_add(conversion_cost(left, right))
}

/// The cost of converting an `any` to the type of the other operand.
fn conversion_cost(left: &SizeBounds, right: &SizeBounds) -> u64 {
    match (left.json, right.json) {
        (json, 0) if right.composite => json.saturating_mul(READ),
        (0, json) if left.composite => json.saturating_mul(READ),
        _ => 0,
    }
}

/// The cost of finding a key in a map.
fn lookup_cost(key: &Size, container: &Size) -> u64 {
    match container.own.entries {
        0 => 0,
        _ => LOOKUP.saturating_add(key.own.bytes.min(container.own.keys) / 8),
    }
}

/// The cost of finding an element in a container.
fn membership_cost(element: &Size, container: &Size) -> u64 {
    let item = compare_cost(&element.own, &container.inside(None).own).saturating_add(1);
    container.own.items.saturating_mul(item).saturating_add(lookup_cost(element, container))
}

/// What a single variable over a range stands for: an element of a list, a key of a map.
fn element(range: &Size) -> Size {
    let element = if range.own.items > 0 { range.inside(None) } else { Size::default() };
    element.merge(key(range))
}

fn key(range: &Size) -> Size {
    if range.own.entries > 0 { Size::text(range.own.keys) } else { Size::default() }
}

impl Estimate {
    /// The costs of both, with no value of their own.
    fn and(self, other: Estimate) -> Estimate {
        Estimate { cost: self.cost.saturating_add(other.cost), size: Size::default() }
    }

    /// A node over these operands that costs so much besides.
    fn node(self, own: u64, size: Size) -> Estimate {
        Estimate { cost: self.cost.saturating_add(1).saturating_add(own), size }
    }

    /// A node whose value is one of two.
    fn either(self, other: Estimate) -> Estimate {
        let size = self.size.merge(other.size);
        Estimate { cost: self.cost.saturating_add(other.cost).saturating_add(1), size }
    }

    fn add(self, cost: u64) -> Estimate {
        Estimate { cost: self.cost.saturating_add(cost), ..self }
    }
}
