//! `argument:` the names that an operation has for the fields of its action.

use std::collections::HashMap;
use std::sync::Arc;

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_syntax::ast::{FieldDecl, Name};

use crate::shorten::shortened;

/// The name of the argument that fills a field; `None` if it is that of the field itself.
///
/// Reports what cannot be the name of an argument.
pub(super) fn own_name(decl: &FieldDecl, diagnostics: &mut Vec<Diagnostic>) -> Option<Arc<str>> {
    let argument = decl.ty.argument.as_ref()?;
    if !is_argument_name(argument) {
        let message = "an `argument` needs at least one character, and none that controls a terminal";
        let help = "write the operation's own name for it";
        diagnostics.push(Diagnostic::new(codes::BAD_NAME, argument.span, message).help(help));
        return None;
    }
    (argument.value != decl.name.value).then(|| argument.value.as_str().into())
}

fn is_argument_name(argument: &Name) -> bool {
    !argument.value.is_empty() && !argument.value.chars().any(char::is_control)
}

/// Reports an `argument` of something that no call fills.
pub(super) fn misplaced(argument: &Name) -> Diagnostic {
    Diagnostic::new(codes::BAD_ARGUMENT, argument.span, "only a field of an action has an `argument`")
        .help("remove `argument`: only the top-level fields of an action are filled by arguments")
}

/// Reports each `argument` that fills another field of the action as well.
pub(super) fn report_shared(decls: &[FieldDecl], diagnostics: &mut Vec<Diagnostic>) {
    let (said, unsaid): (Vec<&FieldDecl>, Vec<&FieldDecl>) =
        decls.iter().filter(|decl| decl.name.value != "type").partition(|decl| decl.ty.argument.is_some());
    let mut taken: HashMap<&str, Span> =
        unsaid.into_iter().map(|decl| (decl.name.value.as_str(), decl.name.span)).collect();
    let arguments = said.into_iter().filter_map(|decl| decl.ty.argument.as_ref());
    for argument in arguments.filter(|argument| is_argument_name(argument)) {
        match taken.get(argument.value.as_str()) {
            Some(other) => diagnostics.push(shared(argument, *other)),
            None => drop(taken.insert(&argument.value, argument.span)),
        }
    }
}

fn shared(argument: &Name, other: Span) -> Diagnostic {
    let message = format!("another field takes the argument `{}`, too", shortened(&argument.value));
    Diagnostic::new(codes::BAD_ARGUMENT, argument.span, message)
        .also(other, "this one takes it")
        .help("give each field its own; a field without `argument` takes the argument of its own name")
}
