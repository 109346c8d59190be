//! Tokens to a tree, by recursive descent over the grammar of CEL.

use std::ops::Range;

use actra_diagnostics::{Diagnostic, FileId, Span};

use super::NESTING;
use super::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use super::fault::Faults;
use super::lexer::{self, Symbol, Token, TokenKind, shown};
use super::mistakes;
use crate::alias;
use crate::ast::Name;
use crate::yaml::TextMap;

/// Parses an expression. `map` says where each byte of `text` stands in its file.
///
/// On a fault, pushes at least one diagnostic and gives `None`.
///
/// Chains of `&&` and of `||` come back as balanced trees whose leaves keep their order, so that walking a
/// tree recurses little, however long the chain is.
///
/// ```
/// use actra_diagnostics::FileId;
/// use actra_syntax::expr::{parse, print};
/// use actra_syntax::yaml::TextMap;
///
/// let text = "action.amount>100&&(!snapshot.trusted)";
/// let map = TextMap::verbatim(FileId(0), 0, text.len() as u32);
/// let mut diagnostics = Vec::new();
/// let expr = parse(text, &map, &mut diagnostics).unwrap();
/// assert_eq!(print(&expr), "action.amount > 100 && !snapshot.trusted");
///
/// assert_eq!(parse("action.amount = 100", &map, &mut diagnostics), None);
/// assert_eq!(diagnostics[0].help, ["write `==` to compare; an expression assigns nothing"]);
/// ```
pub fn parse(text: &str, map: &TextMap, diagnostics: &mut Vec<Diagnostic>) -> Option<Expr> {
    let mut faults = Faults::new(map, diagnostics);
    let tokens = lexer::tokens(text, &mut faults)?;
    if tokens.len() == 1 && faults.any() {
        return None;
    }
    if tokens.len() == 1 {
        let empty = faults.syntax(0..text.len(), "the expression is empty");
        faults.push(empty.help("write a condition such as `action.amount > 100`, or `true` for always"));
        return None;
    }
    let mut parser = Parser { text, tokens, next: 0, last_end: 0, depth: 0, faults };
    let part = parser.expression()?;
    parser.finish()?;
    (!parser.faults.any()).then_some(part.expr)
}

/// Whether a comment stands in an expression.
///
/// The tree has no place for comments, so whoever prints it anew asks before.
pub fn has_comment(text: &str) -> bool {
    let (map, mut unheard) = (TextMap::verbatim(FileId(0), 0, 0), Vec::new());
    lexer::has_comment(text, &mut Faults::new(&map, &mut unheard))
}

/// A parsed part.
struct Part {
    expr: Expr,
    /// Its bytes in the text, parentheses around it included.
    range: Range<usize>,
    /// The levels of brackets and operators within.
    height: usize,
}

/// A bracket that waits for its closing one.
struct Opener {
    closing: Symbol,
    range: Range<usize>,
}

struct Parser<'t, 'f> {
    text: &'t str,
    tokens: Vec<Token>,
    next: usize,
    /// Where the last taken token ends.
    last_end: usize,
    /// How many brackets and `? :` are open. Bounds the recursion, as heights bound the tree.
    depth: usize,
    faults: Faults<'f>,
}

// Tokens.
impl Parser<'_, '_> {
    fn peek_at(&self, ahead: usize) -> &TokenKind {
        self.tokens.get(self.next + ahead).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn symbol(&self) -> Option<Symbol> {
        match self.peek_at(0) {
            TokenKind::Symbol(symbol) => Some(*symbol),
            _ => None,
        }
    }

    /// The bytes of the next token.
    fn range(&self) -> Range<usize> {
        self.tokens.get(self.next).map_or(self.last_end..self.last_end, |token| token.range.clone())
    }

    fn written(&self, range: Range<usize>) -> String {
        shown(self.text.get(range).unwrap_or(""))
    }

    /// The next token as a message says it.
    fn found(&self) -> String {
        match self.peek_at(0) {
            TokenKind::End => "the end of the expression".to_owned(),
            _ => self.written(self.range()),
        }
    }

    fn take(&mut self) -> TokenKind {
        let Some(token) = self.tokens.get_mut(self.next) else { return TokenKind::End };
        self.last_end = token.range.end;
        self.next += 1;
        std::mem::replace(&mut token.kind, TokenKind::End)
    }

    fn take_symbol(&mut self, wanted: Symbol) -> Option<Range<usize>> {
        if self.symbol() != Some(wanted) {
            return None;
        }
        let range = self.range();
        self.take();
        Some(range)
    }

    fn open(&mut self, opening: Symbol, closing: Symbol) -> Option<Opener> {
        let range = self.take_symbol(opening)?;
        Some(Opener { closing, range })
    }

    fn close(&mut self, opener: &Opener) -> Option<()> {
        if self.take_symbol(opener.closing).is_some() {
            return Some(());
        }
        let (opening, closing) = (self.written(opener.range.clone()), opener.closing.as_str());
        let diagnostic = match self.peek_at(0) {
            TokenKind::End => self.faults.syntax(self.range(), format!("{opening} is not closed")),
            _ => self.faults.syntax(self.range(), format!("expected `{closing}`, found {}", self.found())),
        };
        let help = self.help_after_operand().unwrap_or_else(|| format!("add the closing `{closing}`"));
        let opened = self.faults.span(opener.range.clone());
        self.fail(diagnostic.label(format!("expected `{closing}`")).also(opened, "opened here").help(help))
    }

    fn finish(&mut self) -> Option<()> {
        if *self.peek_at(0) == TokenKind::End {
            return Some(());
        }
        let message = match self.symbol() {
            Some(Symbol::CloseParen | Symbol::CloseBracket | Symbol::CloseBrace) => {
                format!("{} closes nothing", self.found())
            }
            _ => format!("expected an operator or the end of the expression, found {}", self.found()),
        };
        let diagnostic = self.faults.syntax(self.range(), message).maybe_help(self.help_after_operand());
        self.fail(diagnostic)
    }

    /// What may be meant by the next token, which cannot follow an operand.
    fn help_after_operand(&self) -> Option<String> {
        match self.peek_at(0) {
            TokenKind::Ident(word) => match mistakes::infix_method(word) {
                Some(method) => Some(format!("write it as a method: `a.{method}(b)`")),
                None if matches!(word.as_str(), "if" | "then" | "else") => {
                    Some("write `condition ? a : b`".to_owned())
                }
                None => alias::operators::meant(word).map(alias::Instead::help),
            },
            TokenKind::Number(_) if self.text.get(self.range())?.starts_with('.') => {
                Some("write `xs[0]` for an element of a list".to_owned())
            }
            TokenKind::Symbol(Symbol::Question) => {
                Some("put parentheses around a `? :` inside of another".to_owned())
            }
            TokenKind::Symbol(Symbol::OpenBrace) => Some("a map stands alone: `{\"key\": value}`".to_owned()),
            _ => None,
        }
    }
}

// Faults and limits.
impl Parser<'_, '_> {
    fn fail<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.faults.push(diagnostic);
        None
    }

    /// Reports something that has an obvious reading; `None` when there were too many of them.
    fn mend(&mut self, diagnostic: Diagnostic) -> Option<()> {
        self.faults.push(diagnostic);
        (!self.faults.enough()).then_some(())
    }

    /// The height of a node over parts of a height.
    fn above(&mut self, height: usize, at: &Range<usize>) -> Option<usize> {
        if height >= NESTING {
            return self.fail(self.faults.too_deep(at.clone()));
        }
        Some(height + 1)
    }

    /// Parses something inside of the bracket at `at`.
    fn inside<T>(&mut self, at: &Range<usize>, parse: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= NESTING {
            return self.fail(self.faults.too_deep(at.clone()));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn part(&self, kind: ExprKind, range: Range<usize>, height: usize) -> Part {
        Part { expr: Expr { kind, span: self.faults.span(range.clone()) }, range, height }
    }
}

// Operators, weakest first.
impl Parser<'_, '_> {
    fn expression(&mut self) -> Option<Part> {
        let condition = self.chain(Symbol::Or)?;
        let Some(question) = self.take_symbol(Symbol::Question) else { return Some(condition) };
        let then = self.chain(Symbol::Or)?;
        if self.take_symbol(Symbol::Colon).is_none() {
            let diagnostic =
                self.faults.syntax(self.range(), format!("expected `:`, found {}", self.found()));
            let asked = self.faults.span(question);
            let help = self.help_after_operand().unwrap_or_else(|| "write `condition ? a : b`".to_owned());
            return self.fail(diagnostic.also(asked, "this `?` needs a `:`").help(help));
        }
        let otherwise = self.inside(&question, Self::expression)?;
        let height = condition.height.max(then.height).max(otherwise.height);
        let height = self.above(height, &question)?;
        let range = condition.range.start..otherwise.range.end;
        let kind = ExprKind::Conditional {
            condition: Box::new(condition.expr),
            then: Box::new(then.expr),
            otherwise: Box::new(otherwise.expr),
        };
        Some(self.part(kind, range, height))
    }

    /// `a || b || ...`, or its parts `a && b && ...`.
    fn chain(&mut self, symbol: Symbol) -> Option<Part> {
        let (op, operand): (_, fn(&mut Self) -> Option<Part>) = match symbol {
            Symbol::Or => (BinaryOp::Or, |parser| parser.chain(Symbol::And)),
            _ => (BinaryOp::And, |parser| parser.left_associative(&LEVELS)),
        };
        let first = operand(self)?;
        let first_range = self.range();
        if self.symbol() != Some(symbol) {
            return Some(first);
        }
        let mut height = first.height;
        let mut terms = vec![Term { op_span: first.expr.span, expr: first.expr, range: first.range }];
        while let Some(at) = self.take_symbol(symbol) {
            let part = operand(self)?;
            height = height.max(part.height);
            terms.push(Term { op_span: self.faults.span(at), expr: part.expr, range: part.range });
        }
        let height = self.above(height, &first_range)?;
        let count = terms.len();
        let term = balance(op, &mut terms.into_iter(), count, &self.faults)?;
        Some(Part { expr: term.expr, range: term.range, height })
    }

    /// Operators of the first level, with operands of the levels behind it.
    fn left_associative(&mut self, levels: &[Level]) -> Option<Part> {
        let Some((level, tighter)) = levels.split_first() else { return self.unary() };
        let mut left = self.left_associative(tighter)?;
        while let Some(op) = self.infix()?.and_then(level) {
            let at = self.range();
            self.take();
            let right = self.left_associative(tighter)?;
            let height = self.above(left.height.max(right.height), &at)?;
            let range = left.range.start..right.range.end;
            let kind = ExprKind::Binary {
                op,
                op_span: self.faults.span(at),
                left: Box::new(left.expr),
                right: Box::new(right.expr),
            };
            left = self.part(kind, range, height);
        }
        Some(left)
    }

    /// The symbol behind an operand, if there is one; words that mean an operator are reported and read so.
    fn infix(&mut self) -> Option<Option<Symbol>> {
        self.mend_negated_in()?;
        let TokenKind::Ident(word) = self.peek_at(0) else { return Some(self.symbol()) };
        let Some(symbol) = mistakes::infix_word(word) else { return Some(None) };
        if symbol == Symbol::Equal {
            self.refuse_is_null()?;
        }
        let (mut symbol, start) = (symbol, self.range().start);
        if symbol == Symbol::Equal && self.is_not_word(1) {
            symbol = Symbol::NotEqual;
            self.take();
        }
        let (range, right) = (start..self.range().end, symbol.as_str());
        let diagnostic = self
            .faults
            .syntax(range.clone(), format!("{} is not an operator", self.written(range.clone())))
            .help(format!("write `{right}`"))
            .fix(format!("write `{right}`"), self.faults.span(range), right);
        self.mend(diagnostic)?;
        if let Some(token) = self.tokens.get_mut(self.next) {
            token.kind = TokenKind::Symbol(symbol);
        }
        Some(Some(symbol))
    }

    /// `a is null` and `a is not null`, which ask whether a field is there.
    fn refuse_is_null(&mut self) -> Option<()> {
        let negated = self.is_not_word(1);
        let asks = if negated { self.peek_at(2) } else { self.peek_at(1) };
        let null = match asks {
            TokenKind::Null => true,
            TokenKind::Ident(word) => matches!(word.as_str(), "NULL" | "Null" | "None" | "nil" | "undefined"),
            _ => false,
        };
        if !null {
            return Some(());
        }
        let help = match negated {
            true => "write `has(record.field)`, or `a != null` for an `any`",
            false => "write `!has(record.field)`, or `a == null` for an `any`",
        };
        let message = format!("{} is not an operator", self.found());
        let diagnostic = self.faults.syntax(self.range(), message).help(help);
        self.fail(diagnostic)
    }

    /// `a not in b` and `a !in b`: reported, and read as `a in b`.
    fn mend_negated_in(&mut self) -> Option<()> {
        let negated = self.symbol() == Some(Symbol::Bang) || self.is_not_word(0);
        if !negated || *self.peek_at(1) != TokenKind::Symbol(Symbol::In) {
            return Some(());
        }
        let start = self.range().start;
        self.take();
        let range = start..self.range().end;
        let message = format!("{} is not an operator", self.written(range.clone()));
        let diagnostic = self.faults.syntax(range, message).help("write `!(a in b)`");
        self.mend(diagnostic)
    }

    fn is_not_word(&self, ahead: usize) -> bool {
        matches!(self.peek_at(ahead), TokenKind::Ident(word) if mistakes::is_not(word))
    }

    fn unary(&mut self) -> Option<Part> {
        let mut ops: Vec<(UnaryOp, Range<usize>)> = Vec::new();
        while let Some(op) = self.prefix()? {
            let range = self.range();
            self.take();
            if ops.first().is_some_and(|(first, _)| *first != op) {
                let diagnostic =
                    self.faults.syntax(range.clone(), "`!` and `-` cannot stand next to each other");
                self.mend(diagnostic.help("use parentheses: `!(-x)`"))?;
            }
            self.above(ops.len(), &range)?;
            ops.push((op, range));
        }
        let mut part = self.member()?;
        for (op, at) in ops.into_iter().rev() {
            let height = self.above(part.height, &at)?;
            let range = at.start..part.range.end;
            part = self.part(ExprKind::Unary { op, operand: Box::new(part.expr) }, range, height);
        }
        Some(part)
    }

    fn prefix(&mut self) -> Option<Option<UnaryOp>> {
        match self.peek_at(0) {
            TokenKind::Symbol(Symbol::Bang) => Some(Some(UnaryOp::Not)),
            TokenKind::Symbol(Symbol::Minus) => Some(Some(UnaryOp::Negate)),
            TokenKind::Ident(_) if self.is_not_word(0) && self.starts_operand(1) => {
                let range = self.range();
                let diagnostic = self
                    .faults
                    .syntax(range.clone(), format!("{} is not an operator", self.found()))
                    .help("write `!`, with parentheses around a comparison: `!(a == b)`");
                // At the start of a plain YAML scalar, `!` is a tag.
                let fixed = match range.start {
                    0 => diagnostic.help("quote the condition, since YAML reads a leading `!` as a tag"),
                    // There, `not` takes in the whole comparison, and `!` its left side.
                    _ if self.is_before_comparison() => diagnostic,
                    _ => diagnostic.fix("write `!`", self.faults.span(range), "!"),
                };
                self.mend(fixed)?;
                Some(Some(UnaryOp::Not))
            }
            _ => Some(None),
        }
    }

    /// Whether the operand behind the next word is compared with something, or reckoned with.
    fn is_before_comparison(&self) -> bool {
        let mut open = 0usize;
        for ahead in 1..self.tokens.len().saturating_sub(self.next) {
            match self.peek_at(ahead) {
                TokenKind::Symbol(Symbol::OpenParen | Symbol::OpenBracket | Symbol::OpenBrace) => open += 1,
                TokenKind::Symbol(Symbol::CloseParen | Symbol::CloseBracket | Symbol::CloseBrace)
                    if open > 0 =>
                {
                    open -= 1;
                }
                TokenKind::Symbol(Symbol::Dot | Symbol::Question | Symbol::Bang) => {}
                TokenKind::Symbol(symbol) if open == 0 => {
                    return relation(*symbol).or(sum(*symbol)).or(product(*symbol)).is_some();
                }
                TokenKind::Ident(word) if open == 0 && ahead > 1 => {
                    let op = mistakes::infix_word(word);
                    if op.is_some() || alias::operators::meant(word).is_some() {
                        return op.is_none_or(|op| relation(op).is_some());
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// Whether the token that far ahead can only start an operand.
    fn starts_operand(&self, ahead: usize) -> bool {
        match self.peek_at(ahead) {
            TokenKind::End | TokenKind::Backtick(_) => false,
            TokenKind::Ident(word) => mistakes::infix_word(word).is_none(),
            TokenKind::Symbol(symbol) => matches!(symbol, Symbol::OpenParen | Symbol::Bang),
            _ => true,
        }
    }
}

// Operands.
impl Parser<'_, '_> {
    fn member(&mut self) -> Option<Part> {
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

    fn select_or_call(&mut self, operand: Part) -> Option<Part> {
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
        let spelling = match self.peek_at(0) {
            TokenKind::Ident(_) => Spelling::Bare,
            TokenKind::Backtick(_) => Spelling::Backticks,
            TokenKind::Bool(_) | TokenKind::Null | TokenKind::Symbol(Symbol::In) => {
                let word = self.text.get(range.clone()).unwrap_or("").to_owned();
                let diagnostic = self
                    .faults
                    .syntax(range.clone(), format!("`{word}` is a word of the language and no field name"))
                    .help(format!("put it in backticks: `` .`{word}` ``"))
                    .fix("put it in backticks", self.faults.span(range), format!("`{word}`"));
                return self.fail(diagnostic);
            }
            _ => {
                let message = format!("expected a field name, found {}", self.found());
                let at = self.faults.span(dot.clone());
                let diagnostic = self.faults.syntax(range, message).also(at, "after this dot");
                return self.fail(diagnostic);
            }
        };
        let (TokenKind::Ident(value) | TokenKind::Backtick(value)) = self.take() else { return None };
        Some(FieldName { name: Name { value, span: self.faults.span(range) }, spelling })
    }

    fn refuse_odd_method(&mut self, field: &FieldName, optional: bool, range: Range<usize>) -> Option<()> {
        let message = match (optional, field.spelling) {
            (true, _) => "a method cannot be called with `.?`",
            (false, Spelling::Backticks) => "a method name cannot stand in backticks",
            (false, Spelling::Bare) => return Some(()),
        };
        let diagnostic = self.faults.syntax(range, message);
        let function = &field.name.value;
        self.fail(diagnostic.help(format!("write `.{function}(...)`")))
    }

    fn index(&mut self, operand: Part) -> Option<Part> {
        let opener = self.open(Symbol::OpenBracket, Symbol::CloseBracket)?;
        let optional = self.take_symbol(Symbol::Question).is_some();
        let index = self.inside(&opener.range, Self::expression)?;
        self.close(&opener)?;
        let height = self.above(operand.height.max(index.height), &opener.range)?;
        let range = operand.range.start..self.last_end;
        let kind = ExprKind::Index { operand: Box::new(operand.expr), index: Box::new(index.expr), optional };
        Some(self.part(kind, range, height))
    }

    fn refuse_message(&mut self, name: &Part) -> Option<Part> {
        let range = name.range.start..self.range().end;
        let diagnostic = self
            .faults
            .unsupported(range, "messages cannot be constructed")
            .help("an expression has no types to build; write a map: `{\"key\": value}`");
        self.fail(diagnostic)
    }

    fn primary(&mut self) -> Option<Part> {
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

    fn name_or_call(&mut self) -> Option<Part> {
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

    fn refuse_reserved(&mut self, word: &str, range: Range<usize>) -> Option<Part> {
        let help = match word {
            "if" | "else" => "write `condition ? a : b`",
            "for" | "while" | "loop" => "write `xs.all(x, ...)` or `xs.exists(x, ...)`",
            "let" | "var" | "const" | "function" => "name a condition under `definitions:`",
            _ => "choose another name",
        };
        let diagnostic = self.faults.syntax(range, format!("`{word}` is a reserved word of CEL"));
        self.fail(diagnostic.help(help))
    }

    fn refuse_operand(&mut self) -> Option<Part> {
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
                let help = format!("backticks stand only after a dot: `` m.`{name}` ``");
                self.faults.syntax(range, "a name in backticks cannot stand alone").help(help)
            }
            TokenKind::Symbol(Symbol::Plus) => {
                self.faults.syntax(range, "`+` needs an operand before it").help("a number has no `+` sign")
            }
            _ => self.faults.syntax(range, format!("expected a value, found {}", self.found())),
        };
        self.fail(diagnostic)
    }

    fn parenthesized(&mut self) -> Option<Part> {
        let opener = self.open(Symbol::OpenParen, Symbol::CloseParen)?;
        let inner = self.inside(&opener.range, Self::expression)?;
        self.close(&opener)?;
        let height = self.above(inner.height, &opener.range)?;
        Some(Part { range: opener.range.start..self.last_end, height, ..inner })
    }

    fn arguments(&mut self, opener: &Opener) -> Option<(Vec<Expr>, usize)> {
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
                self.mend(diagnostic)?;
            }
        }
        self.close(opener)?;
        Some((args, height))
    }

    fn list(&mut self) -> Option<Part> {
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

    fn map(&mut self) -> Option<Part> {
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

    fn colon_after_key(&mut self, opener: &Opener) -> Option<()> {
        if self.take_symbol(Symbol::Colon).is_some() {
            return Some(());
        }
        let opened = self.faults.span(opener.range.clone());
        let message = format!("expected `:` after the key, found {}", self.found());
        let diagnostic = self.faults.syntax(self.range(), message).also(opened, "the map starts here");
        self.fail(diagnostic.help("write `{\"key\": value}` for a map, `[a, b]` for a list"))
    }

    fn refuse_optional_element(&mut self, form: &str) -> Option<()> {
        let Some(range) = self.take_symbol(Symbol::Question) else { return Some(()) };
        let message = format!("optional elements {form} are not in the language");
        let diagnostic = self.faults.unsupported(range, message);
        self.mend(
            diagnostic.help("write the element without `?`, with `orValue(...)` for one that may be absent"),
        )
    }
}

/// The operator of a level that a symbol stands for.
type Level = fn(Symbol) -> Option<BinaryOp>;

/// Left-associative operators, weakest first.
const LEVELS: [Level; 3] = [relation, sum, product];

fn relation(symbol: Symbol) -> Option<BinaryOp> {
    Some(match symbol {
        Symbol::Equal => BinaryOp::Equal,
        Symbol::NotEqual => BinaryOp::NotEqual,
        Symbol::Less => BinaryOp::Less,
        Symbol::LessOrEqual => BinaryOp::LessOrEqual,
        Symbol::Greater => BinaryOp::Greater,
        Symbol::GreaterOrEqual => BinaryOp::GreaterOrEqual,
        Symbol::In => BinaryOp::In,
        _ => return None,
    })
}

fn sum(symbol: Symbol) -> Option<BinaryOp> {
    match symbol {
        Symbol::Plus => Some(BinaryOp::Add),
        Symbol::Minus => Some(BinaryOp::Subtract),
        _ => None,
    }
}

fn product(symbol: Symbol) -> Option<BinaryOp> {
    (symbol == Symbol::Star).then_some(BinaryOp::Multiply)
}

/// A name behind a dot.
struct FieldName {
    name: Name,
    spelling: Spelling,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
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

/// A term of a chain with the place of the operator before it (for the first one, its own place).
struct Term {
    op_span: Span,
    expr: Expr,
    range: Range<usize>,
}

/// The next `count` terms as one, as shallow as can be; the larger half is on the left.
fn balance(
    op: BinaryOp,
    terms: &mut impl Iterator<Item = Term>,
    count: usize,
    faults: &Faults<'_>,
) -> Option<Term> {
    if count <= 1 {
        return terms.next();
    }
    let half = count.div_ceil(2);
    let left = balance(op, terms, half, faults)?;
    let right = balance(op, terms, count - half, faults)?;
    let range = left.range.start..right.range.end;
    let kind = ExprKind::Binary {
        op,
        op_span: right.op_span,
        left: Box::new(left.expr),
        right: Box::new(right.expr),
    };
    let expr = Expr { kind, span: faults.span(range.clone()) };
    Some(Term { op_span: left.op_span, expr, range })
}
