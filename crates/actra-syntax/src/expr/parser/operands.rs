//! Operands of the grammar: members, calls, literals, and what stands in brackets.

use std::ops::Range;

use super::{OpenBracket, Parser, SubExpr};
use crate::expr::ast::{Expr, ExprKind};
use crate::expr::mistakes;
use crate::expr::token::{Symbol, TokenKind};
use crate::spanned::Name;

impl Parser<'_, '_> {
    pub(super) fn member(&mut self) -> Option<SubExpr> {
        let mut part = self.primary()?;
        loop {
            part = match self.symbol() {
                Some(Symbol::Dot) => self.select_or_call(part)?,
                Some(Symbol::OpenBracket) => self.index(part)?,
                Some(Symbol::OpenBrace) if is_path(&part.expr) => return self.refuse_message(&part),
                _ => return Some(part),
            }
        }
    }

    fn select_or_call(&mut self, operand: SubExpr) -> Option<SubExpr> {
        let dot = self.range();
        self.take();
        let optional = self.take_symbol(Symbol::Question).is_some();
        let field = self.field_name(&dot)?;
        let start = operand.range.start;
        if let Some(opener) = self.open(Symbol::OpenParen, Symbol::CloseParen) {
            self.refuse_odd_method(&field, optional, start..opener.range.start)?;
            let (args, args_height) = self.arguments(&opener)?;
            let height = self.above(operand.height.max(args_height), &dot)?;
            let target = Some(Box::new(operand.expr));
            let kind = ExprKind::Call { target, function: field.name, args };
            return Some(self.part(kind, start..self.last_end, height));
        }
        let height = self.above(operand.height, &dot)?;
        let kind = ExprKind::Select { operand: Box::new(operand.expr), field: field.name, optional };
        Some(self.part(kind, start..self.last_end, height))
    }

    fn field_name(&mut self, dot: &Range<usize>) -> Option<FieldName> {
        let range = self.range();
        let form = match self.peek_at(0) {
            TokenKind::Ident(_) => NameForm::Bare,
            TokenKind::Backtick(_) => NameForm::Backticks,
            TokenKind::Bool(_) | TokenKind::Null | TokenKind::Symbol(Symbol::In) => {
                let word = self.text.get(range.clone()).unwrap_or("").to_owned();
                let diagnostic = self
                    .faults
                    .syntax(
                        range.clone(),
                        format!("`{word}` is a keyword of the language, so it cannot be a field name"),
                    )
                    .help(format!("put it in backticks: `` .`{word}` ``"))
                    .fix("put it in backticks", self.faults.span(range), format!("`{word}`"));
                return self.fail(diagnostic);
            }
            _ => {
                let message = format!("expected a field name, found {}", self.next_token_in_words());
                let at = self.faults.span(dot.clone());
                let diagnostic = self.faults.syntax(range, message).also(at, "after this dot");
                return self.fail(diagnostic);
            }
        };
        let (TokenKind::Ident(value) | TokenKind::Backtick(value)) = self.take() else { return None };
        Some(FieldName { name: Name { value, span: self.faults.span(range) }, form })
    }

    fn refuse_odd_method(&mut self, field: &FieldName, optional: bool, range: Range<usize>) -> Option<()> {
        let message = match (optional, field.form) {
            (true, _) => "a method cannot be called with `.?`",
            (false, NameForm::Backticks) => "a method name cannot be in backticks",
            (false, NameForm::Bare) => return Some(()),
        };
        let diagnostic = self.faults.syntax(range, message);
        let function = &field.name.value;
        self.fail(diagnostic.help(format!("write `.{function}(...)`")))
    }

    fn index(&mut self, operand: SubExpr) -> Option<SubExpr> {
        let opener = self.open(Symbol::OpenBracket, Symbol::CloseBracket)?;
        let optional = self.take_symbol(Symbol::Question).is_some();
        let index = self.inside(&opener.range, Self::expression)?;
        self.close(&opener)?;
        let height = self.above(operand.height.max(index.height), &opener.range)?;
        let range = operand.range.start..self.last_end;
        let kind = ExprKind::Index { operand: Box::new(operand.expr), index: Box::new(index.expr), optional };
        Some(self.part(kind, range, height))
    }

    fn refuse_message(&mut self, name: &SubExpr) -> Option<SubExpr> {
        let range = name.range.start..self.range().end;
        let diagnostic = self
            .faults
            .unsupported(range, "CEL messages cannot be constructed")
            .help("an expression cannot build typed objects; write a map: `{\"key\": value}`");
        self.fail(diagnostic)
    }

    fn primary(&mut self) -> Option<SubExpr> {
        let range = self.range();
        let kind = match self.peek_at(0) {
            TokenKind::Ident(_) => return self.name_or_call(),
            TokenKind::Symbol(Symbol::OpenParen) => return self.parenthesized(),
            TokenKind::Symbol(Symbol::OpenBracket) => return self.list(),
            TokenKind::Symbol(Symbol::OpenBrace) => return self.map(),
            TokenKind::Null | TokenKind::Bool(_) | TokenKind::Number(_) | TokenKind::String(_) => self.take(),
            _ => return self.refuse_operand(),
        };
        let kind = match kind {
            TokenKind::Bool(value) => ExprKind::Bool(value),
            TokenKind::Number(digits) => ExprKind::Number(digits),
            TokenKind::String(value) => ExprKind::String(value),
            _ => ExprKind::Null,
        };
        Some(self.part(kind, range, 0))
    }

    fn name_or_call(&mut self) -> Option<SubExpr> {
        let range = self.range();
        let TokenKind::Ident(value) = self.take() else { return None };
        if mistakes::is_reserved(&value) {
            return self.refuse_reserved(&value, range);
        }
        let Some(opener) = self.open(Symbol::OpenParen, Symbol::CloseParen) else {
            return Some(self.part(ExprKind::Ident(value), range, 0));
        };
        let (args, args_height) = self.arguments(&opener)?;
        let height = self.above(args_height, &opener.range)?;
        let whole = range.start..self.last_end;
        let function = Name { value, span: self.faults.span(range) };
        Some(self.part(ExprKind::Call { target: None, function, args }, whole, height))
    }

    fn refuse_reserved(&mut self, word: &str, range: Range<usize>) -> Option<SubExpr> {
        let help = match word {
            "if" | "else" => "write `condition ? a : b`",
            "for" | "while" | "loop" => "write `xs.all(x, ...)` or `xs.exists(x, ...)`",
            "let" | "var" | "const" | "function" => "name a condition under `definitions:`",
            _ => "choose another name",
        };
        let diagnostic = self.faults.syntax(range, format!("`{word}` is a reserved word of CEL"));
        self.fail(diagnostic.help(help))
    }

    fn refuse_operand(&mut self) -> Option<SubExpr> {
        let range = self.range();
        let diagnostic = match self.peek_at(0) {
            TokenKind::Symbol(Symbol::Dot) if matches!(self.peek_at(1), TokenKind::Ident(_)) => {
                let diagnostic = self.faults.unsupported(range.clone(), "a name cannot start with a dot");
                diagnostic.help("write the name without it").fix(
                    "remove the dot",
                    self.faults.span(range),
                    "",
                )
            }
            TokenKind::Backtick(name) => {
                let help = format!("backticks are only allowed after a dot: `` m.`{name}` ``");
                self.faults.syntax(range, "a name in backticks must follow a dot").help(help)
            }
            TokenKind::Symbol(Symbol::Plus) => {
                self.faults.syntax(range, "`+` needs an operand before it").help("a number has no `+` sign")
            }
            _ => self.faults.syntax(range, format!("expected a value, found {}", self.next_token_in_words())),
        };
        self.fail(diagnostic)
    }

    fn parenthesized(&mut self) -> Option<SubExpr> {
        let opener = self.open(Symbol::OpenParen, Symbol::CloseParen)?;
        let inner = self.inside(&opener.range, Self::expression)?;
        self.close(&opener)?;
        let height = self.above(inner.height, &opener.range)?;
        Some(SubExpr { range: opener.range.start..self.last_end, height, ..inner })
    }

    fn arguments(&mut self, opener: &OpenBracket) -> Option<(Vec<Expr>, usize)> {
        let (mut args, mut height) = (Vec::new(), 0);
        while self.symbol() != Some(opener.closing) {
            let part = self.inside(&opener.range, Self::expression)?;
            height = height.max(part.height);
            args.push(part.expr);
            let Some(comma) = self.take_symbol(Symbol::Comma) else { break };
            if self.symbol() == Some(opener.closing) {
                let diagnostic = self
                    .faults
                    .syntax(comma.clone(), "a comma after the last argument")
                    .help("remove it; only lists and maps may end in a comma")
                    .fix("remove the comma", self.faults.span(comma), "");
                self.recover(diagnostic)?;
            }
        }
        self.close(opener)?;
        Some((args, height))
    }

    fn list(&mut self) -> Option<SubExpr> {
        let opener = self.open(Symbol::OpenBracket, Symbol::CloseBracket)?;
        let (mut elements, mut height) = (Vec::new(), 0);
        while self.symbol() != Some(opener.closing) {
            self.refuse_optional_element("`[?x]`")?;
            let part = self.inside(&opener.range, Self::expression)?;
            height = height.max(part.height);
            elements.push(part.expr);
            if self.take_symbol(Symbol::Comma).is_none() {
                break;
            }
        }
        self.close(&opener)?;
        let height = self.above(height, &opener.range)?;
        Some(self.part(ExprKind::List(elements), opener.range.start..self.last_end, height))
    }

    fn map(&mut self) -> Option<SubExpr> {
        let opener = self.open(Symbol::OpenBrace, Symbol::CloseBrace)?;
        let (mut entries, mut height) = (Vec::new(), 0);
        while self.symbol() != Some(opener.closing) {
            self.refuse_optional_element("`{?k: v}`")?;
            let key = self.inside(&opener.range, Self::expression)?;
            self.colon_after_key(&opener)?;
            let value = self.inside(&opener.range, Self::expression)?;
            height = height.max(key.height).max(value.height);
            entries.push((key.expr, value.expr));
            if self.take_symbol(Symbol::Comma).is_none() {
                break;
            }
        }
        self.close(&opener)?;
        let height = self.above(height, &opener.range)?;
        Some(self.part(ExprKind::Map(entries), opener.range.start..self.last_end, height))
    }

    fn colon_after_key(&mut self, opener: &OpenBracket) -> Option<()> {
        if self.take_symbol(Symbol::Colon).is_some() {
            return Some(());
        }
        let opened = self.faults.span(opener.range.clone());
        let message = format!("expected `:` after the key, found {}", self.next_token_in_words());
        let diagnostic = self.faults.syntax(self.range(), message).also(opened, "the map starts here");
        self.fail(diagnostic.help("write `{\"key\": value}` for a map, `[a, b]` for a list"))
    }

    fn refuse_optional_element(&mut self, form: &str) -> Option<()> {
        let Some(range) = self.take_symbol(Symbol::Question) else { return Some(()) };
        let message = format!("optional elements {form} are not in the language");
        let diagnostic = self.faults.unsupported(range, message);
        self.recover(
            diagnostic.help("write the element without `?`, with `orValue(...)` for one that may be absent"),
        )
    }
}

/// A name after a dot.
struct FieldName {
    name: Name,
    form: NameForm,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum NameForm {
    Bare,
    Backticks,
}

/// Whether an expression could name a message type.
fn is_path(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Ident(_) => true,
        ExprKind::Select { operand, optional: false, .. } => is_path(operand),
        _ => false,
    }
}
