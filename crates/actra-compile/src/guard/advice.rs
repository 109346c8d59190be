//! Which guard to offer for a read: the one that cannot make an outcome milder, and what the other one means.

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind, operands};
use actra_model::Value;

use crate::milder::Milder;
use crate::shorten::shortened;

/// Where a read stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'e> {
    /// Which truth of the test that reads, or of what it is hidden in, can make an outcome milder.
    milder: Milder,
    /// The test around.
    test: Option<&'e Expr>,
    /// Whether what reads is a condition inside of the test, so that its truth says nothing of the test's.
    hidden: bool,
}

impl<'e> Place<'e> {
    pub(super) fn part(milder: Milder) -> Self {
        Place { milder, test: None, hidden: false }
    }

    /// Under a `!`.
    pub(super) fn flip(self) -> Self {
        if self.hidden { self } else { Place { milder: self.milder.flip(), ..self } }
    }

    /// Inside of a test.
    pub(super) fn within(self, test: &'e Expr) -> Self {
        if self.hidden { self } else { Place { test: Some(test), ..self } }
    }

    /// In a condition that is an operand of the test.
    pub(super) fn hidden(self) -> Self {
        Place { hidden: true, ..self }
    }
}

/// The two tests that guard a read.
struct Guard {
    there: String,
    not_there: String,
}

pub(super) fn unguarded(read: &Expr, place: Place<'_>) -> Diagnostic {
    let shown = print(read);
    let message = format!("`{shown}` is optional, and nothing says that it is there");
    let guard = has(&shown);
    let help = offer(&guard, read, place).into_iter();
    let diagnostic =
        help.fold(Diagnostic::new(codes::UNGUARDED_OPTIONAL, read.span, message), Diagnostic::help);
    diagnostic.help("a read with `.?` takes a value in its place: `x.?y.orValue(z)`")
}

pub(super) fn unguarded_lookup(read: &Expr, place: Place<'_>) -> Diagnostic {
    let shown = print(read);
    let message = format!("`{shown}` may find nothing, and the rule is then undetermined");
    let diagnostic = Diagnostic::new(codes::UNGUARDED_LOOKUP, read.span, message);
    let guard = match &read.kind {
        ExprKind::Lookup { key, .. } if matches!(key.kind, ExprKind::Literal(Value::Number(_))) => None,
        ExprKind::Lookup { operand, key, .. } => {
            let there = format!("{} in {}", print(key), print(operand));
            Some(Guard { not_there: format!("!({there})"), there })
        }
        _ => Some(has(&shown)),
    };
    let help = guard.map(|guard| offer(&guard, read, place)).unwrap_or_default().into_iter();
    help.fold(diagnostic, Diagnostic::help)
        .help("a look-up with `[?...]` takes a value in its place: `m[?\"key\"].orValue(z)`")
}

fn has(read: &str) -> Guard {
    Guard { there: format!("has({read})"), not_there: format!("!has({read})") }
}

/// What to write, and what the other way would mean.
fn offer(guard: &Guard, read: &Expr, place: Place<'_>) -> Vec<String> {
    let Guard { there, not_there } = guard;
    let around = match place.test.filter(|test| place.hidden || is_compared(read, test)) {
        Some(test) => format!(" around the whole of `{}`", shortened(&print(test))),
        None => String::new(),
    };
    // What binds weaker than the guard would take it in.
    let is_choice = place.test.is_some_and(|test| matches!(test.kind, ExprKind::Conditional { .. }));
    let rest = if is_choice && place.hidden { "(...)" } else { "..." };
    let (holds, fails) = (format!("`({not_there} || {rest})`"), format!("`({there} && {rest})`"));
    match place.milder {
        // Outside of the test there is no such variable.
        _ if place.hidden && has_variable(read) => {
            vec![format!("write {fails} or {holds}, whichever makes no outcome milder where it is absent")]
        }
        Milder::WhenFalse => vec![
            format!(
                "write {holds}{around}: it then holds where that is absent, which makes no outcome milder"
            ),
            format!("{fails} fails there, which can make the outcome milder"),
            "structured: `any:` of the test and a `not:` with `operator: exists`".to_owned(),
        ],
        Milder::WhenTrue => vec![
            format!(
                "write {fails}{around}: it then fails where that is absent, which makes no outcome milder"
            ),
            format!("{holds} holds there, which can make the outcome milder"),
            "structured: `all:` of the test and one with `operator: exists`".to_owned(),
        ],
        Milder::Either => vec![
            format!(
                "where that is absent, {holds} holds and {fails} fails, and each can make an outcome milder: the default is stricter than this rule, and another rule is milder"
            ),
            format!("decide it in a rule of its own, on `{not_there}`"),
        ],
    }
}

/// What to write where one read, of a definition or behind an alias, needs opposite guards.
pub(crate) fn contradicting() -> Vec<String> {
    [
        "this is used where a guard must hold for what is absent and where it must not, so no guard in this place is safe",
        "guard it where it is used, each time in its own way: `(!has(x) || ...)` around its name in a rule that is stricter than the default, `(has(x) && ...)` in one that is milder, and the other of the two in an `unless` or behind a `!`",
        "a read with `.?` takes a value in its place: `x.?y.orValue(z)`",
    ]
    .map(str::to_owned)
    .into()
}

/// Whether a read is compared for equality with something that may be a truth, too: each could be meant by the test.
fn is_compared(read: &Expr, test: &Expr) -> bool {
    let ExprKind::Compare { op: Comparison::Equal, left, right } = &test.kind else { return false };
    let other = if left.span == read.span { right } else { left };
    (left.span == read.span || right.span == read.span)
        && !matches!(&other.kind, ExprKind::Literal(value) if !matches!(value, Value::Bool(_)))
}

fn has_variable(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Variable(_)) || operands(expr).into_iter().any(has_variable)
}
