//! From a function to the same function behind a policy.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{AttrStyle, Error, Ident, ItemFn, Result, ReturnType, TraitItemFn};

use crate::arguments::{Argument, arguments};
use crate::binding::{receiver_and_types, unbound_names};
use crate::settings::Settings;

/// The function with one statement in front of its body.
///
/// On an error, the error and the function as it was written, so that the compiler does not also report that the
/// function is missing.
pub(crate) fn expand(settings: TokenStream, function: TokenStream) -> TokenStream {
    match try_expand(settings, function.clone()) {
        Ok(expanded) => expanded,
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#error #function)
        }
    }
}

fn try_expand(settings: TokenStream, function: TokenStream) -> Result<TokenStream> {
    let function = parse_function(function)?;
    let settings: Settings = syn::parse2(settings)?;
    let signature = &function.sig;
    if let Some(word) = &signature.constness {
        return Err(Error::new(
            word.span(),
            "a `const fn` cannot ask a policy, since it may run while compiling",
        ));
    }
    let ReturnType::Type(_, returned) = &signature.output else {
        let message = "`#[actra::admit]` needs a function that returns a `Result`: a refusal is its error";
        return Err(Error::new(signature.ident.span(), message));
    };

    let arguments = arguments(signature, &settings)?;
    // What looks at an argument is gone before anything is waited for: the argument need not be shared between threads.
    let again = Ident::new("again", Span::mixed_site());
    let argument_values = arguments.iter().map(|Argument { name, field, cfgs }| {
        quote_spanned! {name.span()=>
            #(#cfgs)* (#field, ::actra::__private::argument(&#name), {
                let #again = ::actra::__private::RecheckedArgument(&#name);
                #again.actra_kind()
            })
        }
    });
    let current_values = arguments.iter().map(|Argument { name, cfgs, .. }| {
        quote_spanned!(name.span()=> #(#cfgs)* ::actra::__private::RecheckedArgument(&#name).actra_now())
    });
    let action = match &settings.action {
        Some(action) => quote!(#action),
        None => {
            let name = signature.ident.unraw().to_string();
            quote!(#name)
        }
    };
    let unbound = unbound_names(signature, &settings, &arguments)?;
    let beside = receiver_and_types(signature, &settings, &arguments);
    let seen = Ident::new("seen", Span::mixed_site());
    let same = quote!(.and_then(|#seen| #seen.check_unchanged([#(#current_values),*], #beside)));
    let guarded = quote! {
        ::actra::__private::Guarded::new(#action, [#(#argument_values),*], &[#(#unbound),*], #beside)
    };
    let is_async = signature.asyncness.is_some();
    let wait = is_async.then(|| quote!(.await));
    let asked = match &settings.runtime {
        None => {
            let method = if is_async { quote!(admit_async) } else { quote!(admit) };
            quote!(#guarded.#method()#wait #same)
        }
        Some(runtime) => {
            let method = if is_async { quote!(admit_by_async) } else { quote!(admit_by) };
            let context = match &settings.context {
                Some(context) => quote!(&(#context)),
                None => quote!(&()),
            };
            let by = Ident::new("runtime", Span::mixed_site());
            let of = Ident::new("context", Span::mixed_site());
            // Both are evaluated before the arguments are read, so the decision sees what they change.
            quote! {
                match (&(#runtime), #context) {
                    (#by, #of) => #guarded.#method(#by, #of)#wait #same
                }
            }
        }
    };
    // Functions that ask the runtime of the process are registered, so that they can be compared with its policy before
    // the first call.
    let site = settings.runtime.is_none().then(|| {
        let names = arguments.iter().map(|Argument { field, cfgs, .. }| quote!(#(#cfgs)* #field));
        quote! {
            const _: () = {
                ::actra::__private::inventory::submit! {
                    ::actra::__private::Site {
                        action: #action, arguments: &[#(#names),*], unbound: &[#(#unbound),*],
                        file: ::core::file!(), line: ::core::line!()
                    }
                }
            };
        }
    });
    // If the error type cannot be made from a refusal, the compiler points at the return type.
    let refused = Ident::new("refused", Span::mixed_site());
    let refuse = quote_spanned! {generated_at(returned.span())=>
        return ::core::result::Result::Err(::core::convert::From::from(#refused))
    };
    let ItemFn { attrs, vis, modifiers: _, sig, block } = &function;
    let (outer, inner): (Vec<_>, Vec<_>) =
        attrs.iter().partition(|attribute| matches!(attribute.style, AttrStyle::Outer));
    let body = &block.stmts;
    Ok(quote! {
        #(#outer)*
        #vis #sig {
            #(#inner)*
            #site
            if let ::core::result::Result::Err(#refused) = {
                #[allow(unused_imports, reason = "only arguments that can change need it")]
                use ::actra::__private::MayChange as _;
                #asked
            } {
                #refuse;
            }
            #(#body)*
        }
    })
}

/// The span of generated code that errors point at `place`, where the user wrote something.
///
/// It resolves as the macro's own, so lints meant for users skip it.
fn generated_at(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

fn parse_function(function: TokenStream) -> Result<ItemFn> {
    let span = function.clone();
    syn::parse2::<ItemFn>(function.clone()).map_err(|error| match syn::parse2::<TraitItemFn>(function) {
        Ok(declared) if declared.default.is_none() => Error::new_spanned(
            declared.sig,
            "there is no body to guard here: put `#[actra::admit]` on the functions that implement this",
        ),
        _ if syn::parse2::<syn::Item>(span.clone()).is_ok_and(|item| !matches!(item, syn::Item::Fn(_))) => {
            Error::new_spanned(span, "`#[actra::admit]` can only be put on functions and methods")
        }
        _ => error,
    })
}

#[cfg(test)]
mod tests;
