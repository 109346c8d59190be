//! Schemas.

use std::collections::BTreeMap;

use actra_engine::model::{
    ActionId, ActionSchema, FaultPolicy, Field, Fields, Group, Narrowing, Schema, Type, TypeKind,
};

use super::io::{Reader, Writer};
use super::value::{read_value, value};

pub(super) fn write(out: &mut Writer, schema: &Schema) {
    out.list(&schema.actions, |out, action| {
        out.text(&action.name);
        fields(out, &action.fields);
    });
    out.list(&schema.groups, |out, (name, group)| {
        out.text(name);
        out.list(&group.actions, |out, action| out.unsigned(u64::from(action.0)));
    });
    fields(out, &schema.actor);
    fields(out, &schema.snapshot);
    out.flag(schema.extra_fields == FaultPolicy::Reject);
    out.flag(schema.invalid_fields == FaultPolicy::Reject);
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Schema> {
    let actions =
        reader.list(|reader| Some(ActionSchema { name: reader.text()?, fields: read_fields(reader)? }))?;
    if !actions.is_sorted_by(|left, right| left.name < right.name) {
        return None;
    }
    let count = actions.len();
    let groups = reader.list(|reader| {
        let name = reader.text()?;
        Some((name, Group { actions: reader.list(|reader| read_action(reader, count))? }))
    })?;
    let (actor, snapshot) = (read_fields(reader)?, read_fields(reader)?);
    let mut faults =
        || reader.flag().map(|rejects| if rejects { FaultPolicy::Reject } else { FaultPolicy::Ignore });
    let (extra_fields, invalid_fields) = (faults()?, faults()?);
    let groups: BTreeMap<_, _> = groups.into_iter().collect();
    Some(Schema { actions, groups, actor, snapshot, extra_fields, invalid_fields })
}

/// The number of a declared action.
pub(super) fn read_action(reader: &mut Reader<'_>, count: usize) -> Option<ActionId> {
    let number = u32::try_from(reader.unsigned()?).ok()?;
    ((number as usize) < count).then_some(ActionId(number))
}

fn fields(out: &mut Writer, fields: &Fields) {
    out.list(fields, |out, (name, field)| {
        out.text(name);
        ty(out, &field.ty);
        out.flag(field.optional);
        out.flag(field.sensitive);
    });
}

fn read_fields(reader: &mut Reader<'_>) -> Option<Fields> {
    let fields = reader.list(|reader| {
        let name = reader.text()?;
        let field = Field { ty: read_type(reader)?, optional: reader.flag()?, sensitive: reader.flag()? };
        Some((name, field))
    })?;
    Some(fields.into_iter().collect())
}

fn ty(out: &mut Writer, ty: &Type) {
    kind(out, &ty.kind);
    let Narrowing { one_of, min, max, max_length, max_items, pattern } = &ty.narrowing;
    out.option(one_of.as_ref(), |out, values| out.list(values, value));
    out.option(min.as_ref(), value);
    out.option(max.as_ref(), value);
    out.option(*max_length, Writer::count);
    out.option(*max_items, Writer::count);
    out.option(pattern.as_ref(), |out, pattern| out.text(pattern.source()));
}

fn read_type(reader: &mut Reader<'_>) -> Option<Type> {
    reader.nested(|reader| {
        let kind = read_kind(reader)?;
        let size = |reader: &mut Reader<'_>| usize::try_from(reader.unsigned()?).ok();
        let narrowing = Narrowing {
            one_of: reader.option(|reader| reader.list(read_value))?.map(Into::into),
            min: reader.option(read_value)?,
            max: reader.option(read_value)?,
            max_length: reader.option(size)?,
            max_items: reader.option(size)?,
            pattern: reader.option(Reader::pattern)?,
        };
        Some(Type { kind, narrowing })
    })
}

/// Kinds without parts, by number.
const PLAIN: [TypeKind; 12] = [
    TypeKind::String,
    TypeKind::Number,
    TypeKind::Integer,
    TypeKind::Boolean,
    TypeKind::Timestamp,
    TypeKind::Date,
    TypeKind::Duration,
    TypeKind::Quantity,
    TypeKind::Ip,
    TypeKind::Path,
    TypeKind::Url,
    TypeKind::Any,
];

pub(super) fn kind(out: &mut Writer, kind: &TypeKind) {
    match kind {
        TypeKind::List(element) => {
            out.byte(100);
            ty(out, element);
        }
        TypeKind::Map(element) => {
            out.byte(101);
            ty(out, element);
        }
        TypeKind::Object(members) => {
            out.byte(102);
            fields(out, members);
        }
        plain => out.count(PLAIN.iter().position(|known| known == plain).unwrap_or(PLAIN.len())),
    }
}

pub(super) fn read_kind(reader: &mut Reader<'_>) -> Option<TypeKind> {
    Some(match reader.byte()? {
        100 => TypeKind::List(Box::new(read_type(reader)?)),
        101 => TypeKind::Map(Box::new(read_type(reader)?)),
        102 => TypeKind::Object(read_fields(reader)?),
        plain => PLAIN.get(usize::from(plain))?.clone(),
    })
}
