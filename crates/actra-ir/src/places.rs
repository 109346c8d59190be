use std::collections::BTreeMap;

use actra_diagnostics::Span;

/// Where a set says what is no rule, so that reports can point at it.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The effect behind `default:`; where it is left out, the first key of the first policy file.
    pub default: Option<Span>,
    /// The key `rules` of the first policy file that has it.
    pub rules: Option<Span>,
    /// Names in the schema: `action.NAME`, `action.NAME.FIELD`, `actor.FIELD`, `snapshot.FIELD.MEMBER`, and the values of
    /// `extra_fields` and `invalid_fields` under their names; the first line under no name. Empty for a set without
    /// governance.
    pub schema: BTreeMap<String, Span>,
}

impl Places {
    /// Where the longest part of a path that is declared stands: that of a member, else its field, else its action, else
    /// the first line.
    pub fn declared(&self, path: &str) -> Option<Span> {
        let mut path = path;
        loop {
            if let Some(place) = self.schema.get(path) {
                return Some(*place);
            }
            if path.is_empty() {
                return None;
            }
            path = path.rsplit_once('.').map_or("", |(shorter, _)| shorter);
        }
    }
}
