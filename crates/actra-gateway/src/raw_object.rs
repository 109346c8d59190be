//! A JSON object whose members stay as they were written.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue as RawJson;

use crate::names::look_alike;

/// The members of an object in order, each value as JSON text. No two have one name.
#[derive(Debug, Default)]
pub(crate) struct RawObject {
    members: Vec<(String, String)>,
}

impl RawObject {
    /// The object in a text; `None` if it is another value, or if two members have one name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The value of a member, as JSON text.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a member looks like one of these names and is not it.
    pub(crate) fn has_look_alike(&self, known: &[&'static str]) -> bool {
        look_alike(self.members.iter().map(|(name, _)| name.as_str()), known).is_some()
    }

    /// Sets a member in its place, or adds it as the last one.
    pub(crate) fn set(&mut self, name: &str, json: String) {
        match self.members.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => *value = json,
            None => self.members.push((name.to_owned(), json)),
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

impl<'de> Deserialize<'de> for RawObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = RawObject;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = RawObject::default();
        while let Some(name) = map.next_key::<String>()? {
            let value: &'de RawJson = map.next_value()?;
            if object.get(&name).is_some() {
                return Err(A::Error::custom("two members have one name"));
            }
            object.members.push((name, value.get().to_owned()));
        }
        Ok(object)
    }
}
