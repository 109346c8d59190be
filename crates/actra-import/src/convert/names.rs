//! Names of others to names that the language takes.

use std::collections::BTreeSet;

use actra_model::Description;

use super::{Action, Hints, ImportedField, Importer};
use crate::LossEffect;

/// Letters that are kept of a name.
const MAX_NAME: usize = 200;

impl Importer<'_> {
    /// Declares an action; names that the language does not take are changed, and said so.
    pub(crate) fn action(
        &mut self,
        name: &str,
        description: Description,
        fields: Vec<(String, ImportedField)>,
        at: &str,
    ) {
        let mut own: String =
            name.chars().take(MAX_NAME).map(|c| if is_action_name_char(c) { c } else { '_' }).collect();
        if own.is_empty() {
            own.push('_');
        }
        let stem = own.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').to_owned();
        while self.action_names.contains(&own) {
            let number = self.numbers.entry(stem.clone()).or_insert(1);
            *number += 1;
            own = format!("{stem}_{number}");
        }
        self.action_names.insert(own.clone());
        if own != name {
            self.report_loss(
                at,
                LossEffect::Narrower,
                &format!("`{name}` is not a valid name for an action, or is taken; it becomes `{own}`"),
            );
        }
        let fields = self.fields(fields, at);
        self.actions.push(Action { name: own, description, fields, hints: Hints::default() });
    }

    /// Notes what its server claims of the action that was declared last.
    pub(crate) fn hint(&mut self, hints: Hints) {
        if let Some(action) = self.actions.last_mut() {
            action.hints = hints;
        }
    }

    /// The fields of an action: one whose argument has no name for a field has another one, and says `argument`.
    fn fields(&mut self, fields: Vec<(String, ImportedField)>, at: &str) -> Vec<(String, ImportedField)> {
        let mut taken: BTreeSet<String> =
            fields.iter().filter(|(name, _)| is_shared_name(name)).map(|(name, _)| name.clone()).collect();
        let mut named = Vec::with_capacity(fields.len());
        for (argument, mut field) in fields {
            if is_shared_name(&argument) {
                named.push((argument, field));
            } else if argument.is_empty() || argument.chars().any(char::is_control) {
                let message = format!(
                    "`{}` is not a valid name for an argument; it is left out",
                    argument.escape_debug()
                );
                self.report_loss(at, LossEffect::Wider, &message);
            } else {
                let name = field_name_for(&argument, |name| taken.contains(name));
                let message = format!(
                    "the argument `{argument}` fills the field `{name}`, which names it under `argument:`"
                );
                self.report_loss(at, LossEffect::Note, &message);
                taken.insert(name.clone());
                field.argument = Some(argument);
                named.push((name, field));
            }
        }
        named
    }

    /// Whether a name is one for a member of an object; says so where it is not.
    pub(super) fn is_member(&mut self, name: &str, at: &str) -> bool {
        let is_field_name = is_field_name(name);
        if !is_field_name {
            let message =
                format!("`{}` is not a valid name for a field; it is left out", name.escape_debug());
            self.report_loss(at, LossEffect::Wider, &message);
        }
        is_field_name
    }
}

/// Whether an action can have a name.
pub(crate) fn is_action_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 256 && name.chars().all(is_action_name_char)
}

fn is_action_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.:/-".contains(c)
}

/// Whether an argument and its field may have the same name.
fn is_shared_name(name: &str) -> bool {
    is_field_name(name) && name != "type"
}

fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 256 && name.chars().all(is_field_name_char)
}

fn is_field_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-/ ".contains(c)
}

/// A name for the field of an argument that none has: `type` gives `type_`, `$a` gives `_a`.
pub(crate) fn field_name_for(argument: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name: String =
        argument.chars().take(MAX_NAME).map(|c| if is_field_name_char(c) { c } else { '_' }).collect();
    if !is_shared_name(&name) {
        name.push('_');
    }
    let is_free = |name: &String| !is_taken(name);
    if is_free(&name) {
        return name;
    }
    (2..).map(|number| format!("{name}_{number}")).find(is_free).unwrap_or(name)
}
