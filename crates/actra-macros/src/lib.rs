//! `#[actra::admit]`: a function whose body runs only if the policy allows the call.
//!
//! The attribute adds one statement in front of the body and changes nothing else: a call of `actra` with the name of
//! the action and the arguments as values, and a `return` with the refusal if there is one.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod arguments;
mod binding;
mod expand;
mod settings;

use proc_macro::TokenStream;

/// Runs a function or method only if the policy allows the call; see the documentation of the crate `actra`.
#[proc_macro_attribute]
pub fn admit(settings: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(settings.into(), function.into()).into()
}
