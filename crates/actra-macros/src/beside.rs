//! What an approval is bound to besides the arguments: the receiver of a method, and the types of a generic function.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::{Error, FnArg, GenericParam, Pat, Result, Signature};

use crate::expand::Argument;
use crate::settings::{Settings, Unbound};

/// The names of what no approval is bound to, as the runtime knows them.
pub(crate) fn unbound(
    signature: &Signature,
    settings: &Settings,
    arguments: &[Argument],
) -> Result<Vec<String>> {
    let is_type = |name: &Ident| type_names(signature).any(|ty| ty == name);
    let name = |unbound: &Unbound| match unbound {
        Unbound::Fact(fact) if fact.value().starts_with("snapshot.") => Ok(Some(fact.value())),
        Unbound::Fact(other) => {
            Err(Error::new(other.span(), "a text names a fact, such as `\"snapshot.now\"`"))
        }
        Unbound::Receiver(span) if signature.receiver().is_none() => {
            Err(Error::new(*span, "the function has no receiver"))
        }
        Unbound::Receiver(_) => Ok(Some("self".to_owned())),
        Unbound::Argument(name) => match arguments.iter().find(|argument| argument.name == *name) {
            Some(argument) => Ok(Some(argument.field.clone())),
            None if settings.skip.contains(name) => {
                Err(Error::new(name.span(), format!("`{name}` is skipped, so no approval is bound to it")))
            }
            // It is left out of what the function was made for.
            None if is_type(name) => Ok(None),
            None => Err(Error::new(name.span(), format!("the function has no argument `{name}`"))),
        },
    };
    settings.unbound.iter().filter_map(|unbound| name(unbound).transpose()).collect()
}

/// The names of what a generic function is made for.
fn type_names(signature: &Signature) -> impl Iterator<Item = &Ident> {
    signature.generics.params.iter().filter_map(|parameter| match parameter {
        GenericParam::Type(ty) => Some(&ty.ident),
        GenericParam::Const(value) => Some(&value.ident),
        _ => None,
    })
}

/// An expression for `::actra::__private::Beside`.
pub(crate) fn beside(signature: &Signature, settings: &Settings) -> TokenStream {
    let counts = !settings.unbound.iter().any(|unbound| matches!(unbound, Unbound::Receiver(_)));
    let receiver = receiver(signature).filter(|_| counts);
    let types = types(signature, settings);
    match (receiver, types.is_empty()) {
        (None, true) => quote!(()),
        (None, false) => quote! {
            ::actra::__private::Told(|| (::core::option::Option::None, [#(#types),*]))
        },
        (Some(receiver), _) => {
            // An argument can have this name.
            let this = Ident::new("receiver", Span::mixed_site());
            quote! {
            ::actra::__private::Told(|| {
                #[allow(unused_imports, reason = "only receivers that have no value need it")]
                use ::actra::__private::NoValue as _;
                let #this: &Self = #receiver;
                let #this = ::actra::__private::Receiver(#this);
                (::core::option::Option::Some((#this.class(), #this.value())), [#(#types),*])
            })
            }
        }
    }
}

/// A reference to what the method belongs to. The compiler goes as far as `Self`, however its type is written, and not to
/// what that may lead to.
fn receiver(signature: &Signature) -> Option<TokenStream> {
    let receiver = signature.receiver()?;
    let this = &receiver.self_token;
    Some(match &receiver.kind {
        syn::ReceiverKind::Reference(..) => quote!(&*#this),
        _ => quote!(&#this),
    })
}

/// The types that a generic function is made for: `wipe::<Users>()` is another call than `wipe::<Logs>()`.
fn types(signature: &Signature, settings: &Settings) -> Vec<TokenStream> {
    let parameters = signature.generics.params.iter().filter_map(|parameter| match parameter {
        GenericParam::Type(ty) if !settings.leaves_out(&ty.ident) => {
            let name = &ty.ident;
            Some(named(name, &quote!(::std::borrow::ToOwned::to_owned(::core::any::type_name::<#name>()))))
        }
        GenericParam::Const(value) if !settings.leaves_out(&value.ident) => {
            let name = &value.ident;
            Some(named(name, &quote!(::std::format!("{:?}", #name))))
        }
        _ => None,
    });
    let arguments = signature.inputs.iter().filter_map(|argument| {
        let FnArg::Typed(typed) = argument else { return None };
        let Pat::Ident(pattern) = typed.pat.as_ref() else { return None };
        let name = &pattern.ident;
        let counts = !settings.skip.contains(name) && !settings.leaves_out(name);
        let is_bound = counts && holds_impl(typed.ty.to_token_stream());
        let class = quote!(::std::borrow::ToOwned::to_owned(::core::any::type_name_of_val(&#name)));
        is_bound.then(|| named(name, &class))
    });
    parameters.chain(arguments).collect()
}

fn named(name: &Ident, class: &TokenStream) -> TokenStream {
    let name = name.unraw().to_string();
    quote!((#name, #class))
}

/// Whether a type says `impl Trait` somewhere.
fn holds_impl(ty: TokenStream) -> bool {
    ty.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word.unraw() == "impl",
        TokenTree::Group(group) => holds_impl(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
