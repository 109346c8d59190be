//! Types that no value satisfies.
//!
//! What is proved of valid requests holds for requests that know less, since each of those comes from a valid one.
//! Where a type has no value, there is none to come from: with a required field of it no request of the action is
//! valid, and with an element of it no list is that has any. Then what is said of valid requests is said of none, or
//! of fewer than it seems, and nothing is claimed. Bounds and lists of values that exclude each other are refused
//! where a schema is compiled; what is left is a pattern that no text matches, or none that is short enough.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_model::{ActionId, ActionSchema, Description, Field, Fields, Schema, Type, TypeKind};

use crate::Analyzer;
use crate::find::find;
use crate::question::SearchAnswer;
use crate::request_space::RequestSpace;
use crate::scenario::Scenario;

/// Whether a text matches that is not too long, by pattern and length.
pub(crate) type PatternCache = BTreeMap<(String, Option<usize>), bool>;

impl Analyzer {
    /// What stands in the way of claims about an action: a field of its requests whose type, or a part of it, has no
    /// value.
    pub(crate) fn uninhabited(&mut self, schema: &Schema, action: ActionId) -> Option<String> {
        let arguments = schema.action(action).map(|action| &action.fields);
        let records =
            [("action", arguments), ("actor", Some(&schema.actor)), ("snapshot", Some(&schema.snapshot))];
        let path =
            records.into_iter().find_map(|(record, fields)| self.uninhabited_field(record, fields?))?;
        Some(format!("the type of {path}, which no value satisfies"))
    }

    /// Depth: that of types.
    fn uninhabited_field(&mut self, place: &str, fields: &Fields) -> Option<String> {
        fields.iter().find_map(|(name, field)| self.uninhabited_type(&format!("{place}.{name}"), &field.ty))
    }

    fn uninhabited_type(&mut self, place: &str, ty: &Type) -> Option<String> {
        match &ty.kind {
            TypeKind::Object(members) => self.uninhabited_field(place, members),
            TypeKind::List(inner) | TypeKind::Map(inner) => {
                self.uninhabited_type(&format!("{place}[*]"), inner)
            }
            _ => self.is_uninhabited(ty).then(|| place.to_owned()),
        }
    }

    fn is_uninhabited(&mut self, ty: &Type) -> bool {
        let Some(pattern) = ty.constraints.pattern.as_ref().filter(|_| ty.constraints.one_of.is_none())
        else {
            return false;
        };
        let key = (pattern.source().to_owned(), ty.constraints.max_length);
        if let Some(known) = self.uninhabited.get(&key) {
            return *known;
        }
        let field = Field::new(ty.clone());
        let action = ActionSchema::new(Arc::from("any"), Fields::new(), Description::default());
        let snapshot = Fields::from([(Arc::from("text"), field)]);
        let schema = Schema { actions: vec![action], snapshot, ..Schema::default() };
        let space = RequestSpace::valid(&schema, ActionId(0));
        let question = Scenario::default().question(space, None);
        let uninhabited = find(&question, &mut self.cache) == SearchAnswer::Unsatisfiable;
        self.uninhabited.insert(key, uninhabited);
        uninhabited
    }
}
