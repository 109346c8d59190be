//! The arguments of a function as fields of its action: which are left out, and how the others are named.

use syn::ext::IdentExt as _;
use syn::{Attribute, Error, FnArg, Ident, Pat, Result, Signature};

use crate::settings::Settings;

/// An argument of the function, and the field of the action that it fills.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) field: String,
    /// By which the compiler may leave it out.
    pub(crate) cfgs: Vec<Attribute>,
}

/// By which the names of facts begin.
pub(crate) const FACT: &str = "snapshot.";

/// The attributes by which the compiler may leave something out.
pub(crate) fn cfgs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect()
}

/// The arguments that become fields of the action; those that are skipped are left out.
pub(crate) fn arguments(signature: &Signature, settings: &Settings) -> Result<Vec<Argument>> {
    let mut arguments: Vec<Argument> = Vec::new();
    let mut names: Vec<&Ident> = Vec::new();
    for typed in signature.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    }) {
        let Pat::Ident(pattern) = typed.pat.as_ref() else {
            let message = "an argument of the action needs a name: destructure it in the body";
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
        // In `unbound` these stand for something else than an argument.
        let other = match field.as_str() {
            "self" => Some("the receiver of a method"),
            fact if fact.starts_with(FACT) => Some("a fact of the snapshot"),
            _ => None,
        };
        if let Some(other) = other {
            let help = "`rename` this argument to something else, which the schema can name as `argument` of the field";
            return Err(Error::new(at, format!("`{field}` is {other}: {help}")));
        }
        let cfgs = cfgs(&typed.attrs);
        if let Some(other) = arguments.iter().find(|other| other.field == field) {
            // The compiler leaves one of them out, or says that the name stands twice.
            let is_one = other.name == *name && !other.cfgs.is_empty() && !cfgs.is_empty();
            if !is_one {
                let message =
                    format!("two arguments fill the field `{field}`: `rename` or `skip` one of them");
                return Err(Error::new(at, message));
            }
        }
        arguments.push(Argument { name: name.clone(), field, cfgs });
    }
    check_names(settings, &names)?;
    Ok(arguments)
}

/// Whether `skip` and `rename` name arguments of the function, and each only once.
fn check_names(settings: &Settings, names: &[&Ident]) -> Result<()> {
    let renamed: Vec<&Ident> = settings.rename.iter().map(|(name, _)| name).collect();
    let mut mentioned = settings.skip.iter().chain(renamed.iter().copied());
    if let Some(unknown) = mentioned.find(|name| !names.contains(name)) {
        return Err(Error::new(unknown.span(), format!("the function has no argument `{unknown}`")));
    }
    if let Some(skipped) = renamed.iter().find(|name| settings.skip.contains(name)) {
        return Err(Error::new(skipped.span(), format!("`{skipped}` is skipped, so it cannot be renamed")));
    }
    let is_repeated = |(idx, name): &(usize, &&Ident)| renamed.iter().take(*idx).any(|other| other == *name);
    match renamed.iter().enumerate().find(is_repeated) {
        Some((_, twice)) => Err(Error::new(twice.span(), format!("`{twice}` is renamed twice"))),
        None => Ok(()),
    }
}
