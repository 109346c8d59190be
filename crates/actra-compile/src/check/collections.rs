//! Lists and maps that are written out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_diagnostics::{Span, codes};
use actra_ir::ExprKind;
use actra_model::{Type, TypeKind, Value, ValueState, limits};
use actra_syntax::ast;

use super::Checker;
use super::typed::{Typed, exprs};
use crate::literal;
use crate::shorten::shortened;

impl Checker<'_> {
    pub(super) fn list(&mut self, items: &[ast::Expr], span: Span) -> Option<Typed> {
        if items.len() > limits::ELEMENTS {
            return self.too_many(span);
        }
        let typed: Vec<Option<Typed>> = items.iter().map(|item| self.value(item)).collect();
        let typed: Vec<Typed> = typed.into_iter().collect::<Option<_>>()?;
        if typed.is_empty() {
            let help = "an empty list equals only an empty list; ask for `size(x) == 0`";
            return self.refuse(codes::EMPTY_OPERAND, span, "an empty list has no use here", help);
        }
        let (typed, kind) = self.unify(typed)?;
        Some(Typed::new(list_kind(typed), span, TypeKind::List(Box::new(Type::plain(kind)))))
    }

    fn too_many<T>(&mut self, span: Span) -> Option<T> {
        let message = format!("the list or map has more than {} elements", limits::ELEMENTS);
        self.refuse(
            codes::TOO_MANY_ELEMENTS,
            span,
            message,
            "pass the list to the policy as a fact in the snapshot",
        )
    }

    /// The one type of all operands; string literals are read as the type of the others.
    pub(super) fn unify(&mut self, operands: Vec<Typed>) -> Option<(Vec<Typed>, TypeKind)> {
        let leading = operands.iter().find(|typed| !typed.is_literal()).or(operands.first())?;
        let mut kind = leading.kind()?.clone();
        let mut unified = Vec::with_capacity(operands.len());
        for operand in operands {
            let operand = self.adapt(operand, &kind)?;
            let own = operand.kind()?.clone();
            if own == kind {
                unified.push(operand);
                continue;
            }
            let (own_name, kind_name) = (own.name(), kind.name());
            match literal::join(kind, own) {
                Some(joined) => kind = joined,
                None => {
                    let message = format!("`{own_name}` is mixed with `{kind_name}`");
                    let help = "all of them must be of the same type";
                    return self.refuse(codes::TYPE_MISMATCH, operand.span(), message, help);
                }
            }
            unified.push(operand);
        }
        Some((unified, kind))
    }

    pub(super) fn map(&mut self, entries: &[(ast::Expr, ast::Expr)], span: Span) -> Option<Typed> {
        if entries.len() > limits::ELEMENTS {
            return self.too_many(span);
        }
        let mut seen = BTreeSet::new();
        let mut keys: Vec<(Arc<str>, Span)> = Vec::new();
        let mut values = Vec::new();
        for (key, value) in entries {
            let ast::ExprKind::String(text) = &key.kind else {
                return self.refuse(
                    codes::TYPE_MISMATCH,
                    key.span,
                    "keys of a map are quoted text",
                    "write `{\"key\": value}`",
                );
            };
            if !seen.insert(text.as_str()) {
                let message = format!("the key `{}` appears twice", shortened(text));
                return self.refuse(codes::DUPLICATE_KEY, key.span, message, "remove one");
            }
            keys.push((Arc::from(text.as_str()), key.span));
            values.push(self.value(value));
        }
        let values: Vec<Typed> = values.into_iter().collect::<Option<_>>()?;
        if values.is_empty() {
            return self.refuse(
                codes::EMPTY_OPERAND,
                span,
                "an empty map has no use here",
                "ask for `size(x) == 0`",
            );
        }
        let kinds = values.iter().filter_map(Typed::kind).cloned().map(Some);
        let joined = kinds.reduce(|left, right| literal::join(left?, right?)).flatten();
        // Members of different types can only equal an object or an `any`.
        let element = Type::plain(joined.unwrap_or(TypeKind::Any));
        let mut members: BTreeMap<Arc<str>, Typed> =
            keys.into_iter().map(|(key, _)| key).zip(values).collect();
        let kind = if members.values().all(Typed::is_literal) {
            let states = members
                .into_iter()
                .filter_map(|(key, typed)| Some((key, ValueState::Present(typed.into_literal()?))));
            ExprKind::Literal(Value::Map(states.collect()))
        } else {
            let mut parts = Vec::with_capacity(members.len());
            while let Some((key, typed)) = members.pop_first() {
                parts.push((key, typed.expr));
            }
            ExprKind::Map(parts)
        };
        Some(Typed::new(kind, span, TypeKind::Map(Box::new(element))))
    }
}

fn list_kind(items: Vec<Typed>) -> ExprKind {
    if items.iter().all(Typed::is_literal) {
        let mut states = Vec::with_capacity(items.len());
        states.extend(items.into_iter().filter_map(|item| item.into_literal().map(ValueState::Present)));
        return ExprKind::Literal(Value::List(states.into()));
    }
    ExprKind::List(exprs(items))
}
