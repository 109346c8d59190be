//! Where the names of a schema stand.

use std::collections::BTreeMap;

use actra_diagnostics::Span;
use actra_syntax::ast;

/// The places of all names by path, as [`actra_ir::DeclarationSpans::schema`] has them.
pub(crate) fn of(schema: &ast::Schema) -> BTreeMap<String, Span> {
    let mut places = BTreeMap::new();
    let first = schema.actions_span.or_else(|| schema.actions.first().map(|action| action.name.span));
    places.extend(first.map(|first| (String::new(), Span { start: 0, end: 0, ..first })));
    for action in &schema.actions {
        let path = format!("action.{}", action.name.value);
        fields(&path, &action.fields, &mut places);
        places.insert(path, action.name.span);
    }
    fields("actor", &schema.actor, &mut places);
    fields("snapshot", &schema.snapshot, &mut places);
    for (name, value) in [("extra_fields", &schema.extra_fields), ("invalid_fields", &schema.invalid_fields)]
    {
        places.extend(value.as_ref().map(|value| (name.to_owned(), value.span)));
    }
    places
}

/// Recursion is bounded: YAML nests at most 64 deep.
fn fields(path: &str, declared: &[ast::FieldDecl], places: &mut BTreeMap<String, Span>) {
    for field in declared {
        let path = format!("{path}.{}", field.name.value);
        members(&path, &field.ty, places);
        places.insert(path, field.name.span);
    }
}

/// The members of an object, also of one in lists and maps.
fn members(path: &str, ty: &ast::TypeDecl, places: &mut BTreeMap<String, Span>) {
    if let Some(members) = &ty.fields {
        fields(path, &members.value, places);
    }
    if let Some(element) = &ty.of {
        self::members(path, element, places);
    }
}
