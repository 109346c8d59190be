//! Bare names: macro variables, definitions and constants.

use std::sync::Arc;

use actra_diagnostics::{Span, codes};
use actra_ir::{Expr, ExprKind, Variable};
use actra_model::{RecordName, Type};
use actra_syntax::ast::{self, Name};
use actra_syntax::{foreign_words, suggest};

use super::Checker;
use super::typed::{ExprType, Typed};
use crate::global_names::BUILT_IN;
use crate::shorten::shortened;

impl Checker<'_> {
    pub(super) fn name(&mut self, name: &str, span: Span) -> Option<Typed> {
        if let Some((slot, (name, ty))) = self.variable(name) {
            let variable = Variable { name: Arc::clone(name), slot };
            return Some(Typed {
                expr: Expr { kind: ExprKind::Variable(variable), span },
                ty: ExprType::Value(ty.clone().into()),
            });
        }
        if let Some(condition) = self.names.definitions.get(name) {
            return self.definition(condition, span);
        }
        if self.names.faulty.contains(name) {
            return None;
        }
        if name == "constants" {
            return self.refuse(
                codes::UNKNOWN_NAME,
                span,
                "`constants` is not a value by itself",
                "write `constants.NAME`",
            );
        }
        if BUILT_IN.contains(&name) {
            let message = format!("`{name}` is not a value by itself");
            return self.refuse(
                codes::UNKNOWN_NAME,
                span,
                message,
                format!("name a field of it: `{name}.field`"),
            );
        }
        let message = format!("`{}` is not a name here", shortened(name));
        let help = self.name_help(name);
        self.refuse(codes::UNKNOWN_NAME, span, message, help)
    }

    /// The visible macro variable of this name, with its slot.
    pub(super) fn variable(&self, name: &str) -> Option<(usize, &(Arc<str>, Type))> {
        let terminal_safe = self.variables.iter().enumerate().skip(self.visible_from);
        terminal_safe.into_iter().find(|(_, (bound, _))| bound.as_ref() == name)
    }

    /// Whether a bare name means something here.
    pub(super) fn is_known(&self, name: &str) -> bool {
        self.variable(name).is_some()
            || self.names.definitions.contains_key(name)
            || self.names.faulty.contains(name)
            || BUILT_IN.contains(&name)
    }

    fn name_help(&self, name: &str) -> String {
        if self.names.constants.contains_key(name) {
            return format!("constants are read with `constants.{name}`");
        }
        let bound = self.variables.iter().map(|(name, _)| name.as_ref());
        let known = BUILT_IN.into_iter().chain(self.names.definitions.keys().copied()).chain(bound);
        if let Some(close) = suggest::closest_within_budget(self.diagnostics.len(), name, known) {
            return suggest::question(close);
        }
        for record in RecordName::ALL {
            let declares = match record {
                RecordName::Action => self.scope.actions.ids().iter().any(|id| {
                    self.scope.schema.action(*id).is_some_and(|action| action.fields.contains_key(name))
                }),
                RecordName::Actor => self.scope.schema.actor.contains_key(name),
                RecordName::Snapshot => self.scope.schema.snapshot.contains_key(name),
            };
            if declares {
                return format!("did you mean `{record}.{name}`?");
            }
        }
        if let Some(instead) = foreign_words::records::replacement_for(name) {
            return instead.help();
        }
        format!(
            "fields are read with their record, such as `action.type`; text is quoted: `\"{}\"`",
            shortened(name)
        )
    }

    /// Expands a definition; diagnostics inside of it also point to where it is used.
    fn definition(&mut self, condition: &ast::Condition, span: Span) -> Option<Typed> {
        let before = self.diagnostics.len();
        let visible_from = std::mem::replace(&mut self.visible_from, self.variables.len());
        let typed = self.condition_part(condition);
        self.visible_from = visible_from;
        for diagnostic in
            self.diagnostics.iter_mut().skip(before).filter(|diagnostic| diagnostic.labels.is_empty())
        {
            diagnostic.labels.push((span, "used here".to_owned()));
        }
        typed
    }

    pub(super) fn constant(&mut self, name: &Name, span: Span) -> Option<Typed> {
        let Some(constant) = self.names.constants.get(name.value.as_str()) else {
            if self.names.faulty.contains(name.value.as_str()) {
                return None;
            }
            let close = suggest::closest_within_budget(
                self.diagnostics.len(),
                &name.value,
                self.names.constants.keys().copied(),
            );
            let help = close.map_or("declare it under `constants:`".to_owned(), suggest::question);
            let message = format!("there is no constant `{}`", shortened(&name.value));
            return self.refuse(codes::UNKNOWN_NAME, name.span, message, help);
        };
        let value = constant.typed.clone()?;
        Some(Typed::new(ExprKind::Literal(value), span, constant.kind.clone()))
    }
}
