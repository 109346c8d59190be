//! Functions and methods.

use std::sync::Arc;

use actra_diagnostics::{Span, codes};
use actra_ir::{ExprKind, Function, MacroKind, TimePart};
use actra_model::{Cidr, Duration, IpAddress, Quantity, Timestamp, Type, TypeKind, Value, Zone};
use actra_syntax::alias;
use actra_syntax::ast::{self, Name};

use super::compare::{comparable, list_beside, read_beside};
use super::expr::convert;
use super::{Checker, Ty, Typed};
use crate::schema::{literal_help, shown};

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

/// Methods on strings: the function, the least number of arguments, and which of them are numbers.
fn string_method(name: &str) -> Option<(Function, usize, &'static [ArgKind])> {
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
enum ArgKind {
    Text,
    Count,
}

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
            Some(target) if self.is_library(target) && alias::functions::meant(&function.value).is_some() => {
                self.unknown_function(function, &[])
            }
            Some(target) if self.is_name(target, "sets") => self.sets_call(function, args, span),
            Some(target) => self.method(target, function, args, span),
        }
    }

    fn is_name(&self, expr: &ast::Expr, wanted: &str) -> bool {
        matches!(&expr.kind, ast::ExprKind::Ident(name) if name == wanted) && self.variable(wanted).is_none()
    }

    /// Whether functions seem to be looked for in a module of another language: `time.now()`, `strings.lower(x)`.
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
                Some(call(function, vec![typed], kind, span))
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
                "`cidr` alone is no value",
                "write `cidr(\"10.0.0.0/8\").containsIP(x)`",
            ),
            _ => self.no_function(name, args),
        }
    }

    fn no_function(&mut self, name: &Name, args: &[ast::Expr]) -> Option<Typed> {
        if let "ip" | "url" | "path" | "date" = name.value.as_str() {
            let message = format!("there is no function `{}`", name.value);
            let help = format!("quoted text next to a `{0}` field is read as a `{0}`", name.value);
            return self.refuse(codes::UNKNOWN_FUNCTION, name.span, message, help);
        }
        if let ("exists", [field]) = (name.value.as_str(), args)
            && let ast::ExprKind::Select { .. } = field.kind
        {
            let message = "`exists` goes through a list";
            let help = "whether a field is there asks `has(record.field)`";
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
        let message = format!("`{}` takes {wanted} argument{plural}, and there are {found}", name.value);
        self.refuse(codes::BAD_ARGUMENTS, name.span, message, "see the language reference for its form")
    }

    fn has_call(&mut self, arg: &ast::Expr, span: Span) -> Option<Typed> {
        let ast::ExprKind::Select { optional: false, .. } = &arg.kind else {
            let help = "write `has(record.field)`; for a key of a map, `\"key\" in m`";
            return self.refuse(codes::BAD_ARGUMENTS, arg.span, "`has` asks for a field", help);
        };
        let typed = self.expr(arg)?;
        self.has(typed, span)
    }

    pub(super) fn has(&mut self, operand: Typed, span: Span) -> Option<Typed> {
        let place = operand.span();
        let looked_up = matches!(operand.expr.kind, ExprKind::Lookup { .. });
        if !looked_up && !matches!(operand.expr.kind, ExprKind::Field { .. } | ExprKind::Member { .. }) {
            let help = "write `has(record.field)`";
            return self.refuse(codes::BAD_ARGUMENTS, place, "`has` asks for a field", help);
        }
        if let Ty::Optional(_) = operand.ty {
            let help = "`has` and `.?` ask the same question; use one of them";
            return self.refuse(codes::BAD_ARGUMENTS, place, "`has` of an optional value", help);
        }
        if !looked_up && !self.reads.optional.contains(&place) {
            let help = "take the test away, or make the field optional in the schema";
            return self.refuse(codes::HAS_ON_REQUIRED, place, "this field is always there", help);
        }
        Some(Typed::new(ExprKind::Has(Arc::new(operand.expr)), span, TypeKind::Boolean))
    }

    fn size(&mut self, typed: Typed, span: Span) -> Option<Typed> {
        match typed.kind() {
            Some(TypeKind::String | TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Any) => {
                Some(call(Function::Size, vec![typed], TypeKind::Integer, span))
            }
            _ => {
                let message = format!("a `{}` has no size", typed.ty.name());
                self.refuse(codes::BAD_ARGUMENTS, typed.span(), message, "strings, lists and maps have one")
            }
        }
    }

    fn text_of(&mut self, arg: &ast::Expr, span: Span) -> Option<Typed> {
        use TypeKind::{Any, Boolean, Date, Duration, Integer, Ip, Number, Path, String, Timestamp, Url};
        let typed = self.value(arg)?;
        match typed.kind() {
            Some(
                Any | String | Number | Integer | Boolean | Timestamp | Date | Duration | Ip | Url | Path,
            ) => Some(call(Function::ToString, vec![typed], String, span)),
            _ => {
                let message = format!("a `{}` does not become text", typed.ty.name());
                self.refuse(codes::BAD_ARGUMENTS, arg.span, message, "convert one scalar field")
            }
        }
    }

    /// `timestamp("...")`, `duration("...")`, `quantity("...")`: literals of their types.
    fn literal_function(&mut self, name: &Name, arg: &ast::Expr, span: Span) -> Option<Typed> {
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

    fn sets_call(&mut self, name: &Name, args: &[ast::Expr], span: Span) -> Option<Typed> {
        let function = match name.value.as_str() {
            "contains" => Function::SetsContains,
            "intersects" => Function::SetsIntersects,
            "equivalent" => Function::SetsEquivalent,
            _ => return self.unknown_function(name, &["contains", "intersects", "equivalent"]),
        };
        let [left, right] = self.arguments(name, args)?;
        let (left, right) = (self.value(left), self.value(right));
        self.sets(function, left?, right?, span)
    }

    pub(super) fn sets(
        &mut self,
        function: Function,
        left: Typed,
        right: Typed,
        span: Span,
    ) -> Option<Typed> {
        let (left_kind, right_kind) = (left.kind()?.clone(), right.kind()?.clone());
        let left = if left_kind == TypeKind::Any {
            list_beside(left, &right_kind)
        } else {
            self.adapt(left, &right_kind)?
        };
        let right = if right_kind == TypeKind::Any {
            list_beside(right, &left_kind)
        } else {
            self.adapt(right, &left_kind)?
        };
        match (left.kind()?, right.kind()?) {
            (TypeKind::List(a), TypeKind::List(b)) if comparable(&a.kind, &b.kind) => {
                Some(call(function, vec![left, right], TypeKind::Boolean, span))
            }
            (left_kind, right_kind) => {
                let message = format!(
                    "`{}` does not go with `{}` and `{}`",
                    function.as_str(),
                    left_kind.name(),
                    right_kind.name()
                );
                self.refuse(codes::TYPE_MISMATCH, span, message, "it compares two lists of one type")
            }
        }
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
        if let Ty::Optional(_) | Ty::Null = receiver.ty {
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
        if let Some((function, least, kinds)) = string_method(&name.value) {
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
                let message = format!("`{function}` is not called on a value");
                let help = format!("write `{function}(x)`");
                self.refuse(codes::UNKNOWN_FUNCTION, name.span, message, help)
            }
            _ => self.unknown_function(name, &METHODS),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a row of the method table and its call")]
    fn string_method(
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

    /// A function on strings; operands behind the first are checked already, or strings by their position.
    pub(super) fn string_call(
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
                self.reads.maybe_empty.insert(operand.span());
            }
            checked.push(operand);
        }
        let kind = match function {
            Function::StartsWith | Function::EndsWith | Function::Contains => TypeKind::Boolean,
            Function::IndexOf | Function::LastIndexOf => TypeKind::Integer,
            Function::Split => TypeKind::List(Box::new(Type::plain(TypeKind::String))),
            _ => TypeKind::String,
        };
        Some(call(function, checked, kind, span))
    }

    fn as_integer(&mut self, typed: Typed) -> Option<Typed> {
        match typed.kind() {
            Some(TypeKind::Integer | TypeKind::Number) => Some(typed),
            Some(TypeKind::Any) => Some(convert(typed, TypeKind::Integer)),
            _ => {
                let message = format!("this must be a number, and it is `{}`", typed.ty.name());
                self.refuse(
                    codes::BAD_ARGUMENTS,
                    typed.span(),
                    message,
                    "positions are counted in characters from 0",
                )
            }
        }
    }

    fn aggregate(&mut self, receiver: Typed, name: &Name, span: Span) -> Option<Typed> {
        use TypeKind::{Any, Date, Duration, Integer, List, Number, Quantity, String, Timestamp};
        let Some(List(element)) = receiver.kind() else {
            let message =
                format!("`{}` is called on a list, and this is `{}`", name.value, receiver.ty.name());
            return self.refuse(codes::BAD_ARGUMENTS, span, message, "write `xs.sum()`");
        };
        let element = element.kind.clone();
        let fits = match name.value.as_str() {
            "sum" => matches!(element, Number | Integer),
            "distinct" => element != Any,
            _ => matches!(element, Number | Integer | String | Timestamp | Date | Duration | Quantity),
        };
        if !fits {
            let message = format!("`{}` does not go with elements of type `{}`", name.value, element.name());
            return self.refuse(
                codes::BAD_ARGUMENTS,
                span,
                message,
                "`sum` adds numbers; `min` and `max` need an order",
            );
        }
        Some(match name.value.as_str() {
            "sum" => call(Function::Sum, vec![receiver], element, span),
            "min" => call(Function::Min, vec![receiver], element, span),
            "max" => call(Function::Max, vec![receiver], element, span),
            _ => {
                let ty = TypeKind::List(Box::new(Type::plain(element)));
                call(Function::Distinct, vec![receiver], ty, span)
            }
        })
    }

    fn time_part(
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
                    "`{}` is called on a timestamp, and this is `{}`",
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
                    let message = format!("there is no time zone `{}`", shown(text));
                    let help = "zones are names of the IANA data such as `Europe/Berlin`, or offsets such as `+02:00`";
                    return self.refuse(codes::BAD_LITERAL, *span, message, help);
                }
            },
            [other] => {
                let help = "write the zone as quoted text";
                return self.refuse(codes::BAD_ARGUMENTS, other.span, "a time zone is a literal", help);
            }
            _ => return self.wrong_count(name, "0 to 1", args.len()),
        }?;
        let kind = ExprKind::TimePart { part, operand: Arc::new(receiver.expr), zone: Box::new(zone) };
        Some(Typed::new(kind, span, TypeKind::Integer))
    }

    pub(super) fn within(&mut self, operand: Typed, base: Typed, span: Span) -> Option<Typed> {
        let operand = match operand.kind() {
            Some(TypeKind::Any) => convert(operand, TypeKind::Path),
            Some(TypeKind::Path) => operand,
            Some(TypeKind::Ip) => {
                let help = "write `cidr(\"10.0.0.0/8\").containsIP(x)`";
                return self.refuse(codes::TYPE_MISMATCH, span, "`within` in expressions is for paths", help);
            }
            _ => {
                let message = format!("`within` is called on a `path`, and this is `{}`", operand.ty.name());
                return self.refuse(codes::TYPE_MISMATCH, span, message, "declare the field as `path`");
            }
        };
        let base = self.adapt(base, &TypeKind::Path)?;
        let base = if let Some(TypeKind::Any) = base.kind() { convert(base, TypeKind::Path) } else { base };
        if base.kind() != Some(&TypeKind::Path) {
            let message = format!("`within` takes a `path`, and this is `{}`", base.ty.name());
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

    fn contains_ip(
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
                    "`containsIP` is called on `cidr(...)`",
                    help,
                );
            }
        };
        let operand = self.value(operand)?;
        self.in_cidr(operand, &range, span)
    }

    pub(super) fn in_cidr(&mut self, operand: Typed, range: &Typed, span: Span) -> Option<Typed> {
        let operand = match &operand.expr.kind {
            ExprKind::Literal(Value::String(text)) if IpAddress::parse(text).is_some() => {
                self.adapt(operand, &TypeKind::Ip)?
            }
            _ => operand,
        };
        let operand =
            if let Some(TypeKind::Any) = operand.kind() { convert(operand, TypeKind::Ip) } else { operand };
        if operand.kind() != Some(&TypeKind::Ip) {
            let message = format!("this must be an `ip`, and it is `{}`", operand.ty.name());
            return self.refuse(codes::TYPE_MISMATCH, operand.span(), message, "declare the field as `ip`");
        }
        let ExprKind::Literal(Value::String(text)) = &range.expr.kind else {
            let help = "write the range as quoted text, such as `\"10.0.0.0/8\"`";
            return self.refuse(
                codes::BAD_ARGUMENTS,
                range.span(),
                "a range of addresses is a literal",
                help,
            );
        };
        let Some(cidr) = Cidr::parse(text) else {
            let help = match Cidr::parse_lenient(text) {
                Some(cidr) => format!("did you mean `{cidr}`? bits behind the prefix must be zero"),
                None => "a range is written `10.0.0.0/8` or `2001:db8::/32`".to_owned(),
            };
            return self.refuse(codes::BAD_LITERAL, range.span(), "this is not a range of addresses", help);
        };
        Some(Typed::new(ExprKind::InCidr { operand: Arc::new(operand.expr), cidr }, span, TypeKind::Boolean))
    }

    fn or_value(&mut self, operand: Typed, default: &ast::Expr, span: Span) -> Option<Typed> {
        let default = match (&operand.ty, &default.kind) {
            (Ty::Optional(ty), ast::ExprKind::List(items)) if items.is_empty() => {
                empty_list(ty.kind(), default.span)
            }
            _ => None,
        }
        .or_else(|| self.value(default));
        let Ty::Optional(ty) = &operand.ty else {
            let help = "write `x.?field.orValue(...)` or `m[?\"key\"].orValue(...)`";
            return self.refuse(codes::BAD_ARGUMENTS, span, "`orValue` needs an optional value", help);
        };
        let (ty, default) = (ty.clone(), default?);
        if *ty.kind() == TypeKind::Any {
            return self.or_value_any(operand, default, span);
        }
        let default = self.adapt(default, ty.kind())?;
        let default_kind = default.kind()?.clone();
        if default_kind == TypeKind::Any || !comparable(ty.kind(), &default_kind) {
            let message =
                format!("the default is `{}`, and the field is `{}`", default_kind.name(), ty.kind().name());
            return self.refuse(
                codes::TYPE_MISMATCH,
                default.span(),
                message,
                "give a default of the field's type",
            );
        }
        let result = crate::literal::join(ty.kind().clone(), default_kind).unwrap_or(ty.kind().clone());
        let kind = ExprKind::OrValue { operand: Arc::new(operand.expr), default: Arc::new(default.expr) };
        Some(Typed::new(kind, span, result))
    }

    /// An `any` with a default takes the default's type.
    fn or_value_any(&mut self, operand: Typed, default: Typed, span: Span) -> Option<Typed> {
        let kind = default.kind()?.clone();
        let or_value = ExprKind::OrValue { operand: Arc::new(operand.expr), default: Arc::new(default.expr) };
        let typed = Typed::new(or_value, span, TypeKind::Any);
        Some(if kind == TypeKind::Any { typed } else { read_beside(typed, &kind) })
    }
}

/// `[]` as the default of a list: an empty list of the same type.
fn empty_list(kind: &TypeKind, span: Span) -> Option<Typed> {
    let TypeKind::List(_) = kind else { return None };
    Some(Typed::new(ExprKind::Literal(Value::List([].into())), span, kind.clone()))
}

fn call(function: Function, operands: Vec<Typed>, kind: TypeKind, span: Span) -> Typed {
    let args = super::exprs(operands);
    Typed::new(ExprKind::Call { function, args }, span, kind)
}

/// Whether a string operand may be the empty string.
fn may_be_empty(typed: &Typed) -> bool {
    match (&typed.expr.kind, &typed.ty) {
        (ExprKind::Literal(Value::String(text)), _) => text.is_empty(),
        (_, Ty::Value(ty)) => ty
            .narrowing()
            .is_none_or(|narrowing| super::breach(narrowing, &crate::literal::text("")).is_none()),
        _ => true,
    }
}
