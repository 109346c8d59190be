//! The schema as it enters the hash: everything that changes how a request is read.

use actra_model::{ActionId, Constraints, FaultHandling, Field, Fields, Schema, Type, TypeKind};

use super::value;
use crate::cbor::CborHasher;

pub(super) fn schema(out: &mut CborHasher, schema: &Schema) {
    out.array(6);
    out.array(schema.actions.len());
    for action in &schema.actions {
        out.array(2);
        out.text(&action.name);
        fields(out, &action.fields);
    }
    out.array(schema.groups.len());
    for (name, group) in &schema.groups {
        out.array(2);
        out.text(name);
        actions(out, schema, &group.actions);
    }
    fields(out, &schema.actor);
    fields(out, &schema.snapshot);
    fault_policy(out, schema.extra_fields);
    fault_policy(out, schema.invalid_fields);
}

/// The names of actions, not their numbers, which shift with the schema.
pub(super) fn actions(out: &mut CborHasher, schema: &Schema, ids: &[ActionId]) {
    out.array(ids.len());
    for id in ids {
        match schema.action(*id) {
            Some(action) => out.text(&action.name),
            None => out.unsigned(u64::from(id.0)),
        }
    }
}

fn fault_policy(out: &mut CborHasher, policy: FaultHandling) {
    out.text(match policy {
        FaultHandling::Ignore => "ignore",
        FaultHandling::Reject => "reject",
    });
}

fn fields(out: &mut CborHasher, fields: &Fields) {
    out.array(fields.len());
    for (name, field) in fields {
        let Field { ty, optional, sensitive, argument, description: _ } = field;
        out.array(4 + argument.iter().len());
        out.text(name);
        type_of(out, ty);
        out.bool(*optional);
        out.bool(*sensitive);
        // Where nothing is said there is nothing, so that schemas from before it could be said keep their hashes.
        argument.iter().for_each(|argument| out.text(argument));
    }
}

pub(super) fn type_of(out: &mut CborHasher, ty: &Type) {
    out.array(2);
    kind(out, &ty.kind);
    constraints(out, &ty.constraints);
}

pub(super) fn kind(out: &mut CborHasher, kind: &TypeKind) {
    match kind {
        TypeKind::List(element) => {
            out.array(2);
            out.text("list");
            type_of(out, element);
        }
        TypeKind::Map(entry) => {
            out.array(2);
            out.text("map");
            type_of(out, entry);
        }
        TypeKind::Object(members) => {
            out.array(2);
            out.text("object");
            fields(out, members);
        }
        scalar => out.text(&scalar.name()),
    }
}

fn constraints(out: &mut CborHasher, constraints: &Constraints) {
    let Constraints { one_of, min, max, max_length, max_items, pattern } = constraints;
    out.array(6);
    match one_of {
        Some(values) => {
            out.array(values.len());
            values.iter().for_each(|item| value(out, item));
        }
        None => out.null(),
    }
    optional(out, min.as_ref(), value);
    optional(out, max.as_ref(), value);
    optional(out, max_length.as_ref(), size);
    optional(out, max_items.as_ref(), size);
    optional(out, pattern.as_ref(), |out, pattern| out.text(pattern.source()));
}

fn size(out: &mut CborHasher, size: &usize) {
    out.unsigned(*size as u64);
}

fn optional<T>(out: &mut CborHasher, item: Option<&T>, encode: impl FnOnce(&mut CborHasher, &T)) {
    match item {
        Some(item) => encode(out, item),
        None => out.null(),
    }
}
