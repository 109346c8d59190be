//! Macros: `all`, `exists`, `exists_one`, `filter`, `map`.

use std::sync::Arc;

use actra_diagnostics::{Span, codes};
use actra_ir::{ExprKind, MacroKind, Variable, Variables};
use actra_model::{Type, TypeKind};
use actra_syntax::ast::{self, Name};

use super::Checker;
use super::typed::Typed;
use crate::global_names::{BUILT_IN, RESERVED};
use crate::shorten::shortened;

impl Checker<'_> {
    pub(super) fn comprehension(
        &mut self,
        kind: MacroKind,
        target: &ast::Expr,
        name: &Name,
        args: &[ast::Expr],
        span: Span,
    ) -> Option<Typed> {
        let range = self.value(target);
        let two = matches!(kind, MacroKind::All | MacroKind::Exists) && args.len() == 3;
        let (variables, rest) = match (args, two, kind) {
            ([first, second, rest @ ..], true, _) => (vec![first, second], rest),
            ([first, rest @ ..], false, _) => (vec![first], rest),
            _ => return self.wrong_count(name, "2", args.len()),
        };
        let (filter, body) = match (rest, kind) {
            ([body], _) => (None, body),
            ([filter, body], MacroKind::Map) => (Some(filter), body),
            _ => {
                let wanted = match kind {
                    MacroKind::ExistsOne | MacroKind::Filter => "2",
                    _ => "2 to 3",
                };
                return self.wrong_count(name, wanted, args.len());
            }
        };
        let range = range?;
        let types = self.element_types(&range, two, span)?;
        let first_slot = self.variables.len();
        let mut bound = Vec::new();
        for (variable, ty) in variables.into_iter().zip(types) {
            let name = self.bindable(variable)?;
            bound.push(Variable { name: Arc::clone(&name), slot: self.variables.len() });
            self.variables.push((name, ty));
        }
        let filter = filter.map(|filter| self.boolean(filter));
        let body = if kind == MacroKind::Map { self.value(body) } else { self.boolean(body) };
        self.variables.truncate(first_slot);
        let (filter, body) = (filter.map_or(Some(None), |filter| filter.map(Some))?, body?);
        Some(assemble(kind, range, bound, filter, body, span))
    }

    /// The types of the variables of a macro over a range.
    fn element_types(&mut self, range: &Typed, two: bool, span: Span) -> Option<Vec<Type>> {
        let integer = || Type::plain(TypeKind::Integer);
        let string = || Type::plain(TypeKind::String);
        Some(match (range.kind()?, two) {
            (TypeKind::List(element), false) => vec![(**element).clone()],
            (TypeKind::List(element), true) => vec![integer(), (**element).clone()],
            (TypeKind::Map(_), false) => vec![string()],
            (TypeKind::Map(value), true) => vec![string(), (**value).clone()],
            (TypeKind::Any, false) => vec![Type::plain(TypeKind::Any)],
            (TypeKind::Any, true) => vec![Type::plain(TypeKind::Any), Type::plain(TypeKind::Any)],
            (other, _) => {
                let message = format!("a `{}` has no elements to go through", other.name());
                return self.refuse(
                    codes::TYPE_MISMATCH,
                    span,
                    message,
                    "macros work on lists, maps and `any`",
                );
            }
        })
    }

    /// A macro variable: an identifier that shadows nothing.
    fn bindable(&mut self, expr: &ast::Expr) -> Option<Arc<str>> {
        let ast::ExprKind::Ident(name) = &expr.kind else {
            let help = "write `xs.all(x, ...)`";
            return self.refuse(
                codes::BAD_VARIABLE,
                expr.span,
                "the first argument of a macro must be a name",
                help,
            );
        };
        let taken = if RESERVED.contains(&name.as_str()) || BUILT_IN.contains(&name.as_str()) {
            Some("it means something else in expressions")
        } else if self.names.definitions.contains_key(name.as_str())
            || self.names.faulty.contains(name.as_str())
        {
            Some("a definition already has this name")
        } else if self.variable(name).is_some() {
            Some("an outer macro already has this variable")
        } else {
            None
        };
        match taken {
            None => Some(Arc::from(name.as_str())),
            Some(reason) => {
                let message = format!("`{}` cannot be a variable here: {reason}", shortened(name));
                self.refuse(codes::BAD_VARIABLE, expr.span, message, "choose another name")
            }
        }
    }
}

fn assemble(
    kind: MacroKind,
    range: Typed,
    mut bound: Vec<Variable>,
    filter: Option<Typed>,
    body: Typed,
    span: Span,
) -> Typed {
    let ty = match (kind, range.kind()) {
        (MacroKind::Filter, Some(TypeKind::List(element))) => list_of(element.kind.clone()),
        (MacroKind::Filter, Some(TypeKind::Any)) => list_of(TypeKind::Any),
        (MacroKind::Filter, _) => list_of(TypeKind::String),
        (MacroKind::Map, _) => list_of(body.kind().cloned().unwrap_or(TypeKind::Any)),
        _ => TypeKind::Boolean,
    };
    let second = if bound.len() == 2 { bound.pop() } else { None };
    let first = bound.pop().unwrap_or(Variable { name: Arc::from(""), slot: 0 });
    let kind = ExprKind::Macro {
        kind,
        range: Arc::new(range.expr),
        variables: Box::new(Variables { first, second }),
        filter: filter.map(|filter| Arc::new(filter.expr)),
        body: Arc::new(body.expr),
    };
    Typed::new(kind, span, ty)
}

fn list_of(element: TypeKind) -> TypeKind {
    TypeKind::List(Box::new(Type::plain(element)))
}
