//! Expressions: names, members, look-ups, operators.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_ir::{ArithmeticOp, Expr, ExprKind, Variable};
use actra_model::{Decimal, Domain, Narrowing, RawValue, Slot, Type, TypeKind, Value, limits};
use actra_syntax::ast::{self, BinaryOp, Name, UnaryOp};
use actra_syntax::{alias, suggest};

use super::compare::read_beside;
use super::{Checker, Ty, TypeRef, Typed, all_of, any_of, exprs, fields};
use crate::literal;
use crate::names::BUILT_IN;
use crate::schema::shown;

impl Checker<'_> {
    /// An expression that must be a boolean.
    pub(super) fn boolean(&mut self, expr: &ast::Expr) -> Option<Typed> {
        let typed = self.expr(expr)?;
        match typed.kind() {
            Some(TypeKind::Boolean) => Some(typed),
            Some(TypeKind::Any) => Some(convert(typed, TypeKind::Boolean)),
            _ => {
                let message = format!("a condition must be a boolean, and this is `{}`", typed.ty.name());
                self.refuse(
                    codes::NOT_BOOLEAN,
                    expr.span,
                    message,
                    "compare it with something, such as `x == \"y\"`",
                )
            }
        }
    }

    /// An expression that must be a value.
    pub(super) fn value(&mut self, expr: &ast::Expr) -> Option<Typed> {
        let typed = self.expr(expr)?;
        self.require_value(typed)
    }

    fn require_value(&mut self, typed: Typed) -> Option<Typed> {
        match &typed.ty {
            Ty::Value(_) => Some(typed),
            Ty::Null => self.refuse(
                codes::TYPE_MISMATCH,
                typed.span(),
                "`null` has no place here",
                "`null` is compared with fields of type `any`; whether an optional field is there is `has(...)`",
            ),
            Ty::Optional(_) => self.refuse(
                codes::TYPE_MISMATCH,
                typed.span(),
                "an optional value must be given a default before it is used",
                "add `.orValue(...)`",
            ),
        }
    }

    pub(super) fn expr(&mut self, expr: &ast::Expr) -> Option<Typed> {
        self.enter(expr.span)?;
        let typed = self.form(expr);
        self.leave();
        typed
    }

    fn form(&mut self, expr: &ast::Expr) -> Option<Typed> {
        let span = expr.span;
        let literal = |value: Value, kind: TypeKind| Some(Typed::new(ExprKind::Literal(value), span, kind));
        match &expr.kind {
            ast::ExprKind::Null => {
                let value = ExprKind::Literal(Value::Any(RawValue::Null));
                Some(Typed { ty: Ty::Null, ..Typed::new(value, span, TypeKind::Any) })
            }
            ast::ExprKind::Bool(value) => literal(Value::Bool(*value), TypeKind::Boolean),
            ast::ExprKind::Number(text) => self.number(text, false, span),
            ast::ExprKind::String(text) => literal(literal::text(text), TypeKind::String),
            ast::ExprKind::Ident(name) => self.name(name, span),
            ast::ExprKind::Select { operand, field, optional } => {
                self.select(operand, field, *optional, span)
            }
            ast::ExprKind::Index { operand, index, optional } => self.index(operand, index, *optional, span),
            ast::ExprKind::Call { target, function, args } => {
                self.call(target.as_deref(), function, args, span)
            }
            ast::ExprKind::List(items) => self.list(items, span),
            ast::ExprKind::Map(entries) => self.map(entries, span),
            ast::ExprKind::Unary { op: UnaryOp::Not, operand } => {
                self.boolean(operand).map(|typed| self.not(typed, span))
            }
            ast::ExprKind::Unary { op: UnaryOp::Negate, operand } => self.negate(operand, span),
            ast::ExprKind::Binary { op, left, right, op_span } => {
                self.binary(expr, *op, *op_span, left, right)
            }
            ast::ExprKind::Conditional { condition, then, otherwise } => {
                self.conditional(condition, then, otherwise, span)
            }
        }
    }

    fn number(&mut self, text: &str, negative: bool, span: Span) -> Option<Typed> {
        match Decimal::parse_json(text) {
            Ok(number) => {
                let number = if negative { number.negate() } else { number };
                let kind = if number.is_integer() { TypeKind::Integer } else { TypeKind::Number };
                Some(Typed::new(ExprKind::Literal(Value::Number(number)), span, kind))
            }
            Err(error) => {
                let message = format!("`{}` is not an exact number: {error}", shown(text));
                self.refuse(codes::BAD_NUMBER, span, message, literal::NUMBER_HELP)
            }
        }
    }

    fn name(&mut self, name: &str, span: Span) -> Option<Typed> {
        if let Some((slot, (name, ty))) = self.variable(name) {
            let variable = Variable { name: Arc::clone(name), slot };
            return Some(Typed {
                expr: Expr { kind: ExprKind::Variable(variable), span },
                ty: Ty::Value(ty.clone().into()),
            });
        }
        if let Some(condition) = self.names.definitions.get(name) {
            return self.definition(condition, span);
        }
        if self.names.faulty.contains(name) {
            return None;
        }
        if name == "constants" {
            return self.refuse(
                codes::UNKNOWN_NAME,
                span,
                "`constants` alone is no value",
                "write `constants.NAME`",
            );
        }
        if BUILT_IN.contains(&name) {
            let message = format!("`{name}` alone is no value");
            return self.refuse(
                codes::UNKNOWN_NAME,
                span,
                message,
                format!("name a field of it: `{name}.field`"),
            );
        }
        let message = format!("`{}` is not a name here", shown(name));
        let help = self.name_help(name);
        self.refuse(codes::UNKNOWN_NAME, span, message, help)
    }

    /// The visible macro variable of this name, with its slot.
    pub(super) fn variable(&self, name: &str) -> Option<(usize, &(Arc<str>, Type))> {
        let visible = self.variables.iter().enumerate().skip(self.visible_from);
        visible.into_iter().find(|(_, (bound, _))| bound.as_ref() == name)
    }

    /// Whether a bare name means something here.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.variable(name).is_some()
            || self.names.definitions.contains_key(name)
            || self.names.faulty.contains(name)
            || BUILT_IN.contains(&name)
    }

    fn name_help(&self, name: &str) -> String {
        if self.names.constants.contains_key(name) {
            return format!("constants are read with `constants.{name}`");
        }
        let bound = self.variables.iter().map(|(name, _)| name.as_ref());
        let known = BUILT_IN.into_iter().chain(self.names.definitions.keys().copied()).chain(bound);
        if let Some(close) = suggest::closest_behind(self.diagnostics.len(), name, known) {
            return format!("did you mean `{close}`?");
        }
        for domain in Domain::ALL {
            let declares = match domain {
                Domain::Action => self.scope.actions.ids().iter().any(|id| {
                    self.scope.schema.action(*id).is_some_and(|action| action.fields.contains_key(name))
                }),
                Domain::Actor => self.scope.schema.actor.contains_key(name),
                Domain::Snapshot => self.scope.schema.snapshot.contains_key(name),
            };
            if declares {
                return format!("did you mean `{domain}.{name}`?");
            }
        }
        if let Some(instead) = alias::records::meant(name) {
            return instead.help();
        }
        format!(
            "fields are read with their record, such as `action.type`; text is quoted: `\"{}\"`",
            shown(name)
        )
    }

    /// Expands a definition; faults inside also show where it is used.
    fn definition(&mut self, condition: &ast::Condition, span: Span) -> Option<Typed> {
        let before = self.diagnostics.len();
        let visible_from = std::mem::replace(&mut self.visible_from, self.variables.len());
        let typed = self.condition_part(condition);
        self.visible_from = visible_from;
        for diagnostic in
            self.diagnostics.iter_mut().skip(before).filter(|diagnostic| diagnostic.labels.is_empty())
        {
            diagnostic.labels.push((span, "used here".to_owned()));
        }
        typed
    }

    fn select(&mut self, operand: &ast::Expr, field: &Name, optional: bool, span: Span) -> Option<Typed> {
        if let ast::ExprKind::Ident(name) = &operand.kind {
            let bound = self.variable(name).is_some();
            if let (false, Some(domain)) = (bound, Domain::parse(name)) {
                return self.field(domain, field, optional, span);
            }
            if !bound && name == "constants" {
                return self.constant(field, span);
            }
        }
        let operand = self.expr(operand)?;
        self.member(operand, field, optional, span)
    }

    fn field(&mut self, domain: Domain, name: &Name, optional: bool, span: Span) -> Option<Typed> {
        let field = fields::resolve(self.scope, domain, name, self.diagnostics)?;
        let kind = ExprKind::Field { domain, name: field.name };
        Some(self.read(kind, field.ty, field.optional, optional, span))
    }

    /// A read of a declared field or member, noted when it may be absent.
    pub(super) fn read(
        &mut self,
        kind: ExprKind,
        ty: TypeRef,
        optional: bool,
        chain: bool,
        span: Span,
    ) -> Typed {
        if optional {
            self.reads.optional.insert(span);
        }
        let ty = if chain { Ty::Optional(ty) } else { Ty::Value(ty) };
        Typed { expr: Expr { kind, span }, ty }
    }

    pub(super) fn constant(&mut self, name: &Name, span: Span) -> Option<Typed> {
        let Some(constant) = self.names.constants.get(name.value.as_str()) else {
            if self.names.faulty.contains(name.value.as_str()) {
                return None;
            }
            let close = suggest::closest_behind(
                self.diagnostics.len(),
                &name.value,
                self.names.constants.keys().copied(),
            );
            let help = close.map_or("declare it under `constants:`".to_owned(), |close| {
                format!("did you mean `{close}`?")
            });
            let message = format!("there is no constant `{}`", shown(&name.value));
            return self.refuse(codes::UNKNOWN_NAME, name.span, message, help);
        };
        let value = constant.typed.clone()?;
        Some(Typed::new(ExprKind::Literal(value), span, constant.kind.clone()))
    }

    /// `operand.field`
    pub(super) fn member(
        &mut self,
        operand: Typed,
        field: &Name,
        optional: bool,
        span: Span,
    ) -> Option<Typed> {
        let (ty, chained) = match &operand.ty {
            Ty::Value(ty) => (ty.clone(), false),
            Ty::Optional(ty) => (ty.clone(), true),
            Ty::Null => return self.require_value(operand),
        };
        let chain = optional || chained;
        match ty.kind() {
            TypeKind::Object(members) => {
                let (name, member) = fields::member(members, field, self.diagnostics)?;
                let kind =
                    ExprKind::Member { operand: Arc::new(operand.expr), name: Arc::clone(name), chained };
                let (ty, optional) = (member.ty.clone().into(), member.optional);
                Some(self.read(kind, ty, optional, chain, span))
            }
            TypeKind::Map(_) | TypeKind::Any => {
                let key = ExprKind::Literal(literal::text(&field.value));
                let key = Expr { kind: key, span: field.span };
                Some(self.lookup(operand, key, None, ty.kind(), chain, chained, span))
            }
            kind => {
                let message = format!("a `{}` has no field `{}`", kind.name(), shown(&field.value));
                self.refuse(
                    codes::UNKNOWN_FIELD,
                    field.span,
                    message,
                    "only objects, maps and `any` have fields",
                )
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a read and all that is known of it")]
    fn lookup(
        &mut self,
        operand: Typed,
        key: Expr,
        keys: Option<&Narrowing>,
        kind: &TypeKind,
        chain: bool,
        chained: bool,
        span: Span,
    ) -> Typed {
        let element = match kind {
            TypeKind::List(element) | TypeKind::Map(element) => TypeRef::from((**element).clone()),
            _ => TypeRef::Plain(TypeKind::Any),
        };
        if !chain && !matches!(kind, TypeKind::List(_)) && !self.finds(&operand.expr, &key, keys) {
            self.reads.lookups.insert(span);
        }
        let kind = ExprKind::Lookup { operand: Arc::new(operand.expr), key: Arc::new(key), chained };
        let ty = if chain { Ty::Optional(element) } else { Ty::Value(element) };
        Typed { expr: Expr { kind, span }, ty }
    }

    /// Whether a look-up surely finds something: the map is written out, and so is every key that is asked for.
    fn finds(&self, container: &Expr, key: &Expr, keys: Option<&Narrowing>) -> bool {
        let holds = |key: &str| match &container.kind {
            ExprKind::Literal(Value::Map(members)) => members.contains_key(key),
            ExprKind::Map(members) => members.iter().any(|(name, _)| name.as_ref() == key),
            _ => false,
        };
        let is_held = |value: &Value| matches!(value, Value::String(key) if holds(key));
        match &key.kind {
            ExprKind::Literal(key) => is_held(key),
            ExprKind::Field { domain: Domain::Action, name } if name.as_ref() == "type" => {
                let actions = self.scope.actions.ids().iter().map(|id| self.scope.schema.action(*id));
                actions.into_iter().all(|action| action.is_some_and(|action| holds(&action.name)))
            }
            _ => keys.and_then(|keys| keys.one_of.as_ref()).is_some_and(|all| all.iter().all(is_held)),
        }
    }

    fn index(&mut self, operand: &ast::Expr, index: &ast::Expr, optional: bool, span: Span) -> Option<Typed> {
        let (operand, key) = (self.expr(operand), self.value(index));
        let (operand, key) = (operand?, key?);
        let (ty, chained) = match &operand.ty {
            Ty::Value(ty) => (ty.clone(), false),
            Ty::Optional(ty) => (ty.clone(), true),
            Ty::Null => return self.require_value(operand),
        };
        let key = match (ty.kind(), key.kind()) {
            (TypeKind::List(_), Some(TypeKind::Integer | TypeKind::Number)) => key,
            (TypeKind::List(_), Some(TypeKind::Any)) => convert(key, TypeKind::Integer),
            (TypeKind::Map(_), Some(TypeKind::String)) => key,
            (TypeKind::Map(_), Some(TypeKind::Any)) => convert(key, TypeKind::String),
            (TypeKind::Any, Some(TypeKind::Integer | TypeKind::Number | TypeKind::String)) => key,
            (TypeKind::Object(_), _) => {
                let message = "an object is not looked into with `[...]`";
                return self.refuse(codes::TYPE_MISMATCH, span, message, "write `.field`");
            }
            (TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Any, _) => {
                let message = format!("a `{}` is not a key of a `{}`", key.ty.name(), ty.kind().name());
                let help = "lists take integers, maps take strings, and `any` takes either";
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
        let keys = if let Ty::Value(ty) = &key_ty { ty.narrowing() } else { None };
        Some(self.lookup(operand, key, keys, ty.kind(), optional || chained, chained, span))
    }

    fn list(&mut self, items: &[ast::Expr], span: Span) -> Option<Typed> {
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
            "give the list to the policy as a fact in the snapshot",
        )
    }

    /// One type for all operands, string literals read as their neighbors' type.
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
                    let message = format!("`{own_name}` stands beside `{kind_name}`");
                    let help = "all of them must be of one type";
                    return self.refuse(codes::TYPE_MISMATCH, operand.span(), message, help);
                }
            }
            unified.push(operand);
        }
        Some((unified, kind))
    }

    fn map(&mut self, entries: &[(ast::Expr, ast::Expr)], span: Span) -> Option<Typed> {
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
                let message = format!("the key `{}` stands twice", shown(text));
                return self.refuse(codes::DUPLICATE_KEY, key.span, message, "take one away");
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
            let slots = members
                .into_iter()
                .filter_map(|(key, typed)| Some((key, Slot::Present(typed.into_literal()?))));
            ExprKind::Literal(Value::Map(slots.collect()))
        } else {
            let mut parts = Vec::with_capacity(members.len());
            while let Some((key, typed)) = members.pop_first() {
                parts.push((key, typed.expr));
            }
            ExprKind::Map(parts)
        };
        Some(Typed::new(kind, span, TypeKind::Map(Box::new(element))))
    }

    fn negate(&mut self, operand: &ast::Expr, span: Span) -> Option<Typed> {
        if let ast::ExprKind::Number(text) = &operand.kind {
            return self.number(text, true, span);
        }
        let typed = self.value(operand)?;
        let typed =
            if let Some(TypeKind::Any) = typed.kind() { convert(typed, TypeKind::Number) } else { typed };
        match typed.kind() {
            Some(kind @ (TypeKind::Number | TypeKind::Integer | TypeKind::Duration)) => {
                let kind = kind.clone();
                Some(Typed::new(ExprKind::Negate(Arc::new(typed.expr)), span, kind))
            }
            _ => {
                let message = format!("`-` does not go with `{}`", typed.ty.name());
                self.refuse(codes::TYPE_MISMATCH, span, message, "it goes with numbers and durations")
            }
        }
    }

    fn binary(
        &mut self,
        expr: &ast::Expr,
        op: BinaryOp,
        op_span: Span,
        left: &ast::Expr,
        right: &ast::Expr,
    ) -> Option<Typed> {
        let span = expr.span;
        if matches!(op, BinaryOp::And | BinaryOp::Or) {
            let parts: Vec<Option<Typed>> =
                chain(expr, op).into_iter().map(|part| self.boolean(part)).collect();
            let parts: Vec<Typed> = parts.into_iter().collect::<Option<_>>()?;
            return Some(if op == BinaryOp::And { all_of(parts, span) } else { any_of(parts, span) });
        }
        let (left, right) = (self.expr(left), self.expr(right));
        let (left, right) = (left?, right?);
        match op {
            BinaryOp::Equal => self.equal(left, right, span),
            BinaryOp::NotEqual => self.equal(left, right, span).map(|typed| self.not(typed, span)),
            BinaryOp::Less => self.less(left, right, actra_ir::Comparison::Less, span),
            BinaryOp::LessOrEqual => self.less(left, right, actra_ir::Comparison::LessOrEqual, span),
            BinaryOp::Greater => self.less(right, left, actra_ir::Comparison::Less, span),
            BinaryOp::GreaterOrEqual => self.less(right, left, actra_ir::Comparison::LessOrEqual, span),
            BinaryOp::In => self.is_in(left, right, span),
            BinaryOp::Add => self.arithmetic(ArithmeticOp::Add, left, right, op_span, span),
            BinaryOp::Subtract => self.arithmetic(ArithmeticOp::Subtract, left, right, op_span, span),
            BinaryOp::Multiply => self.arithmetic(ArithmeticOp::Multiply, left, right, op_span, span),
            BinaryOp::And | BinaryOp::Or => None,
        }
    }

    fn arithmetic(
        &mut self,
        op: ArithmeticOp,
        left: Typed,
        right: Typed,
        op_span: Span,
        span: Span,
    ) -> Option<Typed> {
        use ArithmeticOp::{Add, Multiply, Subtract};
        use TypeKind::{Any, Duration, Integer, List, Number, Timestamp};
        let (left, right) = (self.require_value(left), self.require_value(right));
        let (mut left, mut right) = (left?, right?);
        // An `any` takes the type that the other side suggests.
        let counterpart = |kind: Option<&TypeKind>| match kind {
            Some(Timestamp | Duration) => Duration,
            Some(list @ List(_)) => list.clone(),
            _ => Number,
        };
        if let Some(Any) = left.kind() {
            let kind = counterpart(right.kind());
            left = read_beside(left, &kind);
        }
        if let Some(Any) = right.kind() {
            let kind = counterpart(left.kind());
            right = read_beside(right, &kind);
        }
        let result = match (op, left.kind()?, right.kind()?) {
            (_, Integer, Integer) => Type::plain(Integer),
            (_, Integer | Number, Integer | Number) => Type::plain(Number),
            (Add, Timestamp, Duration) | (Add, Duration, Timestamp) | (Subtract, Timestamp, Duration) => {
                Type::plain(Timestamp)
            }
            (Subtract, Timestamp, Timestamp) | (Add | Subtract, Duration, Duration) => Type::plain(Duration),
            (Add, List(a), List(b)) if literal::join(a.kind.clone(), b.kind.clone()).is_some() => {
                let kind = literal::join(a.kind.clone(), b.kind.clone())?;
                Type::plain(List(Box::new(Type::plain(kind))))
            }
            _ => {
                let message = format!(
                    "`{}` does not go with `{}` and `{}`",
                    op.as_str(),
                    left.ty.name(),
                    right.ty.name()
                );
                let help = match (op, left.kind()) {
                    (Add, Some(TypeKind::String)) => {
                        "text is not put together in conditions; compare its parts"
                    }
                    (Multiply, _) => "`*` goes with numbers",
                    _ => {
                        "`+` and `-` go with numbers, timestamps and durations, and `+` with lists of one type"
                    }
                };
                return self.refuse(codes::TYPE_MISMATCH, op_span, message, help);
            }
        };
        let kind = ExprKind::Arithmetic { op, left: Arc::new(left.expr), right: Arc::new(right.expr) };
        Some(Typed { expr: Expr { kind, span }, ty: Ty::Value(result.into()) })
    }

    fn conditional(
        &mut self,
        condition: &ast::Expr,
        then: &ast::Expr,
        otherwise: &ast::Expr,
        span: Span,
    ) -> Option<Typed> {
        let (condition, then, otherwise) = (self.boolean(condition), self.value(then), self.value(otherwise));
        let (condition, mut then, mut otherwise) = (condition?, then?, otherwise?);
        match (then.kind()?.clone(), otherwise.kind()?.clone()) {
            (TypeKind::Any, TypeKind::Any) => {}
            (TypeKind::Any, kind) => then = read_beside(then, &kind),
            (kind, TypeKind::Any) => otherwise = read_beside(otherwise, &kind),
            _ => {}
        }
        let (branches, kind) = self.unify(vec![then, otherwise])?;
        let [then, otherwise] = <[Typed; 2]>::try_from(branches).ok()?;
        let kind_of = ExprKind::Conditional {
            condition: Arc::new(condition.expr),
            then: Arc::new(then.expr),
            otherwise: Arc::new(otherwise.expr),
        };
        Some(Typed::new(kind_of, span, kind))
    }

    pub(super) fn unknown_function<T>(&mut self, name: &Name, known: &[&str]) -> Option<T> {
        let message = format!("there is no function `{}`", shown(&name.value));
        let diagnostic = Diagnostic::new(codes::UNKNOWN_FUNCTION, name.span, message);
        let close = || suggest::closest(&name.value, known.iter().copied());
        self.push(match alias::functions::meant(&name.value) {
            Some(instead) => diagnostic.help(instead.help()),
            None => diagnostic
                .maybe_help(close().map(|close| format!("did you mean `{close}`?")))
                .help("the language reference lists all functions"),
        });
        None
    }
}

/// The operands of a chain of one operator, left to right, however it is nested.
fn chain(expr: &ast::Expr, wanted: BinaryOp) -> Vec<&ast::Expr> {
    let mut operands = Vec::new();
    let mut stack = vec![expr];
    while let Some(next) = stack.pop() {
        match &next.kind {
            ast::ExprKind::Binary { op, left, right, .. } if *op == wanted => {
                stack.push(right);
                stack.push(left);
            }
            _ => operands.push(next),
        }
    }
    operands
}

/// An `any` where a typed value is wanted.
pub(super) fn convert(typed: Typed, kind: TypeKind) -> Typed {
    let span = typed.span();
    Typed::new(ExprKind::Convert { operand: Arc::new(typed.expr), kind: kind.clone() }, span, kind)
}

pub(super) fn list_kind(items: Vec<Typed>) -> ExprKind {
    if items.iter().all(Typed::is_literal) {
        let mut slots = Vec::with_capacity(items.len());
        slots.extend(items.into_iter().filter_map(|item| item.into_literal().map(Slot::Present)));
        return ExprKind::Literal(Value::List(slots.into()));
    }
    ExprKind::List(exprs(items))
}

impl Typed {
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
