//! What narrows a type: bounds, lists of values, lengths and patterns.

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_model::{Constraints, OneOf, RawValue, TypeKind, Value};
use actra_syntax::ast::{Data, TypeDecl};

use super::TypeResolver;
use crate::constraint_check::{compare_values, violation};
use crate::literal::literal_help;
use crate::{literal, patterns};

impl TypeResolver<'_> {
    pub(super) fn constraints(&mut self, decl: &TypeDecl, kind: &TypeKind) -> Constraints {
        let mut constraints = Constraints::default();
        if let Some(one_of) = &decl.one_of
            && self.fits(decl, kind, "one_of", is_scalar(kind), one_of.span)
        {
            constraints.one_of = self.one_of(kind, &one_of.value, one_of.span);
        }
        constraints.min = decl.min.as_ref().and_then(|data| self.bound(decl, kind, "min", data));
        constraints.max = decl.max.as_ref().and_then(|data| self.bound(decl, kind, "max", data));
        let string = *kind == TypeKind::String;
        let sized = matches!(kind, TypeKind::List(_) | TypeKind::Map(_));
        constraints.max_length =
            decl.max_length.as_ref().and_then(|data| self.count(decl, kind, "max_length", string, data));
        constraints.max_items =
            decl.max_items.as_ref().and_then(|data| self.count(decl, kind, "max_items", sized, data));
        if let Some(pattern) = &decl.pattern
            && self.fits(decl, kind, "pattern", string, pattern.span)
        {
            constraints.pattern =
                patterns::compile_for_schema(&pattern.value, pattern.span, self.diagnostics);
        }
        self.check_not_empty(decl, &constraints);
        constraints
    }

    fn fits(&mut self, decl: &TypeDecl, kind: &TypeKind, key: &str, fits: bool, span: Span) -> bool {
        if !fits {
            let message = format!("`{key}` cannot be used with `{}`", kind.name());
            let help = match key {
                "max_length" | "pattern" => "it constrains a `string`",
                "max_items" => "it constrains a `list` or a `map`",
                "min" | "max" => {
                    "it constrains a `number`, `integer`, `quantity`, `duration`, `timestamp` or `date`"
                }
                _ => "it constrains a type with single values, such as `string` or `number`",
            };
            self.push(
                Diagnostic::new(codes::BAD_CONSTRAINT, span, message)
                    .also(decl.name.span, "the type")
                    .help(help),
            );
        }
        fits
    }

    fn one_of(&mut self, kind: &TypeKind, items: &[Data], span: Span) -> Option<OneOf> {
        if items.is_empty() {
            self.push(
                Diagnostic::new(codes::EMPTY_CONSTRAINT, span, "`one_of` allows no value")
                    .help("list the values"),
            );
            return None;
        }
        let mut values = OneOf::default();
        for item in items {
            let Some(value) = self.value(kind, item) else { continue };
            if !values.insert(value) {
                let message = "the value appears twice in `one_of`";
                self.push(Diagnostic::new(codes::BAD_CONSTRAINT, item.span, message).help("remove one"));
            }
        }
        (!values.is_empty()).then_some(values)
    }

    fn bound(&mut self, decl: &TypeDecl, kind: &TypeKind, key: &str, data: &Data) -> Option<Value> {
        let ordered = matches!(
            kind,
            TypeKind::Number
                | TypeKind::Integer
                | TypeKind::Quantity
                | TypeKind::Duration
                | TypeKind::Timestamp
                | TypeKind::Date
        );
        self.fits(decl, kind, key, ordered, data.span).then(|| self.value(kind, data)).flatten()
    }

    fn value(&mut self, kind: &TypeKind, data: &Data) -> Option<Value> {
        let raw = literal::raw(data, self.diagnostics)?;
        let value = literal::read(kind, &raw);
        if value.is_none() {
            let message = format!("this is not a value of type `{}`", kind.name());
            self.push(Diagnostic::new(codes::BAD_LITERAL, data.span, message).help(literal_help(kind)));
        }
        value
    }

    fn count(
        &mut self,
        decl: &TypeDecl,
        kind: &TypeKind,
        key: &str,
        fits: bool,
        data: &Data,
    ) -> Option<usize> {
        if !self.fits(decl, kind, key, fits, data.span) {
            return None;
        }
        let count = match literal::raw(data, self.diagnostics)? {
            RawValue::Number(number) => number.to_i64().and_then(|count| usize::try_from(count).ok()),
            _ => None,
        };
        let limit = if key == "max_items" {
            actra_model::limits::ELEMENTS
        } else {
            actra_model::limits::REQUEST_BYTES
        };
        if count.is_none_or(|count| count > limit) {
            let message = format!("`{key}` is not a whole number from 0 to {limit}");
            self.push(
                Diagnostic::new(codes::BAD_CONSTRAINT, data.span, message)
                    .help(format!("write a number up to {limit}")),
            );
            return None;
        }
        count
    }

    /// Reports a pattern that no text matches, or no text that is short enough.
    fn check_texts(&mut self, decl: &TypeDecl, constraints: &Constraints) {
        let (Some(pattern), Some(place)) = (&constraints.pattern, &decl.pattern) else { return };
        let message = match (pattern.shortest(), constraints.max_length) {
            (None, _) => "no text matches this pattern, so no value fits".to_owned(),
            (Some(least), Some(most)) if least > most => {
                format!(
                    "text that matches has at least {least} characters, and `max_length` is {most}, so no value fits"
                )
            }
            _ => return,
        };
        let report = Diagnostic::new(codes::EMPTY_CONSTRAINT, place.span, message);
        self.push(match &decl.max_length {
            Some(length) if pattern.shortest().is_some() => report.also(length.span, "the longest text"),
            _ => report,
        });
    }

    fn check_not_empty(&mut self, decl: &TypeDecl, constraints: &Constraints) {
        self.check_texts(decl, constraints);
        let Some(span) = decl.one_of.as_ref().map(|list| list.span).or(decl.max.as_ref().map(|max| max.span))
        else {
            return;
        };
        let crossed = match (&constraints.min, &constraints.max) {
            (Some(min), Some(max)) => compare_values(min, max).is_some_and(|order| order.is_gt()),
            _ => false,
        };
        if crossed {
            self.push(Diagnostic::new(
                codes::EMPTY_CONSTRAINT,
                span,
                "`min` is above `max`, so no value fits",
            ));
        }
        for (value, data) in
            constraints.one_of.iter().flatten().zip(decl.one_of.iter().flat_map(|list| &list.value))
        {
            if let Some(reason) = violation(constraints, value) {
                let message = format!("this value of `one_of` can never occur: {reason}");
                self.push(Diagnostic::new(codes::EMPTY_CONSTRAINT, data.span, message).help("remove it"));
            }
        }
    }
}

fn is_scalar(kind: &TypeKind) -> bool {
    !matches!(kind, TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Object(_) | TypeKind::Any)
}
