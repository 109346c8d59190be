//! Values in the body of a compiled policy: typed ones of conditions and schemas, and raw ones of required actions.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_engine::model::{
    Cidr, Date, Decimal, Duration, IpAddress, Path, Quantity, RawMap, RawValue, Reason, Record, Timestamp,
    Url, Value, ValueState,
};

use super::body::{BodyReader, BodyWriter};

pub(super) fn decimal(out: &mut BodyWriter, value: Decimal) {
    out.signed(value.mantissa());
    out.byte(value.scale());
}

pub(super) fn read_decimal(reader: &mut BodyReader<'_>) -> Option<Decimal> {
    let (mantissa, scale) = (reader.signed()?, reader.byte()?);
    Decimal::new(mantissa, scale).filter(|value| value.mantissa() == mantissa && value.scale() == scale)
}

pub(super) fn value(out: &mut BodyWriter, value: &Value) {
    match value {
        Value::Bool(flag) => tagged(out, 0, |out| out.flag(*flag)),
        Value::Number(number) => tagged(out, 1, |out| decimal(out, *number)),
        Value::String(text) => tagged(out, 2, |out| out.text(text)),
        Value::Timestamp(time) => tagged(out, 3, |out| out.signed(time.nanos())),
        Value::Date(date) => tagged(out, 4, |out| out.signed(i128::from(date.days()))),
        Value::Duration(length) => tagged(out, 5, |out| out.signed(length.nanos())),
        Value::Quantity(quantity) => tagged(out, 6, |out| decimal(out, quantity.value())),
        Value::Ip(address) => tagged(out, 7, |out| out.copied(&address.to_string())),
        Value::Path(path) => tagged(out, 8, |out| out.copied(&path.to_string())),
        Value::Url(url) => tagged(out, 9, |out| out.copied(url.as_str())),
        Value::List(elements) => tagged(out, 10, |out| out.list(elements.iter(), state)),
        Value::Map(entries) => tagged(out, 11, |out| states(out, entries)),
        Value::Object(record) => tagged(out, 12, |out| states(out, &record.fields)),
        Value::Any(json) => tagged(out, 13, |out| raw(out, json)),
    }
}

fn tagged(out: &mut BodyWriter, tag: u8, write: impl FnOnce(&mut BodyWriter)) {
    out.byte(tag);
    write(out);
}

pub(super) fn read_value(reader: &mut BodyReader<'_>) -> Option<Value> {
    reader.nested(|reader| {
        Some(match reader.byte()? {
            0 => Value::Bool(reader.flag()?),
            1 => Value::Number(read_decimal(reader)?),
            2 => Value::String(reader.text()?),
            3 => Value::Timestamp(Timestamp::from_nanos(reader.signed()?)?),
            4 => Value::Date(Date::from_days(i32::try_from(reader.signed()?).ok()?)?),
            5 => Value::Duration(Duration::from_nanos(reader.signed()?)?),
            6 => Value::Quantity(Quantity::parse(&read_decimal(reader)?.to_string())?),
            7 => Value::Ip(IpAddress::parse(reader.copied()?)?),
            8 => Value::Path(Path::parse(reader.copied()?)?),
            9 => Value::Url(Url::parse(reader.copied()?)?),
            10 => Value::List(reader.list(read_slot)?.into()),
            11 => Value::Map(read_slots(reader)?),
            12 => Value::Object(Record { fields: read_slots(reader)? }),
            13 => Value::Any(read_raw(reader)?),
            _ => return None,
        })
    })
}

fn state(out: &mut BodyWriter, state: &ValueState) {
    match state {
        ValueState::Absent => out.byte(0),
        ValueState::Present(present) => tagged(out, 1, |out| value(out, present)),
        ValueState::Invalid(reason) => tagged(out, 2, |out| out.copied(reason.as_str())),
    }
}

fn read_slot(reader: &mut BodyReader<'_>) -> Option<ValueState> {
    Some(match reader.byte()? {
        0 => ValueState::Absent,
        1 => ValueState::Present(read_value(reader)?),
        2 => ValueState::Invalid(read_reason(reader)?),
        _ => return None,
    })
}

fn read_reason(reader: &mut BodyReader<'_>) -> Option<Reason> {
    let word = reader.copied()?;
    Reason::ALL.iter().copied().find(|reason| reason.as_str() == word)
}

fn states(out: &mut BodyWriter, states: &BTreeMap<Arc<str>, ValueState>) {
    out.list(states.iter(), |out, (name, value)| {
        out.text(name);
        state(out, value);
    });
}

fn read_slots(reader: &mut BodyReader<'_>) -> Option<BTreeMap<Arc<str>, ValueState>> {
    Some(reader.list(|reader| Some((reader.text()?, read_slot(reader)?)))?.into_iter().collect())
}

pub(super) fn raw(out: &mut BodyWriter, json: &RawValue) {
    match json {
        RawValue::Null => out.byte(0),
        RawValue::Bool(flag) => tagged(out, 1, |out| out.flag(*flag)),
        RawValue::Number(number) => tagged(out, 2, |out| decimal(out, *number)),
        RawValue::String(text) => tagged(out, 3, |out| out.copied(text)),
        RawValue::List(elements) => tagged(out, 4, |out| out.list(elements.iter(), raw)),
        RawValue::Map(members) => tagged(out, 5, |out| raw_map(out, members)),
        RawValue::Unreadable(reason) => tagged(out, 6, |out| out.copied(reason.as_str())),
    }
}

fn read_raw(reader: &mut BodyReader<'_>) -> Option<RawValue> {
    reader.nested(|reader| {
        Some(match reader.byte()? {
            0 => RawValue::Null,
            1 => RawValue::Bool(reader.flag()?),
            2 => RawValue::Number(read_decimal(reader)?),
            3 => RawValue::String(reader.copied()?.to_owned()),
            4 => RawValue::List(reader.list(read_raw)?),
            5 => RawValue::Map(read_raw_map(reader)?),
            6 => RawValue::Unreadable(read_reason(reader)?),
            _ => return None,
        })
    })
}

pub(super) fn raw_map(out: &mut BodyWriter, members: &RawMap) {
    let members: Vec<_> = members.iter().collect();
    out.list(members, |out, (name, value)| {
        out.copied(name);
        raw(out, value);
    });
}

pub(super) fn read_raw_map(reader: &mut BodyReader<'_>) -> Option<RawMap> {
    let members = reader.list(|reader| Some((reader.copied()?.to_owned(), read_raw(reader)?)))?;
    Some(members.into_iter().collect())
}

pub(super) fn cidr(out: &mut BodyWriter, range: Cidr) {
    out.copied(&range.to_string());
}

pub(super) fn read_cidr(reader: &mut BodyReader<'_>) -> Option<Cidr> {
    Cidr::parse_lenient(reader.copied()?)
}
