//! What a policy reads of a Rust value.

use std::fmt::{self, Display};

use actra_engine::model::{Decimal, RawMap, RawValue, Reason, limits};
use serde::Serialize;
use serde::ser::{
    Error, Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Why something has no value that a policy can read.
///
/// It says where by names of fields and by positions: `#2` is the second entry of a map, whose key may be what nobody is
/// to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// Where, from the innermost place outwards.
    path: Vec<String>,
    what: String,
}

impl Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            let path: Vec<&str> = self.path.iter().rev().map(String::as_str).collect();
            write!(f, "`{}`: ", path.join("."))?;
        }
        f.write_str(&self.what)
    }
}

impl std::error::Error for ValueError {}

impl Error for ValueError {
    fn custom<T: Display>(what: T) -> Self {
        Self { path: Vec::new(), what: what.to_string() }
    }
}

impl ValueError {
    fn new(what: &str) -> Self {
        Self { path: Vec::new(), what: what.to_owned() }
    }

    fn below(mut self, place: impl Display) -> Self {
        self.path.push(place.to_string());
        self
    }
}

/// What a policy reads of a value: exactly what `Serialize` says, in the types of JSON.
///
/// Numbers are exact. One that is no decimal within the limits, such as NaN, is unreadable: rules that read it are
/// undetermined, others do not care, as with such a number in JSON. So is what nests deeper than requests may.
///
/// Bytes, and maps with keys that are no texts or stand twice, have no value.
///
/// ```
/// # use actra::RawValue;
/// assert_eq!(actra::value(&Some(7))?, RawValue::from(7));
/// assert_eq!(actra::value(&0.1)?.to_json(), "0.1");
/// assert!(matches!(actra::value(&f64::NAN)?, RawValue::Unreadable(_)));
/// assert!(actra::value(&std::collections::BTreeMap::from([(1, 2)])).is_err());
/// # Ok::<(), actra::ValueError>(())
/// ```
pub fn value<T: Serialize + ?Sized>(value: &T) -> Result<RawValue, ValueError> {
    value.serialize(ToValue { depth: 0 })
}

/// The same for an actor or a snapshot, which is a structure or a map.
pub fn record<T: Serialize + ?Sized>(value: &T) -> Result<RawMap, ValueError> {
    match self::value(value)? {
        RawValue::Map(members) => Ok(members),
        _ => Err(ValueError::new("a record is a structure or a map")),
    }
}

const UNREPRESENTABLE: RawValue = RawValue::Unreadable(Reason::UnrepresentableNumber);
/// How `serde_json` hands over a number with all its digits.
const EXACT_NUMBER: &str = "$serde_json::private::Number";

fn number(found: Option<Decimal>) -> RawValue {
    found.map_or(UNREPRESENTABLE, RawValue::Number)
}

struct ToValue {
    depth: usize,
}

impl ToValue {
    /// What lies deeper than requests nest is not looked at, so that recursion is bounded.
    fn open<T>(&self) -> Option<Vec<T>> {
        (self.depth <= limits::NESTING).then(Vec::new)
    }

    fn elements(self) -> Elements {
        Elements { elements: self.open(), depth: self.depth + 1, variant: None }
    }

    fn members(self) -> Members {
        Members { members: self.open(), depth: self.depth + 1, key: None, variant: None, exact: false }
    }
}

macro_rules! integers {
    ($($function:ident: $integer:ty),*) => {
        $(fn $function(self, value: $integer) -> Result<RawValue, ValueError> {
            Ok(RawValue::Number(Decimal::from(i64::from(value))))
        })*
    };
}

impl Serializer for ToValue {
    type Ok = RawValue;
    type Error = ValueError;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32
    }

    fn serialize_bool(self, value: bool) -> Result<RawValue, ValueError> {
        Ok(RawValue::Bool(value))
    }

    fn serialize_u64(self, value: u64) -> Result<RawValue, ValueError> {
        self.serialize_i128(i128::from(value))
    }

    fn serialize_i128(self, value: i128) -> Result<RawValue, ValueError> {
        Ok(number(Decimal::new(value, 0)))
    }

    fn serialize_u128(self, value: u128) -> Result<RawValue, ValueError> {
        Ok(number(i128::try_from(value).ok().and_then(|value| Decimal::new(value, 0))))
    }

    fn serialize_f32(self, value: f32) -> Result<RawValue, ValueError> {
        // The shortest text that reads back as the same float; those of NaN and infinities are no numbers.
        Ok(number(Decimal::parse_json(&format!("{value:e}")).ok()))
    }

    fn serialize_f64(self, value: f64) -> Result<RawValue, ValueError> {
        Ok(RawValue::from(value))
    }

    fn serialize_char(self, value: char) -> Result<RawValue, ValueError> {
        Ok(RawValue::String(value.into()))
    }

    fn serialize_str(self, value: &str) -> Result<RawValue, ValueError> {
        Ok(RawValue::from(value))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<RawValue, ValueError> {
        Err(ValueError::new("bytes are no text: decode them"))
    }

    fn serialize_none(self) -> Result<RawValue, ValueError> {
        Ok(RawValue::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<RawValue, ValueError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<RawValue, ValueError> {
        Ok(RawValue::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<RawValue, ValueError> {
        Ok(RawValue::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<RawValue, ValueError> {
        Ok(RawValue::from(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<RawValue, ValueError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<RawValue, ValueError> {
        let mut members = self.members();
        SerializeStruct::serialize_field(&mut members, variant, value)?;
        SerializeStruct::end(members)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements, ValueError> {
        Ok(self.elements())
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements, ValueError> {
        Ok(self.elements())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements, ValueError> {
        Ok(self.elements())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements, ValueError> {
        let inner = ToValue { depth: self.depth + 1 };
        Ok(Elements { variant: Some(variant), ..inner.elements() })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members, ValueError> {
        Ok(self.members())
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members, ValueError> {
        Ok(Members { exact: name == EXACT_NUMBER, ..self.members() })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members, ValueError> {
        let inner = ToValue { depth: self.depth + 1 };
        Ok(Members { variant: Some(variant), ..inner.members() })
    }
}

/// A value, or the one member of an object that names a variant.
fn tagged(variant: Option<&'static str>, value: RawValue) -> RawValue {
    match variant {
        Some(variant) => RawValue::Map(RawMap::from([(variant.to_owned(), value)])),
        None => value,
    }
}

/// A list on its way; `None` below the deepest place that is looked at.
struct Elements {
    elements: Option<Vec<RawValue>>,
    depth: usize,
    variant: Option<&'static str>,
}

impl Elements {
    fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        let Some(elements) = &mut self.elements else { return Ok(()) };
        let element = element.serialize(ToValue { depth: self.depth });
        elements.push(element.map_err(|error| error.below(elements.len()))?);
        Ok(())
    }

    fn done(self) -> RawValue {
        let list = self.elements.map_or(RawValue::Unreadable(Reason::TooDeep), RawValue::List);
        tagged(self.variant, list)
    }
}

macro_rules! lists {
    ($($kind:ident: $push:ident),*) => {
        $(impl $kind for Elements {
            type Ok = RawValue;
            type Error = ValueError;

            fn $push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
                self.push(element)
            }

            fn end(self) -> Result<RawValue, ValueError> {
                Ok(self.done())
            }
        })*
    };
}

lists! {
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field
}

/// An object on its way; `None` below the deepest place that is looked at.
struct Members {
    members: Option<Vec<(String, RawValue)>>,
    depth: usize,
    key: Option<String>,
    variant: Option<&'static str>,
    exact: bool,
}

impl Members {
    fn push<T: Serialize + ?Sized>(
        &mut self,
        key: String,
        value: &T,
        place: impl Display,
    ) -> Result<(), ValueError> {
        let Some(members) = &mut self.members else { return Ok(()) };
        let value = value.serialize(ToValue { depth: self.depth }).map_err(|error| error.below(place))?;
        members.push((key, value));
        Ok(())
    }

    fn done(self) -> Result<RawValue, ValueError> {
        let Some(members) = self.members else {
            return Ok(tagged(self.variant, RawValue::Unreadable(Reason::TooDeep)));
        };
        if let ([(_, RawValue::String(digits))], true) = (members.as_slice(), self.exact) {
            return Ok(number(Decimal::parse_json(digits).ok()));
        }
        let given = members.len();
        let map: RawMap = members.into_iter().collect();
        if map.len() != given {
            return Err(ValueError::new("a key stands twice"));
        }
        Ok(tagged(self.variant, RawValue::Map(map)))
    }
}

impl SerializeMap for Members {
    type Ok = RawValue;
    type Error = ValueError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        self.key = Some(key.serialize(ToKey)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        let key = self.key.take().ok_or_else(|| ValueError::new("a value has a key"))?;
        let nth = self.members.as_ref().map_or(0, Vec::len) + 1;
        self.push(key, value, format_args!("#{nth}"))
    }

    fn end(self) -> Result<RawValue, ValueError> {
        self.done()
    }
}

macro_rules! structures {
    ($($kind:ident),*) => {
        $(impl $kind for Members {
            type Ok = RawValue;
            type Error = ValueError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), ValueError> {
                self.push(name.to_owned(), value, name)
            }

            fn end(self) -> Result<RawValue, ValueError> {
                self.done()
            }
        })*
    };
}

structures!(SerializeStruct, SerializeStructVariant);

/// Keys are texts; a number as a key would be a guess.
struct ToKey;

const NO_KEY: &str = "keys are texts";

macro_rules! no_keys {
    ($($function:ident($($argument:ty),*) -> $answer:ty;)*) => {
        $(fn $function(self, $(_: $argument),*) -> Result<$answer, ValueError> {
            Err(ValueError::new(NO_KEY))
        })*
    };
}

type Never = Impossible<String, ValueError>;

impl Serializer for ToKey {
    type Ok = String;
    type Error = ValueError;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_str(self, key: &str) -> Result<String, ValueError> {
        Ok(key.to_owned())
    }

    fn serialize_char(self, key: char) -> Result<String, ValueError> {
        Ok(key.into())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<String, ValueError> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        key: &T,
    ) -> Result<String, ValueError> {
        key.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<String, ValueError> {
        Err(ValueError::new(NO_KEY))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, ValueError> {
        Err(ValueError::new(NO_KEY))
    }

    no_keys! {
        serialize_bool(bool) -> String;
        serialize_i8(i8) -> String;
        serialize_i16(i16) -> String;
        serialize_i32(i32) -> String;
        serialize_i64(i64) -> String;
        serialize_u8(u8) -> String;
        serialize_u16(u16) -> String;
        serialize_u32(u32) -> String;
        serialize_u64(u64) -> String;
        serialize_f32(f32) -> String;
        serialize_f64(f64) -> String;
        serialize_bytes(&[u8]) -> String;
        serialize_none() -> String;
        serialize_unit() -> String;
        serialize_unit_struct(&'static str) -> String;
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}

#[cfg(test)]
mod tests;
