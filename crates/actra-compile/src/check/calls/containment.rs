//! Whether a path lies in a directory, and an address in a range.

use std::sync::Arc;

use actra_diagnostics::{Span, codes};
use actra_ir::ExprKind;
use actra_model::{Cidr, IpAddress, TypeKind, Value};
use actra_syntax::ast::{self, Name};

use crate::check::Checker;
use crate::check::convert::convert;
use crate::check::typed::Typed;

impl Checker<'_> {
    pub(in crate::check) fn within(&mut self, operand: Typed, base: Typed, span: Span) -> Option<Typed> {
        let operand = match operand.kind() {
            Some(TypeKind::Any) => convert(operand, TypeKind::Path),
            Some(TypeKind::Path) => operand,
            Some(TypeKind::Ip) => {
                let help = "write `cidr(\"10.0.0.0/8\").containsIP(x)`";
                return self.refuse(codes::TYPE_MISMATCH, span, "`within` in expressions is for paths", help);
            }
            _ => {
                let message =
                    format!("`within` must be called on a `path`, but this is `{}`", operand.ty.name());
                return self.refuse(codes::TYPE_MISMATCH, span, message, "declare the field as `path`");
            }
        };
        let base = self.adapt(base, &TypeKind::Path)?;
        let base = if let Some(TypeKind::Any) = base.kind() { convert(base, TypeKind::Path) } else { base };
        if base.kind() != Some(&TypeKind::Path) {
            let message = format!("`within` takes a `path`, but this is `{}`", base.ty.name());
            return self.refuse(
                codes::TYPE_MISMATCH,
                base.span(),
                message,
                "write quoted text or a `path` field",
            );
        }
        let kind = ExprKind::Within { operand: Arc::new(operand.expr), base: Arc::new(base.expr) };
        Some(Typed::new(kind, span, TypeKind::Boolean))
    }

    pub(super) fn contains_ip(
        &mut self,
        target: &ast::Expr,
        name: &Name,
        args: &[ast::Expr],
        span: Span,
    ) -> Option<Typed> {
        let [operand] = self.arguments(name, args)?;
        let range = match &target.kind {
            ast::ExprKind::Call { target: None, function, args } if function.value == "cidr" => {
                let [range] = self.arguments(function, args)?;
                self.value(range)?
            }
            _ => {
                let help = "write `cidr(\"10.0.0.0/8\").containsIP(x)`";
                return self.refuse(
                    codes::BAD_ARGUMENTS,
                    target.span,
                    "`containsIP` must be called on `cidr(...)`",
                    help,
                );
            }
        };
        let operand = self.value(operand)?;
        self.in_cidr(operand, &range, span)
    }

    pub(in crate::check) fn in_cidr(&mut self, operand: Typed, range: &Typed, span: Span) -> Option<Typed> {
        let operand = match &operand.expr.kind {
            ExprKind::Literal(Value::String(text)) if IpAddress::parse(text).is_some() => {
                self.adapt(operand, &TypeKind::Ip)?
            }
            _ => operand,
        };
        let operand =
            if let Some(TypeKind::Any) = operand.kind() { convert(operand, TypeKind::Ip) } else { operand };
        if operand.kind() != Some(&TypeKind::Ip) {
            let message = format!("this must be an `ip`, but it is `{}`", operand.ty.name());
            return self.refuse(codes::TYPE_MISMATCH, operand.span(), message, "declare the field as `ip`");
        }
        let ExprKind::Literal(Value::String(text)) = &range.expr.kind else {
            let help = "write the range as quoted text, such as `\"10.0.0.0/8\"`";
            return self.refuse(
                codes::BAD_ARGUMENTS,
                range.span(),
                "a range of addresses must be a literal",
                help,
            );
        };
        let Some(cidr) = Cidr::parse(text) else {
            let help = match Cidr::parse_lenient(text) {
                Some(cidr) => format!("did you mean `{cidr}`? bits after the prefix must be zero"),
                None => "a range is written `10.0.0.0/8` or `2001:db8::/32`".to_owned(),
            };
            return self.refuse(codes::BAD_LITERAL, range.span(), "this is not a range of addresses", help);
        };
        Some(Typed::new(ExprKind::InCidr { operand: Arc::new(operand.expr), cidr }, span, TypeKind::Boolean))
    }
}
