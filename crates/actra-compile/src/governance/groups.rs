//! The groups of a governance: what `for:` may name, since those of a schema are for others to change.

use std::collections::BTreeMap;
use std::sync::Arc;

use actra_diagnostics::{Diagnostic, codes};
use actra_model::{ActionId, Group, Schema};
use actra_syntax::ast::governance as decl;

use crate::scope::{self, GroupTable};
use crate::shorten::shortened;

/// The groups; one that names no declared action is empty, after this was reported.
pub(super) fn resolve(
    schema: &Schema,
    decls: &[decl::Group],
    diagnostics: &mut Vec<Diagnostic>,
) -> GroupTable {
    let mut groups = GroupTable { known: BTreeMap::new(), of_governance: true };
    for decl in decls {
        groups.known.insert(
            Arc::from(decl.name.value.as_str()),
            Group { actions: members(schema, decl, diagnostics) },
        );
    }
    groups
}

fn members(schema: &Schema, decl: &decl::Group, diagnostics: &mut Vec<Diagnostic>) -> Vec<ActionId> {
    let decl::AppliesTo { actions, if_declared } = &decl.members;
    let mut found = Vec::new();
    for member in &actions.value {
        let matching = scope::matching_actions(schema, &member.value);
        if matching.is_empty() && !if_declared {
            diagnostics.push(
                scope::no_such_action(schema, member, codes::BAD_GROUP, diagnostics.len())
                    .label("a group can only contain declared actions")
                    .help(
                        "`{ actions: [...], if_declared: true }` passes over actions that a set does not declare",
                    ),
            );
            return Vec::new();
        }
        found.extend(matching);
    }
    if found.is_empty() {
        let message = format!("the set declares no action of the group `{}`", shortened(&decl.name.value));
        diagnostics.push(
            Diagnostic::new(codes::BAD_GROUP, actions.span, message)
                .help("name at least one action of the set"),
        );
    }
    found.sort_unstable();
    found.dedup();
    found
}
