//! From a function to the same function behind a policy.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{AttrStyle, Error, FnArg, Ident, ItemFn, Pat, Result, ReturnType, Signature, TraitItemFn};

use crate::beside::{beside, unbound};
use crate::settings::Settings;

/// The function with one statement in front of its body; for what is wrong, errors and the function as it was, so that
/// the compiler does not report its absence, too.
pub(crate) fn expand(settings: TokenStream, function: TokenStream) -> TokenStream {
    match admitted(settings, function.clone()) {
        Ok(expanded) => expanded,
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#error #function)
        }
    }
}

fn admitted(settings: TokenStream, function: TokenStream) -> Result<TokenStream> {
    let function = parse(function)?;
    let settings: Settings = syn::parse2(settings)?;
    let signature = &function.sig;
    if let Some(word) = &signature.constness {
        return Err(Error::new(
            word.span(),
            "a `const fn` can ask no policy, since it may run while compiling",
        ));
    }
    let ReturnType::Type(_, returned) = &signature.output else {
        let message =
            "`#[actra::admit]` needs a function that returns a `Result`: a refusal is an error of it";
        return Err(Error::new(signature.ident.span(), message));
    };

    let arguments = arguments(signature, &settings)?;
    let given = arguments.iter().map(|Argument { name, field }| {
        quote_spanned! {name.span()=>
            (#field, ::actra::__private::value(&#name), ::actra::__private::Again(&#name).kind())
        }
    });
    let now = arguments
        .iter()
        .map(|Argument { name, .. }| quote_spanned!(name.span()=> ::actra::__private::Again(&#name).now()));
    let action = match &settings.action {
        Some(action) => quote!(#action),
        None => {
            let name = signature.ident.unraw().to_string();
            quote!(#name)
        }
    };
    let unbound = unbound(signature, &settings, &arguments)?;
    let beside = beside(signature, &settings);
    let seen = Ident::new("seen", Span::mixed_site());
    let same = quote!(.and_then(|#seen| #seen.same([#(#now),*], #beside)));
    let guarded = quote! {
        ::actra::__private::Guarded::new(#action, [#(#given),*], &[#(#unbound),*], #beside)
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
            // Evaluated before arguments are read: what they change is decided about.
            quote! {
                match (&(#runtime), #context) {
                    (#by, #of) => #guarded.#method(#by, #of)#wait #same
                }
            }
        }
    };
    // Those that ask the runtime of the process are compared with its policy before the first call.
    let site = settings.runtime.is_none().then(|| {
        let names = arguments.iter().map(|argument| &argument.field);
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
    // An error that cannot be made of a refusal is shown at the type that the function returns.
    let refused = Ident::new("refused", Span::mixed_site());
    let refuse = quote_spanned! {ours(returned.span())=>
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

/// What the macro writes, shown at a place that the user wrote: lints for users do not look at it.
fn ours(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

fn parse(function: TokenStream) -> Result<ItemFn> {
    let span = function.clone();
    syn::parse2::<ItemFn>(function.clone()).map_err(|error| match syn::parse2::<TraitItemFn>(function) {
        Ok(declared) if declared.default.is_none() => Error::new_spanned(
            declared.sig,
            "there is no body to guard here: put `#[actra::admit]` on the functions that implement this",
        ),
        _ if syn::parse2::<syn::Item>(span.clone()).is_ok_and(|item| !matches!(item, syn::Item::Fn(_))) => {
            Error::new_spanned(span, "`#[actra::admit]` stands on functions and methods")
        }
        _ => error,
    })
}

/// An argument that the action has.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) field: String,
}

fn arguments(signature: &Signature, settings: &Settings) -> Result<Vec<Argument>> {
    let mut arguments: Vec<Argument> = Vec::new();
    let mut names: Vec<&Ident> = Vec::new();
    for typed in signature.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    }) {
        let Pat::Ident(pattern) = typed.pat.as_ref() else {
            let message = "an argument of the action has a name: take it apart in the body";
            return Err(Error::new_spanned(&typed.pat, message));
        };
        let name = &pattern.ident;
        names.push(name);
        if settings.skip.contains(name) {
            continue;
        }
        let (field, at) = match settings.rename.iter().find(|(renamed, _)| renamed == name) {
            Some((_, field)) => (field.value(), field.span()),
            None => (name.unraw().to_string(), name.span()),
        };
        if field == "type" {
            let message = "`type` names the action: `rename` or `skip` this argument";
            return Err(Error::new(at, message));
        }
        if field == "self" && signature.receiver().is_some() {
            return Err(Error::new(at, "`self` is the receiver: `rename` this argument otherwise"));
        }
        if arguments.iter().any(|other| other.field == field) {
            return Err(Error::new(at, format!("two arguments are the field `{field}`")));
        }
        arguments.push(Argument { name: name.clone(), field });
    }
    let renamed = settings.rename.iter().map(|(name, _)| name);
    if let Some(unknown) = settings.skip.iter().chain(renamed.clone()).find(|name| !names.contains(name)) {
        return Err(Error::new(unknown.span(), format!("the function has no argument `{unknown}`")));
    }
    if let Some(both) = renamed.clone().find(|name| settings.skip.contains(name)) {
        return Err(Error::new(both.span(), format!("`{both}` is skipped, so it has no other name")));
    }
    let mut renamed = renamed.enumerate();
    match renamed.find(|(idx, name)| settings.rename.iter().take(*idx).any(|(other, _)| other == *name)) {
        Some((_, twice)) => Err(Error::new(twice.span(), format!("`{twice}` has two names"))),
        None => Ok(arguments),
    }
}

#[cfg(test)]
mod tests;
