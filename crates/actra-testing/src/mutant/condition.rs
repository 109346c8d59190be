//! Mutants of a condition: what each node can be replaced by, and the whole condition with that.

use std::sync::Arc;

use actra_engine::diagnostics::Span;
use actra_engine::ir::print::print;
use actra_engine::ir::{
    ArithmeticOp, Comparison, Expr, ExprKind, Function, MacroKind, operands, operands_mut,
};
use actra_engine::model::{Cidr, Pattern, RecordName, Value};

use super::MutantKind;
use super::literal::{Neighbor, changed, neighbor, shortened, without_each};
use super::policy_ast::is_within;
use super::source_text::source_text;

/// A condition with one change.
pub(super) struct ConditionMutant {
    pub(super) kind: MutantKind,
    pub(super) span: Span,
    pub(super) before: String,
    pub(super) after: Option<String>,
    /// Whether the condition itself was replaced or lost one of its parts, and not something inside of a part.
    pub(super) is_top_level: bool,
    /// The negation of a dropped part, which is how `unless` says it.
    pub(super) opposite: Option<String>,
    pub(super) condition: Expr,
}

/// What may stand in the place of one node.
struct NodeReplacement {
    kind: MutantKind,
    span: Span,
    before: String,
    after: Option<String>,
    opposite: Option<String>,
    expr: Expr,
}

/// Whether a field is a number.
pub(super) type IsNumberField<'n> = dyn Fn(RecordName, &str) -> bool + 'n;

/// What a node is to the node above it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A condition whose negation is a change of its own.
    Condition,
    /// A condition below a `!` or in front of a `?`, where another change says the same as its negation.
    Negated,
    /// An operand, which is a value and no condition.
    Operand,
}

/// All changes of a condition, in reading order of the canonical tree.
///
/// `outside_when` are the spans of `unless` and `scope`, whose conditions are joined with that of `when`.
pub(super) fn condition_mutants(
    condition: &Expr,
    outside_when: &[Span],
    is_number_field: &IsNumberField<'_>,
) -> Vec<ConditionMutant> {
    let mut mutants = Vec::new();
    let start = match &condition.kind {
        // Negating `when: true` is the same as dropping the rule.
        ExprKind::Literal(_) => Role::Operand,
        _ => Role::Condition,
    };
    let mutator = ConditionMutator { condition, is_number_field };
    mutator.collect(condition, start, &mut Vec::new(), &mut mutants);
    let when_as_or = when_as_or(condition, outside_when);
    if !when_as_or.is_empty() {
        mutants.retain(|mutant| {
            !(mutant.is_top_level && mutant.kind == MutantKind::Connective && mutant.after.is_some())
        });
    }
    let when_as_or =
        when_as_or.into_iter().map(|NodeReplacement { kind, span, before, after, opposite, expr }| {
            ConditionMutant { kind, span, before, after, is_top_level: true, opposite, condition: expr }
        });
    mutants.splice(0..0, when_as_or);
    mutants.iter_mut().for_each(|mutant| flatten(&mut mutant.condition));
    mutants
}

/// Restores the invariants of the canonical tree: no `And` in an `And`, no `Or` in an `Or`, no `Not` of a `Not`.
///
/// Recursion is bounded: a change nests a condition little deeper than `limits::NESTING`.
fn flatten(expr: &mut Expr) {
    operands_mut(expr).into_iter().for_each(flatten);
    let placeholder = ExprKind::Literal(Value::Bool(false));
    expr.kind = match std::mem::replace(&mut expr.kind, placeholder) {
        ExprKind::And(parts) => ExprKind::And(parts.into_iter().flat_map(and_parts).collect()),
        ExprKind::Or(parts) => ExprKind::Or(parts.into_iter().flat_map(or_parts).collect()),
        ExprKind::Not(operand) => match &operand.kind {
            ExprKind::Not(inner) => inner.kind.clone(),
            _ => ExprKind::Not(operand),
        },
        kind => kind,
    };
}

fn and_parts(part: Expr) -> Vec<Expr> {
    if let ExprKind::And(parts) = part.kind { parts } else { vec![part] }
}

fn or_parts(part: Expr) -> Vec<Expr> {
    if let ExprKind::Or(parts) = part.kind { parts } else { vec![part] }
}

/// The condition with an `&&` of `when` turned into `||`, if `unless` or `scope` are joined with it; none if not, since
/// then the condition is that of `when`.
fn when_as_or(condition: &Expr, outside_when: &[Span]) -> Vec<NodeReplacement> {
    let ExprKind::And(parts) = &condition.kind else { return Vec::new() };
    let is_outside = |part: &&Expr| outside_when.iter().any(|span| is_within(part.span, *span));
    let when: Vec<Expr> = parts.iter().filter(|part| !is_outside(part)).cloned().collect();
    if when.len() == parts.len() {
        return Vec::new();
    }
    let first = parts.iter().position(|part| !is_outside(&part)).unwrap_or_default();
    let old = at(condition, ExprKind::And(when.clone()));
    let joined = |new: Expr| {
        let mut joined: Vec<Expr> = parts.iter().filter(is_outside).cloned().collect();
        joined.insert(first.min(joined.len()), new.clone());
        let expr = at(condition, ExprKind::And(joined));
        NodeReplacement { expr, ..replace(MutantKind::Connective, &old, new) }
    };
    turned_into_or(&old, &when).into_iter().map(joined).collect()
}

/// `a && b && c` with one of the `&&` as `||`.
fn turned_into_or(expr: &Expr, parts: &[Expr]) -> Vec<Expr> {
    let and = |parts: &[Expr]| match parts {
        [only] => only.clone(),
        parts => at(expr, ExprKind::And(parts.to_vec())),
    };
    let split = (1..parts.len()).filter_map(|idx| parts.split_at_checked(idx));
    split.map(|(left, right)| at(expr, ExprKind::Or(vec![and(left), and(right)]))).collect()
}

/// `a || b || c` with one of the `||` as `&&`, which binds more tightly.
fn turned_into_and(expr: &Expr, parts: &[Expr]) -> Vec<Expr> {
    let join = |(idx, pair): (usize, &[Expr])| {
        let joined = at(expr, ExprKind::And(pair.to_vec()));
        let mut all: Vec<Expr> = parts.iter().take(idx).cloned().collect();
        all.push(joined.clone());
        all.extend(parts.iter().skip(idx + 2).cloned());
        if all.len() == 1 { joined } else { at(expr, ExprKind::Or(all)) }
    };
    parts.windows(2).enumerate().map(join).collect()
}

/// Replaces one node of a condition after another.
struct ConditionMutator<'w> {
    condition: &'w Expr,
    is_number_field: &'w IsNumberField<'w>,
}

impl ConditionMutator<'_> {
    /// Recursion is bounded: conditions nest at most `limits::NESTING` deep.
    fn collect(&self, expr: &Expr, role: Role, path: &mut Vec<usize>, mutants: &mut Vec<ConditionMutant>) {
        for replacement in replacements(expr, role, self.is_number_field) {
            let mut condition = self.condition.clone();
            if let Some(node) = node_at(&mut condition, path) {
                *node = replacement.expr;
                let NodeReplacement { kind, span, before, after, opposite, .. } = replacement;
                let is_top_level = path.is_empty();
                mutants.push(ConditionMutant {
                    kind,
                    span,
                    before,
                    after,
                    is_top_level,
                    opposite,
                    condition,
                });
            }
        }
        for (idx, operand) in operands(expr).into_iter().enumerate() {
            path.push(idx);
            self.collect(operand, role_of(expr, idx, role), path, mutants);
            path.pop();
        }
    }
}

/// The node that is reached by taking these operands, from the top.
fn node_at<'e>(expr: &'e mut Expr, path: &[usize]) -> Option<&'e mut Expr> {
    path.iter().try_fold(expr, |expr, idx| operands_mut(expr).into_iter().nth(*idx))
}

/// The role of an operand, given that of its node.
fn role_of(parent: &Expr, idx: usize, role: Role) -> Role {
    match &parent.kind {
        ExprKind::And(_) | ExprKind::Or(_) => Role::Condition,
        ExprKind::Not(_) => Role::Negated,
        ExprKind::Conditional { .. } if idx == 0 => Role::Negated,
        ExprKind::Conditional { .. } if role != Role::Operand => Role::Condition,
        ExprKind::Macro { kind, filter, .. } => match (idx, kind) {
            (0, _) => Role::Operand,
            (1, _) if filter.is_some() => Role::Condition,
            (_, MacroKind::Map) => Role::Operand,
            _ => Role::Condition,
        },
        _ => Role::Operand,
    }
}

/// What may stand in the place of a node.
fn replacements(expr: &Expr, role: Role, is_number_field: &IsNumberField<'_>) -> Vec<NodeReplacement> {
    let mut found = Vec::new();
    match &expr.kind {
        ExprKind::And(parts) => connective(expr, parts, turned_into_or(expr, parts), &mut found),
        ExprKind::Or(parts) => connective(expr, parts, turned_into_and(expr, parts), &mut found),
        ExprKind::Not(operand) => found.push(replace(MutantKind::Negation, expr, (**operand).clone())),
        ExprKind::Conditional { condition, then, otherwise } => {
            let swapped = ExprKind::Conditional {
                condition: condition.clone(),
                then: otherwise.clone(),
                otherwise: then.clone(),
            };
            found.push(replace(MutantKind::Connective, expr, at(expr, swapped)));
        }
        _ => {
            leaf_replacements(expr, is_number_field, &mut found);
            if role == Role::Condition && !matches!(expr.kind, ExprKind::Literal(_)) {
                found.push(replace(MutantKind::Negation, expr, not(expr)));
            }
        }
    }
    found
}

fn connective(expr: &Expr, parts: &[Expr], turned: Vec<Expr>, found: &mut Vec<NodeReplacement>) {
    found.extend(turned.into_iter().map(|other| replace(MutantKind::Connective, expr, other)));
    for (idx, part) in parts.iter().enumerate() {
        let rest = parts.iter().enumerate().filter(|(other, _)| *other != idx).map(|(_, part)| part.clone());
        let mut rest: Vec<Expr> = rest.collect();
        let rest = match (rest.len(), rest.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                rest.extend(last);
                let same = if let ExprKind::And(_) = expr.kind { ExprKind::And } else { ExprKind::Or };
                at(expr, same(rest))
            }
        };
        found.push(NodeReplacement {
            kind: MutantKind::Connective,
            span: part.span,
            before: source_text(part),
            after: None,
            opposite: Some(match &part.kind {
                ExprKind::Not(operand) => source_text(operand),
                _ => source_text(&not(part)),
            }),
            expr: rest,
        });
    }
}

/// Changes of a node that is not a connective.
fn leaf_replacements(expr: &Expr, is_number_field: &IsNumberField<'_>, found: &mut Vec<NodeReplacement>) {
    match &expr.kind {
        ExprKind::Compare { op: Comparison::Equal, left, right } => equality(expr, left, right, found),
        ExprKind::Compare { op, left, right } => ordering(expr, *op, left, right, found),
        ExprKind::In { element, container } => {
            for (element_dropped, list) in without_each(container) {
                let kind = ExprKind::In { element: element.clone(), container: Arc::new(list) };
                found.push(NodeReplacement {
                    kind: MutantKind::Literal,
                    span: container.span,
                    before: format!("{} in {}", print(&element_dropped), source_text(container)),
                    after: None,
                    opposite: None,
                    expr: at(expr, kind),
                });
            }
        }
        ExprKind::InCidr { operand, cidr } => {
            let prefix = cidr.prefix();
            for prefix in [prefix.checked_sub(1), prefix.checked_add(1)].into_iter().flatten() {
                let text = format!("{}/{prefix}", cidr.network());
                let Some(cidr) = Cidr::parse_lenient(&text) else { continue };
                let kind = ExprKind::InCidr { operand: operand.clone(), cidr };
                found.push(replace(MutantKind::Threshold, expr, at(expr, kind)));
            }
        }
        ExprKind::Matches { operand, pattern } => {
            let source = pattern.source();
            let open = [source.strip_prefix('^'), source.strip_suffix('$')];
            for source in open.into_iter().flatten().filter(|source| !source.ends_with('\\')) {
                let Ok(pattern) = Pattern::new(source) else { continue };
                let kind = ExprKind::Matches { operand: operand.clone(), pattern: Box::new(pattern) };
                found.push(replace(MutantKind::Literal, expr, at(expr, kind)));
            }
        }
        ExprKind::Arithmetic { op, left, right }
            if is_number(left, is_number_field) || is_number(right, is_number_field) =>
        {
            let op = match op {
                ArithmeticOp::Add => ArithmeticOp::Subtract,
                ArithmeticOp::Subtract | ArithmeticOp::Multiply => ArithmeticOp::Add,
            };
            let kind = ExprKind::Arithmetic { op, left: left.clone(), right: right.clone() };
            found.push(replace(MutantKind::Operator, expr, at(expr, kind)));
        }
        ExprKind::Call { function, args } => call(expr, *function, args, found),
        ExprKind::Macro { kind, range, variables, filter, body } => {
            let other = match kind {
                MacroKind::All | MacroKind::ExistsOne => MacroKind::Exists,
                MacroKind::Exists => MacroKind::All,
                MacroKind::Filter | MacroKind::Map => return,
            };
            let kind = ExprKind::Macro {
                kind: other,
                range: range.clone(),
                variables: variables.clone(),
                filter: filter.clone(),
                body: body.clone(),
            };
            found.push(replace(MutantKind::Operator, expr, at(expr, kind)));
        }
        ExprKind::OrValue { operand, default } => {
            let other = match &default.kind {
                ExprKind::Literal(Value::Bool(flag)) => {
                    Some(at(default, ExprKind::Literal(Value::Bool(!flag))))
                }
                _ => changed(default),
            };
            if let Some(other) = other {
                let kind = ExprKind::OrValue { operand: operand.clone(), default: Arc::new(other) };
                found.push(replace(MutantKind::Literal, expr, at(expr, kind)));
            }
        }
        _ => {}
    }
}

/// A literal on either side becomes another one.
fn equality(expr: &Expr, left: &Expr, right: &Expr, found: &mut Vec<NodeReplacement>) {
    let rebuilt = |left: Expr, right: Expr| compare(expr, Comparison::Equal, left, right);
    let variants = [
        changed(left).map(|left| rebuilt(left, right.clone())),
        changed(right).map(|right| rebuilt(left.clone(), right)),
    ];
    found.extend(variants.into_iter().flatten().map(|other| replace(MutantKind::Literal, expr, other)));
}

/// `<` becomes `<=` or the reverse, and a literal on either side moves to its neighbors.
fn ordering(expr: &Expr, op: Comparison, left: &Expr, right: &Expr, found: &mut Vec<NodeReplacement>) {
    let other = if op == Comparison::Less { Comparison::LessOrEqual } else { Comparison::Less };
    found.push(replace(MutantKind::Threshold, expr, compare(expr, other, left.clone(), right.clone())));
    for which in [Neighbor::Below, Neighbor::Above] {
        if let Some(left) = moved(left, which) {
            found.push(replace(MutantKind::Threshold, expr, compare(expr, op, left, right.clone())));
        }
        if let Some(right) = moved(right, which) {
            found.push(replace(MutantKind::Threshold, expr, compare(expr, op, left.clone(), right)));
        }
    }
}

fn moved(expr: &Expr, which: Neighbor) -> Option<Expr> {
    let ExprKind::Literal(value) = &expr.kind else { return None };
    Some(at(expr, ExprKind::Literal(neighbor(value, which)?)))
}

fn call(expr: &Expr, function: Function, args: &[Expr], found: &mut Vec<NodeReplacement>) {
    use Function::{Contains, EndsWith, SetsContains, SetsEquivalent, SetsIntersects, StartsWith};
    let others: &[Function] = match function {
        StartsWith => &[EndsWith, Contains],
        EndsWith => &[StartsWith, Contains],
        Contains => &[StartsWith],
        SetsContains => &[SetsIntersects],
        SetsIntersects => &[SetsContains],
        SetsEquivalent => &[SetsContains],
        _ => &[],
    };
    for other in others {
        let kind = ExprKind::Call { function: *other, args: args.to_vec() };
        found.push(replace(MutantKind::Operator, expr, at(expr, kind)));
    }
    let with = |idx: usize, arg: Expr| {
        let rest = args.iter().enumerate();
        let args = rest.map(|(other, old)| if other == idx { arg.clone() } else { old.clone() }).collect();
        at(expr, ExprKind::Call { function, args })
    };
    for (idx, arg) in args.iter().enumerate() {
        match function {
            StartsWith | EndsWith | Contains => {
                let texts = [changed(arg), shortened(arg)].into_iter().flatten();
                found.extend(texts.map(|arg| replace(MutantKind::Literal, expr, with(idx, arg))));
            }
            SetsContains | SetsIntersects | SetsEquivalent => {
                let lists = without_each(arg).into_iter().map(|(_, list)| list);
                found.extend(lists.map(|arg| replace(MutantKind::Literal, expr, with(idx, arg))));
            }
            _ => {}
        }
    }
}

/// Whether the operand is certainly a number, so that every arithmetic operation is well typed.
fn is_number(expr: &Expr, is_number_field: &IsNumberField<'_>) -> bool {
    match &expr.kind {
        ExprKind::Field { record, name } => is_number_field(*record, name),
        ExprKind::Literal(Value::Number(_)) | ExprKind::TimePart { .. } => true,
        ExprKind::Call { function, .. } => matches!(
            function,
            Function::Size | Function::IndexOf | Function::LastIndexOf | Function::ToInt | Function::ToDouble
        ),
        ExprKind::Arithmetic { left, right, .. } => {
            is_number(left, is_number_field) || is_number(right, is_number_field)
        }
        _ => false,
    }
}

fn compare(at_expr: &Expr, op: Comparison, left: Expr, right: Expr) -> Expr {
    at(at_expr, ExprKind::Compare { op, left: Arc::new(left), right: Arc::new(right) })
}

fn not(expr: &Expr) -> Expr {
    at(expr, ExprKind::Not(Arc::new(expr.clone())))
}

/// A node in the place of another, with its span.
fn at(original: &Expr, kind: ExprKind) -> Expr {
    Expr { kind, span: original.span }
}

fn replace(kind: MutantKind, old: &Expr, new: Expr) -> NodeReplacement {
    NodeReplacement {
        kind,
        span: old.span,
        before: source_text(old),
        after: Some(source_text(&new)),
        opposite: None,
        expr: new,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sort_of_text_change_is_another_text() {
        let file = actra_engine::diagnostics::FileId(0);
        let span = Span { file, start: 0, end: 1 };
        let text = Expr { kind: ExprKind::Literal(Value::String("ab".into())), span };
        assert_eq!(print(&changed(&text).unwrap()), "\"ab~\"");
        assert_eq!(print(&shortened(&text).unwrap()), "\"a\"");
        assert!(shortened(&literal_text("a", span)).is_none());
    }

    fn literal_text(text: &str, span: Span) -> Expr {
        Expr { kind: ExprKind::Literal(Value::String(text.into())), span }
    }
}
