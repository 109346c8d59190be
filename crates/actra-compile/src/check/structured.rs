//! The structured spelling: `{subject, operator, value}`.

use actra_diagnostics::{Span, codes};
use actra_ir::{Comparison, ExprKind, Function};
use actra_model::{RawValue, Type, TypeKind, Value};
use actra_syntax::ast::{AtomOperand, Data, DataKind, Name, StructuredAtom, StructuredOperator, Subject};
use actra_syntax::{foreign_words, suggest};

use super::access::Chain;
use super::typed::{ExprType, Typed};
use super::{Checker, fields};
use crate::literal::{self, literal_help};
use crate::shorten::shortened;

impl Checker<'_> {
    /// Refuses an operator that does not exist, or that does not fit a field.
    pub(crate) fn test(&mut self, subject: &Subject, word: &Name) -> Option<()> {
        let operator = self.known_operator(word)?;
        let subject = self.subject(subject)?;
        self.check_operator(&subject, operator, word.span)
    }

    fn known_operator(&mut self, word: &Name) -> Option<StructuredOperator> {
        if let Some(operator) = StructuredOperator::parse(&word.value) {
            return Some(operator);
        }
        let close = || suggest::closest(&word.value, StructuredOperator::words());
        let all = || StructuredOperator::words().collect::<Vec<_>>().join("`, `");
        let help = match foreign_words::operators::structured(&word.value) {
            Some(instead) => instead.help(),
            None => close().map_or_else(|| format!("operators are `{}`", all()), suggest::question),
        };
        let message = format!("`{}` is not an operator", shortened(&word.value));
        self.refuse(codes::BAD_OPERATOR, word.span, message, help)
    }

    pub(super) fn atom(&mut self, atom: &StructuredAtom, span: Span) -> Option<Typed> {
        let operator = self.known_operator(&atom.operator)?;
        let subject = self.subject(&atom.subject)?;
        self.check_operator(&subject, operator, atom.operator.span)?;
        self.operation(operator, subject, atom.value.as_ref(), span)
    }

    pub(super) fn subject(&mut self, subject: &Subject) -> Option<Typed> {
        let record = fields::record_name(&subject.domain, self.diagnostics)?;
        let (first, rest) = subject.field.split_first()?;
        let field = fields::resolve(self.scope, record, first, self.diagnostics)?;
        let kind = ExprKind::Field { record, name: field.name };
        let mut typed = self.read(kind, field.ty, field.optional, Chain::Outside, first.span);
        for name in rest {
            typed = self.member(typed, name, false, name.span)?;
        }
        Some(typed)
    }

    /// Refuses an operator that does not fit the subject, and says which do.
    fn check_operator(&mut self, subject: &Typed, operator: StructuredOperator, place: Span) -> Option<()> {
        let Some(kind) = subject.kind() else { return Some(()) };
        if operator_fits(operator, kind) {
            return Some(());
        }
        let fitting = StructuredOperator::ALL.iter().filter(|operator| operator_fits(**operator, kind));
        let fitting: Vec<&str> = fitting.map(|operator| operator.as_str()).collect();
        let message = format!("`{}` cannot be used with `{}`", operator.as_str(), kind.name());
        let help = format!("for `{}`, use one of `{}`", kind.name(), fitting.join("`, `"));
        self.refuse(codes::BAD_OPERATOR, place, message, help)
    }

    /// What an operator stands for. Decoding has reported one that lacks its value.
    fn operation(
        &mut self,
        operator: StructuredOperator,
        subject: Typed,
        value: Option<&AtomOperand>,
        span: Span,
    ) -> Option<Typed> {
        let kind = subject.kind()?.clone();
        match operator {
            StructuredOperator::Exists => self.has(subject, span),
            StructuredOperator::Equals => {
                let value = self.operand(value?, &kind)?;
                self.equal(subject, value, span)
            }
            StructuredOperator::NotEquals => self.negated(StructuredOperator::Equals, subject, value, span),
            StructuredOperator::LessThan => {
                let value = self.operand(value?, &kind)?;
                self.less(subject, value, Comparison::Less, span)
            }
            StructuredOperator::LessOrEqual => {
                let value = self.operand(value?, &kind)?;
                self.less(subject, value, Comparison::LessOrEqual, span)
            }
            StructuredOperator::GreaterThan => {
                let value = self.operand(value?, &kind)?;
                self.less(value, subject, Comparison::Less, span)
            }
            StructuredOperator::GreaterOrEqual => {
                let value = self.operand(value?, &kind)?;
                self.less(value, subject, Comparison::LessOrEqual, span)
            }
            StructuredOperator::In => self.subject_in(subject, &kind, value?, span),
            StructuredOperator::NotIn => self.negated(StructuredOperator::In, subject, value, span),
            StructuredOperator::Contains => self.contains(subject, &kind, value?, span),
            StructuredOperator::NotContains => {
                self.negated(StructuredOperator::Contains, subject, value, span)
            }
            StructuredOperator::StartsWith => self.text_test(Function::StartsWith, subject, value?, span),
            StructuredOperator::EndsWith => self.text_test(Function::EndsWith, subject, value?, span),
            StructuredOperator::Matches => self.subject_matches(subject, value?, span),
            StructuredOperator::Within => self.subject_within(subject, &kind, value?, span),
            StructuredOperator::SubsetOf => {
                let value = self.operand(value?, &kind)?;
                self.sets(Function::SetsContains, value, subject, span)
            }
            StructuredOperator::Intersects => {
                let value = self.operand(value?, &kind)?;
                self.sets(Function::SetsIntersects, subject, value, span)
            }
        }
    }

    /// The opposite of what an operator stands for.
    fn negated(
        &mut self,
        operator: StructuredOperator,
        subject: Typed,
        value: Option<&AtomOperand>,
        span: Span,
    ) -> Option<Typed> {
        let typed = self.operation(operator, subject, value, span)?;
        Some(self.not(typed, span))
    }

    /// The right operand; a literal is read as `kind`.
    fn operand(&mut self, value: &AtomOperand, kind: &TypeKind) -> Option<Typed> {
        match value {
            AtomOperand::Literal(data) => self.literal(data, kind),
            AtomOperand::Subject(subject) => self.subject(subject),
            AtomOperand::Constant(name) => self.constant_as(name, kind),
        }
    }

    /// A constant, read as a value of `kind` if that is possible.
    fn constant_as(&mut self, name: &Name, kind: &TypeKind) -> Option<Typed> {
        let constant = self.constant(name, name.span)?;
        let declared = self.names.constants.get(name.value.as_str())?;
        if declared.kind == *kind {
            // Shared with the other rules that use it.
            return Some(constant);
        }
        match literal::read(kind, &declared.value) {
            Some(value) if *kind != TypeKind::Any => {
                Some(Typed::new(ExprKind::Literal(value), name.span, kind.clone()))
            }
            _ => Some(constant),
        }
    }

    fn literal(&mut self, data: &Data, kind: &TypeKind) -> Option<Typed> {
        let raw = literal::raw(data, self.diagnostics)?;
        if let (RawValue::Null, TypeKind::Any) = (&raw, kind) {
            let value = ExprKind::Literal(Value::Any(RawValue::Null));
            return Some(Typed { ty: ExprType::Null, ..Typed::new(value, data.span, TypeKind::Any) });
        }
        self.check_not_empty(&raw, data.span)?;
        let kind = match kind {
            TypeKind::Any => match literal::infer(&raw) {
                Ok(kind) => kind,
                Err(reason) => {
                    let message = format!("this literal has no type: {reason}");
                    return self.refuse(codes::BAD_LITERAL, data.span, message, "compare with one value");
                }
            },
            kind => kind.clone(),
        };
        match literal::read(&kind, &raw) {
            Some(value) => Some(Typed::new(ExprKind::Literal(value), data.span, kind)),
            // An integer field may be compared with a fraction: an order makes sense, and only equality never holds.
            None if kind == TypeKind::Integer && matches!(raw, RawValue::Number(_)) => {
                let value = literal::read(&TypeKind::Number, &raw)?;
                Some(Typed::new(ExprKind::Literal(value), data.span, TypeKind::Number))
            }
            None => {
                let same_shape = matches!(
                    (&raw, &kind),
                    (RawValue::String(_), _)
                        | (RawValue::List(_), TypeKind::List(_))
                        | (RawValue::Map(_), TypeKind::Object(_))
                ) && kind != TypeKind::Boolean
                    && kind != TypeKind::Number
                    && kind != TypeKind::Integer;
                let code = if same_shape { codes::BAD_LITERAL } else { codes::TYPE_MISMATCH };
                let message = format!("this literal is not a value of type `{}`", kind.name());
                self.refuse(code, data.span, message, literal_help(&kind))
            }
        }
    }

    fn check_not_empty(&mut self, raw: &RawValue, span: Span) -> Option<()> {
        match raw {
            RawValue::List(items) if items.is_empty() => self.refuse(
                codes::EMPTY_OPERAND,
                span,
                "an empty list has no use here",
                "list at least one value",
            ),
            RawValue::List(items) if items.len() > actra_model::limits::ELEMENTS => {
                let message = format!("the list has more than {} elements", actra_model::limits::ELEMENTS);
                self.refuse(
                    codes::TOO_MANY_ELEMENTS,
                    span,
                    message,
                    "pass the list to the policy in the snapshot",
                )
            }
            _ => Some(()),
        }
    }

    fn subject_in(
        &mut self,
        subject: Typed,
        kind: &TypeKind,
        value: &AtomOperand,
        span: Span,
    ) -> Option<Typed> {
        let wanted = TypeKind::List(Box::new(Type::plain(kind.clone())));
        let container = match value {
            AtomOperand::Literal(data) if !matches!(data.value, DataKind::List(_)) => {
                let message = "`in` needs a list";
                return self.refuse(
                    codes::BAD_OPERATOR,
                    data.span,
                    message,
                    "write `literal: [a, b]`, or use `equals`",
                );
            }
            AtomOperand::Literal(data) if *kind == TypeKind::Any => self.literal(data, &TypeKind::Any)?,
            _ => self.operand(value, &wanted)?,
        };
        self.is_in(subject, container, span)
    }

    fn contains(
        &mut self,
        subject: Typed,
        kind: &TypeKind,
        value: &AtomOperand,
        span: Span,
    ) -> Option<Typed> {
        match kind {
            TypeKind::List(element) => {
                let element = self.operand(value, &element.kind)?;
                self.is_in(element, subject, span)
            }
            TypeKind::Map(_) => {
                let key = self.operand(value, &TypeKind::String)?;
                self.is_in(key, subject, span)
            }
            _ => self.text_test(Function::Contains, subject, value, span),
        }
    }

    fn text_test(
        &mut self,
        function: Function,
        subject: Typed,
        value: &AtomOperand,
        span: Span,
    ) -> Option<Typed> {
        let value = self.operand(value, &TypeKind::String)?;
        self.string_call(function, vec![subject, value], span)
    }

    fn subject_matches(&mut self, subject: Typed, value: &AtomOperand, span: Span) -> Option<Typed> {
        let typed = match value {
            AtomOperand::Subject(other) => {
                let help = "write the pattern as `literal:` or `constant:`";
                return self.refuse(
                    codes::BAD_OPERATOR,
                    other.span,
                    "a pattern must be a literal or a constant",
                    help,
                );
            }
            value => self.operand(value, &TypeKind::String)?,
        };
        self.matches(subject, typed, span)
    }

    fn subject_within(
        &mut self,
        subject: Typed,
        kind: &TypeKind,
        value: &AtomOperand,
        span: Span,
    ) -> Option<Typed> {
        if *kind != TypeKind::Ip {
            let base = self.operand(value, &TypeKind::Path)?;
            return self.within(subject, base, span);
        }
        let range = self.operand(value, &TypeKind::String)?;
        self.in_cidr(subject, &range, span)
    }
}

fn operator_fits(operator: StructuredOperator, kind: &TypeKind) -> bool {
    use TypeKind::{
        Any, Date, Duration, Integer, Ip, List, Map, Number, Object, Path, Quantity, String, Timestamp,
    };
    match operator {
        StructuredOperator::Equals | StructuredOperator::NotEquals | StructuredOperator::Exists => true,
        StructuredOperator::GreaterThan
        | StructuredOperator::GreaterOrEqual
        | StructuredOperator::LessThan
        | StructuredOperator::LessOrEqual => {
            matches!(kind, Number | Integer | String | Timestamp | Date | Duration | Quantity | Any)
        }
        StructuredOperator::In | StructuredOperator::NotIn => !matches!(kind, List(_) | Map(_) | Object(_)),
        StructuredOperator::Contains | StructuredOperator::NotContains => {
            matches!(kind, String | List(_) | Map(_))
        }
        StructuredOperator::StartsWith | StructuredOperator::EndsWith | StructuredOperator::Matches => {
            matches!(kind, String | Any)
        }
        StructuredOperator::Within => matches!(kind, Path | Ip | Any),
        StructuredOperator::SubsetOf | StructuredOperator::Intersects => matches!(kind, List(_)),
    }
}
