//! Conditions and texts that a comment may have cut off: `when: a == 1 # && b == 2`, `message: ask in #payments`.

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_syntax::ast::{self, Data, DataKind};

use super::{LintInput, visit_expressions};

/// A comment that starts with one of these was probably meant as a part of the condition.
const OPERATORS: [&str; 13] =
    ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "? ", "and ", "or ", "in ", "AND "];

/// Warns about each condition or text that a comment may have cut off.
pub(super) fn check(set: &LintInput<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let operator =
        |comment: &str| OPERATORS.iter().any(|operator| comment.trim_start().starts_with(operator));
    for condition in set.conditions() {
        visit_expressions(condition, &mut |span| {
            diagnostics.extend(cut(set, span, operator).map(|place| report(place, "condition")));
        });
    }
    // Comments usually start with a blank; a name or number directly after the `#` was probably meant as text.
    let name = |comment: &str| comment.starts_with(char::is_alphanumeric);
    for span in
        texts(set).chain(data(set)).filter(|span| !set.sources.snippet(*span).starts_with(['"', '\'']))
    {
        diagnostics.extend(cut(set, span, name).map(|place| report(place, "text")));
    }
}

/// The texts for people.
fn texts<'a>(set: &LintInput<'a>) -> impl Iterator<Item = Span> + 'a {
    let rules = set.files.iter().flat_map(|file| &file.rules);
    let of_rule = |rule: &'a ast::Rule| {
        let message = rule.message.as_ref().map(|message| message.span);
        message.into_iter().chain(rule.description.as_ref().map(|text| text.span))
    };
    let governance = set.governance;
    let errors = governance.into_iter().flat_map(|governance| {
        let invariants = governance.invariants.iter().map(|invariant| &invariant.error);
        invariants.chain(governance.rules.iter().map(|rule| &rule.error))
    });
    rules.flat_map(of_rule).chain(errors.flatten().map(|error| error.span))
}

/// The texts in plain data: what rules require, what governance demands with it, and constants.
fn data(set: &LintInput<'_>) -> Vec<Span> {
    let rules = set.files.iter().flat_map(|file| &file.rules).flat_map(|rule| &rule.required_actions);
    let constants = set.files.iter().flat_map(|file| &file.constants).map(|(_, data)| data);
    let invariants = set.governance.into_iter().flat_map(|governance| &governance.invariants);
    let with = invariants.flat_map(|invariant| &invariant.with).flat_map(|with| &with.value);
    let mut spans = Vec::new();
    rules.chain(constants).chain(with).for_each(|data| strings(data, &mut spans));
    spans
}

fn strings(data: &Data, spans: &mut Vec<Span>) {
    match &data.value {
        DataKind::String(_) => spans.push(data.span),
        DataKind::List(items) => items.iter().for_each(|item| strings(item, spans)),
        DataKind::Map(entries) => entries.iter().for_each(|(_, value)| strings(value, spans)),
        DataKind::Null | DataKind::Bool(_) | DataKind::Number(_) => {}
    }
}

/// The comment that follows a place on its line, if it looks like a part of the text.
fn cut(set: &LintInput<'_>, span: Span, is_part: impl Fn(&str) -> bool) -> Option<Span> {
    let source = set.sources.get(span.file)?;
    let line = source.text.get(span.end as usize..)?.split(['\r', '\n']).next()?;
    let (blank, comment) = line.split_once('#')?;
    if blank.is_empty() || !blank.trim().is_empty() || !is_part(comment) {
        return None;
    }
    let start = span.end + u32::try_from(blank.len()).unwrap_or(0);
    let end = span.end + u32::try_from(line.trim_end().len()).unwrap_or(0);
    Some(Span { start, end, ..span })
}

fn report(place: Span, what: &str) -> Diagnostic {
    Diagnostic::new(
        codes::CUT_CONDITION,
        place,
        format!("a comment starts here, so the {what} ends before it"),
    )
    .help(format!("quote the whole {what} if this is a part of it, otherwise word the comment differently"))
}
