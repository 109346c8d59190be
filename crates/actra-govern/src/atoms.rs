//! What the condition of a rule contains.

use actra_ir::governance::{Operator, SelectedAtom, Test};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind, Function, MacroKind, mentions, operands};
use actra_model::Value;

/// How sure a match must be: whoever demands that a rule exists is not served by one that only looks like it, and
/// whoever forbids rules forbids those that look like it, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The field itself is what is tested, in this direction.
    Strict,
    /// The field takes part in a test of this kind, also under `!` and on the other side.
    Wide,
}

/// Whether a condition contains a comparison.
pub(crate) fn contains(condition: &Expr, atom: &SelectedAtom, reading: Reading) -> bool {
    let Some(test) = &atom.test else { return reads(condition, atom) };
    found(condition, Position { side: Side::Plain, boolean: true }, &mut |expr, position| {
        is_test(expr, position, atom, test, reading)
    })
}

/// Whether a dotted path covers a path that a condition mentions: it is the same, or the start of it.
pub(crate) fn covers(path: &str, mentioned: &str) -> bool {
    mentioned
        .strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
}

/// Whether an expression reads the field, anywhere in it.
fn reads(expr: &Expr, atom: &SelectedAtom) -> bool {
    mentions(expr).iter().any(|path| is_field(path, atom))
}

fn is_field(mentioned: &str, atom: &SelectedAtom) -> bool {
    let Some((domain, rest)) = mentioned.split_once('.') else { return false };
    let same_record = atom.domain.is_none_or(|wanted| wanted.as_str() == domain);
    same_record && (atom.field.is_empty() || covers(&atom.field, rest))
}

/// What a part of a condition does to it where it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// It can only make the condition true.
    Plain,
    /// It can only make it false: it stands under `!`, whatever is in between.
    Negated,
    /// Either, as in what is compared, counted or filtered.
    Unclear,
}

impl Side {
    fn of(negated: bool) -> Self {
        if negated { Side::Negated } else { Side::Plain }
    }

    fn turned(self) -> Self {
        match self {
            Side::Plain => Side::Negated,
            Side::Negated => Side::Plain,
            Side::Unclear => Side::Unclear,
        }
    }
}

/// Where a part of a condition stands.
#[derive(Debug, Clone, Copy)]
struct Position {
    side: Side,
    /// Where a truth is wanted.
    boolean: bool,
}

/// Whether a part of a condition satisfies a test. Recursion is bounded: conditions nest at most 64 deep.
fn found(expr: &Expr, position: Position, is: &mut impl FnMut(&Expr, Position) -> bool) -> bool {
    if is(expr, position) {
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
        let position = Position {
            side: side_of(expr, place, position.side),
            boolean: junction || inner == Some(place) || (choice && position.boolean),
        };
        found(operand, position, is)
    })
}

/// On which side an operand stands.
fn side_of(expr: &Expr, place: usize, side: Side) -> Side {
    let is = |branch: &Expr, truth: bool| matches!(branch.kind, ExprKind::Literal(Value::Bool(value)) if value == truth);
    match &expr.kind {
        ExprKind::And(_) | ExprKind::Or(_) => side,
        ExprKind::Not(_) => side.turned(),
        // Its body stands last.
        ExprKind::Macro { kind: MacroKind::All | MacroKind::Exists, .. } if place > 0 => side,
        ExprKind::Conditional { .. } if place > 0 => side,
        ExprKind::Conditional { then, otherwise, .. } if is(then, true) || is(otherwise, false) => side,
        ExprKind::Conditional { then, otherwise, .. } if is(then, false) || is(otherwise, true) => {
            side.turned()
        }
        _ => Side::Unclear,
    }
}

fn is_test(expr: &Expr, position: Position, atom: &SelectedAtom, test: &Test, reading: Reading) -> bool {
    match &test.comparison {
        Some(comparison) => is_comparison(expr, position, comparison, reading),
        None if reading == Reading::Wide => kind_fits(expr, test.operator) && reads(expr, atom),
        None => strict(expr, position, test.operator)
            .is_some_and(|sides| sides.into_iter().any(|side| is_itself(side, atom))),
    }
}

/// Whether an expression is the field, or a part of it, and nothing is made of it.
fn is_itself(expr: &Expr, atom: &SelectedAtom) -> bool {
    let is_read = match &expr.kind {
        ExprKind::Convert { operand, .. } => return is_itself(operand, atom),
        ExprKind::Field { .. }
        | ExprKind::Member { .. }
        | ExprKind::Lookup { .. }
        | ExprKind::Variable(_) => true,
        _ => false,
    };
    is_read && reads(expr, atom)
}

/// Whether this is the comparison that is looked for, in either order where that says the same, and in either
/// spelling where a boolean is compared with a literal.
fn is_comparison(expr: &Expr, position: Position, wanted: &Expr, reading: Reading) -> bool {
    let (inner, negated) = match &wanted.kind {
        ExprKind::Not(inner) => (inner.as_ref(), true),
        _ => (wanted, false),
    };
    if let Some((field, value)) = truth_of(inner) {
        let flipped = value == negated;
        if position.boolean
            && print(expr) == print(field)
            && (reading == Reading::Wide || position.side == Side::of(flipped))
        {
            return true;
        }
    }
    let right_side = reading == Reading::Wide || position.side == Side::of(negated);
    right_side && same(expr, inner)
}

/// `field == true` or `field == false`
fn truth_of(expr: &Expr) -> Option<(&Expr, bool)> {
    let ExprKind::Compare { op: Comparison::Equal, left, right } = &expr.kind else { return None };
    match (&left.kind, &right.kind) {
        (_, ExprKind::Literal(Value::Bool(value))) => Some((left, *value)),
        (ExprKind::Literal(Value::Bool(value)), _) => Some((right, *value)),
        _ => None,
    }
}

fn same(expr: &Expr, wanted: &Expr) -> bool {
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

/// The operands of a test, each of which may be the field as its `subject`; `None` for another test, or one whose
/// negation is meant.
fn strict(expr: &Expr, position: Position, operator: Operator) -> Option<Vec<&Expr>> {
    let negated = matches!(operator, Operator::NotEquals | Operator::NotIn | Operator::NotContains);
    if !kind_fits(expr, operator) || position.side != Side::of(negated) {
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
