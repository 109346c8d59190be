//! Fields, members and look-ups.

use std::sync::Arc;

use actra_diagnostics::{Span, codes};
use actra_ir::{Expr, ExprKind};
use actra_model::{Constraints, RecordName, TypeKind, Value};
use actra_syntax::ast::{self, Name};

use super::convert::convert;
use super::typed::{ExprType, TypeRef, Typed};
use super::{Checker, fields};
use crate::literal;
use crate::shorten::shortened;

/// How a read belongs to a chain of optional reads, such as `x.?y.z`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Chain {
    /// Not at all: its value must be there.
    Outside,
    /// It starts one with `.?` or `[?`.
    Start,
    /// It reads from an optional value.
    Continued,
}

impl Chain {
    /// The chain of a read that is marked with `?` or not, and whose operand is outside of any.
    fn marked(optional: bool) -> Self {
        if optional { Chain::Start } else { Chain::Outside }
    }

    /// The type of a read whose value, if it is there, has this type.
    fn typed(self, ty: TypeRef) -> ExprType {
        if self == Chain::Outside { ExprType::Value(ty) } else { ExprType::Optional(ty) }
    }
}

impl Checker<'_> {
    pub(super) fn select(
        &mut self,
        operand: &ast::Expr,
        field: &Name,
        optional: bool,
        span: Span,
    ) -> Option<Typed> {
        if let ast::ExprKind::Ident(name) = &operand.kind {
            let bound = self.variable(name).is_some();
            if let (false, Some(record)) = (bound, RecordName::parse(name)) {
                return self.field(record, field, Chain::marked(optional), span);
            }
            if !bound && name == "constants" {
                return self.constant(field, span);
            }
        }
        let operand = self.expr(operand)?;
        self.member(operand, field, optional, span)
    }

    fn field(&mut self, record: RecordName, name: &Name, chain: Chain, span: Span) -> Option<Typed> {
        let field = fields::resolve(self.scope, record, name, self.diagnostics)?;
        let kind = ExprKind::Field { record, name: field.name };
        Some(self.read(kind, field.ty, field.optional, chain, span))
    }

    /// A read of a declared field or member; it is recorded if the value may be absent.
    pub(super) fn read(
        &mut self,
        kind: ExprKind,
        ty: TypeRef,
        may_be_absent: bool,
        chain: Chain,
        span: Span,
    ) -> Typed {
        if may_be_absent {
            self.notes.optional.insert(span);
        }
        Typed { expr: Expr { kind, span }, ty: chain.typed(ty) }
    }

    /// `operand.field`
    pub(super) fn member(
        &mut self,
        operand: Typed,
        field: &Name,
        optional: bool,
        span: Span,
    ) -> Option<Typed> {
        let (ty, chain) = match &operand.ty {
            ExprType::Value(ty) => (ty.clone(), Chain::marked(optional)),
            ExprType::Optional(ty) => (ty.clone(), Chain::Continued),
            ExprType::Null => return self.require_value(operand),
        };
        match ty.kind() {
            TypeKind::Object(members) => {
                let (name, member) = fields::member(members, field, self.diagnostics)?;
                let (operand, chained) = (Arc::new(operand.expr), chain == Chain::Continued);
                let kind = ExprKind::Member { operand, name: Arc::clone(name), chained };
                Some(self.read(kind, member.ty.clone().into(), member.optional, chain, span))
            }
            TypeKind::Map(_) | TypeKind::Any => {
                let key = ExprKind::Literal(literal::text(&field.value));
                let key = Expr { kind: key, span: field.span };
                Some(self.lookup(operand, key, None, ty.kind(), chain, span))
            }
            kind => {
                let message = format!("a `{}` has no field `{}`", kind.name(), shortened(&field.value));
                self.refuse(
                    codes::UNKNOWN_FIELD,
                    field.span,
                    message,
                    "only objects, maps and `any` have fields",
                )
            }
        }
    }

    fn lookup(
        &mut self,
        operand: Typed,
        key: Expr,
        keys: Option<&Constraints>,
        kind: &TypeKind,
        chain: Chain,
        span: Span,
    ) -> Typed {
        let element = match kind {
            TypeKind::List(element) | TypeKind::Map(element) => TypeRef::from((**element).clone()),
            _ => TypeRef::Plain(TypeKind::Any),
        };
        let may_find_nothing = chain == Chain::Outside
            && !matches!(kind, TypeKind::List(_))
            && !self.always_finds(&operand.expr, &key, keys);
        if may_find_nothing {
            self.notes.lookups.insert(span);
        }
        let (operand, chained) = (Arc::new(operand.expr), chain == Chain::Continued);
        let kind = ExprKind::Lookup { operand, key: Arc::new(key), chained };
        Typed { expr: Expr { kind, span }, ty: chain.typed(element) }
    }

    /// Whether a look-up always finds a value: both the map and every possible key are literals, and the map has them
    /// all.
    fn always_finds(&self, container: &Expr, key: &Expr, keys: Option<&Constraints>) -> bool {
        let holds = |key: &str| match &container.kind {
            ExprKind::Literal(Value::Map(members)) => members.contains_key(key),
            ExprKind::Map(members) => members.iter().any(|(name, _)| name.as_ref() == key),
            _ => false,
        };
        let is_held = |value: &Value| matches!(value, Value::String(key) if holds(key));
        match &key.kind {
            ExprKind::Literal(key) => is_held(key),
            ExprKind::Field { record: RecordName::Action, name } if name.as_ref() == "type" => {
                let actions = self.scope.actions.ids().iter().map(|id| self.scope.schema.action(*id));
                actions.into_iter().all(|action| action.is_some_and(|action| holds(&action.name)))
            }
            _ => keys.and_then(|keys| keys.one_of.as_ref()).is_some_and(|all| all.iter().all(is_held)),
        }
    }

    pub(super) fn index(
        &mut self,
        operand: &ast::Expr,
        index: &ast::Expr,
        optional: bool,
        span: Span,
    ) -> Option<Typed> {
        let (operand, key) = (self.expr(operand), self.value(index));
        let (operand, key) = (operand?, key?);
        let (ty, chain) = match &operand.ty {
            ExprType::Value(ty) => (ty.clone(), Chain::marked(optional)),
            ExprType::Optional(ty) => (ty.clone(), Chain::Continued),
            ExprType::Null => return self.require_value(operand),
        };
        let key = match (ty.kind(), key.kind()) {
            (TypeKind::List(_), Some(TypeKind::Integer | TypeKind::Number)) => key,
            (TypeKind::List(_), Some(TypeKind::Any)) => convert(key, TypeKind::Integer),
            (TypeKind::Map(_), Some(TypeKind::String)) => key,
            (TypeKind::Map(_), Some(TypeKind::Any)) => convert(key, TypeKind::String),
            (TypeKind::Any, Some(TypeKind::Integer | TypeKind::Number | TypeKind::String)) => key,
            (TypeKind::Object(_), _) => {
                let message = "members of an object cannot be read with `[...]`";
                return self.refuse(codes::TYPE_MISMATCH, span, message, "write `.field`");
            }
            (TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Any, _) => {
                let message = format!("a `{}` is not a key of a `{}`", key.ty.name(), ty.kind().name());
                let help = "lists are indexed by integers, maps by strings, and `any` by either";
                return self.refuse(codes::TYPE_MISMATCH, index.span, message, help);
            }
            (kind, _) => {
                let message = format!("a `{}` has no elements", kind.name());
                return self.refuse(
                    codes::TYPE_MISMATCH,
                    span,
                    message,
                    "only lists, maps and `any` have elements",
                );
            }
        };
        let Typed { expr: key, ty: key_ty } = key;
        let keys = if let ExprType::Value(ty) = &key_ty { ty.constraints() } else { None };
        Some(self.lookup(operand, key, keys, ty.kind(), chain, span))
    }
}
