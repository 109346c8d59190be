//! An invariant without a name, as typed on a command line about a policy that is compiled already.

use std::collections::HashMap;

use actra_diagnostics::{Diagnostic, FileId, Sources, Span, codes};
use actra_ir::governance::Invariant;
use actra_model::Schema;
use actra_syntax::ast::governance as decl;
use actra_syntax::ast::{Condition, ConditionKind, Name, Scope, Spanned};
use actra_syntax::suggest::did_you_mean;
use actra_syntax::{expr, yaml};

use super::{GovernanceContext, invariant};
use crate::global_names::Names;
use crate::scope::Scopes;

/// An invariant as people type it.
#[derive(Debug, Clone, Copy)]
pub struct InvariantText<'a> {
    /// Keys of a scope with their values; the values of a repeated key form a list.
    pub scope: &'a [(String, String)],
    /// An expression.
    pub when: Option<&'a str>,
    /// `block`, `at_least:require_approval`, `at_most:allow`
    pub effect: &'a str,
}

/// What is wrong with the text of an invariant.
#[derive(Debug)]
pub struct InvariantTextError {
    /// The errors, with places in `sources`.
    pub errors: Vec<Diagnostic>,
    /// What was typed: a source of its own for each word.
    pub sources: Sources,
}

/// Checks the text of an invariant against a schema.
pub fn resolve_invariant(schema: &Schema, text: &InvariantText<'_>) -> Result<Invariant, InvariantTextError> {
    let mut reader = InvariantReader { sources: Sources::new(), errors: Vec::new() };
    let decl = reader.invariant(text);
    let InvariantReader { sources, errors: mut diagnostics } = reader;
    let names = Names::default();
    // There is no governance here, so the groups are those of the schema.
    let (scopes, governed) = (Scopes::new(schema), Scopes::new(schema));
    let mut ctx = GovernanceContext { schema, scopes, governed, names: &names, ids: HashMap::new() };
    let resolved = invariant::resolve(&mut ctx, &decl, &mut diagnostics);
    diagnostics.retain(Diagnostic::is_error);
    resolved.filter(|_| diagnostics.is_empty()).ok_or(InvariantTextError { errors: diagnostics, sources })
}

struct InvariantReader {
    sources: Sources,
    errors: Vec<Diagnostic>,
}

impl InvariantReader {
    /// A word, in a source of its own that its span refers to.
    fn word(&mut self, text: &str) -> Name {
        let file = self.sources.add("the statement".to_owned(), text.to_owned());
        Spanned { value: text.to_owned(), span: whole_span(file, text) }
    }

    fn invariant(&mut self, text: &InvariantText<'_>) -> decl::Invariant {
        let id = self.word("asked");
        let scope = self.scope(text.scope);
        let when = text.when.map(|when| self.condition(when));
        decl::Invariant {
            span: id.span,
            error: Some(id.clone()),
            id: Some(id),
            description: None,
            scope,
            conditional: when.is_some(),
            when: when.flatten(),
            demand: self.demand(text.effect),
            with: None,
            may_be_empty: false,
            unproven: None,
        }
    }

    /// `None` after reporting an error.
    fn scope(&mut self, pairs: &[(String, String)]) -> Option<Scope> {
        let faults = self.errors.len();
        let span = self.word("").span;
        let mut scope = Scope { span, action: None, group: None, actor: None, global: None };
        for (key, value) in pairs {
            let value = self.word(value);
            match key.as_str() {
                "action" => add_to_list(&mut scope.action, value),
                "actor" => add_to_list(&mut scope.actor, value),
                "group" if scope.group.is_none() => scope.group = Some(value),
                "global" if value.value == "true" => {
                    scope.global = Some(Spanned { value: true, span: value.span });
                }
                "group" => self.report(value.span, "`group` takes one name".to_owned(), None),
                "global" => self.report(value.span, "`global` takes `true` only".to_owned(), None),
                _ => {
                    let key = self.word(key);
                    let help = did_you_mean(&key.value, ["action", "group", "actor", "global"]);
                    self.report(key.span, format!("a scope has no key `{}`", key.value), help);
                }
            }
        }
        let is_narrowed = scope.action.is_some() || scope.group.is_some() || scope.actor.is_some();
        if scope.global.is_some() && is_narrowed {
            self.report(span, "`global=true` must stand alone".to_owned(), None);
        }
        (self.errors.len() == faults && (is_narrowed || scope.global.is_some())).then_some(scope)
    }

    fn report(&mut self, place: Span, message: String, help: Option<String>) {
        self.errors.push(Diagnostic::new(codes::BAD_SCOPE, place, message).maybe_help(help));
    }

    fn condition(&mut self, text: &str) -> Option<Condition> {
        let word = self.word(text);
        let map = yaml::ScalarSourceMap::verbatim(word.span.file, 0, word.span.end);
        let parsed = expr::parse(text, &map, &mut self.errors)?;
        Some(Condition { span: word.span, kind: ConditionKind::Expression(parsed) })
    }

    fn demand(&mut self, text: &str) -> Option<decl::AcceptedEffects> {
        let Some((bound, effect)) = text.split_once(':') else {
            return Some(decl::AcceptedEffects {
                bound: decl::EffectBound::Exactly,
                effect: self.word(text),
            });
        };
        let word = self.word(bound);
        let bound = match bound {
            "at_least" => decl::EffectBound::AtLeast,
            "at_most" => decl::EffectBound::AtMost,
            other => {
                let message = format!("an effect has the bounds `at_least` and `at_most`, but not `{other}`");
                let help = did_you_mean(other, ["at_least", "at_most"]);
                self.errors.push(Diagnostic::new(codes::UNKNOWN_KEY, word.span, message).maybe_help(help));
                return None;
            }
        };
        Some(decl::AcceptedEffects { bound, effect: self.word(effect) })
    }
}

fn add_to_list(list: &mut Option<Spanned<Vec<Name>>>, value: Name) {
    let span = value.span;
    list.get_or_insert(Spanned { value: Vec::new(), span }).value.push(value);
}

fn whole_span(file: FileId, text: &str) -> Span {
    Span { file, start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) }
}
