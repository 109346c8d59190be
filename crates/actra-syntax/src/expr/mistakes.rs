//! What people write out of habit from other languages, and what it is here.

use super::token::Symbol;

/// The operator that a word in the place of an operator means.
pub(super) fn infix_word(word: &str) -> Option<Symbol> {
    Some(match word {
        "and" | "AND" | "And" => Symbol::And,
        "or" | "OR" | "Or" => Symbol::Or,
        "is" | "IS" | "eq" | "EQ" | "equals" | "equal" => Symbol::Equal,
        "ne" | "neq" | "NE" | "not_equals" => Symbol::NotEqual,
        "lt" | "LT" | "less_than" => Symbol::Less,
        "le" | "lte" | "LE" | "less_or_equal" => Symbol::LessOrEqual,
        "gt" | "GT" | "greater_than" => Symbol::Greater,
        "ge" | "gte" | "GE" | "greater_or_equal" => Symbol::GreaterOrEqual,
        "IN" | "In" => Symbol::In,
        _ => return None,
    })
}

/// The method that a word in the place of an operator means.
pub(super) fn infix_method(word: &str) -> Option<&'static str> {
    Some(match word {
        "contains" => "contains",
        "startsWith" | "starts_with" => "startsWith",
        "endsWith" | "ends_with" => "endsWith",
        "matches" => "matches",
        "within" => "within",
        _ => return None,
    })
}

/// Whether a word is `not`, in any of the usual cases.
pub(super) fn is_not(word: &str) -> bool {
    matches!(word, "not" | "NOT" | "Not")
}

/// Whether CEL reserves a word.
pub(super) fn is_reserved(word: &str) -> bool {
    matches!(
        word,
        "as" | "break"
            | "const"
            | "continue"
            | "else"
            | "for"
            | "function"
            | "if"
            | "import"
            | "let"
            | "loop"
            | "namespace"
            | "package"
            | "return"
            | "var"
            | "void"
            | "while"
    )
}

/// What to write instead of a character that looks like a plain one.
pub(super) fn looks_like(c: char) -> Option<String> {
    let plain = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0)?,
        '′' | '‵' | '‚' | '‛' | '‹' | '›' | '´' => '\'',
        '″' | '‶' | '‟' | '〝' | '〞' => '"',
        '\u{2010}'..='\u{2015}' => '-',
        '⁄' | '∕' => '/',
        '∗' => '*',
        '‖' | '∣' => '|',
        '․' => '.',
        _ => return None,
    };
    Some(format!("it looks like `{plain}`; write that instead"))
}

/// What to write instead of a number with letters behind it.
pub(super) fn number_with_unit(digits: &str, letters: &str) -> Option<String> {
    match letters {
        "s" | "m" | "h" | "ms" => Some(format!("write a duration as `duration(\"{digits}{letters}\")`")),
        "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" | "k" | "M" | "G" | "T" | "P" | "E" => {
            Some(format!("write a quantity as `quantity(\"{digits}{letters}\")`"))
        }
        _ if letters.starts_with('_') => Some("write the digits without `_`".to_owned()),
        _ => None,
    }
}
