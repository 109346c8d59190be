//! The schema as it enters the hash: everything that changes how a request is read.

use actra_model::{ActionId, FaultPolicy, Field, Fields, Narrowing, Schema, Type, TypeKind};

use super::value;
use crate::cbor::Encoder;

pub(super) fn schema(out: &mut Encoder, schema: &Schema) {
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
pub(super) fn actions(out: &mut Encoder, schema: &Schema, ids: &[ActionId]) {
    out.array(ids.len());
    for id in ids {
        match schema.action(*id) {
            Some(action) => out.text(&action.name),
            None => out.unsigned(u64::from(id.0)),
        }
    }
}

fn fault_policy(out: &mut Encoder, policy: FaultPolicy) {
    out.text(match policy {
        FaultPolicy::Ignore => "ignore",
        FaultPolicy::Reject => "reject",
    });
}

fn fields(out: &mut Encoder, fields: &Fields) {
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

pub(super) fn type_of(out: &mut Encoder, ty: &Type) {
    out.array(2);
    kind(out, &ty.kind);
    narrowing(out, &ty.narrowing);
}

pub(super) fn kind(out: &mut Encoder, kind: &TypeKind) {
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

fn narrowing(out: &mut Encoder, narrowing: &Narrowing) {
    let Narrowing { one_of, min, max, max_length, max_items, pattern } = narrowing;
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

fn size(out: &mut Encoder, size: &usize) {
    out.unsigned(*size as u64);
}

fn optional<T>(out: &mut Encoder, item: Option<&T>, encode: impl FnOnce(&mut Encoder, &T)) {
    match item {
        Some(item) => encode(out, item),
        None => out.null(),
    }
}
