//! Operators of the grammar, weakest first.

use std::ops::Range;

use actra_diagnostics::Span;

use super::{Parser, SubExpr};
use crate::expr::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::expr::fault::Faults;
use crate::expr::mistakes;
use crate::expr::token::{Symbol, TokenKind};
use crate::foreign_words;

impl Parser<'_, '_> {
    pub(super) fn expression(&mut self) -> Option<SubExpr> {
        let condition = self.chain(Symbol::Or)?;
        let Some(question) = self.take_symbol(Symbol::Question) else { return Some(condition) };
        let then = self.chain(Symbol::Or)?;
        if self.take_symbol(Symbol::Colon).is_none() {
            let diagnostic = self
                .faults
                .syntax(self.range(), format!("expected `:`, found {}", self.next_token_in_words()));
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
    fn chain(&mut self, symbol: Symbol) -> Option<SubExpr> {
        let (op, operand): (_, fn(&mut Self) -> Option<SubExpr>) = match symbol {
            Symbol::Or => (BinaryOp::Or, |parser| parser.chain(Symbol::And)),
            _ => (BinaryOp::And, |parser| parser.left_associative(&LEFT_ASSOCIATIVE)),
        };
        let first = operand(self)?;
        let first_range = self.range();
        if self.symbol() != Some(symbol) {
            return Some(first);
        }
        let mut height = first.height;
        let mut terms = vec![ChainTerm { op_span: first.expr.span, expr: first.expr, range: first.range }];
        while let Some(at) = self.take_symbol(symbol) {
            let part = operand(self)?;
            height = height.max(part.height);
            terms.push(ChainTerm { op_span: self.faults.span(at), expr: part.expr, range: part.range });
        }
        let height = self.above(height, &first_range)?;
        let count = terms.len();
        let term = balance(op, &mut terms.into_iter(), count, &self.faults)?;
        Some(SubExpr { expr: term.expr, range: term.range, height })
    }

    /// Operators of the first level, whose operands are of the tighter levels.
    fn left_associative(&mut self, levels: &[PrecedenceLevel]) -> Option<SubExpr> {
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
        self.recover_negated_in()?;
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
            .syntax(range.clone(), format!("{} is not an operator", self.source_text(range.clone())))
            .help(format!("write `{right}`"))
            .fix(format!("write `{right}`"), self.faults.span(range), right);
        self.recover(diagnostic)?;
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
        let message = format!("{} is not an operator", self.next_token_in_words());
        let diagnostic = self.faults.syntax(self.range(), message).help(help);
        self.fail(diagnostic)
    }

    /// `a not in b` and `a !in b`: reported, and read as `a in b`.
    fn recover_negated_in(&mut self) -> Option<()> {
        let negated = self.symbol() == Some(Symbol::Bang) || self.is_not_word(0);
        if !negated || *self.peek_at(1) != TokenKind::Symbol(Symbol::In) {
            return Some(());
        }
        let start = self.range().start;
        self.take();
        let range = start..self.range().end;
        let message = format!("{} is not an operator", self.source_text(range.clone()));
        let diagnostic = self.faults.syntax(range, message).help("write `!(a in b)`");
        self.recover(diagnostic)
    }

    fn is_not_word(&self, ahead: usize) -> bool {
        matches!(self.peek_at(ahead), TokenKind::Ident(word) if mistakes::is_not(word))
    }

    fn unary(&mut self) -> Option<SubExpr> {
        let mut ops: Vec<(UnaryOp, Range<usize>)> = Vec::new();
        while let Some(op) = self.prefix()? {
            let range = self.range();
            self.take();
            if ops.first().is_some_and(|(first, _)| *first != op) {
                let diagnostic =
                    self.faults.syntax(range.clone(), "`!` and `-` cannot stand next to each other");
                self.recover(diagnostic.help("use parentheses: `!(-x)`"))?;
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
                    .syntax(range.clone(), format!("{} is not an operator", self.next_token_in_words()))
                    .help("write `!`, with parentheses around a comparison: `!(a == b)`");
                // At the start of a plain YAML scalar, `!` is a tag.
                let fixed = match range.start {
                    0 => diagnostic.help("quote the condition, since YAML reads a leading `!` as a tag"),
                    // Before a comparison, `not` negates all of it, and `!` only its left side.
                    _ if self.is_before_comparison() => diagnostic,
                    _ => diagnostic.fix("write `!`", self.faults.span(range), "!"),
                };
                self.recover(fixed)?;
                Some(Some(UnaryOp::Not))
            }
            _ => Some(None),
        }
    }

    /// Whether the operand after the next word is a side of a comparison or of arithmetic.
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
                    if op.is_some() || foreign_words::operators::replacement_for(word).is_some() {
                        return op.is_none_or(|op| relation(op).is_some());
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// Whether the token at this distance can only start an operand.
    fn starts_operand(&self, ahead: usize) -> bool {
        match self.peek_at(ahead) {
            TokenKind::End | TokenKind::Backtick(_) => false,
            TokenKind::Ident(word) => mistakes::infix_word(word).is_none(),
            TokenKind::Symbol(symbol) => matches!(symbol, Symbol::OpenParen | Symbol::Bang),
            _ => true,
        }
    }
}

/// The operator of a level that a symbol stands for.
type PrecedenceLevel = fn(Symbol) -> Option<BinaryOp>;

/// Left-associative operators, weakest first.
const LEFT_ASSOCIATIVE: [PrecedenceLevel; 3] = [relation, sum, product];

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

/// A term of a chain with the place of the operator before it (for the first one, its own place).
struct ChainTerm {
    op_span: Span,
    expr: Expr,
    range: Range<usize>,
}

/// The next `count` terms as a balanced tree; the larger half is on the left.
fn balance(
    op: BinaryOp,
    terms: &mut impl Iterator<Item = ChainTerm>,
    count: usize,
    faults: &Faults<'_>,
) -> Option<ChainTerm> {
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
    Some(ChainTerm { op_span: left.op_span, expr, range })
}
