//! Where the parts of a set that are no rules stand in its files, for reports.

use std::collections::BTreeMap;

use actra_diagnostics::Span;

/// The places of a set's default, its rules and the names of its schema.
#[derive(Debug, Clone, Default)]
pub struct DeclarationSpans {
    /// The effect behind `default:`; where it is left out, the first key of the first policy file.
    pub default: Option<Span>,
    /// The key `rules` of the first policy file that has it.
    pub rules: Option<Span>,
    /// Names in the schema: `action.NAME`, `action.NAME.FIELD`, `actor.FIELD`, `snapshot.FIELD.MEMBER`, and the
    /// values of `extra_fields` and `invalid_fields` under their names; the first line under no name. Empty for a set
    /// without governance.
    pub schema: BTreeMap<String, Span>,
}

impl DeclarationSpans {
    /// The place of the longest declared prefix of a path: a member, else its field, else its action, else the first
    /// line.
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
