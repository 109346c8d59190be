//! The texts in a file of Rust.

use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The string literals of a file but for those in doc comments, panics, tests, and attributes other than `#[error]`.
pub fn texts(path: &Path) -> Vec<String> {
    let source = std::fs::read_to_string(path).expect("sources can be read");
    let tokens = source.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut found = Vec::new();
    collect(tokens, &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut idx = 0;
    while let Some(token) = tokens.get(idx) {
        idx += 1;
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                // `#![...]` is about the file.
                idx += usize::from(
                    matches!(tokens.get(idx), Some(TokenTree::Punct(mark)) if mark.as_char() == '!'),
                );
                let attribute = tokens.get(idx).map(ToString::to_string).unwrap_or_default();
                if let Some(TokenTree::Group(group)) = tokens.get(idx)
                    && attribute.replace(' ', "").starts_with("[error(")
                {
                    collect(group.stream(), found);
                }
                idx += 1;
                if attribute.replace(' ', "") == "[cfg(test)]" {
                    idx = after_item(&tokens, idx);
                }
            }
            TokenTree::Ident(name) if name == "expect" => idx += 1,
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    found.push(text.value());
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// Behind the item that begins here: it ends with a block or a semicolon.
fn after_item(tokens: &[TokenTree], start: usize) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(mark) => mark.as_char() == ';',
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    };
    let length = tokens.get(start..).and_then(|rest| rest.iter().position(is_end));
    length.map_or(tokens.len(), |length| start + length + 1)
}
