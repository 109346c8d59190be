//! `allOf`, `anyOf` and `oneOf`, where they come to one type.

use actra_model::{RawMap, RawValue};

use super::{ImportedField, ImportedShape, ImportedType, Importer, NullableType, keywords};
use crate::LossEffect;

impl<'d> Importer<'d> {
    /// What a combination comes to; `None` if there is none.
    pub(super) fn combined(&mut self, members: &'d RawMap, at: &str) -> Option<NullableType> {
        let key = ["allOf", "anyOf", "oneOf"].into_iter().find(|key| members.contains_key(key))?;
        let Some(RawValue::List(parts)) = members.get(key) else {
            self.report_loss(
                &format!("{at}/{key}"),
                LossEffect::Wider,
                "this is not a list of schemas; it may be anything",
            );
            return Some(NullableType::any());
        };
        let beside = members.keys().filter(|other| *other != key && !keywords::is_annotation(other));
        let beside: Vec<&String> = beside.collect();
        if key == "allOf" {
            return Some(self.all_of(members, parts, &beside, at));
        }
        for other in beside.iter().filter(|other| !matches!(other.as_str(), "type" | "nullable")) {
            let at = format!("{at}/{}", super::pointer_token(other));
            self.report_loss(&at, LossEffect::Wider, &format!("`{other}` beside `{key}` is not checked"));
        }
        let mut mapped = self.either(parts, key, at);
        mapped.nullable |= members.get("nullable") == Some(&RawValue::Bool(true));
        Some(mapped)
    }

    fn either(&mut self, parts: &'d [RawValue], key: &str, at: &str) -> NullableType {
        let is_null = |part: &RawValue| matches!(part, RawValue::Map(members) if members.get("type") == Some(&RawValue::from("null")));
        let mut nullable = parts.iter().any(is_null);
        let mut types: Vec<ImportedType> = Vec::new();
        for (idx, part) in parts.iter().enumerate().filter(|(_, part)| !is_null(part)) {
            let mapped = self.schema(part, &format!("{at}/{key}/{idx}"));
            nullable |= mapped.nullable;
            types.push(mapped.ty);
        }
        let ty = match types.as_slice() {
            [] => {
                self.report_loss(
                    &format!("{at}/{key}"),
                    LossEffect::Wider,
                    "null is its only value; here it may be anything",
                );
                return NullableType::any();
            }
            [only] => only.clone(),
            [first, rest @ ..] => self.joined(first, rest, &format!("{at}/{key}")),
        };
        NullableType { ty, nullable }
    }

    /// One type for values of any of several.
    fn joined(&mut self, first: &ImportedType, rest: &[ImportedType], at: &str) -> ImportedType {
        if rest.iter().all(|other| other == first) {
            return first.clone();
        }
        let all = || std::iter::once(first).chain(rest);
        let listed: Option<Vec<RawValue>> = all()
            .map(|ty| ty.one_of.clone())
            .collect::<Option<Vec<_>>>()
            .map(|lists| lists.into_iter().flatten().collect());
        let same_shape = all().all(|ty| ty.shape == first.shape);
        if let (true, Some(mut values)) = (same_shape, listed) {
            super::scalars::remove_repeated(&mut values);
            return ImportedType { one_of: Some(values), ..ImportedType::of(first.shape.clone()) };
        }
        let objects: Option<Vec<&[(String, ImportedField)]>> = all()
            .map(|ty| match &ty.shape {
                ImportedShape::Object(fields) => Some(fields.as_slice()),
                _ => None,
            })
            .collect();
        if let Some(objects) = objects {
            let message = "its forms are objects with members of their own; any mix of them is accepted";
            self.report_loss(at, LossEffect::Wider, message);
            return ImportedType::of(ImportedShape::Object(self.mixed(&objects, at)));
        }
        if same_shape {
            self.report_loss(
                at,
                LossEffect::Wider,
                "the constraints of its forms differ, and are not checked",
            );
            return ImportedType::of(first.shape.clone());
        }
        self.report_loss(at, LossEffect::Wider, "its forms are of several types; it may be anything");
        ImportedType::any()
    }

    /// The members of objects of several forms: those that not all of them have may be missing.
    fn mixed(&mut self, objects: &[&[(String, ImportedField)]], at: &str) -> Vec<(String, ImportedField)> {
        let mut forms: Vec<(String, Vec<&ImportedField>)> = Vec::new();
        for (name, field) in objects.iter().flat_map(|fields| fields.iter()) {
            match forms.iter_mut().find(|(known, _)| known == name) {
                Some((_, fields)) => fields.push(field),
                None => forms.push((name.clone(), vec![field])),
            }
        }
        let mut mixed = Vec::with_capacity(forms.len());
        for (name, fields) in forms {
            let [first, rest @ ..] = fields.as_slice() else { continue };
            let others: Vec<ImportedType> = rest.iter().map(|field| field.ty.clone()).collect();
            let mut field = (*first).clone();
            field.ty = self.joined(&first.ty, &others, at);
            field.optional = fields.len() < objects.len() || fields.iter().any(|field| field.optional);
            mixed.push((name, field));
        }
        mixed
    }

    fn all_of(
        &mut self,
        members: &'d RawMap,
        parts: &'d [RawValue],
        beside: &[&String],
        at: &str,
    ) -> NullableType {
        let mut mapped: Vec<NullableType> = Vec::new();
        for (idx, part) in parts.iter().enumerate() {
            mapped.push(self.schema(part, &format!("{at}/allOf/{idx}")));
        }
        if beside.iter().any(|key| matches!(key.as_str(), "properties" | "required")) {
            mapped.push(NullableType::of(self.object(members, at)));
        } else {
            for key in beside.iter().filter(|key| !matches!(key.as_str(), "type" | "nullable")) {
                let at = format!("{at}/{}", super::pointer_token(key));
                self.report_loss(&at, LossEffect::Wider, &format!("`{key}` beside `allOf` is not checked"));
            }
        }
        self.merged(mapped, at)
    }

    /// Values that are of all of these types.
    fn merged(&mut self, parts: Vec<NullableType>, at: &str) -> NullableType {
        let nullable = parts.iter().all(|part| part.nullable);
        let mut parts = parts.into_iter().filter(|part| !part.ty.is_any()).map(|part| part.ty);
        let Some(mut merged) = parts.next() else { return NullableType { nullable, ..NullableType::any() } };
        for part in parts {
            if merged == part {
                continue;
            }
            match (&mut merged.shape, &part.shape) {
                (ImportedShape::Object(fields), ImportedShape::Object(more)) => {
                    let twice = join(fields, more);
                    for name in twice {
                        let message = format!("`{name}` is described twice; the first counts");
                        self.report_loss(at, LossEffect::Wider, &message);
                    }
                }
                // Whatever members there are.
                (ImportedShape::Object(_), ImportedShape::Map(of)) if of.is_any() => {}
                (ImportedShape::Map(of), ImportedShape::Object(_)) if of.is_any() => merged = part,
                _ => self.report_loss(at, LossEffect::Wider, "only the first of its parts is checked"),
            }
        }
        NullableType { ty: merged, nullable }
    }
}

/// Adds fields; gives the names of those that are there and differ.
fn join(fields: &mut Vec<(String, ImportedField)>, more: &[(String, ImportedField)]) -> Vec<String> {
    let mut twice = Vec::new();
    for (name, field) in more {
        match fields.iter_mut().find(|(known, _)| known == name) {
            None => fields.push((name.clone(), field.clone())),
            Some((_, known)) if known == field => {}
            Some((_, known)) => {
                known.optional &= field.optional;
                twice.push(name.clone());
            }
        }
    }
    twice
}
