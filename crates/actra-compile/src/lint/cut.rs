//! Conditions that a comment may have cut off: `when: a == 1 # && b == 2`.

use actra_diagnostics::{Diagnostic, Span, codes};
use actra_syntax::ast::{Condition, ConditionKind};

use super::Checked;

/// What a comment starts with that was rather meant as a part of the condition.
const OPERATORS: [&str; 13] =
    ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "? ", "and ", "or ", "in ", "AND "];

/// Warns about each.
pub(super) fn check(set: &Checked<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for file in set.files {
        let definitions = file.definitions.iter().map(|(_, condition)| condition);
        let conditions = file.rules.iter().flat_map(|rule| [Some(&rule.when), rule.unless.as_ref()]);
        for condition in definitions.chain(conditions.flatten()) {
            each_expression(condition, &mut |span| judge(set, span, diagnostics));
        }
    }
}

fn each_expression(condition: &Condition, visit: &mut impl FnMut(Span)) {
    match &condition.kind {
        ConditionKind::Expression(_) => visit(condition.span),
        ConditionKind::All(parts) | ConditionKind::Any(parts) => {
            parts.iter().for_each(|part| each_expression(part, visit));
        }
        ConditionKind::Not(part) => each_expression(part, visit),
        ConditionKind::Atom(_) => {}
    }
}

fn judge(set: &Checked<'_>, span: Span, diagnostics: &mut Vec<Diagnostic>) {
    let Some(source) = set.sources.get(span.file) else { return };
    let rest = source.text.get(span.end as usize..).unwrap_or("");
    let line = rest.split(['\r', '\n']).next().unwrap_or("");
    let Some((blank, comment)) = line.split_once('#') else { return };
    let starts = |operator: &&str| comment.trim_start().starts_with(operator);
    if blank.is_empty() || !blank.trim().is_empty() || !OPERATORS.iter().any(starts) {
        return;
    }
    let start = span.end + u32::try_from(blank.len()).unwrap_or(0);
    let end = span.end + u32::try_from(line.trim_end().len()).unwrap_or(0);
    let message = "a comment starts here, so the condition ends before it";
    diagnostics.push(
        Diagnostic::new(codes::CUT_CONDITION, Span { start, end, ..span }, message)
            .help("quote the whole condition if this is a part of it, else word the comment differently"),
    );
}
