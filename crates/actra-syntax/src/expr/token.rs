//! Tokens, and how operators and punctuation are spelled here and elsewhere.

use std::ops::Range;

/// A token and its bytes in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    Null,
    Bool(bool),
    Number(String),
    /// A string literal, unescaped.
    String(String),
    Ident(String),
    /// A name in backticks, which are taken off.
    Backtick(String),
    Symbol(Symbol),
    End,
}

/// Operators and punctuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Plus,
    Minus,
    Star,
    Bang,
    Question,
    Colon,
    Comma,
    Dot,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
}

impl Symbol {
    /// The symbol as it is written in expressions.
    pub(super) fn as_str(self) -> &'static str {
        if self == Symbol::In {
            return "in";
        }
        SYMBOLS
            .iter()
            .find(|(_, symbol, status)| *symbol == self && *status == SpellingStatus::Valid)
            .map_or("", |entry| entry.0)
    }
}

/// Whether a spelling is valid for the symbol that it is read as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SpellingStatus {
    Valid,
    /// The way in which another language writes it.
    Mistaken,
    /// An operator of CEL that the language leaves out.
    Unsupported,
}

/// Every spelling; a longer one stands before its prefixes.
pub(super) const SYMBOLS: &[(&str, Symbol, SpellingStatus)] = &[
    ("===", Symbol::Equal, SpellingStatus::Mistaken),
    ("!==", Symbol::NotEqual, SpellingStatus::Mistaken),
    ("&&&", Symbol::And, SpellingStatus::Mistaken),
    ("|||", Symbol::Or, SpellingStatus::Mistaken),
    ("==", Symbol::Equal, SpellingStatus::Valid),
    ("!=", Symbol::NotEqual, SpellingStatus::Valid),
    ("<=", Symbol::LessOrEqual, SpellingStatus::Valid),
    (">=", Symbol::GreaterOrEqual, SpellingStatus::Valid),
    ("&&", Symbol::And, SpellingStatus::Valid),
    ("||", Symbol::Or, SpellingStatus::Valid),
    ("<>", Symbol::NotEqual, SpellingStatus::Mistaken),
    ("=<", Symbol::LessOrEqual, SpellingStatus::Mistaken),
    ("=>", Symbol::GreaterOrEqual, SpellingStatus::Mistaken),
    ("=", Symbol::Equal, SpellingStatus::Mistaken),
    ("&", Symbol::And, SpellingStatus::Mistaken),
    ("|", Symbol::Or, SpellingStatus::Mistaken),
    ("≠", Symbol::NotEqual, SpellingStatus::Mistaken),
    ("≤", Symbol::LessOrEqual, SpellingStatus::Mistaken),
    ("≥", Symbol::GreaterOrEqual, SpellingStatus::Mistaken),
    ("∧", Symbol::And, SpellingStatus::Mistaken),
    ("∨", Symbol::Or, SpellingStatus::Mistaken),
    ("∈", Symbol::In, SpellingStatus::Mistaken),
    ("¬", Symbol::Bang, SpellingStatus::Mistaken),
    ("×", Symbol::Star, SpellingStatus::Mistaken),
    ("−", Symbol::Minus, SpellingStatus::Mistaken),
    ("–", Symbol::Minus, SpellingStatus::Mistaken),
    ("/", Symbol::Star, SpellingStatus::Unsupported),
    ("%", Symbol::Star, SpellingStatus::Unsupported),
    ("<", Symbol::Less, SpellingStatus::Valid),
    (">", Symbol::Greater, SpellingStatus::Valid),
    ("+", Symbol::Plus, SpellingStatus::Valid),
    ("-", Symbol::Minus, SpellingStatus::Valid),
    ("*", Symbol::Star, SpellingStatus::Valid),
    ("!", Symbol::Bang, SpellingStatus::Valid),
    ("?", Symbol::Question, SpellingStatus::Valid),
    (":", Symbol::Colon, SpellingStatus::Valid),
    (",", Symbol::Comma, SpellingStatus::Valid),
    (".", Symbol::Dot, SpellingStatus::Valid),
    ("(", Symbol::OpenParen, SpellingStatus::Valid),
    (")", Symbol::CloseParen, SpellingStatus::Valid),
    ("[", Symbol::OpenBracket, SpellingStatus::Valid),
    ("]", Symbol::CloseBracket, SpellingStatus::Valid),
    ("{", Symbol::OpenBrace, SpellingStatus::Valid),
    ("}", Symbol::CloseBrace, SpellingStatus::Valid),
];

/// The symbol of a character that does not start a longer spelling.
pub(super) fn punctuation(character: char) -> Option<Symbol> {
    Some(match character {
        '.' => Symbol::Dot,
        ',' => Symbol::Comma,
        ':' => Symbol::Colon,
        '(' => Symbol::OpenParen,
        ')' => Symbol::CloseParen,
        '[' => Symbol::OpenBracket,
        ']' => Symbol::CloseBracket,
        '{' => Symbol::OpenBrace,
        '}' => Symbol::CloseBrace,
        _ => return None,
    })
}

/// Whether CEL takes a text between backticks.
pub(super) fn is_backtick_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ' '))
}

/// Whether a character is invisible, or changes how its neighbors are shown.
pub(super) fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
