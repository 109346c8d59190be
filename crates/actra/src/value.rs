//! What a policy reads of a Rust value.

mod budget;
mod byte;
mod key;
mod meaning;

use std::cell::Cell;
use std::fmt::{self, Display};

use actra_engine::model::{Decimal, RawMap, RawValue, Reason, limits};
use actra_runtime::approval;
use serde::Serialize;
use serde::ser::{
    Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use budget::{Budget, HASHED};
use byte::ToByte;
use key::ToKey;
use meaning::{Meaning, text_below_zero};

/// Why something has no value that a policy can read.
///
/// It gives the place by field names and by positions: `#2` is the second entry of a map, since its key may be
/// secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// Where, from the innermost place outwards.
    path: Vec<String>,
    what: String,
    /// What a request says that holds it.
    pub(crate) reason: Reason,
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
        Self::new(&what.to_string())
    }
}

impl ValueError {
    fn new(what: &str) -> Self {
        Self { what: what.to_owned(), ..Self::unspoken() }
    }

    /// One that nobody is told.
    fn unspoken() -> Self {
        Self { path: Vec::new(), what: String::new(), reason: Reason::Unresolved }
    }

    /// One that makes a whole request invalid, wherever it stands.
    fn of_request(what: &str, reason: Reason) -> Self {
        Self { reason, ..Self::new(what) }
    }

    fn below(mut self, place: impl Display) -> Self {
        self.path.push(place.to_string());
        self
    }
}

/// The value as a policy reads it: exactly what `Serialize` says, in the types of JSON.
///
/// Numbers are exact. A number that is not a decimal within the limits, such as NaN, is unreadable: rules that read
/// it are undetermined, and others are not affected, as with such a number in JSON. So is anything that nests deeper
/// than a request may.
///
/// Bytes, maps whose keys are not strings or appear twice, and what is larger than a request may be have no value. JSON that `serde_json` holds as a text
/// (`RawValue`) has the value that [`json_value`](crate::json_value) gives it, and values that other libraries mark with a
/// private type name have none, since rules would not see what they stand for.
///
/// A list keeps the order in which `Serialize` gives its elements: two equal `HashSet`s may be two different lists,
/// and an approval of one does not cover the other. A `BTreeSet` is one list.
///
/// `Some` of nothing is null, like `None`, and `-0.0` is zero; only approvals of functions tell them apart. Values
/// that `#[serde(untagged)]` does not tell apart cannot be told apart here either, and recursion through it is not
/// bounded.
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
    value.serialize(ToValue::new(Exactness::Noted(&Cell::new(false)), &Budget::of_request()))
}

/// The record of an actor or a snapshot, from a structure or a map; an error for any other value.
pub fn record<T: Serialize + ?Sized>(value: &T) -> Result<RawMap, ValueError> {
    match self::value(value)? {
        RawValue::Map(members) => Ok(members),
        _ => Err(ValueError::new("a record must be a struct or a map")),
    }
}

/// A value as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The value that rules see.
    pub(crate) value: RawValue,
    /// [`exact`], where that says more.
    pub(crate) exact: Option<RawValue>,
}

/// The value that rules see, and what else there is to be told of it.
pub(crate) fn read<T: Serialize + ?Sized>(argument: &T) -> Result<Read, ValueError> {
    let (says_less, budget) = (Cell::new(false), Budget::of_request());
    let value = argument.serialize(ToValue::new(Exactness::Noted(&says_less), &budget))?;
    Ok(Read { value, exact: more(argument, &says_less) })
}

/// As [`read`], of an argument that rules do not see: in the form that a binding takes, with raw bytes by their hash.
/// What is too large is an error.
pub(crate) fn read_bound<T: Serialize + ?Sized>(argument: &T) -> Result<Read, ValueError> {
    let (says_less, budget) = (Cell::new(false), Budget::of_binding());
    let value = argument.serialize(ToValue::new(Exactness::Bound(&says_less), &budget))?;
    Ok(Read { value, exact: more(argument, &says_less) })
}

/// [`exact`], if that says more.
fn more<T: Serialize + ?Sized>(argument: &T, says_less: &Cell<bool>) -> Option<RawValue> {
    says_less.get().then(|| exact(argument).unwrap_or_else(|error| RawValue::Unreadable(error.reason)))
}

/// A value in the form that a binding takes, which tells `Some` of nothing from nothing, and `-0.0` from `0.0`.
pub(crate) fn exact<T: Serialize + ?Sized>(value: &T) -> Result<RawValue, ValueError> {
    value.serialize(ToValue::new(Exactness::Tagged, &Budget::of_binding()))
}

const UNREPRESENTABLE: RawValue = RawValue::Unreadable(Reason::UnrepresentableNumber);
const TOO_DEEP: RawValue = RawValue::Unreadable(Reason::TooDeep);
/// What may lie around the values of one path without being seen in JSON.
const WRAPPERS: usize = 4 * limits::NESTING;

fn number(found: Option<Decimal>) -> RawValue {
    found.map_or(UNREPRESENTABLE, RawValue::Number)
}

/// What becomes of what rules do not tell apart: `Some` of nothing, and a zero below zero.
#[derive(Clone, Copy)]
enum Exactness<'s> {
    /// It is null, or zero; that there is one is noted.
    Noted(&'s Cell<bool>),
    /// As that, and everything else is written as for [`Exactness::Tagged`].
    Bound(&'s Cell<bool>),
    /// It is tagged, and everything else is written so that nothing looks like it.
    Tagged,
}

const SOME: &str = "some";
const BELOW_ZERO: &str = "below_zero";

impl Exactness<'_> {
    fn some(self, content: RawValue) -> RawValue {
        let is_nothing = match &content {
            RawValue::Null => true,
            RawValue::Map(members) => matches!(self, Exactness::Tagged) && members.get("$some").is_some(),
            _ => false,
        };
        match self {
            Exactness::Tagged if is_nothing => approval::tagged(SOME, content),
            Exactness::Noted(seen) | Exactness::Bound(seen) => {
                seen.set(seen.get() || is_nothing);
                content
            }
            Exactness::Tagged => content,
        }
    }

    /// A number, with the sign that its value does not have.
    fn zero_below_zero(self) -> RawValue {
        self.of_json(RawValue::from(0), "-0")
    }

    /// A value that this text stands for, which holds a zero below zero.
    fn of_json(self, value: RawValue, text: &str) -> RawValue {
        match self {
            Exactness::Noted(seen) | Exactness::Bound(seen) => {
                seen.set(true);
                value
            }
            Exactness::Tagged => approval::tagged(BELOW_ZERO, text.into()),
        }
    }

    fn object(self, members: RawMap) -> RawValue {
        match self {
            Exactness::Noted(_) => RawValue::Map(members),
            Exactness::Bound(_) | Exactness::Tagged => approval::object(members),
        }
    }

    /// What a value without members becomes: itself, or the form that approvals are bound to.
    fn whole(self, value: RawValue) -> RawValue {
        match self {
            Exactness::Noted(_) => value,
            Exactness::Bound(_) | Exactness::Tagged => approval::plain(value),
        }
    }

    /// Whether a value is in the form that approvals are bound to.
    fn is_of_binding(self) -> bool {
        !matches!(self, Exactness::Noted(_))
    }
}

#[derive(Clone, Copy)]
struct ToValue<'s> {
    depth: usize,
    /// `Some` and newtypes on the way here.
    wrappers: usize,
    exactness: Exactness<'s>,
    budget: &'s Budget,
}

impl<'s> ToValue<'s> {
    fn new(exactness: Exactness<'s>, budget: &'s Budget) -> Self {
        Self { depth: 0, wrappers: 0, exactness, budget }
    }

    fn below(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    /// What is in a wrapper; as with depth, too many of them are not looked at.
    fn wrapped<T: Serialize + ?Sized>(self, value: &T) -> Result<RawValue, ValueError> {
        match self.wrappers < WRAPPERS {
            true => value.serialize(Self { wrappers: self.wrappers + 1, ..self }),
            false => Ok(TOO_DEEP),
        }
    }

    /// What lies deeper than requests nest is not looked at, so that recursion is bounded.
    fn open<T>(&self) -> Option<Vec<T>> {
        (self.depth <= limits::NESTING).then(Vec::new)
    }

    fn elements(self) -> ListReader<'s> {
        let elements = self.open();
        let bytes = elements.is_some() && self.exactness.is_of_binding();
        ListReader { elements, bytes: bytes.then(Vec::new), inner: self.below(), variant: None }
    }

    fn members(self) -> MapReader<'s> {
        let meaning = Meaning::MapReader;
        MapReader { members: self.open(), inner: self.below(), key: None, variant: None, meaning }
    }
}

macro_rules! integers {
    ($($function:ident: $integer:ty),*) => {
        $(fn $function(self, value: $integer) -> Result<RawValue, ValueError> {
            Ok(RawValue::Number(Decimal::from(i64::from(value))))
        })*
    };
}

impl<'s> Serializer for ToValue<'s> {
    type Ok = RawValue;
    type Error = ValueError;
    type SerializeSeq = ListReader<'s>;
    type SerializeTuple = ListReader<'s>;
    type SerializeTupleStruct = ListReader<'s>;
    type SerializeTupleVariant = ListReader<'s>;
    type SerializeMap = MapReader<'s>;
    type SerializeStruct = MapReader<'s>;
    type SerializeStructVariant = MapReader<'s>;

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
        match value == 0.0 && value.is_sign_negative() {
            true => Ok(self.exactness.zero_below_zero()),
            false => Ok(number(Decimal::parse_json(&format!("{value:e}")).ok())),
        }
    }

    fn serialize_f64(self, value: f64) -> Result<RawValue, ValueError> {
        match value == 0.0 && value.is_sign_negative() {
            true => Ok(self.exactness.zero_below_zero()),
            false => Ok(RawValue::from(value)),
        }
    }

    fn serialize_char(self, value: char) -> Result<RawValue, ValueError> {
        Ok(RawValue::String(value.into()))
    }

    fn serialize_str(self, value: &str) -> Result<RawValue, ValueError> {
        self.budget.take_text(value.len())?;
        Ok(RawValue::from(value))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<RawValue, ValueError> {
        if !self.exactness.is_of_binding() {
            return Err(ValueError::new("bytes are not text: decode them"));
        }
        self.budget.take_text(bytes.len() / HASHED)?;
        Ok(approval::bytes(bytes))
    }

    fn serialize_none(self) -> Result<RawValue, ValueError> {
        Ok(RawValue::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<RawValue, ValueError> {
        self.wrapped(value).map(|content| self.exactness.some(content))
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
        name: &'static str,
        value: &T,
    ) -> Result<RawValue, ValueError> {
        Meaning::none(name)?;
        self.wrapped(value)
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

    fn serialize_seq(self, _: Option<usize>) -> Result<ListReader<'s>, ValueError> {
        Ok(self.elements())
    }

    fn serialize_tuple(self, _: usize) -> Result<ListReader<'s>, ValueError> {
        Ok(self.elements())
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<ListReader<'s>, ValueError> {
        Meaning::none(name)?;
        Ok(self.elements())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<ListReader<'s>, ValueError> {
        Ok(ListReader { variant: Some(variant), ..self.below().elements() })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<MapReader<'s>, ValueError> {
        Ok(self.members())
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<MapReader<'s>, ValueError> {
        Ok(MapReader { meaning: Meaning::of(name)?, ..self.members() })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<MapReader<'s>, ValueError> {
        Ok(MapReader { variant: Some(variant), ..self.below().members() })
    }
}

/// A value, or the one member of an object that names a variant.
fn named(variant: Option<&'static str>, value: RawValue, exactness: Exactness<'_>) -> RawValue {
    match variant {
        Some(variant) => exactness.object(RawMap::from([(variant.to_owned(), value)])),
        None => value,
    }
}

/// A list on its way; `None` below the deepest place that is looked at.
struct ListReader<'s> {
    elements: Option<Vec<RawValue>>,
    /// What was there so far, where raw bytes count by their hash and nothing else has come.
    bytes: Option<Vec<u8>>,
    inner: ToValue<'s>,
    variant: Option<&'static str>,
}

impl ListReader<'_> {
    fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), ValueError> {
        let Some(elements) = &mut self.elements else { return Ok(()) };
        if let Some(bytes) = &mut self.bytes {
            if let Ok(byte) = element.serialize(ToByte) {
                bytes.push(byte);
                return self.inner.budget.take_text(usize::from(bytes.len() % HASHED == 0));
            }
            for byte in self.bytes.take().unwrap_or_default() {
                self.inner.budget.take_value()?;
                elements.push(i64::from(byte).into());
            }
        }
        self.inner.budget.take_value()?;
        let element = element.serialize(self.inner);
        elements.push(element.map_err(|error| error.below(elements.len()))?);
        Ok(())
    }

    fn done(self) -> RawValue {
        let list = match (self.bytes, self.elements) {
            (Some(bytes), _) if !bytes.is_empty() => approval::bytes(&bytes),
            (_, elements) => elements.map_or(TOO_DEEP, RawValue::List),
        };
        named(self.variant, list, self.inner.exactness)
    }
}

macro_rules! lists {
    ($($kind:ident: $push:ident),*) => {
        $(impl $kind for ListReader<'_> {
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
struct MapReader<'s> {
    members: Option<Vec<(String, RawValue)>>,
    inner: ToValue<'s>,
    key: Option<String>,
    variant: Option<&'static str>,
    meaning: Meaning,
}

impl MapReader<'_> {
    fn push<T: Serialize + ?Sized>(
        &mut self,
        key: String,
        value: &T,
        place: impl Display,
    ) -> Result<(), ValueError> {
        let Some(members) = &mut self.members else { return Ok(()) };
        self.meaning.takes(&key)?;
        self.inner.budget.take_value()?;
        self.inner.budget.take_text(key.len())?;
        let value = value.serialize(self.inner).map_err(|error| error.below(place))?;
        members.push((key, value));
        Ok(())
    }

    fn done(self) -> Result<RawValue, ValueError> {
        let Some(members) = self.members else {
            return Ok(named(self.variant, TOO_DEEP, self.inner.exactness));
        };
        if self.meaning != Meaning::MapReader {
            let value = self.meaning.value(&members)?;
            return Ok(match text_below_zero(&members) {
                Some(text) => self.inner.exactness.of_json(value, text),
                None => self.inner.exactness.whole(value),
            });
        }
        let given = members.len();
        let map: RawMap = members.into_iter().collect();
        if map.len() != given {
            return Err(ValueError::of_request("a key appears twice", Reason::DuplicateKey));
        }
        let object = self.inner.exactness.object(map);
        Ok(named(self.variant, object, self.inner.exactness))
    }
}

impl SerializeMap for MapReader<'_> {
    type Ok = RawValue;
    type Error = ValueError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        self.key = Some(key.serialize(ToKey)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        let key = self.key.take().ok_or_else(|| ValueError::new("a map value needs a key"))?;
        let nth = self.members.as_ref().map_or(0, Vec::len) + 1;
        self.push(key, value, format_args!("#{nth}"))
    }

    fn end(self) -> Result<RawValue, ValueError> {
        self.done()
    }
}

macro_rules! structures {
    ($($kind:ident),*) => {
        $(impl $kind for MapReader<'_> {
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

#[cfg(test)]
mod tests;
