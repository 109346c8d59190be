//! Lowered expressions with their static types.

use std::rc::Rc;

use actra_diagnostics::Span;
use actra_ir::{Expr, ExprKind};
use actra_model::{Narrowing, Type, TypeKind, Value};

/// An expression with its static type.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(super) expr: Expr,
    pub(super) ty: Ty,
}

/// What an expression can be.
#[derive(Debug, Clone)]
pub(crate) enum Ty {
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
    /// Without any narrowing of its own.
    Plain(TypeKind),
    /// As declared.
    Declared(Rc<Type>),
}

impl TypeRef {
    pub(crate) fn kind(&self) -> &TypeKind {
        match self {
            TypeRef::Plain(kind) => kind,
            TypeRef::Declared(ty) => &ty.kind,
        }
    }

    pub(super) fn narrowing(&self) -> Option<&Narrowing> {
        match self {
            TypeRef::Plain(_) => None,
            TypeRef::Declared(ty) => Some(&ty.narrowing),
        }
    }
}

impl From<Type> for TypeRef {
    fn from(ty: Type) -> Self {
        TypeRef::Declared(Rc::new(ty))
    }
}

impl Ty {
    pub(super) fn plain(kind: TypeKind) -> Ty {
        Ty::Value(TypeRef::Plain(kind))
    }

    pub(super) fn boolean() -> Ty {
        Ty::plain(TypeKind::Boolean)
    }

    pub(super) fn name(&self) -> String {
        match self {
            Ty::Value(ty) => ty.kind().name(),
            Ty::Null => "null".to_owned(),
            Ty::Optional(ty) => format!("optional {}", ty.kind().name()),
        }
    }
}

impl Typed {
    pub(super) fn new(kind: ExprKind, span: Span, ty: TypeKind) -> Typed {
        Typed { expr: Expr { kind, span }, ty: Ty::plain(ty) }
    }

    pub(super) fn span(&self) -> Span {
        self.expr.span
    }

    pub(super) fn kind(&self) -> Option<&TypeKind> {
        match &self.ty {
            Ty::Value(ty) => Some(ty.kind()),
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

/// The expressions alone, in an allocation of their own size.
pub(super) fn exprs(parts: Vec<Typed>) -> Vec<Expr> {
    let mut exprs = Vec::with_capacity(parts.len());
    exprs.extend(parts.into_iter().map(|part| part.expr));
    exprs
}
