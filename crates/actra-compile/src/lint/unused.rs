//! What is declared and used by no rule: constants, definitions, groups, and fields of actor and snapshot. What
//! governance names is used.
//!
//! Fields of actions are left alone: they describe what others call with, not what rules need.

use std::collections::{BTreeMap, BTreeSet};

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::{ExprKind, MessagePart};
use actra_model::{FaultHandling, Field, Fields, RecordName};
use actra_syntax::ast::{AtomOperand, Condition, ConditionKind, Expr, FieldDecl, Name};

use super::{LintInput, governance_uses, visit_nodes};

/// Warns about each name that is declared and used by no rule.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    names(set, diagnostics);
    groups(set, diagnostics);
    fields(set, diagnostics);
}

fn names(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let definitions: BTreeMap<&str, &Condition> = set
        .files
        .iter()
        .flat_map(|file| &file.definitions)
        .map(|(name, condition)| (name.value.as_str(), condition))
        .collect();
    let mut used = UsedNames::default();
    for (rule, _) in set.rules() {
        used.condition(&rule.when);
        rule.unless.iter().for_each(|unless| used.condition(unless));
    }
    let mut entered = BTreeSet::new();
    loop {
        let reached = |name: &&str| used.bare.contains(*name) && !entered.contains(*name);
        let next: Vec<&str> = definitions.keys().copied().filter(reached).collect();
        if next.is_empty() {
            break;
        }
        next.iter().filter_map(|name| definitions.get(name)).for_each(|condition| used.condition(condition));
        entered.extend(next);
    }
    for file in set.files {
        let unused = file.definitions.iter().filter(|(name, _)| !used.bare.contains(name.value.as_str()));
        unused.for_each(|(name, _)| report(name, "definition", "no rule uses it", diagnostics));
        let unused = file.constants.iter().filter(|(name, _)| !used.constants.contains(name.value.as_str()));
        unused.for_each(|(name, _)| report(name, "constant", "no rule uses it", diagnostics));
    }
}

/// The names that conditions use.
#[derive(Default)]
struct UsedNames<'a> {
    bare: BTreeSet<&'a str>,
    constants: BTreeSet<&'a str>,
}

impl<'a> UsedNames<'a> {
    fn condition(&mut self, condition: &'a Condition) {
        match &condition.kind {
            ConditionKind::Expression(expr) => self.expr(expr),
            ConditionKind::StructuredAtom(atom) => {
                if let Some(AtomOperand::Constant(name)) = &atom.value {
                    self.constants.insert(&name.value);
                }
            }
            ConditionKind::All(parts) | ConditionKind::Any(parts) => {
                parts.iter().for_each(|part| self.condition(part));
            }
            ConditionKind::Not(part) => self.condition(part),
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        use actra_syntax::ast::ExprKind;
        match &expr.kind {
            ExprKind::Ident(name) => drop(self.bare.insert(name)),
            ExprKind::Select { operand, field, .. } if matches!(&operand.kind, ExprKind::Ident(name) if name == "constants") =>
            {
                self.constants.insert(&field.value);
            }
            _ => expr.children().into_iter().for_each(|child| self.expr(child)),
        }
    }
}

fn groups(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let used = set.rules().filter_map(|(rule, _)| rule.scope.group.as_ref());
    let governance_uses = set.governance.into_iter().flat_map(governance_uses::groups);
    let used: BTreeSet<&str> = used.map(|name| name.value.as_str()).chain(governance_uses).collect();
    let unused = set.schema_decl.groups.iter().filter(|(name, _)| !used.contains(name.value.as_str()));
    unused.for_each(|(name, _)| report(name, "group", "no scope uses it", diagnostics));
}

fn fields(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    // With `extra_fields: reject`, declaring a field is what lets requests carry it.
    if set.schema.extra_fields == FaultHandling::Reject {
        return;
    }
    let mut read: BTreeSet<(RecordName, &str)> =
        set.governance.map(governance_uses::fields).unwrap_or_default();
    for rule in set.rules {
        visit_nodes(&rule.condition, &mut |expr| {
            if let ExprKind::Field { record, name } = &expr.kind {
                read.insert((*record, name));
            }
        });
        for part in rule.message.iter().flat_map(|message| &message.parts) {
            if let MessagePart::Field(record, members) = part {
                read.extend(members.first().map(|name| (*record, &**name)));
            }
        }
    }
    let mut report_unread = |record: RecordName, declared: &[FieldDecl], resolved: &Fields| {
        let is_unread = |field: &&FieldDecl| {
            let name = field.name.value.as_str();
            // A sensitive field is declared so that it is not shown, whether or not a rule reads it.
            let hides = resolved.get(name).is_some_and(Field::holds_sensitive);
            !hides && !read.contains(&(record, name))
        };
        for field in declared.iter().filter(is_unread) {
            report(&field.name, &format!("{record} field"), "no rule reads it", diagnostics);
        }
    };
    report_unread(RecordName::Actor, &set.schema_decl.actor, &set.schema.actor);
    report_unread(RecordName::Snapshot, &set.schema_decl.snapshot, &set.schema.snapshot);
}

fn report(name: &Name, what: &str, why: &str, diagnostics: &mut Vec<Diagnostic>) {
    let message =
        format!("the {what} `{}` is declared, and {why}", actra_diagnostics::terminal_safe(&name.value));
    diagnostics.push(
        Diagnostic::new(codes::UNUSED_NAME, name.span, message)
            .help("remove it, or use it in the intended place"),
    );
}
