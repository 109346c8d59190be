//! Declarations of a schema to types.

mod arguments;
mod constraints;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_diagnostics::{Diagnostic, codes};
use actra_model::{
    ActionId, ActionSchema, Description, FaultHandling, Field, Fields, Group, Schema, Type, TypeKind,
};
use actra_syntax::ast::{self, FieldDecl, Name, TypeDecl};
use actra_syntax::identifier::is_identifier;
use actra_syntax::suggest;

use crate::scope;
use crate::shorten::shortened;

/// Resolves a schema. A field whose type is faulty stays, as `any`, so that rules that read it raise no further
/// errors.
pub(crate) fn resolve(decl: &ast::Schema, diagnostics: &mut Vec<Diagnostic>) -> Schema {
    let mut resolver = TypeResolver { diagnostics, depth: 0 };
    let mut actions: Vec<ActionSchema> = Vec::new();
    for action in &decl.actions {
        resolver.check_action_name(&action.name);
        let fields = resolver.fields(&action.fields, FieldOwner::Action);
        let name = Arc::from(action.name.value.as_str());
        actions.push(ActionSchema::new(name, fields, description_of(action.description.as_ref())));
    }
    actions.sort_by(|a, b| a.name.cmp(&b.name));
    actions.dedup_by(|a, b| a.name == b.name);
    if let (true, Some(span)) = (decl.actions.is_empty(), decl.actions_span) {
        resolver.push(Diagnostic::new(codes::NO_ACTIONS, span, "the schema declares no action").help(
            "declare each action that may be asked for, such as `refund: { fields: { amount: number } }`",
        ));
    }
    let mut schema = Schema {
        actions,
        groups: BTreeMap::new(),
        actor: resolver.fields(&decl.actor, FieldOwner::Record),
        snapshot: resolver.fields(&decl.snapshot, FieldOwner::Record),
        extra_fields: resolver.fault_policy(decl.extra_fields.as_ref()),
        invalid_fields: resolver.fault_policy(decl.invalid_fields.as_ref()),
    };
    for (name, members) in &decl.groups {
        let group = resolver.group(&schema, name, members);
        schema.groups.insert(Arc::from(name.value.as_str()), group);
    }
    schema
}

/// What a field belongs to: an action, whose fields are filled by the arguments of a call, or anything else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FieldOwner {
    Action,
    Record,
}

struct TypeResolver<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
    depth: usize,
}

impl TypeResolver<'_> {
    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn check_action_name(&mut self, name: &Name) {
        let fits = !name.value.is_empty()
            && name.value.len() <= 256
            && name.value.chars().all(|c| c.is_ascii_alphanumeric() || "_.:/-".contains(c));
        if !fits {
            self.push(
                Diagnostic::new(
                    codes::BAD_NAME,
                    name.span,
                    format!("`{}` is not a valid name for an action", shortened(&name.value)),
                )
                .help("action names may only contain letters, digits and `_ . : / -`, at most 256 of them"),
            );
        }
    }

    fn check_field_name(&mut self, name: &Name) {
        let fits = !name.value.is_empty()
            && name.value.len() <= 256
            && name.value.chars().all(|c| c.is_ascii_alphanumeric() || "_-/ ".contains(c));
        if !fits {
            self.push(
                Diagnostic::new(codes::BAD_NAME, name.span, format!("`{}` is not a valid name for a field", shortened(&name.value)))
                    .help("field names may only contain letters, digits, `_`, `-`, `/` and spaces; nested fields are `type: object`"),
            );
        }
    }

    fn fault_policy(&mut self, word: Option<&Name>) -> FaultHandling {
        let Some(word) = word else { return FaultHandling::Ignore };
        match word.value.as_str() {
            "ignore" => FaultHandling::Ignore,
            "reject" => FaultHandling::Reject,
            other => {
                let message = format!("`{}` is neither `ignore` nor `reject`", shortened(other));
                let close = suggest::did_you_mean(other, ["ignore", "reject"]);
                self.push(Diagnostic::new(codes::BAD_CHOICE, word.span, message).maybe_help(close));
                FaultHandling::Reject
            }
        }
    }

    /// A group; empty only after reporting why.
    fn group(&mut self, schema: &Schema, name: &Name, members: &[Name]) -> Group {
        if !is_identifier(&name.value) {
            self.push(
                Diagnostic::new(
                    codes::BAD_NAME,
                    name.span,
                    format!("`{}` is not a valid name for a group", shortened(&name.value)),
                )
                .help("use letters, digits and `_`, not starting with a digit"),
            );
        }
        let mut actions: Vec<ActionId> = Vec::new();
        for member in members {
            match scope::matching_actions(schema, &member.value) {
                found if found.is_empty() => self.push(
                    scope::no_such_action(schema, member, codes::BAD_GROUP, self.diagnostics.len())
                        .label("a group can only contain declared actions"),
                ),
                found => actions.extend(found),
            }
        }
        actions.sort_unstable();
        actions.dedup();
        Group { actions }
    }

    fn fields(&mut self, decls: &[FieldDecl], owner: FieldOwner) -> Fields {
        let mut fields = Fields::new();
        for decl in decls {
            self.check_field_name(&decl.name);
            let field = Field { argument: self.argument(decl, owner), ..self.field(&decl.ty) };
            if owner == FieldOwner::Action && decl.name.value == "type" {
                self.check_type_field(decl, &field);
                continue;
            }
            fields.insert(Arc::from(decl.name.value.as_str()), field);
        }
        if owner == FieldOwner::Action {
            arguments::report_shared(decls, self.diagnostics);
        }
        fields
    }

    /// The argument that fills a field, which only fields of actions may name.
    fn argument(&mut self, decl: &FieldDecl, owner: FieldOwner) -> Option<Arc<str>> {
        if owner == FieldOwner::Action {
            return arguments::own_name(decl, self.diagnostics);
        }
        let misplaced = decl.ty.argument.as_ref().map(arguments::misplaced);
        self.diagnostics.extend(misplaced);
        None
    }

    /// An action may list `type: string`, which means the action type that is always there.
    fn check_type_field(&mut self, decl: &FieldDecl, field: &Field) {
        let is_plain = *field == Field::new(Type::plain(TypeKind::String))
            && decl.ty.argument.is_none()
            && decl.ty.description.is_none();
        if !is_plain {
            let message = "`type` is the action's own type, which is always a required string";
            self.push(Diagnostic::new(codes::RESERVED_FIELD, decl.name.span, message).help(
                "leave it out, write `type: string`, or give the field of an argument `type` another name: \
                 `kind: { type: string, argument: type }`",
            ));
        }
    }

    fn field(&mut self, decl: &TypeDecl) -> Field {
        let mut optional = decl.optional.as_ref().is_some_and(|flag| flag.value);
        let mut word = decl.name.value.trim();
        if let Some(stripped) = word.strip_suffix('?') {
            word = stripped.trim_end();
            optional = true;
            if let Some(flag) = &decl.optional {
                self.push(
                    Diagnostic::new(
                        codes::TWO_FORMS,
                        flag.span,
                        "`?` and `optional:` say the same thing twice",
                    )
                    .also(decl.name.span, "the `?` is here")
                    .help("keep one of them"),
                );
            }
        }
        let sensitive = decl.sensitive.as_ref().is_some_and(|flag| flag.value);
        let ty = self.type_of(decl, word).unwrap_or_else(|| Type::plain(TypeKind::Any));
        let description = description_of(decl.description.as_ref());
        Field { optional, sensitive, description, ..Field::new(ty) }
    }
}

/// A description for people.
fn description_of(text: Option<&Name>) -> Description {
    text.map(|text| Arc::from(text.value.as_str())).into()
}
