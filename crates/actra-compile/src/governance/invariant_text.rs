//! One statement about a policy that is compiled already: an invariant without a name, as typed on a command line.

use std::collections::HashMap;

use actra_diagnostics::{Diagnostic, FileId, Sources, Span, codes};
use actra_ir::governance::Invariant;
use actra_model::Schema;
use actra_syntax::ast::governance as decl;
use actra_syntax::ast::{Condition, ConditionKind, Name, Scope, Spanned};
use actra_syntax::suggest::closest;
use actra_syntax::{expr, yaml};

use super::{Context, invariant};
use crate::names::Names;
use crate::scope::Scopes;

/// A statement as people write it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Keys of a scope with their values; a key that stands more than once has a list.
    pub scope: &'a [(String, String)],
    /// An expression.
    pub when: Option<&'a str>,
    /// `block`, `at_least:require_approval`, `at_most:allow`
    pub effect: &'a str,
}

/// Why a statement could not be looked at.
#[derive(Debug)]
pub struct Refused {
    /// Errors in the statement.
    pub errors: Vec<Diagnostic>,
    /// What was written, a text for each word.
    pub sources: Sources,
}

/// The statement, checked against a schema.
pub fn asked(schema: &Schema, asked: &Asked<'_>) -> Result<Invariant, Refused> {
    let mut reader = Reader { sources: Sources::new(), errors: Vec::new() };
    let decl = reader.invariant(asked);
    let Reader { sources, errors: mut diagnostics } = reader;
    let names = Names::default();
    // No governance stands beside it, so that the groups are those of the set.
    let (scopes, governed) = (Scopes::new(schema), Scopes::new(schema));
    let mut ctx = Context { schema, scopes, governed, names: &names, ids: HashMap::new() };
    let resolved = invariant::resolve(&mut ctx, &decl, &mut diagnostics);
    diagnostics.retain(Diagnostic::is_error);
    resolved.filter(|_| diagnostics.is_empty()).ok_or(Refused { errors: diagnostics, sources })
}

struct Reader {
    sources: Sources,
    errors: Vec<Diagnostic>,
}

impl Reader {
    /// A word, with a text of its own for its place.
    fn word(&mut self, text: &str) -> Name {
        let file = self.sources.add("the statement".to_owned(), text.to_owned());
        Spanned { value: text.to_owned(), span: whole(file, text) }
    }

    fn invariant(&mut self, asked: &Asked<'_>) -> decl::Invariant {
        let id = self.word("asked");
        let scope = self.scope(asked.scope);
        let when = asked.when.map(|when| self.condition(when));
        decl::Invariant {
            span: id.span,
            error: Some(id.clone()),
            id: Some(id),
            description: None,
            scope,
            conditional: when.is_some(),
            when: when.flatten(),
            demand: self.demand(asked.effect),
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
                "action" => listed(&mut scope.action, value),
                "actor" => listed(&mut scope.actor, value),
                "group" if scope.group.is_none() => scope.group = Some(value),
                "global" if value.value == "true" => {
                    scope.global = Some(Spanned { value: true, span: value.span });
                }
                "group" => self.wrong(value.span, "`group` takes one name".to_owned(), None),
                "global" => self.wrong(value.span, "`global` takes `true` only".to_owned(), None),
                _ => {
                    let key = self.word(key);
                    let help = did_you_mean(&key.value, ["action", "group", "actor", "global"]);
                    self.wrong(key.span, format!("a scope has no key `{}`", key.value), help);
                }
            }
        }
        let is_narrowed = scope.action.is_some() || scope.group.is_some() || scope.actor.is_some();
        if scope.global.is_some() && is_narrowed {
            self.wrong(span, "`global=true` stands alone".to_owned(), None);
        }
        (self.errors.len() == faults && (is_narrowed || scope.global.is_some())).then_some(scope)
    }

    fn wrong(&mut self, place: Span, message: String, help: Option<String>) {
        self.errors.push(Diagnostic::new(codes::BAD_SCOPE, place, message).maybe_help(help));
    }

    fn condition(&mut self, text: &str) -> Option<Condition> {
        let word = self.word(text);
        let map = yaml::TextMap::verbatim(word.span.file, 0, word.span.end);
        let parsed = expr::parse(text, &map, &mut self.errors)?;
        Some(Condition { span: word.span, kind: ConditionKind::Expression(parsed) })
    }

    fn demand(&mut self, text: &str) -> Option<decl::Demand> {
        let Some((bound, effect)) = text.split_once(':') else {
            return Some(decl::Demand { bound: decl::Bound::Exactly, effect: self.word(text) });
        };
        let word = self.word(bound);
        let bound = match bound {
            "at_least" => decl::Bound::AtLeast,
            "at_most" => decl::Bound::AtMost,
            other => {
                let message = format!("an effect has no bound `{other}`");
                let help = did_you_mean(other, ["at_least", "at_most"]);
                self.errors.push(Diagnostic::new(codes::UNKNOWN_KEY, word.span, message).maybe_help(help));
                return None;
            }
        };
        Some(decl::Demand { bound, effect: self.word(effect) })
    }
}

fn did_you_mean<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(word, options).map(|option| format!("did you mean `{option}`?"))
}

fn listed(list: &mut Option<Spanned<Vec<Name>>>, value: Name) {
    let span = value.span;
    list.get_or_insert(Spanned { value: Vec::new(), span }).value.push(value);
}

fn whole(file: FileId, text: &str) -> Span {
    Span { file, start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) }
}
