//! Whether the condition of a rule contains the test that a selector names, wherever it stands in it.

use actra_ir::governance::{AtomPattern, Operator, OperatorPattern};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind, Function, MacroKind, mentions, operands};
use actra_model::Value;

/// How certain it must be that a test matches a selector. A constraint that demands rules is met only by tests that
/// certainly match; one that forbids rules also forbids those that may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MatchCertainty {
    /// The field itself is tested, and the test occurs negated only where the operator is.
    Certain,
    /// The field takes part in a test of this kind, be it negated or the other operand.
    Possible,
}

/// Whether a condition contains the test of a selector.
pub(crate) fn contains_atom(condition: &Expr, atom: &AtomPattern, certainty: MatchCertainty) -> bool {
    let Some(test) = &atom.operator else { return reads(condition, atom) };
    any_part(
        condition,
        PartPosition { occurrence: Occurrence::Positive, is_condition: true },
        &mut |expr, context| is_test(expr, context, atom, test, certainty),
    )
}

/// Whether a dotted path covers a path that a condition mentions: it is the same, or the start of it.
pub(crate) fn covers(path: &str, mentioned: &str) -> bool {
    mentioned
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
}

/// Whether an expression reads the field, anywhere in it.
fn reads(expr: &Expr, atom: &AtomPattern) -> bool {
    mentions(expr).iter().any(|path| is_field(path, atom))
}

fn is_field(mentioned: &str, atom: &AtomPattern) -> bool {
    let Some((record, rest)) = mentioned.split_once('.') else { return false };
    let same_record = atom.record.is_none_or(|wanted| wanted.as_str() == record);
    same_record && (atom.field.is_empty() || covers(&atom.field, rest))
}

/// Whether a part occurs positively or negatively in a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occurrence {
    /// Being true, it can only make the condition true.
    Positive,
    /// Being true, it can only make the condition false: it stands under an odd number of `!`.
    Negative,
    /// Either, as in an operand that is compared, counted or filtered.
    Mixed,
}

impl Occurrence {
    fn of(negated: bool) -> Self {
        if negated { Occurrence::Negative } else { Occurrence::Positive }
    }

    fn negated(self) -> Self {
        match self {
            Occurrence::Positive => Occurrence::Negative,
            Occurrence::Negative => Occurrence::Positive,
            Occurrence::Mixed => Occurrence::Mixed,
        }
    }
}

/// Where in a condition a part stands.
#[derive(Debug, Clone, Copy)]
struct PartPosition {
    occurrence: Occurrence,
    /// Whether it is used as a condition, not as an operand of something else.
    is_condition: bool,
}

/// Whether a part of a condition satisfies a test. Recursion is bounded: conditions nest at most 64 deep.
fn any_part(
    expr: &Expr,
    context: PartPosition,
    matches: &mut impl FnMut(&Expr, PartPosition) -> bool,
) -> bool {
    if matches(expr, context) {
        return true;
    }
    let junction = matches!(expr.kind, ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_));
    let operands = operands(expr);
    // By place, for equal operands may be one node: the body of a macro stands last, what chooses stands first.
    let (inner, choice) = match &expr.kind {
        ExprKind::Macro { .. } => (operands.len().checked_sub(1), false),
        ExprKind::Conditional { .. } => (Some(0), true),
        _ => (None, false),
    };
    operands.into_iter().enumerate().any(|(place, operand)| {
        let context = PartPosition {
            occurrence: occurrence_of(expr, place, context.occurrence),
            is_condition: junction || inner == Some(place) || (choice && context.is_condition),
        };
        any_part(operand, context, matches)
    })
}

/// How an operand of an expression occurs, given how the expression does.
fn occurrence_of(expr: &Expr, place: usize, occurrence: Occurrence) -> Occurrence {
    let is = |branch: &Expr, truth: bool| matches!(branch.kind, ExprKind::Literal(Value::Bool(value)) if value == truth);
    match &expr.kind {
        ExprKind::And(_) | ExprKind::Or(_) => occurrence,
        ExprKind::Not(_) => occurrence.negated(),
        // Its body stands last.
        ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, .. } if place > 0 => occurrence,
        ExprKind::Conditional { .. } if place > 0 => occurrence,
        ExprKind::Conditional { then, otherwise, .. } if is(then, true) || is(otherwise, false) => occurrence,
        ExprKind::Conditional { then, otherwise, .. } if is(then, false) || is(otherwise, true) => {
            occurrence.negated()
        }
        _ => Occurrence::Mixed,
    }
}

fn is_test(
    expr: &Expr,
    context: PartPosition,
    atom: &AtomPattern,
    test: &OperatorPattern,
    certainty: MatchCertainty,
) -> bool {
    match &test.comparison {
        Some(comparison) => is_comparison(expr, context, comparison, certainty),
        None if certainty == MatchCertainty::Possible => kind_fits(expr, test.operator) && reads(expr, atom),
        None => subjects(expr, context, test.operator)
            .is_some_and(|operands| operands.into_iter().any(|operand| is_plain_read(operand, atom))),
    }
}

/// Whether an expression reads the field, or a part of it, and computes nothing.
fn is_plain_read(expr: &Expr, atom: &AtomPattern) -> bool {
    let is_read = match &expr.kind {
        ExprKind::Convert { operand, .. } => return is_plain_read(operand, atom),
        ExprKind::Field { .. }
        | ExprKind::Member { .. }
        | ExprKind::Lookup { .. }
        | ExprKind::Variable(_) => true,
        _ => false,
    };
    is_read && reads(expr, atom)
}

/// Whether this is the comparison of the selector: in either order where that says the same, and in either spelling
/// where a boolean is compared with a literal.
fn is_comparison(expr: &Expr, context: PartPosition, wanted: &Expr, certainty: MatchCertainty) -> bool {
    let (inner, negated) = match &wanted.kind {
        ExprKind::Not(inner) => (inner.as_ref(), true),
        _ => (wanted, false),
    };
    if let Some((field, value)) = boolean_comparison(inner) {
        let flipped = value == negated;
        if context.is_condition
            && print(expr) == print(field)
            && (certainty == MatchCertainty::Possible || context.occurrence == Occurrence::of(flipped))
        {
            return true;
        }
    }
    let right_side = certainty == MatchCertainty::Possible || context.occurrence == Occurrence::of(negated);
    right_side && is_same_test(expr, inner)
}

/// `field == true` or `field == false`
fn boolean_comparison(expr: &Expr) -> Option<(&Expr, bool)> {
    let ExprKind::Compare { op: Comparison::Equal, left, right } = &expr.kind else { return None };
    match (&left.kind, &right.kind) {
        (_, ExprKind::Literal(Value::Bool(value))) => Some((left, *value)),
        (ExprKind::Literal(Value::Bool(value)), _) => Some((right, *value)),
        _ => None,
    }
}

fn is_same_test(expr: &Expr, wanted: &Expr) -> bool {
    if std::mem::discriminant(&expr.kind) != std::mem::discriminant(&wanted.kind) {
        return false;
    }
    if let (
        ExprKind::Compare { op: Comparison::Equal, left, right },
        ExprKind::Compare { op: Comparison::Equal, left: first, right: second },
    ) = (&expr.kind, &wanted.kind)
    {
        let (left, right, first, second) = (print(left), print(right), print(first), print(second));
        return (left == first && right == second) || (left == second && right == first);
    }
    print(expr) == print(wanted)
}

/// Whether an expression is a test of this kind, whatever is compared.
fn kind_fits(expr: &Expr, operator: Operator) -> bool {
    match operator {
        Operator::Equals | Operator::NotEquals => {
            matches!(expr.kind, ExprKind::Compare { op: Comparison::Equal, .. } | ExprKind::IsNull(_))
        }
        Operator::GreaterThan | Operator::LessThan => is_order(expr, Comparison::Less),
        Operator::GreaterOrEqual | Operator::LessOrEqual => is_order(expr, Comparison::LessOrEqual),
        Operator::In | Operator::NotIn => matches!(expr.kind, ExprKind::In { .. }),
        Operator::Contains | Operator::NotContains => {
            matches!(expr.kind, ExprKind::In { .. }) || is_call(expr, Function::Contains)
        }
        Operator::StartsWith => is_call(expr, Function::StartsWith),
        Operator::EndsWith => is_call(expr, Function::EndsWith),
        Operator::Matches => matches!(expr.kind, ExprKind::Matches { .. }),
        Operator::Exists => matches!(expr.kind, ExprKind::Has(_)),
        Operator::Within => matches!(expr.kind, ExprKind::Within { .. } | ExprKind::InCidr { .. }),
        Operator::SubsetOf => is_call(expr, Function::SetsContains),
        Operator::Intersects => is_call(expr, Function::SetsIntersects),
    }
}

fn is_order(expr: &Expr, wanted: Comparison) -> bool {
    matches!(&expr.kind, ExprKind::Compare { op, .. } if *op == wanted)
}

fn is_call(expr: &Expr, wanted: Function) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if *function == wanted)
}

/// Whether an operator is written for the negation of a test.
fn is_negated(operator: Operator) -> bool {
    match operator {
        Operator::NotEquals | Operator::NotIn | Operator::NotContains => true,
        Operator::Equals
        | Operator::GreaterThan
        | Operator::GreaterOrEqual
        | Operator::LessThan
        | Operator::LessOrEqual
        | Operator::In
        | Operator::Contains
        | Operator::StartsWith
        | Operator::EndsWith
        | Operator::Matches
        | Operator::Exists
        | Operator::Within
        | Operator::SubsetOf
        | Operator::Intersects => false,
    }
}

/// The operands of a test that its operator is about; `None` if it is another test, or negated where it must not be.
fn subjects(expr: &Expr, context: PartPosition, operator: Operator) -> Option<Vec<&Expr>> {
    if !kind_fits(expr, operator) || context.occurrence != Occurrence::of(is_negated(operator)) {
        return None;
    }
    Some(match (&expr.kind, operator) {
        (ExprKind::Compare { op: Comparison::Equal, left, right }, _) => vec![left, right],
        // `a > b` is written `b < a`.
        (ExprKind::Compare { right, .. }, Operator::GreaterThan | Operator::GreaterOrEqual) => vec![right],
        (ExprKind::Compare { left, .. }, _) => vec![left],
        (ExprKind::In { container, .. }, Operator::Contains | Operator::NotContains) => vec![container],
        (ExprKind::In { element, .. }, _) => vec![element],
        (ExprKind::IsNull(operand) | ExprKind::Has(operand), _) => vec![operand],
        (
            ExprKind::Matches { operand, .. }
            | ExprKind::Within { operand, .. }
            | ExprKind::InCidr { operand, .. },
            _,
        ) => vec![operand],
        // `a` is a subset of `b` if `b` contains it.
        (ExprKind::Call { args, .. }, Operator::SubsetOf) => args.iter().skip(1).collect(),
        (ExprKind::Call { args, .. }, Operator::Intersects) => args.iter().collect(),
        (ExprKind::Call { args, .. }, _) => args.iter().take(1).collect(),
        _ => return None,
    })
}
