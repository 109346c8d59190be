//! The elements of raw bytes, which are many and small: none of them becomes a value of its own.

use std::fmt::Display;

use serde::Serialize;
use serde::ser::{Impossible, Serializer};

use super::ValueError;

/// Takes a `u8`, and nothing else.
pub(super) struct ToByte;

macro_rules! no_bytes {
    ($($function:ident($($argument:ty),*) -> $answer:ty;)*) => {
        $(fn $function(self, $(_: $argument),*) -> Result<$answer, ValueError> {
            Err(no_byte())
        })*
    };
}

fn no_byte() -> ValueError {
    ValueError::unspoken()
}

type Never = Impossible<u8, ValueError>;

impl Serializer for ToByte {
    type Ok = u8;
    type Error = ValueError;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_u8(self, byte: u8) -> Result<u8, ValueError> {
        Ok(byte)
    }

    // The one that is provided would write the text first.
    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<u8, ValueError> {
        Err(no_byte())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<u8, ValueError> {
        Err(no_byte())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<u8, ValueError> {
        Err(no_byte())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<u8, ValueError> {
        Err(no_byte())
    }

    no_bytes! {
        serialize_bool(bool) -> u8;
        serialize_i8(i8) -> u8;
        serialize_i16(i16) -> u8;
        serialize_i32(i32) -> u8;
        serialize_i64(i64) -> u8;
        serialize_u16(u16) -> u8;
        serialize_u32(u32) -> u8;
        serialize_u64(u64) -> u8;
        serialize_f32(f32) -> u8;
        serialize_f64(f64) -> u8;
        serialize_char(char) -> u8;
        serialize_str(&str) -> u8;
        serialize_bytes(&[u8]) -> u8;
        serialize_none() -> u8;
        serialize_unit() -> u8;
        serialize_unit_struct(&'static str) -> u8;
        serialize_unit_variant(&'static str, u32, &'static str) -> u8;
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}
