//! The keys of a map.

use serde::Serialize;
use serde::ser::{Impossible, Serializer};

use super::ValueError;

/// Keys are texts; a number as a key would be a guess.
pub(super) struct ToKey;

const NO_KEY: &str = "keys are strings";

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
