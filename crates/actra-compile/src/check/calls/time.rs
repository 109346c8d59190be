//! Literals that are written as calls, such as `timestamp("...")`, and the parts of a timestamp.

use std::sync::Arc;

use actra_diagnostics::{Span, codes};
use actra_ir::{ExprKind, TimePart};
use actra_model::{Duration, Quantity, Timestamp, TypeKind, Value, Zone};
use actra_syntax::ast::{self, Name};

use crate::check::Checker;
use crate::check::convert::convert;
use crate::check::typed::Typed;
use crate::literal::literal_help;
use crate::shorten::shortened;

impl Checker<'_> {
    /// `timestamp("...")`, `duration("...")`, `quantity("...")`: literals of their types.
    pub(super) fn literal_function(&mut self, name: &Name, arg: &ast::Expr, span: Span) -> Option<Typed> {
        let typed = self.value(arg)?;
        let ExprKind::Literal(Value::String(text)) = &typed.expr.kind else {
            let message = format!("`{}` takes quoted text", name.value);
            let help = format!("declare the field as `{}` in the schema instead", name.value);
            return self.refuse(codes::BAD_ARGUMENTS, arg.span, message, help);
        };
        let (value, kind) = match name.value.as_str() {
            "timestamp" => (Timestamp::parse(text).map(Value::Timestamp), TypeKind::Timestamp),
            "duration" => (Duration::parse(text).map(Value::Duration), TypeKind::Duration),
            _ => (Quantity::parse(text).map(Value::Quantity), TypeKind::Quantity),
        };
        match value {
            Some(value) => Some(Typed::new(ExprKind::Literal(value), span, kind)),
            None => {
                let message = format!("this is not a `{}`", name.value);
                self.refuse(codes::BAD_LITERAL, arg.span, message, literal_help(&kind))
            }
        }
    }

    pub(super) fn time_part(
        &mut self,
        part: TimePart,
        receiver: Typed,
        name: &Name,
        args: &[ast::Expr],
        span: Span,
    ) -> Option<Typed> {
        let receiver = match receiver.kind() {
            Some(TypeKind::Any) => convert(receiver, TypeKind::Timestamp),
            Some(TypeKind::Timestamp) => receiver,
            _ => {
                let message = format!(
                    "`{}` must be called on a timestamp, but this is `{}`",
                    name.value,
                    receiver.ty.name()
                );
                return self.refuse(codes::BAD_ARGUMENTS, span, message, "declare the field as `timestamp`");
            }
        };
        let zone = match args {
            [] => Zone::parse("UTC"),
            [ast::Expr { kind: ast::ExprKind::String(text), span }] => match Zone::parse(text) {
                Some(zone) => Some(zone),
                None => {
                    let message = format!("there is no time zone `{}`", shortened(text));
                    let help = "zones are names of the IANA data such as `Europe/Berlin`, or offsets such as `+02:00`";
                    return self.refuse(codes::BAD_LITERAL, *span, message, help);
                }
            },
            [other] => {
                let help = "write the zone as quoted text";
                return self.refuse(codes::BAD_ARGUMENTS, other.span, "a time zone must be a literal", help);
            }
            _ => return self.wrong_count(name, "0 to 1", args.len()),
        }?;
        let kind = ExprKind::TimePart { part, operand: Arc::new(receiver.expr), zone: Box::new(zone) };
        Some(Typed::new(kind, span, TypeKind::Integer))
    }
}
