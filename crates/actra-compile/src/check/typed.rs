//! Lowered expressions with their static types.

use std::rc::Rc;

use actra_diagnostics::Span;
use actra_ir::{Expr, ExprKind};
use actra_model::{Constraints, Type, TypeKind, Value};

/// An expression with its static type.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(super) expr: Expr,
    pub(super) ty: ExprType,
}

/// The static type of an expression.
#[derive(Debug, Clone)]
pub(crate) enum ExprType {
    /// A value of a type.
    Value(TypeRef),
    /// The literal `null`.
    Null,
    /// A read behind `.?` or `[?`, before `orValue`.
    Optional(TypeRef),
}

/// A type, shared where the schema declares it: most expressions are of a plain type, and a whole [`Type`] is large.
#[derive(Debug, Clone)]
pub(crate) enum TypeRef {
    /// Without any constraints of its own.
    Plain(TypeKind),
    /// As the schema declares it, with constraints.
    Declared(Rc<Type>),
}

impl TypeRef {
    pub(crate) fn kind(&self) -> &TypeKind {
        match self {
            TypeRef::Plain(kind) => kind,
            TypeRef::Declared(ty) => &ty.kind,
        }
    }

    pub(super) fn constraints(&self) -> Option<&Constraints> {
        match self {
            TypeRef::Plain(_) => None,
            TypeRef::Declared(ty) => Some(&ty.constraints),
        }
    }
}

impl From<Type> for TypeRef {
    fn from(ty: Type) -> Self {
        TypeRef::Declared(Rc::new(ty))
    }
}

impl ExprType {
    pub(super) fn plain(kind: TypeKind) -> ExprType {
        ExprType::Value(TypeRef::Plain(kind))
    }

    pub(super) fn boolean() -> ExprType {
        ExprType::plain(TypeKind::Boolean)
    }

    pub(super) fn name(&self) -> String {
        match self {
            ExprType::Value(ty) => ty.kind().name(),
            ExprType::Null => "null".to_owned(),
            ExprType::Optional(ty) => format!("optional {}", ty.kind().name()),
        }
    }
}

impl Typed {
    pub(super) fn new(kind: ExprKind, span: Span, ty: TypeKind) -> Typed {
        Typed { expr: Expr { kind, span }, ty: ExprType::plain(ty) }
    }

    pub(super) fn span(&self) -> Span {
        self.expr.span
    }

    pub(super) fn kind(&self) -> Option<&TypeKind> {
        match &self.ty {
            ExprType::Value(ty) => Some(ty.kind()),
            _ => None,
        }
    }

    pub(super) fn is_literal(&self) -> bool {
        matches!(self.expr.kind, ExprKind::Literal(_))
    }

    pub(super) fn into_literal(self) -> Option<Value> {
        match self.expr.kind {
            ExprKind::Literal(value) => Some(value),
            _ => None,
        }
    }
}

/// The expressions without their types, in an allocation of exactly their size.
pub(super) fn exprs(parts: Vec<Typed>) -> Vec<Expr> {
    let mut exprs = Vec::with_capacity(parts.len());
    exprs.extend(parts.into_iter().map(|part| part.expr));
    exprs
}
