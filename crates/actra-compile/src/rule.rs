//! Rules: checked against the schema and lowered to the canonical tree.

use std::collections::HashMap;
use std::sync::Arc;

use actra_diagnostics::{Code, Diagnostic, Span, codes};
use actra_ir::{Expr, ExprKind, Rule, RuleMetadata, RuleMode, RuleTraits};
use actra_model::{Effect, RecordName, Schema, TypeKind, Value, ValueState, limits};
use actra_syntax::ast::{self, Name};
use actra_syntax::{foreign_words, suggest};

use crate::check::fields::FieldScope;
use crate::check::{Checker, conjunction, is_negated_test, negation};
use crate::global_names::{BUILT_IN, Names, condition_names};
use crate::permissive::{EffectContext, PermissiveWhen};
use crate::scope::Scopes;
use crate::shorten::shortened;
use crate::{guard, literal, message, patterns, vacuous};

/// Checks and lowers all rules, in file order. A rule with errors is left out after reporting.
pub(crate) fn resolve_all(
    schema: &Schema,
    files: &[ast::PolicyFile],
    names: &Names<'_>,
    default: Effect,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Rule> {
    let count = files.iter().map(|file| file.rules.len()).sum::<usize>().min(limits::RULES);
    let mut scopes = Scopes::new(schema);
    let effects = effects(schema, &mut scopes, files, default);
    let mut seen: HashMap<&str, Span> = HashMap::with_capacity(count);
    let mut rules = Vec::with_capacity(count);
    let mut nodes = 0usize;
    for rule in files.iter().flat_map(|file| &file.rules) {
        check_id(&rule.id, &mut seen, diagnostics);
        if seen.len() > limits::RULES {
            let message = format!("the set has more than {} rules", limits::RULES);
            diagnostics
                .push(Diagnostic::new(codes::TOO_MANY_RULES, rule.id.span, message).help("split the set"));
            break;
        }
        rules.extend(resolve(schema, &mut scopes, names, &effects, rule, &mut nodes, diagnostics));
        if nodes > SET_NODES {
            let message = format!("the definitions of the set expand to more than {SET_NODES} nodes");
            diagnostics.push(
                Diagnostic::new(codes::CONDITION_TOO_LARGE, rule.id.span, message)
                    .help("use smaller definitions"),
            );
            break;
        }
    }
    for fragment in files.iter().flat_map(|file| &file.fragments) {
        check_fragment(schema, &mut scopes, names, fragment, &mut seen, diagnostics);
    }
    check_unused(schema, &mut scopes, files, names, diagnostics);
    rules
}

/// The effects of all rules and of the default. Faults in scopes are not reported here, but with each rule.
fn effects<'a>(
    schema: &'a Schema,
    scopes: &mut Scopes<'a>,
    files: &'a [ast::PolicyFile],
    default: Effect,
) -> EffectContext {
    let rules = files.iter().flat_map(|file| &file.rules).take(limits::RULES);
    let enforced = rules.filter(|rule| rule.mode.as_ref().is_none_or(|mode| mode.value != "shadow"));
    let mut unheard = Vec::new();
    let known: Vec<_> = enforced
        .filter_map(|rule| {
            let effect = Effect::parse(&rule.effect.value)?;
            Some((effect, Arc::clone(scopes.actions(&rule.scope, &mut unheard)?.ids())))
        })
        .collect();
    EffectContext::new(default, schema, known.iter().map(|(effect, actions)| (*effect, &**actions)))
}

/// Checks what could be read of a rule with faults.
fn check_fragment<'a>(
    schema: &Schema,
    scopes: &mut Scopes<'a>,
    names: &Names<'_>,
    fragment: &'a ast::RuleFragment,
    seen: &mut HashMap<&'a str, Span>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    fragment.id.iter().for_each(|id| check_id(id, seen, diagnostics));
    fragment.effect.iter().for_each(|word| {
        effect(word, diagnostics);
    });
    mode(fragment.mode.as_ref(), diagnostics);
    let Some(rule_scope) = &fragment.scope else { return };
    rule_scope.actor.iter().for_each(|actors| drop(actor_condition(schema, actors, diagnostics)));
    let Some(actions) = scopes.actions(rule_scope, diagnostics) else { return };
    let fields = scopes.fields(&actions);
    fragment.message.iter().for_each(|template| drop(message::resolve(fields, template, diagnostics)));
    for condition in &fragment.conditions {
        // A guard may be in the part that has the fault, so missing guards are not reported.
        let mut checker = Checker::new(fields, names, diagnostics);
        drop(checker.condition(condition));
        drop(checker.finish(condition.span));
    }
}

/// Nodes that the conditions of all rules of a set may expand to.
const SET_NODES: usize = 20_000_000;

pub(crate) fn check_id<'a>(
    id: &'a Name,
    seen: &mut HashMap<&'a str, Span>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut chars = id.value.chars();
    let fits = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(is_id_char)
        && id.value.len() <= 256;
    if !fits {
        diagnostics.push(
            Diagnostic::new(
                codes::BAD_RULE_ID,
                id.span,
                format!("`{}` is not a valid rule id", shortened(&id.value)),
            )
            .help("ids start with a letter or `_` and may only contain letters, digits, `_`, `.` and `-`"),
        );
    }
    if let Some(first) = seen.get(id.value.as_str()) {
        diagnostics.push(
            Diagnostic::new(
                codes::DUPLICATE_ID,
                id.span,
                format!("the rule id `{}` is used twice", shortened(&id.value)),
            )
            .also(*first, "first used here")
            .help("ids must be unique across all files of the set; rename one"),
        );
        return;
    }
    seen.insert(&id.value, id.span);
}

/// Whether a character may be in a rule id, except at its start.
pub(crate) fn is_id_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.-".contains(c)
}

fn resolve<'a>(
    schema: &'a Schema,
    scopes: &mut Scopes<'a>,
    names: &Names<'_>,
    effects: &EffectContext,
    rule: &'a ast::Rule,
    nodes: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Rule> {
    let before = diagnostics.len();
    let effect = effect(&rule.effect, diagnostics);
    let mode = mode(rule.mode.as_ref(), diagnostics);
    let required_actions =
        rule.required_actions.iter().filter_map(|data| literal::object(data, diagnostics)).collect();
    let actor = rule.scope.actor.as_ref().map(|actors| actor_condition(schema, actors, diagnostics));
    let actions = scopes.actions(&rule.scope, diagnostics)?;
    let fields = scopes.fields(&actions);
    let template = rule.message.as_ref();
    let message = template.and_then(|template| message::resolve(fields, template, diagnostics));
    let permissive = effect.map(|effect| effects.permissive_when(effect, actions.ids()));
    let condition = condition(fields, names, rule, actor, permissive, nodes, diagnostics)?;
    if diagnostics.iter().skip(before).any(Diagnostic::is_error) {
        return None;
    }
    Some(Rule {
        id: Arc::from(rule.id.value.as_str()),
        actions: Arc::clone(actions.ids()),
        condition,
        effect: effect?,
        mode: mode?,
        message,
        required_actions,
        metadata: metadata(rule),
    })
}

fn metadata(rule: &ast::Rule) -> RuleMetadata {
    let actors = rule.scope.actor.iter().flat_map(|actors| &actors.value);
    let traits = RuleTraits {
        tags: rule.tags.iter().map(|tag| tag.value.as_str().into()).collect(),
        actors: actors.map(|name| name.value.as_str().into()).collect(),
        global: rule.scope.global.is_some(),
    };
    let description = rule.description.as_ref().map(|text| text.value.as_str().into());
    RuleMetadata::new(rule.span, rule.id.span, description, traits)
}

/// `actor.type in [...] && when && !unless`
fn condition(
    fields: FieldScope<'_>,
    names: &Names<'_>,
    rule: &ast::Rule,
    actor: Option<Option<Expr>>,
    permissive: Option<PermissiveWhen>,
    nodes: &mut usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expr> {
    let faults = diagnostics.len();
    let mut checker = Checker::new(fields, names, diagnostics);
    let when = checker.condition(&rule.when);
    let unless = rule.unless.as_ref().map(|unless| (checker.condition(unless), unless.span));
    let mut facts = checker.finish(rule.id.span);
    *nodes += facts.nodes;
    let when = when?;
    if let ExprKind::Literal(Value::Bool(false)) = when.kind {
        diagnostics.push(never_holds(rule.when.span));
    }
    let mut parts: Vec<Expr> = actor.into_iter().collect::<Option<Vec<_>>>()?;
    parts.push(when);
    if let Some((unless, span)) = unless {
        let unless = unless?;
        if is_negated_test(&unless) {
            facts.negated.insert(span);
        }
        parts.push(negation(unless, span));
    }
    let condition = conjunction(parts, rule.when.span);
    let direction = permissive.unwrap_or(PermissiveWhen::Either);
    patterns::advise(&condition, direction, diagnostics.get_mut(faults..).unwrap_or_default());
    guard::check(&condition, &facts, direction, diagnostics);
    if let Some(permissive) = permissive {
        vacuous::check(&condition, permissive, &facts, diagnostics);
    }
    Some(condition)
}

fn never_holds(span: Span) -> Diagnostic {
    Diagnostic::new(codes::CONSTANT_CONDITION, span, "a rule whose condition is `false` does nothing")
        .help("write a condition, remove the rule, or try it out first with `mode: shadow`")
}

/// The effect with this name; reports any other word.
pub(crate) fn effect(word: &Name, diagnostics: &mut Vec<Diagnostic>) -> Option<Effect> {
    let effect = Effect::parse(&word.value);
    if effect.is_none() {
        diagnostics.push(bad_choice(word, "an effect", &Effect::ALL.map(Effect::as_str)));
    }
    effect
}

pub(crate) fn mode(word: Option<&Name>, diagnostics: &mut Vec<Diagnostic>) -> Option<RuleMode> {
    let Some(word) = word else { return Some(RuleMode::Enforce) };
    let modes = [RuleMode::Enforce, RuleMode::Shadow];
    let mode = modes.into_iter().find(|mode| mode.as_str() == word.value);
    if mode.is_none() {
        diagnostics.push(bad_choice(word, "a mode", &modes.map(RuleMode::as_str)));
    }
    mode
}

pub(crate) fn bad_choice(word: &Name, what: &str, choices: &[&str]) -> Diagnostic {
    let meant = foreign_words::effects_and_modes::replacement_for(&word.value, choices);
    let close = meant.or_else(|| suggest::closest(&word.value, choices.iter().copied()));
    let close = close.map(suggest::question);
    let code: Code = codes::BAD_CHOICE;
    Diagnostic::new(code, word.span, format!("`{}` is not {what}", shortened(&word.value)))
        .maybe_help(close)
        .help(format!("write one of `{}`", choices.join("`, `")))
}

/// `actor.type in [names]`, undetermined when the type is absent or invalid.
pub(crate) fn actor_condition(
    schema: &Schema,
    actors: &ast::Spanned<Vec<Name>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expr> {
    let Some(field) = schema.actor.get("type").filter(|field| field.ty.kind == TypeKind::String) else {
        diagnostics.push(
            Diagnostic::new(
                codes::BAD_ACTOR_SCOPE,
                actors.span,
                "`actor:` in a scope needs a string field `actor.type`",
            )
            .help("declare it in the schema: `actor: { fields: { type: string } }`"),
        );
        return None;
    };
    for name in &actors.value {
        if name.value.contains('*') {
            let message = format!("`{}` is a pattern, and `actor:` takes names", shortened(&name.value));
            diagnostics.push(Diagnostic::new(codes::BAD_ACTOR_SCOPE, name.span, message).help(
                "list the names, or test `actor.type` in `when`, such as `actor.type.startsWith(\"agent\")`",
            ));
            return None;
        }
        let value = literal::text(&name.value);
        if field.ty.constraints.one_of.as_ref().is_some_and(|one_of| !one_of.contains(&value)) {
            let message = format!("`actor.type` is never `{}`", shortened(&name.value));
            diagnostics.push(
                Diagnostic::new(codes::BAD_ACTOR_SCOPE, name.span, message)
                    .help("the schema's `one_of` of `actor.type` lists the values it can take"),
            );
            return None;
        }
    }
    let span = actors.span;
    let items = actors.value.iter().map(|name| ValueState::Present(literal::text(&name.value))).collect();
    let field = Expr { kind: ExprKind::Field { record: RecordName::Actor, name: Arc::from("type") }, span };
    let list = Expr { kind: ExprKind::Literal(Value::List(items)), span };
    Some(Expr { kind: ExprKind::In { element: Arc::new(field), container: Arc::new(list) }, span })
}

/// Checks definitions that no rule reaches, so that a fault in them is not hidden until they are used.
///
/// They are read in the scope of the actions that declare every `action` field they mention.
fn check_unused<'a>(
    schema: &'a Schema,
    scopes: &mut Scopes<'a>,
    files: &[ast::PolicyFile],
    names: &Names<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if names.definitions.is_empty() {
        return;
    }
    let mut used = std::collections::BTreeSet::new();
    let fragments = files.iter().flat_map(|file| &file.fragments);
    fragments.flat_map(|fragment| &fragment.conditions).for_each(|part| condition_names(part, &mut used));
    for rule in files.iter().flat_map(|file| &file.rules) {
        condition_names(&rule.when, &mut used);
        rule.unless.iter().for_each(|unless| condition_names(unless, &mut used));
    }
    let mut reached: Vec<&str> =
        used.iter().copied().filter(|name| names.definitions.contains_key(name)).collect();
    let mut all: std::collections::BTreeSet<&str> = reached.iter().copied().collect();
    while let Some(name) = reached.pop() {
        let mut inner = std::collections::BTreeSet::new();
        names.definitions.get(name).into_iter().for_each(|condition| condition_names(condition, &mut inner));
        reached.extend(
            inner.into_iter().filter(|name| names.definitions.contains_key(name) && all.insert(name)),
        );
    }
    debug_assert!(BUILT_IN.iter().all(|name| !all.contains(name)));
    for (_, condition) in names.definitions.iter().filter(|(name, _)| !all.contains(*name)) {
        let actions = crate::check::fields::actions_that_declare(schema, names, condition);
        let actions = scopes.covering(actions);
        let faults = diagnostics.len();
        let mut checker = Checker::new(scopes.fields(&actions), names, diagnostics);
        let lowered = checker.condition(condition);
        let facts = checker.finish(condition.span);
        if let Some(lowered) = lowered {
            patterns::advise(
                &lowered,
                PermissiveWhen::Either,
                diagnostics.get_mut(faults..).unwrap_or_default(),
            );
            guard::check(&lowered, &facts, PermissiveWhen::Either, diagnostics);
        }
    }
}
