//! Tokens to a tree, by recursive descent over the grammar of CEL: the tokens ahead, limits and faults.
//!
//! The grammar itself is in `operators` and `operands`.

mod operands;
mod operators;

use std::ops::Range;

use actra_diagnostics::{Diagnostic, FileId};

use super::NESTING;
use super::ast::{Expr, ExprKind};
use super::fault::Faults;
use super::token::{Symbol, Token, TokenKind};
use super::{lexer, mistakes};
use crate::yaml::ScalarSourceMap;
use crate::{foreign_words, token_in_backticks};

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
/// use actra_syntax::yaml::ScalarSourceMap;
///
/// let text = "action.amount>100&&(!snapshot.trusted)";
/// let map = ScalarSourceMap::verbatim(FileId(0), 0, text.len() as u32);
/// let mut diagnostics = Vec::new();
/// let expr = parse(text, &map, &mut diagnostics).unwrap();
/// assert_eq!(print(&expr), "action.amount > 100 && !snapshot.trusted");
///
/// assert_eq!(parse("action.amount = 100", &map, &mut diagnostics), None);
/// assert_eq!(diagnostics[0].help, ["write `==` to compare; an expression cannot assign a value"]);
/// ```
pub fn parse(text: &str, map: &ScalarSourceMap, diagnostics: &mut Vec<Diagnostic>) -> Option<Expr> {
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
    let (map, mut unheard) = (ScalarSourceMap::verbatim(FileId(0), 0, 0), Vec::new());
    lexer::has_comment(text, &mut Faults::new(&map, &mut unheard))
}

/// A parsed part.
struct SubExpr {
    expr: Expr,
    /// Its bytes in the text, parentheses around it included.
    range: Range<usize>,
    /// The nesting depth of brackets and operators in it.
    height: usize,
}

/// A bracket that waits for its closing one.
struct OpenBracket {
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

    fn source_text(&self, range: Range<usize>) -> String {
        token_in_backticks(self.text.get(range).unwrap_or(""))
    }

    /// The next token as a message says it.
    fn next_token_in_words(&self) -> String {
        match self.peek_at(0) {
            TokenKind::End => "the end of the expression".to_owned(),
            _ => self.source_text(self.range()),
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

    fn open(&mut self, opening: Symbol, closing: Symbol) -> Option<OpenBracket> {
        let range = self.take_symbol(opening)?;
        Some(OpenBracket { closing, range })
    }

    fn close(&mut self, opener: &OpenBracket) -> Option<()> {
        if self.take_symbol(opener.closing).is_some() {
            return Some(());
        }
        let (opening, closing) = (self.source_text(opener.range.clone()), opener.closing.as_str());
        let diagnostic = match self.peek_at(0) {
            TokenKind::End => self.faults.syntax(self.range(), format!("{opening} is not closed")),
            _ => self
                .faults
                .syntax(self.range(), format!("expected `{closing}`, found {}", self.next_token_in_words())),
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
                format!("{} closes nothing", self.next_token_in_words())
            }
            _ => format!(
                "expected an operator or the end of the expression, found {}",
                self.next_token_in_words()
            ),
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
                None => foreign_words::operators::replacement_for(word).map(foreign_words::Replacement::help),
            },
            TokenKind::Number(_) if self.text.get(self.range())?.starts_with('.') => {
                Some("write `xs[0]` for an element of a list".to_owned())
            }
            TokenKind::Symbol(Symbol::Question) => {
                Some("put parentheses around a `? :` inside another".to_owned())
            }
            TokenKind::Symbol(Symbol::OpenBrace) => {
                Some("a map must stand alone: `{\"key\": value}`".to_owned())
            }
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

    /// Reports a fault that has an obvious reading, after which parsing goes on; `None` if there were too many faults.
    fn recover(&mut self, diagnostic: Diagnostic) -> Option<()> {
        self.faults.push(diagnostic);
        (!self.faults.is_full()).then_some(())
    }

    /// The height of a node over parts of this height.
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

    fn part(&self, kind: ExprKind, range: Range<usize>, height: usize) -> SubExpr {
        SubExpr { expr: Expr { kind, span: self.faults.span(range.clone()) }, range, height }
    }
}
