//! Which guard to suggest for a read: the one that cannot make an outcome more permissive, with what the other one
//! would mean.

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::print::print;
use actra_ir::{Comparison, Expr, ExprKind, operands};
use actra_model::Value;

use crate::permissive::PermissiveWhen;
use crate::shorten::shortened;

/// The part of a condition that a read belongs to.
#[derive(Clone, Copy)]
pub(super) struct ReadContext<'e> {
    /// Which truth of the innermost visible test can make an outcome more permissive.
    permissive: PermissiveWhen,
    /// The test that contains the read.
    test: Option<&'e Expr>,
    /// Whether the read belongs to a condition that is an operand of the test, whose truth does not determine that of
    /// the test.
    hidden: bool,
}

impl<'e> ReadContext<'e> {
    pub(super) fn top(permissive: PermissiveWhen) -> Self {
        ReadContext { permissive, test: None, hidden: false }
    }

    /// The context of what stands under a `!`, where the other truth is the permissive one.
    pub(super) fn flip(self) -> Self {
        if self.hidden { self } else { ReadContext { permissive: self.permissive.flip(), ..self } }
    }

    /// Inside of a test.
    pub(super) fn within(self, test: &'e Expr) -> Self {
        if self.hidden { self } else { ReadContext { test: Some(test), ..self } }
    }

    /// In a condition that is an operand of the test.
    pub(super) fn hidden(self) -> Self {
        ReadContext { hidden: true, ..self }
    }
}

/// The two tests that guard a read.
struct PresenceTests {
    present: String,
    absent: String,
}

pub(super) fn unguarded(read: &Expr, context: ReadContext<'_>) -> Diagnostic {
    let printed = print(read);
    let message = format!("`{printed}` is optional, and nothing checks that it is present");
    let tests = has(&printed);
    let help = advise(&tests, read, context).into_iter();
    let diagnostic =
        help.fold(Diagnostic::new(codes::UNGUARDED_OPTIONAL, read.span, message), Diagnostic::help);
    diagnostic.help("a read with `.?` needs a default: `x.?y.orValue(z)`")
}

pub(super) fn unguarded_lookup(read: &Expr, context: ReadContext<'_>) -> Diagnostic {
    let printed = print(read);
    let message = format!("`{printed}` may find nothing, and the rule is then undetermined");
    let diagnostic = Diagnostic::new(codes::UNGUARDED_LOOKUP, read.span, message);
    let tests = match &read.kind {
        ExprKind::Lookup { key, .. } if matches!(key.kind, ExprKind::Literal(Value::Number(_))) => None,
        ExprKind::Lookup { operand, key, .. } => {
            let present = format!("{} in {}", print(key), print(operand));
            Some(PresenceTests { absent: format!("!({present})"), present })
        }
        _ => Some(has(&printed)),
    };
    let help = tests.map(|tests| advise(&tests, read, context)).unwrap_or_default().into_iter();
    help.fold(diagnostic, Diagnostic::help)
        .help("a lookup with `[?...]` needs a default: `m[?\"key\"].orValue(z)`")
}

fn has(read: &str) -> PresenceTests {
    PresenceTests { present: format!("has({read})"), absent: format!("!has({read})") }
}

/// What to write, and what the other guard would mean.
fn advise(tests: &PresenceTests, read: &Expr, context: ReadContext<'_>) -> Vec<String> {
    let PresenceTests { present, absent } = tests;
    let around = match context.test.filter(|test| context.hidden || is_compared(read, test)) {
        Some(test) => format!(" around the whole of `{}`", shortened(&print(test))),
        None => String::new(),
    };
    // `c ? a : b` binds weaker than the guard, which would become a part of its condition.
    let is_choice = context.test.is_some_and(|test| matches!(test.kind, ExprKind::Conditional { .. }));
    let rest = if is_choice && context.hidden { "(...)" } else { "..." };
    let (holds, fails) = (format!("`({absent} || {rest})`"), format!("`({present} && {rest})`"));
    match context.permissive {
        // A macro variable cannot be used outside of the test.
        _ if context.hidden && has_variable(read) => {
            vec![format!(
                "write {fails} or {holds}, whichever makes no outcome more permissive when the field is absent"
            )]
        }
        PermissiveWhen::False => vec![
            format!(
                "write {holds}{around}: it is then true when the field is absent, which makes no outcome more permissive"
            ),
            format!("{fails} would be false in that case, which can make the outcome more permissive"),
            "in structured form, write `any:` with two entries: this test, and `not: { subject: ..., operator: exists }`"
                .to_owned(),
        ],
        PermissiveWhen::True => vec![
            format!(
                "write {fails}{around}: it is then false when the field is absent, which makes no outcome more permissive"
            ),
            format!("{holds} would be true in that case, which can make the outcome more permissive"),
            "in structured form: `all:` with this test and one that has `operator: exists`".to_owned(),
        ],
        PermissiveWhen::Either => vec![
            format!(
                "no guard is safe here: if the field is absent, {holds} is true and {fails} is false, and either can make an outcome more permissive: the default is stricter than this rule, and another rule is more permissive"
            ),
            format!("handle the absent case in a separate rule, with `{absent}`"),
        ],
    }
}

/// The help for a read in a definition or behind an alias that needs opposite guards at different uses.
pub(crate) fn contradicting_guards() -> Vec<String> {
    [
        "in one use of this, a guard would have to be true when the field is absent, and in another one false, so no guard is safe here",
        "guard each use separately: put `(!has(x) || ...)` around its name in a rule that is stricter than the default, and `(has(x) && ...)` in one that is more permissive; in an `unless` or after a `!`, use the other one",
        "a read with `.?` needs a default: `x.?y.orValue(z)`",
    ]
    .map(str::to_owned)
    .into()
}

/// Whether a read is compared for equality with something that may be a boolean as well, so that either could be the
/// test that was meant.
fn is_compared(read: &Expr, test: &Expr) -> bool {
    let ExprKind::Compare { op: Comparison::Equal, left, right } = &test.kind else { return false };
    let other = if left.span == read.span { right } else { left };
    (left.span == read.span || right.span == read.span)
        && !matches!(&other.kind, ExprKind::Literal(value) if !matches!(value, Value::Bool(_)))
}

fn has_variable(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Variable(_)) || operands(expr).into_iter().any(has_variable)
}
