//! Schemas in the body of a compiled policy: actions, groups and records with the types of their fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_engine::model::{
    ActionId, ActionSchema, Constraints, Description, FaultHandling, Field, Fields, Group, Schema, Type,
    TypeKind,
};

use super::body::{BodyReader, BodyWriter};
use super::value::{read_value, value};

pub(super) fn write(out: &mut BodyWriter, schema: &Schema) {
    out.list(&schema.actions, |out, action| {
        out.text(&action.name);
        fields(out, &action.fields);
        arguments(out, &action.fields);
        description(out, &action.description);
    });
    out.list(&schema.groups, |out, (name, group)| {
        out.text(name);
        out.list(&group.actions, |out, action| out.unsigned(u64::from(action.0)));
    });
    fields(out, &schema.actor);
    fields(out, &schema.snapshot);
    out.flag(schema.extra_fields == FaultHandling::Reject);
    out.flag(schema.invalid_fields == FaultHandling::Reject);
}

pub(super) fn read(reader: &mut BodyReader<'_>) -> Option<Schema> {
    let actions = reader.list(read_declared)?;
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
        || reader.flag().map(|rejects| if rejects { FaultHandling::Reject } else { FaultHandling::Ignore });
    let (extra_fields, invalid_fields) = (faults()?, faults()?);
    let groups: BTreeMap<_, _> = groups.into_iter().collect();
    Some(Schema { actions, groups, actor, snapshot, extra_fields, invalid_fields })
}

fn read_declared(reader: &mut BodyReader<'_>) -> Option<ActionSchema> {
    let (name, mut fields) = (reader.text()?, read_fields(reader)?);
    read_arguments(reader, &mut fields)?;
    let action = ActionSchema::new(name, fields, read_description(reader)?);
    let arguments: BTreeSet<&str> = action.arguments().map(|(_, argument)| argument).collect();
    (arguments.len() == action.fields.len()).then_some(action)
}

/// What arguments are called, for the fields whose names are others: most have none.
fn arguments(out: &mut BodyWriter, fields: &Fields) {
    let said = fields.values().enumerate().filter_map(|(idx, field)| Some((idx, field.argument.as_ref()?)));
    out.list(said.collect::<Vec<_>>(), |out, (idx, argument)| {
        out.count(idx);
        out.text(argument);
    });
}

fn read_arguments(reader: &mut BodyReader<'_>, fields: &mut Fields) -> Option<()> {
    let said = reader.list(|reader| Some((usize::try_from(reader.unsigned()?).ok()?, reader.text()?)))?;
    let mut places: Vec<(&Arc<str>, &mut Field)> = fields.iter_mut().collect();
    for (idx, argument) in said {
        let (name, field) = places.get_mut(idx)?;
        if **name == argument || field.argument.is_some() {
            return None;
        }
        field.argument = Some(argument);
    }
    Some(())
}

/// The number of a declared action.
pub(super) fn read_action(reader: &mut BodyReader<'_>, count: usize) -> Option<ActionId> {
    let number = u32::try_from(reader.unsigned()?).ok()?;
    ((number as usize) < count).then_some(ActionId(number))
}

fn fields(out: &mut BodyWriter, fields: &Fields) {
    out.list(fields, |out, (name, field)| {
        out.text(name);
        ty(out, &field.ty);
        out.flag(field.optional);
        out.flag(field.sensitive);
        description(out, &field.description);
    });
}

fn description(out: &mut BodyWriter, description: &Description) {
    out.option(description.text(), |out, text| out.copied(text));
}

fn read_description(reader: &mut BodyReader<'_>) -> Option<Description> {
    reader.option(|reader| reader.copied().map(Arc::from)).map(Description::from)
}

fn read_fields(reader: &mut BodyReader<'_>) -> Option<Fields> {
    let fields = reader.list(|reader| {
        let name = reader.text()?;
        let (ty, optional, sensitive) = (read_type(reader)?, reader.flag()?, reader.flag()?);
        Some((name, Field { optional, sensitive, description: read_description(reader)?, ..Field::new(ty) }))
    })?;
    Some(fields.into_iter().collect())
}

fn ty(out: &mut BodyWriter, ty: &Type) {
    kind(out, &ty.kind);
    let Constraints { one_of, min, max, max_length, max_items, pattern } = &ty.constraints;
    out.option(one_of.as_ref(), |out, values| out.list(values, value));
    out.option(min.as_ref(), value);
    out.option(max.as_ref(), value);
    out.option(*max_length, BodyWriter::count);
    out.option(*max_items, BodyWriter::count);
    out.option(pattern.as_ref(), |out, pattern| out.text(pattern.source()));
}

fn read_type(reader: &mut BodyReader<'_>) -> Option<Type> {
    reader.nested(|reader| {
        let kind = read_kind(reader)?;
        let size = |reader: &mut BodyReader<'_>| usize::try_from(reader.unsigned()?).ok();
        let constraints = Constraints {
            one_of: reader.option(|reader| reader.list(read_value))?.map(Into::into),
            min: reader.option(read_value)?,
            max: reader.option(read_value)?,
            max_length: reader.option(size)?,
            max_items: reader.option(size)?,
            pattern: reader.option(BodyReader::pattern)?,
        };
        Some(Type { kind, constraints })
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

pub(super) fn kind(out: &mut BodyWriter, kind: &TypeKind) {
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

pub(super) fn read_kind(reader: &mut BodyReader<'_>) -> Option<TypeKind> {
    Some(match reader.byte()? {
        100 => TypeKind::List(Box::new(read_type(reader)?)),
        101 => TypeKind::Map(Box::new(read_type(reader)?)),
        102 => TypeKind::Object(read_fields(reader)?),
        plain => PLAIN.get(usize::from(plain))?.clone(),
    })
}
