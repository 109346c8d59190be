//! Expressions: CEL text to a tree with places in the YAML file, and back to text.

pub mod ast;

mod fault;
mod folded;
mod lexer;
mod mistakes;
mod parser;
mod print;
mod string_literal;
mod token;

#[cfg(test)]
mod tests;

pub use parser::{has_comment, parse};
pub use print::print;

/// Whether a text is an expression that could be a condition, which a list, map, text or number alone is not.
pub(crate) fn is_condition(source: &str) -> bool {
    let map = crate::yaml::ScalarSourceMap::verbatim(actra_diagnostics::FileId(0), 0, 0);
    let parsed = parse(source, &map, &mut Vec::new());
    parsed.is_some_and(|expr| {
        !matches!(
            expr.kind,
            ast::ExprKind::List(_)
                | ast::ExprKind::Map(_)
                | ast::ExprKind::String(_)
                | ast::ExprKind::Number(_)
        )
    })
}

/// How deep brackets and operators nest.
///
/// A chain of `&&` or of `||` is one level, however long it is.
pub const NESTING: usize = 64;
