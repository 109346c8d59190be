//! What an approval is bound to besides the arguments: the receiver of a method, and the types of a generic function;
//! and which of all this it is not bound to.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::{Attribute, Error, FnArg, GenericParam, Pat, Result, Signature};

use crate::arguments::{Argument, FACT, cfgs};
use crate::settings::{ExcludedPart, Settings};

/// The names, as the runtime knows them, of everything that no approval is bound to.
pub(crate) fn unbound_names(
    signature: &Signature,
    settings: &Settings,
    arguments: &[Argument],
) -> Result<Vec<String>> {
    let is_type = |name: &Ident| type_parameters(signature).any(|ty| ty == name);
    let name = |part: &ExcludedPart| match part {
        ExcludedPart::Fact(fact) if fact.value().starts_with(FACT) => Ok(Some(fact.value())),
        ExcludedPart::Fact(other) => Err(Error::new(
            other.span(),
            "a string in `unbound` must name a fact, such as `\"snapshot.now\"`",
        )),
        ExcludedPart::Receiver(span) if signature.receiver().is_none() => {
            Err(Error::new(*span, "the function has no receiver"))
        }
        ExcludedPart::Receiver(_) => Ok(Some("self".to_owned())),
        ExcludedPart::Argument(name) => match arguments.iter().find(|argument| argument.name == *name) {
            Some(argument) => Ok(Some(argument.field.clone())),
            None if settings.skip.contains(name) => {
                Err(Error::new(name.span(), format!("`{name}` is skipped, so no approval is bound to it")))
            }
            // A type parameter has no name in the request: `types` leaves it out.
            None if is_type(name) => Ok(None),
            None => Err(Error::new(name.span(), format!("the function has no argument `{name}`"))),
        },
    };
    settings.unbound.iter().filter_map(|unbound| name(unbound).transpose()).collect()
}

/// The names of the type and const parameters of a generic function.
fn type_parameters(signature: &Signature) -> impl Iterator<Item = &Ident> {
    signature.generics.params.iter().filter_map(|parameter| match parameter {
        GenericParam::Type(ty) => Some(&ty.ident),
        GenericParam::Const(value) => Some(&value.ident),
        _ => None,
    })
}

/// An expression of the type `::actra::__private::CallContext`: the receiver and the types that an approval is bound
/// to.
pub(crate) fn receiver_and_types(
    signature: &Signature,
    settings: &Settings,
    arguments: &[Argument],
) -> TokenStream {
    let receiver = if settings.is_receiver_unbound() { None } else { receiver(signature) };
    let types = types(signature, settings, arguments);
    match (receiver, types.is_empty()) {
        (None, true) => quote!(()),
        (None, false) => quote! {
            ::actra::__private::ReceiverAndTypes(|| (::core::option::Option::None, [#(#types),*]))
        },
        (Some(receiver), _) => {
            // Hygiene keeps this apart from an argument named `receiver`.
            let this = Ident::new("receiver", Span::mixed_site());
            quote! {
            ::actra::__private::ReceiverAndTypes(|| {
                #[allow(unused_imports, reason = "only receivers that have no value need it")]
                use ::actra::__private::WithoutValue as _;
                let #this: &Self = #receiver;
                let #this = ::actra::__private::Receiver(#this);
                (::core::option::Option::Some((#this.actra_class(), #this.actra_value())), [#(#types),*])
            })
            }
        }
    }
}

/// A reference to the receiver of a method.
///
/// Deref coercion stops at `Self`, however the receiver's type is written, and does not follow what `Self` derefs to.
fn receiver(signature: &Signature) -> Option<TokenStream> {
    let receiver = signature.receiver()?;
    let this = &receiver.self_token;
    Some(match &receiver.kind {
        syn::ReceiverKind::Reference(..) => quote!(&*#this),
        _ => quote!(&#this),
    })
}

/// The types that a generic function is instantiated with: `wipe::<Users>()` is another call than `wipe::<Logs>()`.
/// Each has the name by which the runtime can leave it out, which is that of the field for an argument.
fn types(signature: &Signature, settings: &Settings, arguments: &[Argument]) -> Vec<TokenStream> {
    let parameters = signature.generics.params.iter().filter_map(|parameter| match parameter {
        GenericParam::Type(ty) if !settings.is_unbound(&ty.ident) => {
            let name = &ty.ident;
            let class = quote!(::std::borrow::ToOwned::to_owned(::core::any::type_name::<#name>()));
            Some(named(&name.unraw().to_string(), &ty.attrs, &class))
        }
        GenericParam::Const(value) if !settings.is_unbound(&value.ident) => {
            let name = &value.ident;
            Some(named(&name.unraw().to_string(), &value.attrs, &quote!(::std::format!("{:?}", #name))))
        }
        _ => None,
    });
    let of_arguments = signature.inputs.iter().filter_map(|argument| {
        let FnArg::Typed(typed) = argument else { return None };
        let Pat::Ident(pattern) = typed.pat.as_ref() else { return None };
        let name = &pattern.ident;
        let argument = arguments.iter().find(|argument| argument.name == *name)?;
        let is_bound = !settings.is_unbound(name) && contains_impl(typed.ty.to_token_stream());
        let type_name = quote!(::std::borrow::ToOwned::to_owned(::core::any::type_name_of_val(&#name)));
        is_bound.then(|| named(&argument.field, &typed.attrs, &type_name))
    });
    parameters.chain(of_arguments).collect()
}

fn named(name: &str, attributes: &[Attribute], type_name: &TokenStream) -> TokenStream {
    let cfgs = cfgs(attributes);
    quote!(#(#cfgs)* (#name, #type_name))
}

/// Whether a type contains `impl Trait`, at any depth.
fn contains_impl(ty: TokenStream) -> bool {
    ty.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word.unraw() == "impl",
        TokenTree::Group(group) => contains_impl(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
