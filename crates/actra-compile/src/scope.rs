//! Scopes: which actions and actors a rule covers.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use actra_diagnostics::{Code, Diagnostic, codes};
use actra_ir::glob;
use actra_model::{ActionId, Group, Schema};
use actra_syntax::ast::{self, Name};
use actra_syntax::suggest;

use crate::check::fields::{ActionSet, FieldScope, RecordFields};
use crate::shorten::shortened;

/// The declared actions that a name or glob (`*` is any run of characters) matches.
pub(crate) fn matching_actions(schema: &Schema, pattern: &str) -> Vec<ActionId> {
    if !pattern.contains('*') {
        return schema.action_id(pattern).into_iter().collect();
    }
    let numbered = (0u32..).zip(&schema.actions);
    numbered
        .filter(|(_, action)| glob::matches(pattern, &action.name))
        .map(|(idx, _)| ActionId(idx))
        .collect()
}

/// The diagnostic for a name or glob that matches nothing.
/// `reports` is how many there are already.
pub(crate) fn no_such_action(schema: &Schema, name: &Name, code: Code, reports: usize) -> Diagnostic {
    let declared = || schema.actions.iter().map(|action| action.name.as_ref());
    let message = if name.value.contains('*') {
        format!("`{}` matches no declared action", shortened(&name.value))
    } else {
        format!("there is no action `{}`", shortened(&name.value))
    };
    let close = suggest::did_you_mean_within_budget(reports, &name.value, declared());
    let help = close.unwrap_or_else(|| {
        let some: Vec<&str> = declared().take(10).collect();
        if some.is_empty() {
            "the schema declares no action".to_owned()
        } else {
            format!("the declared ones are `{}`", some.join("`, `"))
        }
    });
    Diagnostic::new(code, name.span, message).help(help)
}

/// The scopes of a set. Rules with equal scopes share one list of actions, however the scopes are written.
pub(crate) struct Scopes<'a> {
    schema: &'a Schema,
    groups: GroupTable,
    records: RecordFields,
    all: Arc<[ActionId]>,
    written: HashMap<ScopeKey<'a>, Rc<ActionSet>>,
    covering: HashMap<Arc<[ActionId]>, Rc<ActionSet>>,
}

/// The groups that scopes may name.
#[derive(Default)]
pub(crate) struct GroupTable {
    pub(crate) known: BTreeMap<Arc<str>, Group>,
    /// Whether they are those of governance, which replace those of the schema.
    pub(crate) of_governance: bool,
}

/// What a scope says about actions, as written: names and a group.
type ScopeKey<'a> = (Option<Vec<&'a str>>, Option<&'a str>);

impl<'a> Scopes<'a> {
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self::with_groups(schema, GroupTable { known: schema.groups.clone(), of_governance: false })
    }

    /// Scopes of a schema with these groups instead of its own.
    pub(crate) fn with_groups(schema: &'a Schema, groups: GroupTable) -> Self {
        let all = (0u32..).zip(&schema.actions).map(|(idx, _)| ActionId(idx)).collect();
        let (written, covering) = (HashMap::new(), HashMap::new());
        Self { schema, groups, records: RecordFields::default(), all, written, covering }
    }

    /// The actions that a scope covers, at least one; `None` after reporting.
    pub(crate) fn actions(
        &mut self,
        scope: &'a ast::Scope,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Rc<ActionSet>> {
        let names = |names: &'a ast::Spanned<Vec<Name>>| names.value.iter().map(|name| name.value.as_str());
        let written: ScopeKey<'a> = (
            scope.action.as_ref().map(|action| names(action).collect()),
            scope.group.as_ref().map(|group| group.value.as_str()),
        );
        if let Some(known) = self.written.get(&written) {
            return Some(Rc::clone(known));
        }
        let covered = covered(self.schema, &self.groups, &self.all, scope, diagnostics)?;
        let set = self.covering(covered);
        self.written.insert(written, Rc::clone(&set));
        Some(set)
    }

    /// The set of these actions.
    pub(crate) fn covering(&mut self, covered: Vec<ActionId>) -> Rc<ActionSet> {
        if let Some(known) = self.covering.get(covered.as_slice()) {
            return Rc::clone(known);
        }
        let ids: Arc<[ActionId]> = covered.into();
        let set = Rc::new(ActionSet::new(Arc::clone(&ids)));
        self.covering.insert(ids, Rc::clone(&set));
        set
    }

    /// What conditions and messages under a scope may read.
    pub(crate) fn fields<'s>(&'s self, actions: &'s ActionSet) -> FieldScope<'s> {
        FieldScope { schema: self.schema, actions, records: &self.records }
    }
}

/// The actions that a scope covers, ascending; `None` after reporting.
fn covered(
    schema: &Schema,
    groups: &GroupTable,
    all: &[ActionId],
    scope: &ast::Scope,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<ActionId>> {
    let mut covered = None;
    let mut sound = true;
    if let Some(names) = &scope.action {
        let mut found = Vec::new();
        for name in &names.value {
            let matches = matching_actions(schema, &name.value);
            if matches.is_empty() {
                diagnostics.push(no_such_action(schema, name, codes::UNKNOWN_ACTION, diagnostics.len()));
                sound = false;
            }
            found.extend(matches);
        }
        found.sort_unstable();
        found.dedup();
        covered = Some(found);
    }
    let mut covered = covered.unwrap_or_else(|| all.to_vec());
    if let Some(name) = &scope.group {
        match groups.known.get(name.value.as_str()) {
            // What is wrong with the group was reported.
            Some(group) if group.actions.is_empty() => sound = false,
            Some(group) => covered.retain(|action| group.actions.binary_search(action).is_ok()),
            None => {
                diagnostics.push(groups.no_such(schema, name, diagnostics.len()));
                sound = false;
            }
        }
    }
    if sound && covered.is_empty() && !schema.actions.is_empty() {
        let message = "no action is in both `action` and `group`";
        diagnostics.push(
            Diagnostic::new(codes::BAD_SCOPE, scope.span, message)
                .help("the keys of a scope are combined with AND; drop one of them"),
        );
    }
    (sound && !covered.is_empty()).then_some(covered)
}

impl GroupTable {
    fn no_such(&self, schema: &Schema, name: &Name, reports: usize) -> Diagnostic {
        let declared = self.known.keys().map(AsRef::as_ref);
        let close = suggest::did_you_mean_within_budget(reports, &name.value, declared);
        match schema.groups.get(name.value.as_str()) {
            Some(group) if self.of_governance => {
                let members = group.actions.iter().filter_map(|id| Some(schema.action(*id)?.name.as_ref()));
                let members: Vec<&str> = members.collect();
                let (name, text) = (name.span, shortened(&name.value));
                let message = format!(
                    "`{text}` is a group of the schema, which anybody who edits the schema can change"
                );
                Diagnostic::new(codes::GROUP_NOT_GOVERNED, name, message).maybe_help(close).help(format!(
                    "define it next to `invariants:`: `groups: {{ {text}: [{}] }}`",
                    members.join(", ")
                ))
            }
            _ if self.of_governance => {
                let message = format!("governance defines no group `{}`", shortened(&name.value));
                Diagnostic::new(codes::GROUP_NOT_GOVERNED, name.span, message)
                    .maybe_help(close)
                    .help("define its groups next to `invariants:`, under `groups:`")
            }
            _ => no_such_group(name, close),
        }
    }
}

fn no_such_group(name: &Name, close: Option<String>) -> Diagnostic {
    Diagnostic::new(
        codes::UNKNOWN_GROUP,
        name.span,
        format!("there is no group `{}`", shortened(&name.value)),
    )
    .maybe_help(close)
    .help("groups are declared in `schema.yaml` under `groups:`")
}
