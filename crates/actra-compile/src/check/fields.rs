//! Fields of records in the scope of a rule.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use actra_diagnostics::{Diagnostic, codes};
use actra_model::{ActionId, Constraints, Field, Fields, RecordName, Schema, Type, TypeKind, Value};
use actra_syntax::ast::{Condition, ConditionKind, Expr, ExprKind, Name, Subject};
use actra_syntax::{foreign_words, suggest};

use super::typed::TypeRef;
use crate::global_names::Names;
use crate::shorten::shortened;

/// The schema, and the actions that a rule covers.
#[derive(Clone, Copy)]
pub(crate) struct FieldScope<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) actions: &'a ActionSet,
    pub(crate) records: &'a RecordFields,
}

/// The actions of a scope, ascending, with the fields resolved so far, so that rules with one scope do not resolve them
/// again.
pub(crate) struct ActionSet {
    ids: Arc<[ActionId]>,
    fields: FieldCache,
}

impl ActionSet {
    pub(crate) fn new(ids: Arc<[ActionId]>) -> Self {
        Self { ids, fields: FieldCache::default() }
    }

    pub(crate) fn ids(&self) -> &Arc<[ActionId]> {
        &self.ids
    }
}

/// Fields that are the same in every scope: `action.type`, and those of actor and snapshot.
#[derive(Default)]
pub(crate) struct RecordFields {
    action_type: OnceCell<ResolvedField>,
    actor: FieldCache,
    snapshot: FieldCache,
}

/// A field of a record with its type, shared by all reads of it.
#[derive(Clone)]
pub(crate) struct ResolvedField {
    pub(crate) name: Arc<str>,
    pub(crate) ty: TypeRef,
    pub(crate) optional: bool,
    pub(crate) sensitive: bool,
}

impl ResolvedField {
    fn new(name: &Arc<str>, field: Field) -> Self {
        let Field { ty, optional, sensitive, .. } = field;
        Self { name: Arc::clone(name), ty: TypeRef::Declared(Rc::new(ty)), optional, sensitive }
    }
}

/// Fields of a record that are resolved, by name. A field that does not exist is reported at each of its uses.
#[derive(Default)]
struct FieldCache(RefCell<BTreeMap<Arc<str>, ResolvedField>>);

impl FieldCache {
    fn get_or(&self, name: &Name, find: impl FnOnce() -> Option<ResolvedField>) -> Option<ResolvedField> {
        if let Some(known) = self.0.borrow().get(name.value.as_str()) {
            return Some(known.clone());
        }
        let found = find()?;
        self.0.borrow_mut().insert(Arc::clone(&found.name), found.clone());
        Some(found)
    }
}

/// The record with this name; reports any other word.
pub(crate) fn record_name(name: &Name, diagnostics: &mut Vec<Diagnostic>) -> Option<RecordName> {
    let record = RecordName::parse(&name.value);
    if record.is_none() {
        let words = RecordName::ALL.map(RecordName::as_str);
        let instead =
            foreign_words::records::replacement_for(&name.value).map(foreign_words::Replacement::help);
        let close = || suggest::did_you_mean(&name.value, words);
        diagnostics.push(
            Diagnostic::new(
                codes::UNKNOWN_NAME,
                name.span,
                format!("`{}` is not a record of a request", shortened(&name.value)),
            )
            .maybe_help(instead.or_else(close))
            .help("records are `action`, `actor` and `snapshot`"),
        );
    }
    record
}

/// The field of a record, as every action in scope declares it; reports what is missing or differs.
///
/// Optional or sensitive in one action is optional or sensitive here; constraints that differ are dropped.
pub(crate) fn resolve(
    scope: FieldScope<'_>,
    record: RecordName,
    name: &Name,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ResolvedField> {
    let FieldScope { schema, actions, records } = scope;
    match record {
        RecordName::Action if name.value == "type" => {
            Some(records.action_type.get_or_init(|| action_type(schema)).clone())
        }
        RecordName::Action => {
            actions.fields.get_or(name, || action_field(schema, &actions.ids, name, diagnostics))
        }
        RecordName::Actor => {
            records.actor.get_or(name, || record_field(&schema.actor, record, name, diagnostics))
        }
        RecordName::Snapshot => {
            records.snapshot.get_or(name, || record_field(&schema.snapshot, record, name, diagnostics))
        }
    }
}

/// `action.type`: one of the declared actions.
fn action_type(schema: &Schema) -> ResolvedField {
    let names = schema.actions.iter().map(|action| Value::String(Arc::clone(&action.name))).collect();
    let constraints = Constraints { one_of: Some(names), ..Constraints::default() };
    let ty = Type { kind: TypeKind::String, constraints };
    ResolvedField::new(&Arc::from("type"), Field::new(ty))
}

fn record_field(
    fields: &Fields,
    record: RecordName,
    name: &Name,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ResolvedField> {
    let field = fields.get_key_value(name.value.as_str());
    if field.is_none() {
        let message = format!("`{record}` has no field `{}`", shortened(&name.value));
        let help = declared(fields, name, diagnostics.len());
        diagnostics.push(Diagnostic::new(codes::UNKNOWN_FIELD, name.span, message).help(help));
    }
    field.map(|(name, field)| ResolvedField::new(name, field.clone()))
}

/// A member of an object type; reports unknown ones.
pub(crate) fn member<'f>(
    fields: &'f Fields,
    name: &Name,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(&'f Arc<str>, &'f Field)> {
    let field = fields.get_key_value(name.value.as_str());
    if field.is_none() {
        let message = format!("the object has no field `{}`", shortened(&name.value));
        let help = declared(fields, name, diagnostics.len());
        diagnostics.push(Diagnostic::new(codes::UNKNOWN_FIELD, name.span, message).help(help));
    }
    field
}

fn declared(fields: &Fields, name: &Name, reports: usize) -> String {
    let names = || fields.keys().map(AsRef::as_ref);
    if let Some(close) = suggest::closest_within_budget(reports, &name.value, names()) {
        return suggest::question(close);
    }
    let some: Vec<&str> = names().take(12).collect();
    if some.is_empty() {
        "the schema declares no fields there".to_owned()
    } else {
        format!("the schema declares `{}`", some.join("`, `"))
    }
}

fn action_field(
    schema: &Schema,
    actions: &[ActionId],
    name: &Name,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ResolvedField> {
    let mut found: Option<(&Arc<str>, Field)> = None;
    let mut lacking: Vec<&str> = Vec::new();
    for action in actions.iter().filter_map(|id| schema.action(*id)) {
        let Some((declared, field)) = action.fields.get_key_value(name.value.as_str()) else {
            lacking.push(&action.name);
            continue;
        };
        found = match found {
            None => Some((declared, field.clone())),
            Some((declared, first)) if first.ty == field.ty => Some((declared, merge(first, field))),
            Some((_, first)) if plain(&first.ty.kind) != plain(&field.ty.kind) => {
                diagnostics.push(types_differ(name, &first, field, &action.name));
                return None;
            }
            Some((declared, first)) => Some((declared, merge(first, field))),
        };
    }
    match found {
        Some((name, field)) if lacking.is_empty() => return Some(ResolvedField::new(name, field)),
        Some(_) => diagnostics.push(missing_in_some(name, &lacking)),
        None => {
            let declaring = actions.iter().filter_map(|id| schema.action(*id));
            let all: BTreeSet<&str> =
                declaring.flat_map(|action| action.fields.keys().map(AsRef::as_ref)).collect();
            let close =
                suggest::did_you_mean_within_budget(diagnostics.len(), &name.value, all.iter().copied());
            let some: Vec<&str> = all.into_iter().take(12).collect();
            let help = close.unwrap_or_else(|| match some.is_empty() {
                true => "the actions in scope declare no fields".to_owned(),
                false => format!("the actions in scope declare `{}`", some.join("`, `")),
            });
            let message = format!("no action in scope has a field `{}`", shortened(&name.value));
            diagnostics.push(Diagnostic::new(codes::UNKNOWN_FIELD, name.span, message).help(help));
        }
    }
    None
}

fn types_differ(name: &Name, first: &Field, other: &Field, action: &str) -> Diagnostic {
    let message = format!("actions in scope declare `{}` with different types", shortened(&name.value));
    let label = format!("`{}`, but `{}` in `{action}`", first.ty.kind.name(), other.ty.kind.name());
    Diagnostic::new(codes::FIELD_TYPES_DIFFER, name.span, message)
        .label(label)
        .help("narrow the scope, or write one rule for each type")
}

fn missing_in_some(name: &Name, lacking: &[&str]) -> Diagnostic {
    let some: Vec<&str> = lacking.iter().copied().take(8).collect();
    let more = lacking.len().saturating_sub(some.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("not every action in scope has a field `{}`", shortened(&name.value));
    Diagnostic::new(codes::FIELD_NOT_IN_SCOPE, name.span, message)
        .label(format!("missing in `{}`{more}", some.join("`, `")))
        .help("narrow the scope to the actions that declare it")
}

/// A type without constraints on any level: types that are equal so count as the same.
fn plain(kind: &TypeKind) -> TypeKind {
    let strip = |ty: &Type| Box::new(Type::plain(plain(&ty.kind)));
    match kind {
        TypeKind::List(element) => TypeKind::List(strip(element)),
        TypeKind::Map(value) => TypeKind::Map(strip(value)),
        TypeKind::Object(fields) => TypeKind::Object(
            fields
                .iter()
                .map(|(name, field)| {
                    (Arc::clone(name), Field { optional: field.optional, ..Field::new(*strip(&field.ty)) })
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

fn merge(first: Field, other: &Field) -> Field {
    let ty = if first.ty == other.ty { first.ty } else { Type::plain(plain(&first.ty.kind)) };
    let (optional, sensitive) = (first.optional || other.optional, first.sensitive || other.sensitive);
    Field { optional, sensitive, ..Field::new(ty) }
}

/// The actions that declare every `action` field which a condition mentions; all actions if there are none.
pub(crate) fn actions_that_declare(
    schema: &Schema,
    names: &Names<'_>,
    condition: &Condition,
) -> Vec<ActionId> {
    let mut mentioned = BTreeSet::new();
    condition_fields(names, condition, &mut mentioned, 0);
    let declares = |id: &ActionId| {
        schema.action(*id).is_some_and(|action| {
            mentioned.iter().all(|name| *name == "type" || action.fields.contains_key(*name))
        })
    };
    let all: Vec<ActionId> = (0u32..).zip(&schema.actions).map(|(idx, _)| ActionId(idx)).collect();
    let declaring: Vec<ActionId> = all.iter().copied().filter(declares).collect();
    if declaring.is_empty() { all } else { declaring }
}

fn condition_fields<'a>(
    names: &Names<'a>,
    condition: &'a Condition,
    fields: &mut BTreeSet<&'a str>,
    depth: usize,
) {
    match &condition.kind {
        ConditionKind::Expression(expr) => expr_fields(names, expr, fields, depth),
        ConditionKind::StructuredAtom(atom) => {
            subject_field(&atom.subject, fields);
            if let Some(actra_syntax::ast::AtomOperand::Subject(subject)) = &atom.value {
                subject_field(subject, fields);
            }
        }
        ConditionKind::All(parts) | ConditionKind::Any(parts) => {
            parts.iter().for_each(|part| condition_fields(names, part, fields, depth));
        }
        ConditionKind::Not(part) => condition_fields(names, part, fields, depth),
    }
}

fn subject_field<'a>(subject: &'a Subject, fields: &mut BTreeSet<&'a str>) {
    if subject.domain.value == "action" {
        fields.extend(subject.field.first().map(|name| name.value.as_str()));
    }
}

fn expr_fields<'a>(names: &Names<'a>, expr: &'a Expr, fields: &mut BTreeSet<&'a str>, depth: usize) {
    match &expr.kind {
        ExprKind::Select { operand, field, .. } if matches!(&operand.kind, ExprKind::Ident(name) if name == "action") =>
        {
            fields.insert(&field.value);
        }
        // Definitions on cycles were removed before, and of a long chain the first few suffice.
        ExprKind::Ident(name) if depth < 8 => {
            names.definitions.get(name.as_str()).into_iter().for_each(|inner| {
                condition_fields(names, inner, fields, depth + 1);
            });
        }
        _ => expr.children().into_iter().for_each(|child| expr_fields(names, child, fields, depth)),
    }
}
