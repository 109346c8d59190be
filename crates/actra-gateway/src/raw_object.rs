//! A JSON object whose members stay as they were written.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue as RawJson;

use crate::names::look_alike;

/// The members of an object in order, each value as JSON text. No two have one name.
#[derive(Debug, Default)]
pub(crate) struct RawObject<'a> {
    members: Vec<(String, Cow<'a, str>)>,
}

impl<'a> RawObject<'a> {
    /// The object in a text; an error if it is another value, if two members have one name, or if one looks like a
    /// known name and is not it.
    pub(crate) fn parse(text: &'a str, known: &[&'static str]) -> serde_json::Result<Self> {
        let object: Self = serde_json::from_str(text)?;
        match look_alike(object.members.iter().map(|(name, _)| name.as_str()), known) {
            Some((name, known)) => {
                Err(serde_json::Error::custom(format!("some readers take its `{name}` for `{known}`")))
            }
            None => Ok(object),
        }
    }

    /// The value of a member, as JSON text.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref())
    }

    /// Takes a member out.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let at = self.members.iter().position(|(known, _)| known == name)?;
        Some(self.members.remove(at).1)
    }

    /// Sets a member in its place, or adds it as the last one.
    pub(crate) fn set(&mut self, name: &str, json: String) {
        match self.members.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => *value = Cow::Owned(json),
            None => self.members.push((name.to_owned(), Cow::Owned(json))),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        let mut out = Vec::new();
        for (name, value) in &self.members {
            out.push(if out.is_empty() { b'{' } else { b',' });
            actra_wire::write_text(name, &mut out);
            out.push(b':');
            out.extend_from_slice(value.as_bytes());
        }
        if out.is_empty() {
            out.push(b'{');
        }
        out.push(b'}');
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// JSON texts as one JSON list.
pub(crate) fn write_list<T: AsRef<str>>(elements: &[T]) -> String {
    let elements: Vec<&str> = elements.iter().map(AsRef::as_ref).collect();
    format!("[{}]", elements.join(","))
}

impl<'de: 'a, 'a> Deserialize<'de> for RawObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = RawObject<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = RawObject::default();
        while let Some(name) = map.next_key::<String>()? {
            let value: &'de RawJson = map.next_value()?;
            if object.get(&name).is_some() {
                return Err(A::Error::custom(format!("it has `{name}` twice")));
            }
            object.members.push((name, Cow::Borrowed(value.get())));
        }
        Ok(object)
    }
}
