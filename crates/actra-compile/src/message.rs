//! Messages of rules: the fields that a template reads, checked against the schema.

use std::sync::Arc;

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::{Message, MessagePart};
use actra_model::TypeKind;
use actra_syntax::ast::{Name, Template, TemplatePart};

use crate::check::fields::{self, FieldScope};
use crate::shorten::shortened;

/// Resolves the holes of a template; `None` after reporting.
pub(crate) fn resolve(
    scope: FieldScope<'_>,
    template: &Template,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Message> {
    let parts: Vec<Option<MessagePart>> =
        template.parts.iter().map(|part| resolve_part(scope, part, diagnostics)).collect();
    parts.into_iter().collect::<Option<Vec<_>>>().map(|parts| Message { parts })
}

fn resolve_part(
    scope: FieldScope<'_>,
    part: &TemplatePart,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<MessagePart> {
    match part {
        TemplatePart::Text(text) => Some(MessagePart::Text(text.clone())),
        TemplatePart::Hole(path) => hole(scope, path, diagnostics),
    }
}

fn hole(scope: FieldScope<'_>, path: &[Name], diagnostics: &mut Vec<Diagnostic>) -> Option<MessagePart> {
    let [record_word, first, rest @ ..] = path else {
        if let Some(name) = path.first() {
            diagnostics.push(
                Diagnostic::new(
                    codes::BAD_MESSAGE,
                    name.span,
                    format!("`{}` is not a field", shortened(&name.value)),
                )
                .help("a placeholder names a field, such as `{action.type}`; write `{{` for a brace"),
            );
        }
        return None;
    };
    let record = fields::record_name(record_word, diagnostics)?;
    let field = fields::resolve(scope, record, first, diagnostics)?;
    let mut names: Vec<Arc<str>> = vec![field.name];
    refuse_sensitive(field.sensitive, first, diagnostics)?;
    let mut kind = field.ty.kind();
    for name in rest {
        let TypeKind::Object(members) = kind else {
            let message = format!("a `{}` has no members that a message can show", kind.name());
            diagnostics.push(
                Diagnostic::new(codes::BAD_MESSAGE, name.span, message)
                    .help("a placeholder can only reach into objects"),
            );
            return None;
        };
        let (declared, member) = fields::member(members, name, diagnostics)?;
        refuse_sensitive(member.sensitive, name, diagnostics)?;
        names.push(Arc::clone(declared));
        kind = &member.ty.kind;
    }
    refuse_sensitive(kind.holds_sensitive(), path.last()?, diagnostics)?;
    Some(MessagePart::Field(record, names))
}

fn refuse_sensitive(shows: bool, name: &Name, diagnostics: &mut Vec<Diagnostic>) -> Option<()> {
    if !shows {
        return Some(());
    }
    let message = format!("`{}` is sensitive, so a message cannot show it", shortened(&name.value));
    diagnostics.push(
        Diagnostic::new(codes::SENSITIVE_IN_MESSAGE, name.span, message)
            .help("say it without the value, or name another field"),
    );
    None
}
