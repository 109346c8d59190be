//! Expression text to tokens.
//!
//! A fault that has an obvious reading (`=` for `==`) is reported and read that way, so that the parser can
//! look for further faults.

use std::ops::Range;

use super::fault::Faults;
use super::token::{
    SYMBOLS, SpellingStatus, Symbol, Token, TokenKind, is_backtick_name, is_invisible, punctuation,
};
use super::{folded, mistakes, string_literal};
use crate::identifier::{is_identifier_char, is_identifier_start};
use crate::{foreign_words, token_in_backticks};

/// The tokens of a text, followed by a [`TokenKind::End`].
///
/// `None` if some part of the text cannot be read as a token.
pub(super) fn tokens(text: &str, faults: &mut Faults<'_>) -> Option<Vec<Token>> {
    let mut lexer = Lexer::new(text);
    while !faults.is_full() && lexer.token(faults) {}
    let end = lexer.tokens.last().map_or(0, |token| token.range.end);
    lexer.tokens.push(Token { kind: TokenKind::End, range: end..end });
    (lexer.readable && !faults.is_full()).then_some(lexer.tokens)
}

/// Whether a comment stands in a text, as far as it can be read.
pub(super) fn has_comment(text: &str, faults: &mut Faults<'_>) -> bool {
    let mut lexer = Lexer::new(text);
    while !faults.is_full() && lexer.token(faults) {}
    lexer.commented
}

struct Lexer<'t> {
    text: &'t str,
    position: usize,
    tokens: Vec<Token>,
    readable: bool,
    commented: bool,
}

impl<'t> Lexer<'t> {
    fn new(text: &'t str) -> Self {
        let tokens = Vec::with_capacity(text.len() / 3 + 2);
        Self { text, position: 0, tokens, readable: true, commented: false }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or("")
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let range = self.position..self.position + length;
        self.position = range.end;
        self.tokens.push(Token { kind, range });
    }

    /// Reads one token; `false` at the end of the text.
    fn token(&mut self, faults: &mut Faults<'_>) -> bool {
        self.skip_blanks(faults);
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return false };
        let digit_after_dot = first == '.' && rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        if first.is_ascii_digit() || digit_after_dot {
            self.number(faults);
        } else if is_identifier_start(first) {
            self.word(faults);
        } else if matches!(first, '"' | '\'' | '“' | '”' | '„' | '‘' | '’' | '«' | '»') {
            self.string(0, faults);
        } else if first == '`' {
            self.backtick(faults);
        } else if !self.null_propagation(faults) && !self.symbol(faults) {
            self.unexpected_character(first, faults);
        }
        true
    }

    fn skip_blanks(&mut self, faults: &mut Faults<'_>) {
        loop {
            let rest = self.rest();
            let inner = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{c}']);
            self.position += rest.len() - inner.len();
            if !inner.starts_with("//") {
                return;
            }
            let end = self.position + inner.find('\n').unwrap_or(inner.len());
            folded::check_comment(self.text, &(self.position..end), faults);
            self.commented = true;
            self.position = end;
        }
    }

    fn word(&mut self, faults: &mut Faults<'_>) {
        let rest = self.rest();
        let length = rest.find(|c| !is_identifier_char(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if string_literal::is_prefix(word) && after.starts_with(['"', '\'']) {
            return self.string(length, faults);
        }
        if after.starts_with(|c: char| c.is_alphanumeric()) {
            return self.foreign_name(faults);
        }
        let kind = match word {
            "null" => TokenKind::Null,
            "true" => TokenKind::Bool(true),
            "false" => TokenKind::Bool(false),
            "in" => TokenKind::Symbol(Symbol::In),
            _ => TokenKind::Ident(word.to_owned()),
        };
        self.push(kind, length);
    }

    fn string(&mut self, prefix: usize, faults: &mut Faults<'_>) {
        match string_literal::read(self.text, self.position, prefix, faults) {
            Some((value, end)) => {
                folded::check_quoted(self.text, self.position..end, faults);
                self.push(TokenKind::String(value), end - self.position);
            }
            None => self.give_up(),
        }
    }

    fn backtick(&mut self, faults: &mut Faults<'_>) {
        let inner = self.rest().get(1..).unwrap_or("");
        let Some(length) = inner.find('`') else {
            let range = self.position..self.text.len();
            faults.push(
                faults.syntax(range, "a name in backticks is not closed").help("add the closing backtick"),
            );
            return self.give_up();
        };
        let name = inner.get(..length).unwrap_or("");
        if !is_backtick_name(name) {
            let range = self.position..self.position + length + 2;
            let message = "a name in backticks has a character that CEL does not allow there";
            faults.push(
                faults.syntax(range, message).help("write `m[\"...\"]` for a key with such characters"),
            );
        }
        folded::check_quoted(self.text, self.position..self.position + length + 2, faults);
        self.push(TokenKind::Backtick(name.to_owned()), length + 2);
    }

    fn number(&mut self, faults: &mut Faults<'_>) {
        let rest = self.rest();
        let length = number_length(rest);
        let (digits, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let letters_length = after.find(|c| !is_identifier_char(c)).unwrap_or(after.len());
        let letters = after.get(..letters_length).unwrap_or("");
        if !letters.is_empty() {
            self.report_letters(digits, letters, faults);
        } else if has_leading_zero(digits) {
            let range = self.position..self.position + length;
            let plain = digits.trim_start_matches('0');
            let plain = if plain.starts_with(|c: char| c.is_ascii_digit()) {
                plain.to_owned()
            } else {
                format!("0{plain}")
            };
            let fault = faults.unsupported(
                range.clone(),
                format!("the number {} has leading zeros", token_in_backticks(digits)),
            );
            // In other languages it may be octal, such as the mode of a file.
            faults.push(match u64::from_str_radix(digits, 8) {
                Ok(octal) if octal.to_string() != plain => fault.help(format!(
                    "numbers are decimal; write `{plain}`, or `{octal}` if that is what it stands for as an octal number"
                )),
                _ => fault.help("numbers are decimal; write it without them").fix(
                    "remove the leading zeros",
                    faults.span(range),
                    plain,
                ),
            });
        }
        let zero = if digits.starts_with('.') { "0" } else { "" };
        self.push(TokenKind::Number(format!("{zero}{digits}")), length + letters_length);
    }

    /// Letters directly after digits: `1u`, `0x1F`, `10k`.
    fn report_letters(&self, digits: &str, letters: &str, faults: &mut Faults<'_>) {
        let range = self.position..self.position + digits.len() + letters.len();
        let hexadecimal = letters.strip_prefix(['x', 'X']).filter(|_| digits == "0");
        let diagnostic = if let Some(hexadecimal) = hexadecimal {
            let value = u128::from_str_radix(hexadecimal.trim_end_matches(['u', 'U']), 16).ok();
            let diagnostic = faults
                .unsupported(range.clone(), "hexadecimal numbers are not in the language")
                .help("write the number in decimal");
            match value {
                Some(value) => diagnostic.fix("write it in decimal", faults.span(range), value.to_string()),
                None => diagnostic,
            }
        } else if matches!(letters, "u" | "U") {
            faults
                .unsupported(range.clone(), "unsigned literals are not in the language")
                .help("numbers are exact decimals of one kind; write it without the `u`")
                .fix("remove the `u`", faults.span(range), digits)
        } else {
            let written = self.text.get(range.clone()).unwrap_or("");
            faults
                .syntax(range, format!("{} is not a number", token_in_backticks(written)))
                .maybe_help(mistakes::number_with_unit(digits, letters))
        };
        faults.push(diagnostic);
    }

    /// `?.name` and `??` of other languages. A leading-dot name after `?` is not in the language either.
    fn null_propagation(&mut self, faults: &mut Faults<'_>) -> bool {
        let rest = self.rest();
        let range = self.position..self.position + 2;
        if rest.starts_with("??") {
            faults.push(
                faults
                    .syntax(range, "`??` is not an operator")
                    .help("write `x.?y.orValue(z)` for the optional field `y` of `x`"),
            );
            self.readable = false;
            self.position += 2;
            return true;
        }
        let named = rest
            .strip_prefix("?.")
            .is_some_and(|name| name.starts_with(|c| is_identifier_start(c) || c == '`'));
        if named {
            faults.push(
                faults
                    .syntax(range.clone(), "`?.` is not an operator")
                    .help("write `x.?y` to read an optional field, and `c ? a : b` with names that start without a dot")
                    .fix("write `.?`", faults.span(range), ".?"),
            );
            self.push(TokenKind::Symbol(Symbol::Dot), 1);
            self.push(TokenKind::Symbol(Symbol::Question), 1);
        }
        named
    }

    fn symbol(&mut self, faults: &mut Faults<'_>) -> bool {
        let rest = self.rest();
        if let Some((written, instead)) = foreign_words::operators::sign(rest) {
            let range = self.position..self.position + written.len();
            let fault = faults.syntax(range, format!("`{written}` is not an operator"));
            faults.push(fault.help(instead.help()));
            self.readable = false;
            self.position += written.len();
            return true;
        }
        if let Some(symbol) = rest.chars().next().and_then(punctuation) {
            self.push(TokenKind::Symbol(symbol), 1);
            return true;
        }
        let Some((written, symbol, status)) = SYMBOLS.iter().find(|(written, ..)| rest.starts_with(written))
        else {
            return false;
        };
        let range = self.position..self.position + written.len();
        match status {
            SpellingStatus::Valid => {}
            SpellingStatus::Mistaken => report_mistaken(written, *symbol, range, faults),
            SpellingStatus::Unsupported => report_unsupported(written, range, faults),
        }
        self.push(TokenKind::Symbol(*symbol), written.len());
        true
    }

    /// A name with letters beyond ASCII.
    fn foreign_name(&mut self, faults: &mut Faults<'_>) {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let range = self.position..self.position + length;
        let message = format!(
            "the name {} has letters beyond ASCII",
            token_in_backticks(rest.get(..length).unwrap_or(""))
        );
        faults.push(
            faults
                .syntax(range, message)
                .help("names consist of `A-Z`, `a-z`, `0-9` and `_`; text goes in quotes: `\"...\"`"),
        );
        self.readable = false;
        self.position += length;
    }

    /// A character that starts no token.
    fn unexpected_character(&mut self, first: char, faults: &mut Faults<'_>) {
        if first.is_alphanumeric() {
            return self.foreign_name(faults);
        }
        let range = self.position..self.position + first.len_utf8();
        let code_point = format!("U+{:04X}", u32::from(first));
        let diagnostic = if is_invisible(first) {
            faults
                .syntax(range, format!("an invisible character {code_point}"))
                .help("delete it or put a plain space there")
        } else {
            let help = match first {
                '#' => Some("a comment in an expression starts with `//`"),
                ';' => Some("a condition is one expression; combine several with `&&`"),
                '$' | '@' => Some("fields are written without a sign: `action.amount`"),
                '\\' => Some("a backslash is only allowed within quotes"),
                '^' | '~' => Some("there are no bitwise operators"),
                _ => None,
            };
            faults
                .syntax(range, format!("unexpected character `{first}`"))
                .maybe_help(help.map(str::to_owned).or_else(|| mistakes::looks_like(first)))
        };
        faults.push(diagnostic);
        self.readable = false;
        self.position += first.len_utf8();
    }

    fn give_up(&mut self) {
        self.readable = false;
        self.position = self.text.len();
    }
}

fn report_mistaken(written: &str, symbol: Symbol, range: Range<usize>, faults: &mut Faults<'_>) {
    let right = symbol.as_str();
    let diagnostic = faults.syntax(range.clone(), format!("`{written}` is not an operator"));
    let diagnostic = match written {
        "=" => diagnostic.help("write `==` to compare; an expression cannot assign a value"),
        "=>" => {
            return faults.push(diagnostic.help("write `>=` to compare, or `!a || b` for \"if a, then b\""));
        }
        _ => diagnostic.help(format!("write `{right}`")),
    };
    // At the start of a plain YAML scalar the operator could be read as YAML.
    faults.push(match range.start {
        0 => diagnostic,
        _ => diagnostic.fix(format!("write `{right}`"), faults.span(range), right),
    });
}

fn report_unsupported(written: &str, range: Range<usize>, faults: &mut Faults<'_>) {
    let diagnostic = if written == "/" {
        faults
            .unsupported(range, "division is not in the language")
            .help("numbers are exact and never rounded; multiply the other side: `a > b * 2` for `a / 2 > b`")
    } else {
        faults
            .unsupported(range, "the remainder operator `%` is not in the language")
            .help("let the caller compute it and pass it as a field of `snapshot`")
    };
    faults.push(diagnostic);
}

/// The length of `DIGITS`, `DIGITS.DIGITS` or `.DIGITS`, each with an optional exponent.
fn number_length(text: &str) -> usize {
    let whole = digits_length(text);
    let after_whole = text.get(whole..).unwrap_or("");
    let fraction = match after_whole.strip_prefix('.').map(digits_length) {
        None | Some(0) => 0,
        Some(digits) => digits + 1,
    };
    let mantissa = whole + fraction;
    mantissa + exponent_length(text.get(mantissa..).unwrap_or(""))
}

fn exponent_length(text: &str) -> usize {
    let Some(after) = text.strip_prefix(['e', 'E']) else { return 0 };
    let unsigned = after.strip_prefix(['+', '-']).unwrap_or(after);
    match digits_length(unsigned) {
        0 => 0,
        digits => text.len() - unsigned.len() + digits,
    }
}

fn digits_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())
}

fn has_leading_zero(digits: &str) -> bool {
    digits.strip_prefix('0').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}
