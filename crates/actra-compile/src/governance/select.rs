//! Selectors: which rules of the policy a structural rule looks at.

use std::sync::Arc;

use actra_diagnostics::{Diagnostic, codes};
use actra_ir::governance::{AtomPattern, Operator, OperatorPattern, Selector};
use actra_model::ActionId;
use actra_syntax::ast::governance::{AtomPatternDecl, Where};
use actra_syntax::ast::{
    AtomOperand, Condition, ConditionKind, Name, Scope, StructuredAtom, StructuredOperator, Subject,
};

use super::{GovernanceContext, fields};
use crate::check::Checker;
use crate::check::fields::record_name;
use crate::rule::{actor_condition, effect, is_id_char, mode};
use crate::shorten::shortened;

/// Checks a selector; `None` after reporting an error. `about` are the actions that the rule applies to.
pub(super) fn resolve<'a>(
    ctx: &mut GovernanceContext<'a>,
    decl: &'a Where,
    about: Option<&Arc<[ActionId]>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Selector> {
    let faults = diagnostics.len();
    let effect = decl.effect.as_ref().and_then(|word| effect(word, diagnostics));
    let mode = decl.mode.as_ref().and_then(|word| mode(Some(word), diagnostics));
    decl.id.iter().for_each(|id| check_id(id, diagnostics));
    let actions = decl.scope.as_ref().and_then(|scope| actions(ctx, scope, diagnostics));
    let actors = decl.scope.as_ref().and_then(|scope| scope.actor.as_ref());
    actors.iter().for_each(|actors| drop(actor_condition(ctx.schema, actors, diagnostics)));
    decl.scope.iter().for_each(|scope| check_global(scope, diagnostics));
    let looked_at = actions.as_ref().or(about).cloned();
    let atom = decl.when.as_ref().map(|atom| self::atom(ctx, atom, looked_at, diagnostics));
    if diagnostics.iter().skip(faults).any(Diagnostic::is_error) {
        return None;
    }
    let text = |name: &Name| Arc::from(name.value.as_str());
    Some(Selector {
        effect,
        actions,
        actors: actors.map(|actors| actors.value.iter().map(text).collect()),
        global: decl.scope.as_ref().and_then(|scope| scope.global.as_ref()).map(|global| global.value),
        atom: match atom {
            Some(atom) => Some(atom?),
            None => None,
        },
        id: decl.id.as_ref().map(text),
        mode,
        tags: decl.tags.iter().map(text).collect(),
    })
}

fn check_id(id: &Name, diagnostics: &mut Vec<Diagnostic>) {
    if id.value.is_empty() || !id.value.chars().all(|c| is_id_char(c) || c == '*') {
        diagnostics.push(
            Diagnostic::new(
                codes::BAD_RULE_ID,
                id.span,
                format!("`{}` is not a valid rule id", shortened(&id.value)),
            )
            .help("ids may only contain letters, digits, `_`, `.` and `-`; `*` stands for any of them"),
        );
    }
}

fn check_global(scope: &Scope, diagnostics: &mut Vec<Diagnostic>) {
    let narrowed = scope.action.is_some() || scope.group.is_some() || scope.actor.is_some();
    if narrowed && scope.global.as_ref().is_some_and(|global| global.value) {
        let message = "no rule is both global and narrowed, so this selects nothing";
        diagnostics.push(
            Diagnostic::new(codes::USELESS_DEMAND, scope.span, message)
                .help("drop `global: true`, or everything next to it"),
        );
    }
}

/// The actions that a scope names; `None` also if it names none.
fn actions<'a>(
    ctx: &mut GovernanceContext<'a>,
    scope: &'a Scope,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Arc<[ActionId]>> {
    if scope.action.is_none() && scope.group.is_none() {
        return None;
    }
    ctx.scopes.actions(scope, diagnostics).map(|actions| Arc::clone(actions.ids()))
}

fn atom(
    ctx: &mut GovernanceContext<'_>,
    decl: &AtomPatternDecl,
    looked_at: Option<Arc<[ActionId]>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<AtomPattern> {
    let all = || (0u32..).zip(&ctx.schema.actions).map(|(idx, _)| ActionId(idx)).collect();
    let actions: Arc<[ActionId]> = looked_at.unwrap_or_else(all);
    let record = match &decl.domain {
        Some(word) => Some(record_name(word, diagnostics)?),
        None => None,
    };
    let declaring = match (record, decl.field.is_empty()) {
        (Some(record), false) => fields::declared(ctx.schema, record, &decl.field, &actions, diagnostics)?,
        (None, false) => {
            fields::declared_anywhere(ctx.schema, &decl.field, &actions, diagnostics)?;
            actions.to_vec()
        }
        (_, true) => actions.to_vec(),
    };
    let operator = match &decl.operator {
        Some(word) => Some(operator_pattern(ctx, decl, word, declaring, diagnostics)?),
        None => None,
    };
    Some(AtomPattern { record, field: fields::dotted(&decl.field).into(), operator })
}

/// A test of a field: by its operator alone, or as a whole comparison.
fn operator_pattern(
    ctx: &mut GovernanceContext<'_>,
    decl: &AtomPatternDecl,
    operator: &Name,
    declaring: Vec<ActionId>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<OperatorPattern> {
    let Some(subject) = subject(decl) else {
        let message = "an `operator` needs `domain` and `field` in the `subject`";
        diagnostics.push(Diagnostic::new(codes::MISSING_KEY, decl.subject, message));
        return None;
    };
    // A field on the other side must be declared by these actions as well.
    let declaring = match &decl.value {
        Some(AtomOperand::Subject(other)) => {
            let record = record_name(&other.domain, diagnostics)?;
            fields::declared(ctx.schema, record, &other.field, &declaring, diagnostics)?
        }
        _ => declaring,
    };
    let declaring = ctx.scopes.covering(declaring);
    let mut checker = Checker::new(ctx.scopes.fields(&declaring), ctx.names, diagnostics);
    let known = StructuredOperator::parse(&operator.value);
    let comparison = if decl.value.is_none() && known.is_none_or(StructuredOperator::takes_value) {
        checker.test(&subject, operator)?;
        None
    } else {
        let atom = StructuredAtom { subject, operator: operator.clone(), value: decl.value.clone() };
        let condition = Condition { span: decl.span, kind: ConditionKind::StructuredAtom(Box::new(atom)) };
        Some(checker.condition(&condition)?)
    };
    checker.finish(decl.span);
    Some(OperatorPattern { operator: governed(known?), comparison })
}

/// An operator as governance has it: the tree of the syntax ends here.
fn governed(operator: StructuredOperator) -> Operator {
    match operator {
        StructuredOperator::Equals => Operator::Equals,
        StructuredOperator::NotEquals => Operator::NotEquals,
        StructuredOperator::GreaterThan => Operator::GreaterThan,
        StructuredOperator::GreaterOrEqual => Operator::GreaterOrEqual,
        StructuredOperator::LessThan => Operator::LessThan,
        StructuredOperator::LessOrEqual => Operator::LessOrEqual,
        StructuredOperator::In => Operator::In,
        StructuredOperator::NotIn => Operator::NotIn,
        StructuredOperator::Contains => Operator::Contains,
        StructuredOperator::NotContains => Operator::NotContains,
        StructuredOperator::StartsWith => Operator::StartsWith,
        StructuredOperator::EndsWith => Operator::EndsWith,
        StructuredOperator::Matches => Operator::Matches,
        StructuredOperator::Exists => Operator::Exists,
        StructuredOperator::Within => Operator::Within,
        StructuredOperator::SubsetOf => Operator::SubsetOf,
        StructuredOperator::Intersects => Operator::Intersects,
    }
}

fn subject(decl: &AtomPatternDecl) -> Option<Subject> {
    let domain = decl.domain.clone().filter(|_| !decl.field.is_empty())?;
    Some(Subject { span: decl.subject, domain, field: decl.field.clone() })
}
