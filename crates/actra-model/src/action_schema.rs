//! One declared action, and which argument of a call fills which of its fields.

use std::sync::Arc;

use crate::{Description, Fields};

/// One declared action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionSchema {
    /// Its name, as in `action.type`.
    pub name: Arc<str>,
    /// Its arguments; never `type`, which every action has.
    pub fields: Fields,
    /// Its description for people.
    pub description: Description,
    /// INVARIANT (arguments of fields): made from `fields`.
    arguments: Arguments,
}

/// The fields that say `argument:`, by the argument's name.
///
/// INVARIANT (sorted by argument): so that a binary search finds one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Arguments(Box<[(Arc<str>, Arc<str>)]>);

impl Arguments {
    fn of(fields: &Fields) -> Self {
        let named = fields.iter().filter_map(|(name, field)| Some((field.argument.clone()?, name.clone())));
        let mut named: Vec<_> = named.collect();
        named.sort();
        Self(named.into())
    }

    fn field(&self, argument: &str) -> Option<&str> {
        let found = self.0.binary_search_by(|(known, _)| known.as_ref().cmp(argument)).ok()?;
        self.0.get(found).map(|(_, field)| field.as_ref())
    }
}

impl ActionSchema {
    /// An action with these fields.
    pub fn new(name: Arc<str>, fields: Fields, description: Description) -> Self {
        let arguments = Arguments::of(&fields);
        Self { name, fields, description, arguments }
    }

    /// The field that an argument of a call fills: the one that says `argument:` with this name, or else the one of
    /// this name, unless that one is filled by another argument. `None`: the argument is not declared.
    ///
    /// For an argument called `type` that is `None` unless a field says `argument: type`, and then an enforcement point
    /// refuses the call, since `action.type` is the action's own.
    ///
    /// Allocates nothing. Cost: two binary searches, one where [`renames_arguments`](Self::renames_arguments) is
    /// false.
    ///
    /// ```
    /// use actra_model::{ActionSchema, Description, Field, Fields, Type, TypeKind};
    ///
    /// let text = || Field::new(Type::plain(TypeKind::String));
    /// let kind = Field { argument: Some("type".into()), ..text() };
    /// let fields = Fields::from([("kind".into(), kind), ("note".into(), text())]);
    /// let action = ActionSchema::new("open_ticket".into(), fields, Description::default());
    ///
    /// assert_eq!(action.field_of_argument("type"), Some("kind"));
    /// assert_eq!(action.field_of_argument("note"), Some("note"));
    /// assert_eq!(action.field_of_argument("kind"), None);
    /// ```
    pub fn field_of_argument(&self, argument: &str) -> Option<&str> {
        if let Some(field) = self.arguments.field(argument) {
            return Some(field);
        }
        let (name, field) = self.fields.get_key_value(argument)?;
        field.argument.is_none().then_some(name)
    }

    /// The argument that fills a declared field; `None` if there is no such field.
    pub fn argument_of_field(&self, field: &str) -> Option<&str> {
        let (name, field) = self.fields.get_key_value(field)?;
        Some(field.argument.as_deref().unwrap_or(name))
    }

    /// Each field with the argument that fills it, `(field, argument)`, in the order of the fields.
    ///
    /// No two have the same argument in a schema that compiles.
    pub fn arguments(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, field)| (&**name, field.argument.as_deref().unwrap_or(name)))
    }

    /// Whether some field is filled by an argument of another name; otherwise names of arguments are those of fields.
    ///
    /// Cost: constant.
    pub fn renames_arguments(&self) -> bool {
        !self.arguments.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Field, Type, TypeKind};

    fn action(fields: &[(&str, Option<&str>)]) -> ActionSchema {
        let field = |(name, argument): &(&str, Option<&str>)| {
            let field = Field { argument: argument.map(Arc::from), ..Field::new(Type::plain(TypeKind::Any)) };
            (Arc::from(*name), field)
        };
        ActionSchema::new("a".into(), fields.iter().map(field).collect(), Description::default())
    }

    #[test]
    fn arguments_find_their_fields() {
        let plain = action(&[("a", None), ("b", None)]);
        assert!(!plain.renames_arguments());
        assert_eq!(plain.field_of_argument("b"), Some("b"));
        assert_eq!(plain.field_of_argument("type"), None);
        // Two fields may change names with each other.
        let swapped = action(&[("a", Some("b")), ("b", Some("a")), ("c", None), ("z", Some("type"))]);
        assert!(swapped.renames_arguments());
        for (argument, field) in [
            ("a", Some("b")),
            ("b", Some("a")),
            ("c", Some("c")),
            ("type", Some("z")),
            ("z", None),
            ("", None),
        ] {
            assert_eq!(swapped.field_of_argument(argument), field, "{argument}");
        }
        for (field, argument) in swapped.arguments() {
            assert_eq!(swapped.field_of_argument(argument), Some(field));
            assert_eq!(swapped.argument_of_field(field), Some(argument));
        }
        assert_eq!(swapped.arguments().len(), 4);
        assert_eq!(swapped.argument_of_field("type"), None);
    }

    #[test]
    fn what_people_are_told_changes_nothing() {
        let told = Field { description: "text".into(), ..Field::new(Type::plain(TypeKind::Any)) };
        let plain = Field::new(Type::plain(TypeKind::Any));
        assert_eq!(told, plain);
        assert_eq!(format!("{told:?}"), format!("{plain:?}"));
        assert_eq!(told.description.text(), Some("text"));
    }
}
