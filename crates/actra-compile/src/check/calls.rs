//! Functions and methods: which there are, and how many arguments each takes.

mod containment;
mod lists;
mod presence;
mod strings;
mod time;

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::{ExprKind, Function, MacroKind, TimePart};
use actra_model::TypeKind;
use actra_syntax::ast::{self, Name};
use actra_syntax::{foreign_words, suggest};

use super::Checker;
use super::typed::{ExprType, Typed, exprs};
use crate::shorten::shortened;

const FUNCTIONS: [&str; 11] = [
    "has",
    "size",
    "int",
    "double",
    "string",
    "timestamp",
    "duration",
    "quantity",
    "cidr",
    "sets.contains",
    "sets.intersects",
];

const METHODS: [&str; 35] = [
    "all",
    "exists",
    "exists_one",
    "filter",
    "map",
    "startsWith",
    "endsWith",
    "contains",
    "matches",
    "size",
    "lowerAscii",
    "upperAscii",
    "trim",
    "split",
    "indexOf",
    "lastIndexOf",
    "substring",
    "replace",
    "sum",
    "min",
    "max",
    "distinct",
    "within",
    "containsIP",
    "orValue",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
];

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        target: Option<&ast::Expr>,
        function: &Name,
        args: &[ast::Expr],
        span: Span,
    ) -> Option<Typed> {
        match target {
            None => self.function(function, args, span),
            Some(target)
                if self.is_library(target)
                    && foreign_words::functions::replacement_for(&function.value).is_some() =>
            {
                self.unknown_function(function, &[])
            }
            Some(target) if self.is_name(target, "sets") => self.sets_call(function, args, span),
            Some(target) => self.method(target, function, args, span),
        }
    }

    fn is_name(&self, expr: &ast::Expr, wanted: &str) -> bool {
        matches!(&expr.kind, ast::ExprKind::Ident(name) if name == wanted) && self.variable(wanted).is_none()
    }

    /// Whether a call seems to use a module of another language, as `time.now()` and `strings.lower(x)` do.
    fn is_library(&self, target: &ast::Expr) -> bool {
        let ast::ExprKind::Ident(name) = &target.kind else { return false };
        !self.is_known(name)
    }

    fn function(&mut self, name: &Name, args: &[ast::Expr], span: Span) -> Option<Typed> {
        match name.value.as_str() {
            "has" => {
                let [arg] = self.arguments(name, args)?;
                self.has_call(arg, span)
            }
            "size" => {
                let [arg] = self.arguments(name, args)?;
                let typed = self.value(arg)?;
                self.size(typed, span)
            }
            "int" | "double" => {
                let [arg] = self.arguments(name, args)?;
                let typed = self.value(arg)?;
                let typed = self.as_string(typed)?;
                let (function, kind) = match name.value.as_str() {
                    "int" => (Function::ToInt, TypeKind::Integer),
                    _ => (Function::ToDouble, TypeKind::Number),
                };
                Some(call_of(function, vec![typed], kind, span))
            }
            "string" => {
                let [arg] = self.arguments(name, args)?;
                self.text_of(arg, span)
            }
            "timestamp" | "duration" | "quantity" => {
                let [arg] = self.arguments(name, args)?;
                self.literal_function(name, arg, span)
            }
            "cidr" => self.refuse(
                codes::BAD_ARGUMENTS,
                span,
                "`cidr` is not a value by itself",
                "write `cidr(\"10.0.0.0/8\").containsIP(x)`",
            ),
            _ => self.no_function(name, args),
        }
    }

    fn no_function(&mut self, name: &Name, args: &[ast::Expr]) -> Option<Typed> {
        if let "ip" | "url" | "path" | "date" = name.value.as_str() {
            let message = format!("there is no function `{}`", name.value);
            let help = format!("quoted text next to a field of type `{}` is read as that type", name.value);
            return self.refuse(codes::UNKNOWN_FUNCTION, name.span, message, help);
        }
        if let ("exists", [field]) = (name.value.as_str(), args)
            && let ast::ExprKind::Select { .. } = field.kind
        {
            let message = "`exists` works on a list";
            let help = "to test whether a field is there, write `has(record.field)`";
            return self.refuse(codes::UNKNOWN_FUNCTION, name.span, message, help);
        }
        if METHODS.contains(&name.value.as_str()) {
            let message = format!("`{}` is called on a value", name.value);
            return self.refuse(
                codes::UNKNOWN_FUNCTION,
                name.span,
                message,
                format!("write `x.{}(...)`", name.value),
            );
        }
        self.unknown_function(name, &FUNCTIONS)
    }

    /// Exactly `N` arguments.
    fn arguments<'e, const N: usize>(
        &mut self,
        name: &Name,
        args: &'e [ast::Expr],
    ) -> Option<&'e [ast::Expr; N]> {
        if let Ok(args) = args.try_into() {
            return Some(args);
        }
        self.wrong_count(name, &N.to_string(), args.len())
    }

    pub(super) fn wrong_count<T>(&mut self, name: &Name, wanted: &str, found: usize) -> Option<T> {
        let plural = if wanted == "1" { "" } else { "s" };
        let message = format!("`{}` takes {wanted} argument{plural}, but there are {found}", name.value);
        self.refuse(codes::BAD_ARGUMENTS, name.span, message, "see the language reference for its form")
    }

    fn method(&mut self, target: &ast::Expr, name: &Name, args: &[ast::Expr], span: Span) -> Option<Typed> {
        if name.value == "containsIP" {
            return self.contains_ip(target, name, args, span);
        }
        if let Some(kind) = MacroKind::ALL.iter().find(|kind| kind.as_str() == name.value) {
            return self.comprehension(*kind, target, name, args, span);
        }
        let receiver = self.expr(target)?;
        if name.value == "orValue" {
            let [default] = self.arguments(name, args)?;
            return self.or_value(receiver, default, span);
        }
        if let ExprType::Optional(_) | ExprType::Null = receiver.ty {
            let message = format!("`{}` cannot be called on an optional value", name.value);
            return self.refuse(codes::TYPE_MISMATCH, span, message, "add `.orValue(...)` before it");
        }
        self.value_method(receiver, name, args, span)
    }

    fn value_method(
        &mut self,
        receiver: Typed,
        name: &Name,
        args: &[ast::Expr],
        span: Span,
    ) -> Option<Typed> {
        if let Some((function, least, kinds)) = strings::string_method(&name.value) {
            return self.string_method(function, least, kinds, receiver, name, args, span);
        }
        if let Some(part) = TimePart::ALL.iter().find(|part| part.as_str() == name.value) {
            return self.time_part(*part, receiver, name, args, span);
        }
        match name.value.as_str() {
            "size" => {
                let [] = self.arguments(name, args)?;
                self.size(receiver, span)
            }
            "matches" => {
                let [pattern] = self.arguments(name, args)?;
                let pattern = self.value(pattern)?;
                self.matches(receiver, pattern, span)
            }
            "sum" | "min" | "max" | "distinct" => {
                let [] = self.arguments(name, args)?;
                self.aggregate(receiver, name, span)
            }
            "within" => {
                let [base] = self.arguments(name, args)?;
                let base = self.value(base)?;
                self.within(receiver, base, span)
            }
            function if FUNCTIONS.contains(&function) => {
                let message = format!("`{function}` cannot be called on a value");
                let help = format!("write `{function}(x)`");
                self.refuse(codes::UNKNOWN_FUNCTION, name.span, message, help)
            }
            _ => self.unknown_function(name, &METHODS),
        }
    }

    pub(super) fn unknown_function<T>(&mut self, name: &Name, known: &[&str]) -> Option<T> {
        let message = format!("there is no function `{}`", shortened(&name.value));
        let diagnostic = Diagnostic::new(codes::UNKNOWN_FUNCTION, name.span, message);
        let close = || suggest::closest(&name.value, known.iter().copied());
        self.push(match foreign_words::functions::replacement_for(&name.value) {
            Some(instead) => diagnostic.help(instead.help()),
            None => diagnostic
                .maybe_help(close().map(suggest::question))
                .help("the language reference lists all functions"),
        });
        None
    }
}

fn call_of(function: Function, operands: Vec<Typed>, kind: TypeKind, span: Span) -> Typed {
    let args = exprs(operands);
    Typed::new(ExprKind::Call { function, args }, span, kind)
}
