//! Functions and methods on strings.

use std::sync::Arc;

use actra_diagnostics::{Span, codes};
use actra_ir::{ExprKind, Function};
use actra_model::{Type, TypeKind, Value};
use actra_syntax::ast::{self, Name};

use super::call_of;
use crate::check::Checker;
use crate::check::convert::convert;
use crate::check::typed::{ExprType, Typed};
use crate::constraint_check::violation;
use crate::{literal, patterns};

impl Checker<'_> {
    pub(super) fn text_of(&mut self, arg: &ast::Expr, span: Span) -> Option<Typed> {
        use TypeKind::{Any, Boolean, Date, Duration, Integer, Ip, Number, Path, String, Timestamp, Url};
        let typed = self.value(arg)?;
        match typed.kind() {
            Some(
                Any | String | Number | Integer | Boolean | Timestamp | Date | Duration | Ip | Url | Path,
            ) => Some(call_of(Function::ToString, vec![typed], String, span)),
            _ => {
                let message = format!("a `{}` cannot be converted to text", typed.ty.name());
                self.refuse(codes::BAD_ARGUMENTS, arg.span, message, "convert one scalar field")
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a row of the method table and its call")]
    pub(super) fn string_method(
        &mut self,
        function: Function,
        least: usize,
        kinds: &[ArgKind],
        receiver: Typed,
        name: &Name,
        args: &[ast::Expr],
        span: Span,
    ) -> Option<Typed> {
        if let (Function::Contains, Some(TypeKind::List(_) | TypeKind::Map(_))) = (function, receiver.kind())
        {
            let help = "write `x in xs`";
            return self.refuse(
                codes::UNKNOWN_FUNCTION,
                name.span,
                "`contains` looks for text in text",
                help,
            );
        }
        if args.len() < least || args.len() > kinds.len() {
            let wanted =
                if least == kinds.len() { least.to_string() } else { format!("{least} to {}", kinds.len()) };
            return self.wrong_count(name, &wanted, args.len());
        }
        let mut operands = vec![Some(receiver)];
        for (arg, kind) in args.iter().zip(kinds) {
            let typed = self.value(arg);
            operands.push(typed.and_then(|typed| match kind {
                ArgKind::Text => self.as_string(typed),
                ArgKind::Count => self.as_integer(typed),
            }));
        }
        let operands: Vec<Typed> = operands.into_iter().collect::<Option<_>>()?;
        self.string_call(function, operands, span)
    }

    /// A function on strings. Operands after the first are either checked already or must be strings.
    pub(in crate::check) fn string_call(
        &mut self,
        function: Function,
        operands: Vec<Typed>,
        span: Span,
    ) -> Option<Typed> {
        let mut operands = operands.into_iter();
        let receiver = operands.next()?;
        let mut checked = vec![self.as_string(receiver)?];
        for operand in operands {
            let text = matches!(function, Function::StartsWith | Function::EndsWith | Function::Contains);
            let operand = if text { self.as_string(operand)? } else { operand };
            if text && may_be_empty(&operand) {
                self.notes.maybe_empty.insert(operand.span());
            }
            checked.push(operand);
        }
        let kind = match function {
            Function::StartsWith | Function::EndsWith | Function::Contains => TypeKind::Boolean,
            Function::IndexOf | Function::LastIndexOf => TypeKind::Integer,
            Function::Split => TypeKind::List(Box::new(Type::plain(TypeKind::String))),
            _ => TypeKind::String,
        };
        Some(call_of(function, checked, kind, span))
    }

    fn as_integer(&mut self, typed: Typed) -> Option<Typed> {
        match typed.kind() {
            Some(TypeKind::Integer | TypeKind::Number) => Some(typed),
            Some(TypeKind::Any) => Some(convert(typed, TypeKind::Integer)),
            _ => {
                let message = format!("this must be a number, but it is `{}`", typed.ty.name());
                self.refuse(
                    codes::BAD_ARGUMENTS,
                    typed.span(),
                    message,
                    "positions are counted in characters from 0",
                )
            }
        }
    }

    /// `x.matches("...")`; the pattern is a literal by now.
    pub(in crate::check) fn matches(&mut self, operand: Typed, pattern: Typed, span: Span) -> Option<Typed> {
        let operand = self.as_string(operand)?;
        let place = pattern.span();
        let ExprKind::Literal(Value::String(source)) = &pattern.expr.kind else {
            let help = "write the pattern into the policy, or as a constant";
            return self.refuse(
                codes::BAD_ARGUMENTS,
                place,
                "a pattern must be a literal or a constant",
                help,
            );
        };
        let pattern = Box::new(patterns::compile_for_condition(source, place, self.diagnostics)?);
        Some(Typed::new(
            ExprKind::Matches { operand: Arc::new(operand.expr), pattern },
            span,
            TypeKind::Boolean,
        ))
    }

    pub(in crate::check) fn as_string(&mut self, typed: Typed) -> Option<Typed> {
        match typed.kind() {
            Some(TypeKind::String) => Some(typed),
            Some(TypeKind::Any) => Some(convert(typed, TypeKind::String)),
            Some(TypeKind::Path) => {
                let help = "text tests on paths are easily fooled; use `path.within(\"/srv\")` or `==`";
                self.refuse(codes::TYPE_MISMATCH, typed.span(), "a `path` is not text", help)
            }
            _ => {
                let message = format!("this must be a string, but it is `{}`", typed.ty.name());
                self.refuse(
                    codes::TYPE_MISMATCH,
                    typed.span(),
                    message,
                    "other values become text with `string(x)`",
                )
            }
        }
    }
}

/// Methods on strings: the function, the least number of arguments, and which of them are numbers.
pub(super) fn string_method(name: &str) -> Option<(Function, usize, &'static [ArgKind])> {
    use ArgKind::{Count, Text};
    Some(match name {
        "startsWith" => (Function::StartsWith, 1, &[Text]),
        "endsWith" => (Function::EndsWith, 1, &[Text]),
        "contains" => (Function::Contains, 1, &[Text]),
        "lowerAscii" => (Function::LowerAscii, 0, &[]),
        "upperAscii" => (Function::UpperAscii, 0, &[]),
        "trim" => (Function::Trim, 0, &[]),
        "split" => (Function::Split, 1, &[Text, Count]),
        "indexOf" => (Function::IndexOf, 1, &[Text, Count]),
        "lastIndexOf" => (Function::LastIndexOf, 1, &[Text, Count]),
        "substring" => (Function::Substring, 1, &[Count, Count]),
        "replace" => (Function::Replace, 2, &[Text, Text, Count]),
        _ => return None,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ArgKind {
    Text,
    Count,
}

/// Whether a string operand may be the empty string.
fn may_be_empty(typed: &Typed) -> bool {
    match (&typed.expr.kind, &typed.ty) {
        (ExprKind::Literal(Value::String(text)), _) => text.is_empty(),
        (_, ExprType::Value(ty)) => {
            ty.constraints().is_none_or(|constraints| violation(constraints, &literal::text("")).is_none())
        }
        _ => true,
    }
}
