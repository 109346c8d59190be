//! What a macro, a `distinct` or a `sets` call costs, worked out over the tree as parsed by looking at every value
//! that a read may reach. What it is has its one description in the engine (`actra_ir::cost`).

mod measure;
mod operation;

use actra_model::RecordName;
use actra_syntax::ast::{
    AtomOperand, BinaryOp, Condition, ConditionKind, Expr, ExprKind, Rule, StructuredAtom,
    StructuredOperator, Subject, UnaryOp,
};

use self::measure::{Measures, PossibleValue, contents, length, list_of, maximum};
use self::operation::{
    compare_cost, conversion_cost, function_cost, lookup_cost, membership_cost, pairwise_cost,
    path_compare_cost, search_cost,
};
use super::path::{Root, member_type};
use super::{Eval, ReadResult};
use crate::expr::{is_macro, is_sets, key_text, variable_names};
use crate::names::literal;
use crate::value::{V, from_raw};

/// The root of an expression's canonical form, as far as it merges with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CanonicalForm {
    And,
    Or,
    /// The negation of the first two, or of something else.
    NotAnd,
    NotOr,
    Not,
    Other,
}

/// The cost of an expression and the values that it may have.
struct CostEstimate<'a> {
    cost: u64,
    values: Vec<PossibleValue<'a>>,
    form: CanonicalForm,
}

/// Macro variables.
type BoundValues<'a> = Vec<(String, Vec<PossibleValue<'a>>)>;

/// Costs are not told apart beyond this, so that sums cannot overflow.
const COST_CAP: u64 = 1 << 60;

fn estimate(cost: u64, values: Vec<PossibleValue<'_>>) -> CostEstimate<'_> {
    CostEstimate { cost: cost.min(COST_CAP), values, form: CanonicalForm::Other }
}

fn is_call(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { target: Some(target), function, .. } => {
            is_macro(&function.value)
                || matches!(function.value.as_str(), "distinct" | "matches")
                || is_sets(target)
        }
        _ => false,
    }
}

impl<'a> Eval<'a> {
    /// What an outermost call costs.
    pub(crate) fn cost(&self, expr: &Expr) -> u64 {
        self.estimate_expr(expr, &BoundValues::new()).cost
    }

    /// What a structured `subset_of` or `intersects` costs.
    pub(crate) fn atom_cost(&self, atom: &StructuredAtom) -> u64 {
        self.estimate_atom(atom).cost
    }

    /// What each outermost call of a rule costs, from left to right.
    pub(crate) fn costs(&self, rule: &Rule) -> Vec<u64> {
        let mut is_element = Vec::new();
        self.condition_costs(&rule.when, &mut is_element);
        rule.unless.iter().for_each(|unless| self.condition_costs(unless, &mut is_element));
        is_element
    }

    fn condition_costs(&self, condition: &Condition, is_element: &mut Vec<u64>) {
        match &condition.kind {
            ConditionKind::Expression(expr) => self.expression_costs(expr, is_element),
            ConditionKind::StructuredAtom(atom) => {
                let operator = StructuredOperator::parse(&atom.operator.value);
                if matches!(
                    operator,
                    Some(
                        StructuredOperator::SubsetOf
                            | StructuredOperator::Intersects
                            | StructuredOperator::Matches
                    )
                ) {
                    is_element.push(self.atom_cost(atom));
                }
            }
            ConditionKind::All(parts) | ConditionKind::Any(parts) => {
                parts.iter().for_each(|part| self.condition_costs(part, is_element));
            }
            ConditionKind::Not(part) => self.condition_costs(part, is_element),
        }
    }

    fn expression_costs(&self, expr: &Expr, is_element: &mut Vec<u64>) {
        if is_call(expr) {
            return is_element.push(self.cost(expr));
        }
        match &expr.kind {
            ExprKind::Ident(name) => {
                let definition = self.names.definitions.get(name.as_str());
                definition.into_iter().for_each(|inner| self.condition_costs(inner, is_element));
            }
            // The canonical tree has only `<` and `<=`.
            ExprKind::Binary { op: BinaryOp::Greater | BinaryOp::GreaterOrEqual, left, right, .. } => {
                self.expression_costs(right, is_element);
                self.expression_costs(left, is_element);
            }
            // Entries stand in the order of their keys.
            ExprKind::Map(entries) => {
                let mut entries: Vec<_> = entries.iter().map(|(key, value)| (key_text(key), value)).collect();
                entries.sort_by_key(|(key, _)| *key);
                entries.into_iter().for_each(|(_, value)| self.expression_costs(value, is_element));
            }
            ExprKind::Call { function, args, .. } if function.value == "containsIP" => {
                args.iter().for_each(|arg| self.expression_costs(arg, is_element));
            }
            _ => crate::expr::children(expr)
                .into_iter()
                .for_each(|part| self.expression_costs(part, is_element)),
        }
    }

    fn estimate_condition(&self, condition: &Condition) -> CostEstimate<'a> {
        match &condition.kind {
            ConditionKind::Expression(expr) => self.estimate_expr(expr, &BoundValues::new()),
            ConditionKind::StructuredAtom(atom) => self.estimate_atom(atom),
            ConditionKind::All(parts) => {
                junction(CanonicalForm::And, parts.iter().map(|part| self.estimate_condition(part)).collect())
            }
            ConditionKind::Any(parts) => {
                junction(CanonicalForm::Or, parts.iter().map(|part| self.estimate_condition(part)).collect())
            }
            ConditionKind::Not(part) => not(self.estimate_condition(part)),
        }
    }

    fn estimate_subject(&self, subject: &Subject) -> CostEstimate<'a> {
        let record = RecordName::parse(&subject.domain.value).unwrap_or(RecordName::Action);
        let [first, rest @ ..] = subject.field.as_slice() else { unreachable!("a path has a field") };
        let field = self.field_values(record, &first.value);
        let values = rest.iter().fold(field, |values, name| contents(&values, Some(&name.value)));
        estimate(length(subject.field.len() + 2 * rest.len()), values)
    }

    fn estimate_atom(&self, atom: &StructuredAtom) -> CostEstimate<'a> {
        let subject = self.estimate_subject(&atom.subject);
        let operator = StructuredOperator::parse(&atom.operator.value).expect("the set compiles");
        let value = match &atom.value {
            None => return estimate(subject.cost + 1, Vec::new()),
            Some(AtomOperand::Subject(other)) => self.estimate_subject(other),
            Some(AtomOperand::Constant(name)) => estimate(
                1,
                vec![PossibleValue::Value(from_raw(&self.names.constants[name.value.as_str()]), None)],
            ),
            Some(AtomOperand::Literal(data)) => {
                estimate(1, vec![PossibleValue::Value(from_raw(&literal(data)), None)])
            }
        };
        let is_null =
            |value: &CostEstimate| matches!(value.values.as_slice(), [PossibleValue::Value(V::Null, _)]);
        let ty = self.subject_type(&atom.subject);
        let (subject_most, value_most) = (maximum(&subject.values), maximum(&value.values));
        let both = subject.cost + value.cost + 1;
        let plain = match operator {
            StructuredOperator::Exists => unreachable!("it has no value"),
            StructuredOperator::Equals | StructuredOperator::NotEquals if is_null(&value) => subject.cost + 1,
            StructuredOperator::Equals
            | StructuredOperator::NotEquals
            | StructuredOperator::GreaterThan
            | StructuredOperator::GreaterOrEqual
            | StructuredOperator::LessThan
            | StructuredOperator::LessOrEqual => both + compare_cost(&subject_most, &value_most),
            StructuredOperator::In | StructuredOperator::NotIn => {
                both + membership_cost(&subject.values, &value.values)
            }
            StructuredOperator::Contains | StructuredOperator::NotContains
                if ty == "string" || ty == "any" =>
            {
                both + function_cost("contains", &subject.values, &value.values, &[]).0
            }
            StructuredOperator::Contains | StructuredOperator::NotContains => {
                both + membership_cost(&value.values, &subject.values)
            }
            StructuredOperator::StartsWith | StructuredOperator::EndsWith => {
                both + subject_most.whole.min(value_most.whole)
            }
            StructuredOperator::Matches => subject.cost + 1 + search_cost(&subject.values, &value.values),
            StructuredOperator::Within if ty == "ip" => subject.cost + 1,
            StructuredOperator::Within => both + path_compare_cost(&subject.values, &value.values),
            StructuredOperator::SubsetOf | StructuredOperator::Intersects => {
                both + pairwise_cost(&value.values, &subject.values)
            }
        };
        let atom = estimate(plain, Vec::new());
        if is_negated(operator) { not(atom) } else { atom }
    }

    /// The value of a field, if there is one.
    fn field_values(&self, record: RecordName, name: &str) -> Vec<PossibleValue<'a>> {
        let ty = self.schema.field(record, self.action, name).map(|field| &field.ty);
        match self.field(record, name) {
            ReadResult::Value(value) => vec![PossibleValue::Value(value, ty)],
            ReadResult::Absent(_) | ReadResult::Fault(_) => Vec::new(),
        }
    }

    fn subject_type(&self, subject: &Subject) -> String {
        let record = RecordName::parse(&subject.domain.value).unwrap_or(RecordName::Action);
        let [first, rest @ ..] = subject.field.as_slice() else { return String::new() };
        let first = self.schema.field(record, self.action, &first.value).map(|field| &field.ty);
        let ty = rest.iter().fold(first, |ty, name| member_type(ty?, &name.value));
        // What lies inside of an `any` is one.
        ty.map_or_else(|| if rest.is_empty() { "string" } else { "any" }.to_owned(), |ty| ty.kind.name())
    }

    fn estimate_expr(&self, expr: &Expr, vars: &BoundValues<'a>) -> CostEstimate<'a> {
        if let Some(value) = self.literal_value(expr) {
            return estimate(1, vec![PossibleValue::Value(value, None)]);
        }
        match &expr.kind {
            ExprKind::Ident(name) => match vars.iter().rfind(|(known, _)| known == name) {
                Some((_, values)) => estimate(1, values.clone()),
                None => self.estimate_condition(self.names.definitions[name.as_str()]),
            },
            ExprKind::Select { operand, field, .. } => {
                let is_variable = |name: &str| vars.iter().any(|(known, _)| known == name);
                match &operand.kind {
                    ExprKind::Ident(name) if !is_variable(name) && RecordName::parse(name).is_some() => {
                        let record = RecordName::parse(name).unwrap_or(RecordName::Action);
                        estimate(1, self.field_values(record, &field.value))
                    }
                    _ => {
                        let operand = self.estimate_expr(operand, vars);
                        estimate(operand.cost + 1 + 2, contents(&operand.values, Some(&field.value)))
                    }
                }
            }
            ExprKind::Index { operand, index, .. } => {
                let operand = self.estimate_expr(operand, vars);
                match &index.kind {
                    ExprKind::String(key) => {
                        estimate(operand.cost + 1 + 2, contents(&operand.values, Some(key)))
                    }
                    _ if matches!(self.literal_value(index), Some(V::Str(_))) => {
                        estimate(operand.cost + 1 + 2, contents(&operand.values, None))
                    }
                    _ => {
                        let key = self.estimate_expr(index, vars);
                        let own = lookup_cost(&maximum(&key.values), &maximum(&operand.values));
                        estimate(operand.cost + key.cost + 1 + own, contents(&operand.values, None))
                    }
                }
            }
            ExprKind::List(items) => {
                let parts: Vec<CostEstimate<'a>> =
                    items.iter().map(|item| self.estimate_expr(item, vars)).collect();
                let cost = parts.iter().map(|part| part.cost + 16).sum::<u64>() + 1;
                let items = length(parts.len());
                let whole =
                    parts.iter().map(|part| maximum(&part.values).whole + 1).sum::<u64>().min(196_608);
                let own = Measures { items, whole, composite: true, ..Measures::default() };
                let inner = parts.into_iter().flat_map(|part| part.values).collect();
                estimate(cost, vec![PossibleValue::Most(own, inner)])
            }
            ExprKind::Map(entries) => {
                let parts: Vec<(&str, CostEstimate<'a>)> = entries
                    .iter()
                    .map(|(key, value)| (key_text(key), self.estimate_expr(value, vars)))
                    .collect();
                let cost = parts.iter().map(|(_, part)| part.cost + 16).sum::<u64>() + 1;
                let whole =
                    parts.iter().map(|(key, part)| maximum(&part.values).whole + 3 + length(key.len()) / 64);
                let own = Measures {
                    entries: length(parts.len()),
                    keys: parts.iter().map(|(key, _)| length(key.len())).max().unwrap_or(0),
                    whole: whole.sum::<u64>().min(196_608),
                    composite: true,
                    ..Measures::default()
                };
                let inner = parts.into_iter().flat_map(|(_, part)| part.values).collect();
                estimate(cost, vec![PossibleValue::Most(own, inner)])
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => not(self.estimate_expr(operand, vars)),
            ExprKind::Unary { operand, .. } => {
                estimate(self.estimate_expr(operand, vars).cost + 1, Vec::new())
            }
            ExprKind::Binary { op, left, right, .. } => self.estimate_binary(*op, left, right, vars),
            ExprKind::Conditional { condition, then, otherwise } => {
                let condition = self.estimate_expr(condition, vars).cost;
                let (then, otherwise) = (self.estimate_expr(then, vars), self.estimate_expr(otherwise, vars));
                let values = then.values.into_iter().chain(otherwise.values).collect();
                estimate(condition + then.cost + otherwise.cost + 1, values)
            }
            ExprKind::Call { target, function, args } => {
                self.estimate_call(target.as_deref(), &function.value, args, vars)
            }
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => {
                unreachable!("written out")
            }
        }
    }

    fn estimate_binary(
        &self,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
        vars: &BoundValues<'a>,
    ) -> CostEstimate<'a> {
        let (a, b) = (self.estimate_expr(left, vars), self.estimate_expr(right, vars));
        let both = a.cost + b.cost + 1;
        let compare = compare_cost(&maximum(&a.values), &maximum(&b.values));
        let is_null = |expr: &Expr| matches!(expr.kind, ExprKind::Null);
        match op {
            BinaryOp::And => junction(CanonicalForm::And, vec![a, b]),
            BinaryOp::Or => junction(CanonicalForm::Or, vec![a, b]),
            BinaryOp::Equal | BinaryOp::NotEqual => {
                let equal = match (is_null(left), is_null(right)) {
                    (true, _) => estimate(b.cost + 1, Vec::new()),
                    (_, true) => estimate(a.cost + 1, Vec::new()),
                    _ => estimate(both + compare, Vec::new()),
                };
                if op == BinaryOp::NotEqual { not(equal) } else { equal }
            }
            BinaryOp::In => estimate(both + membership_cost(&a.values, &b.values), Vec::new()),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply => {
                let (first, second) = (maximum(&a.values), maximum(&b.values));
                let items = first.items + second.items;
                let cost = both + conversion_cost(&first, &second);
                if op == BinaryOp::Add && items > 0 {
                    let inner: Vec<PossibleValue<'a>> =
                        contents(&a.values, None).into_iter().chain(contents(&b.values, None)).collect();
                    return estimate(cost + 16 * items, vec![list_of(items.min(10_000), inner)]);
                }
                estimate(cost + 20, Vec::new())
            }
            _ => estimate(both + compare, Vec::new()),
        }
    }

    fn estimate_call(
        &self,
        target: Option<&Expr>,
        name: &str,
        args: &[Expr],
        vars: &BoundValues<'a>,
    ) -> CostEstimate<'a> {
        let arg = |idx: usize| self.estimate_expr(&args[idx], vars);
        match (target, name) {
            (None, "has") => return estimate(arg(0).cost + 1, Vec::new()),
            (Some(_), "containsIP") => return estimate(arg(0).cost + 1, Vec::new()),
            (Some(target), "contains" | "intersects" | "equivalent") if is_sets(target) => {
                let (a, b) = (arg(0), arg(1));
                let times = if name == "equivalent" { 2 } else { 1 };
                return estimate(
                    a.cost + b.cost + 1 + times * pairwise_cost(&a.values, &b.values),
                    Vec::new(),
                );
            }
            (Some(target), name) if is_macro(name) => return self.estimate_macro(target, name, args, vars),
            (Some(target), "matches") => {
                let text = self.estimate_expr(target, vars);
                return estimate(text.cost + 1 + search_cost(&text.values, &arg(0).values), Vec::new());
            }
            (Some(target), "orValue") => {
                let (a, b) = (self.estimate_expr(target, vars), arg(0));
                let cost = a.cost + b.cost + 1 + conversion_cost(&maximum(&a.values), &maximum(&b.values));
                return estimate(cost, a.values.into_iter().chain(b.values).collect());
            }
            (Some(target), "within") => {
                let (a, b) = (self.estimate_expr(target, vars), arg(0));
                return estimate(a.cost + b.cost + 1 + path_compare_cost(&a.values, &b.values), Vec::new());
            }
            (Some(target), name) if name.starts_with("get") => {
                return estimate(self.estimate_expr(target, vars).cost + 1 + 40, Vec::new());
            }
            _ => {}
        }
        let operands: Vec<CostEstimate<'a>> =
            target.into_iter().chain(args).map(|operand| self.estimate_expr(operand, vars)).collect();
        let values = |idx: usize| operands.get(idx).map_or(&[][..], |operand| &operand.values);
        let (own, result) = function_cost(name, values(0), values(1), values(2));
        estimate(operands.iter().map(|operand| operand.cost).sum::<u64>() + 1 + own, result)
    }

    fn estimate_macro(
        &self,
        target: &Expr,
        name: &str,
        args: &[Expr],
        vars: &BoundValues<'a>,
    ) -> CostEstimate<'a> {
        let range = self.estimate_expr(target, vars);
        let measures = maximum(&range.values);
        let key = || {
            let text = Measures { bytes: measures.keys, whole: measures.keys / 64, ..Measures::default() };
            if measures.entries > 0 { vec![PossibleValue::Most(text, Vec::new())] } else { Vec::new() }
        };
        let elements = || {
            let elements = if measures.items > 0 { contents(&range.values, None) } else { Vec::new() };
            elements.into_iter().chain(key()).collect::<Vec<PossibleValue<'a>>>()
        };
        let names: Vec<&Expr> = variable_names(name, args).iter().collect();
        let bound = match names.len() {
            1 => vec![elements()],
            _ => vec![key(), contents(&range.values, None)],
        };
        let named = names.iter().zip(bound).map(|(name, values)| match &name.kind {
            ExprKind::Ident(name) => (name.clone(), values),
            _ => unreachable!("the set compiles"),
        });
        let inner: BoundValues<'a> = vars.iter().cloned().chain(named).collect();
        let body = self.estimate_expr(&args[args.len() - 1], &inner);
        let filter =
            if name == "map" && args.len() == 3 { self.estimate_expr(&args[1], &inner).cost } else { 0 };
        let count = measures.items.max(measures.entries);
        let (produce, values) = match name {
            "filter" => (16, vec![list_of(count.min(10_000), elements())]),
            "map" => (16, vec![list_of(count.min(10_000), body.values)]),
            _ => (0, Vec::new()),
        };
        let bind = if names.len() > 1 || measures.entries > 0 { 20 } else { 10 };
        let step = (bind + produce + filter).saturating_add(body.cost);
        estimate(range.cost.saturating_add(1).saturating_add(count.saturating_mul(step)), values)
    }

    /// A literal of the canonical tree: what is made of literals alone.
    fn literal_value(&self, expr: &Expr) -> Option<V> {
        match &expr.kind {
            ExprKind::Null => Some(V::Null),
            ExprKind::Bool(value) => Some(V::Bool(*value)),
            ExprKind::Number(text) => Some(from_raw(&crate::number(text))),
            ExprKind::String(text) => Some(V::Str(text.clone())),
            ExprKind::Unary { op: UnaryOp::Negate, operand } => match &operand.kind {
                ExprKind::Number(text) => Some(from_raw(&crate::number(text))),
                _ => None,
            },
            ExprKind::List(items) => Some(V::List(
                items.iter().map(|item| self.literal_value(item).map(Ok)).collect::<Option<_>>()?,
            )),
            ExprKind::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    Some((key_text(key).to_owned(), Some(Ok(self.literal_value(value)?))))
                });
                Some(V::Map(entries.collect::<Option<_>>()?))
            }
            ExprKind::Select { operand, field, .. } => match &operand.kind {
                ExprKind::Ident(name) if name == "constants" => match self.root(operand, &[]) {
                    Some(Root::Constants) => Some(from_raw(self.names.constants.get(field.value.as_str())?)),
                    _ => None,
                },
                _ => None,
            },
            ExprKind::Call { target: None, function, args }
                if matches!(function.value.as_str(), "timestamp" | "duration" | "quantity") =>
            {
                self.literal_value(&args[0]).map(|_| V::Null)
            }
            _ => None,
        }
    }
}

/// `&&` and `||` take in their like; one part stands for itself.
fn junction(form: CanonicalForm, mut parts: Vec<CostEstimate<'_>>) -> CostEstimate<'_> {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let own = |part: &CostEstimate<'_>| if part.form == form { part.cost - 1 } else { part.cost };
    let cost = parts.iter().map(own).fold(1, u64::saturating_add);
    CostEstimate { form, ..estimate(cost, Vec::new()) }
}

fn not(operand: CostEstimate<'_>) -> CostEstimate<'_> {
    let (cost, form) = match operand.form {
        CanonicalForm::NotAnd => (operand.cost - 1, CanonicalForm::And),
        CanonicalForm::NotOr => (operand.cost - 1, CanonicalForm::Or),
        CanonicalForm::Not => (operand.cost - 1, CanonicalForm::Other),
        CanonicalForm::And => (operand.cost + 1, CanonicalForm::NotAnd),
        CanonicalForm::Or => (operand.cost + 1, CanonicalForm::NotOr),
        CanonicalForm::Other => (operand.cost + 1, CanonicalForm::Not),
    };
    CostEstimate { form, ..estimate(cost, Vec::new()) }
}

/// Whether an operator is written for the negation of a test.
fn is_negated(operator: StructuredOperator) -> bool {
    match operator {
        StructuredOperator::NotEquals | StructuredOperator::NotIn | StructuredOperator::NotContains => true,
        StructuredOperator::Equals
        | StructuredOperator::GreaterThan
        | StructuredOperator::GreaterOrEqual
        | StructuredOperator::LessThan
        | StructuredOperator::LessOrEqual
        | StructuredOperator::In
        | StructuredOperator::Contains
        | StructuredOperator::StartsWith
        | StructuredOperator::EndsWith
        | StructuredOperator::Matches
        | StructuredOperator::Exists
        | StructuredOperator::Within
        | StructuredOperator::SubsetOf
        | StructuredOperator::Intersects => false,
    }
}
