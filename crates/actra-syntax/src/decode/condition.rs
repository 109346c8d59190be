//! Conditions in either spelling, and diagnostics for expressions that YAML reads as something else.

use actra_diagnostics::{Diagnostic, FileId, Span, codes};

use super::data::data;
use super::entries::Entries;
use super::expect::{self, described, text, text_scalar};
use crate::ast::{
    AtomOperand, Condition, ConditionKind, Expr, ExprKind, Name, Spanned, StructuredAtom, StructuredOperator,
    Subject,
};
use crate::expr;
use crate::in_backticks;
use crate::yaml::{Entry, Node, NodeKind, Scalar, ScalarSourceMap, ScalarStyle, ScalarValue, quoted};

const KEYS: [&str; 6] = ["subject", "operator", "value", "all", "any", "not"];
const VALUE_KEYS: [&str; 3] = ["literal", "subject", "constant"];

/// Reads a condition in either spelling; `None` if anything in it is faulty.
///
/// Recursion is bounded: trees are at most 64 deep.
pub(super) fn condition(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Condition> {
    let kind = match &node.kind {
        NodeKind::Scalar(scalar) => ConditionKind::Expression(scalar_condition(node, scalar, diagnostics)?),
        NodeKind::Mapping(_) => structured(node, diagnostics)?,
        NodeKind::Sequence(_) => {
            report_list(node, diagnostics);
            return None;
        }
        NodeKind::Error => return None,
    };
    Some(Condition { span: node.span, kind })
}

fn scalar_condition(node: &Node, scalar: &Scalar, diagnostics: &mut Vec<Diagnostic>) -> Option<Expr> {
    match scalar.value() {
        ScalarValue::Bool(value) => Some(Expr { kind: ExprKind::Bool(value), span: node.span }),
        ScalarValue::Text => expression(scalar, diagnostics),
        ScalarValue::Null | ScalarValue::Number | ScalarValue::BadNumber(_) => {
            let report = expect::wrong_kind(node, "a condition", "an expression or a mapping");
            diagnostics.extend(
                report.map(|report| {
                    report.help("write `when: true` for a rule that always holds in its scope")
                }),
            );
            None
        }
    }
}

fn expression(scalar: &Scalar, diagnostics: &mut Vec<Diagnostic>) -> Option<Expr> {
    let mut faults = Vec::new();
    let parsed = expr::parse(&scalar.text, &scalar.map, &mut faults);
    // What such a comment swallows is not a part of the expression, whatever comes after it.
    let swallows = faults.iter().any(|fault| fault.code == codes::SWALLOWED_LINE);
    keep_lines(scalar, &mut faults);
    match (&parsed, &scalar.comment) {
        (None, Some(comment)) if !swallows => {
            diagnostics.append(&mut cut_by_comment(scalar, comment, faults))
        }
        _ => diagnostics.append(&mut faults),
    }
    parsed
}

/// Suggests `|` for `>` if comments swallow lines and the condition parses once its lines are kept.
fn keep_lines(scalar: &Scalar, faults: &mut [Diagnostic]) {
    let first = faults.iter_mut().find(|fault| fault.code == codes::SWALLOWED_LINE);
    let (Some(first), Some(mark)) = (first, scalar.map.fold_mark()) else { return };
    let lines = as_written(scalar);
    let map = ScalarSourceMap::verbatim(FileId(0), 0, u32::try_from(lines.len()).unwrap_or(u32::MAX));
    let mut left = Vec::new();
    if expr::parse(&lines, &map, &mut left).is_some() && left.is_empty() {
        *first = first.clone().fix("keep the lines of the condition", mark, "|");
    }
}

/// A text with the line breaks that YAML folded.
fn as_written(scalar: &Scalar) -> String {
    let mut lines = String::with_capacity(scalar.text.len());
    let mut from = 0;
    for (at, _) in scalar.map.joined_lines(0..scalar.text.len()) {
        lines.push_str(scalar.text.get(from..at).unwrap_or("").trim_end());
        lines.push('\n');
        from = at;
    }
    lines.push_str(scalar.text.get(from..).unwrap_or(""));
    lines
}

/// An expression that does not parse and ends at a ` #`: perhaps YAML took the rest for a comment.
fn cut_by_comment(scalar: &Scalar, comment: &str, faults: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let whole = format!("{}{}", scalar.text, comment.trim_end());
    let map = ScalarSourceMap::verbatim(FileId(0), 0, 0);
    if expr::parse(&whole, &map, &mut Vec::new()).is_none() {
        return faults;
    }
    // Not the place of the node, which may be an alias.
    let text = scalar.map.span(0..scalar.text.len());
    let length = u32::try_from(comment.trim_end().len()).unwrap_or(0);
    let span = Span { end: text.end.saturating_add(length), ..text };
    let message = "YAML reads the end of this condition as a comment";
    vec![Diagnostic::new(codes::YAML_ATE_EXPRESSION, span, message).help("` #` starts a YAML comment").fix(
        "quote the whole condition",
        span,
        quoted(&whole),
    )]
}

fn report_list(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    match &node.flow_source {
        Some(source) => report_misread(node, source, "`[` starts a YAML list", diagnostics),
        None => diagnostics.extend(
            expect::wrong_kind(node, "a condition", "an expression or a mapping")
                .map(|report| report.help("write `all:` or `any:` above the list")),
        ),
    }
}

fn report_misread(node: &Node, source: &str, reason: &str, diagnostics: &mut Vec<Diagnostic>) {
    let message = format!("YAML reads this condition as {}", described(node));
    let report = Diagnostic::new(codes::YAML_ATE_EXPRESSION, node.span, message).help(reason);
    diagnostics.push(match expr::is_condition(source) {
        true => report.fix("quote the whole condition", node.span, quoted(source)),
        false => report.help("a list of conditions belongs under `all:` or `any:`"),
    });
}

fn structured(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<ConditionKind> {
    if is_map_literal(node)
        && let Some(source) = &node.flow_source
    {
        report_misread(node, source, "`{` starts a YAML mapping", diagnostics);
        return None;
    }
    if is_split_expression(node) {
        let message = "YAML reads this condition as a mapping";
        diagnostics.push(
            Diagnostic::new(codes::YAML_ATE_EXPRESSION, node.span, message)
                .help("`: ` makes a YAML key of what comes before it")
                .help("quote the whole condition"),
        );
        return None;
    }
    let entries = Entries::read(node, "a condition", &KEYS, diagnostics)?;
    let form = single_form(node, &entries, diagnostics)?;
    match form {
        "all" => Some(ConditionKind::All(conditions(&entries, form, diagnostics)?)),
        "any" => Some(ConditionKind::Any(conditions(&entries, form, diagnostics)?)),
        "not" => Some(ConditionKind::Not(Box::new(condition(entries.get(form)?, diagnostics)?))),
        _ => Some(ConditionKind::StructuredAtom(Box::new(atom(&entries, diagnostics)?))),
    }
}

/// Whether a node is a mapping with entries, none of which is, or resembles, a key of a condition.
fn is_map_literal(node: &Node) -> bool {
    let NodeKind::Mapping(entries) = &node.kind else { return false };
    let keys = || entries.iter().filter_map(Entry::key_text);
    // Misspelt keys are looked for last, since that takes long.
    !entries.is_empty()
        && !keys().any(|key| KEYS.contains(&key))
        && !keys().any(|key| crate::foreign_words::keys::replacement_for("a condition", key).is_some())
        && !keys().any(|key| crate::suggest::closest(key, KEYS).is_some())
}

/// `a ? b : c` without quotes, where YAML makes a key of `a ? b`.
fn is_split_expression(node: &Node) -> bool {
    let NodeKind::Mapping(entries) = &node.kind else { return false };
    let [entry] = entries.as_slice() else { return false };
    entry.key_text().is_some_and(|key| key.contains(" ? "))
}

/// Which of the forms a condition has; reports if it has none or several.
fn single_form(
    node: &Node,
    entries: &Entries<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'static str> {
    let atom = ["subject", "operator", "value"].into_iter().find(|key| entries.key_span(key).is_some());
    let groups = ["all", "any", "not"].into_iter().filter(|key| entries.key_span(key).is_some());
    let forms: Vec<&'static str> = atom.into_iter().chain(groups).collect();
    if let [first, second, ..] = forms.as_slice() {
        let message = format!("a condition has either `{first}` or `{second}`, not both");
        let place = entries.key_span(second).unwrap_or(node.span);
        let mut report =
            Diagnostic::new(codes::TWO_FORMS, place, message).help("put both into the list of one `all:`");
        if let Some(other) = entries.key_span(first) {
            report = report.also(other, "the other form is here");
        }
        diagnostics.push(report);
        return None;
    }
    if forms.is_empty() && entries.is_complete() {
        let empty = matches!(&node.kind, NodeKind::Mapping(entries) if entries.is_empty());
        // Unknown keys have been reported.
        if empty {
            let message = "the condition is empty";
            diagnostics.push(
                Diagnostic::new(codes::MISSING_KEY, node.span, message)
                    .help("write an expression, or `subject`, `operator` and `value`"),
            );
        }
    }
    forms.first().copied()
}

fn conditions(
    entries: &Entries<'_>,
    form: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<Condition>> {
    let node = entries.get(form)?;
    if node.is_blank() || matches!(&node.kind, NodeKind::Sequence(items) if items.is_empty()) {
        let message = format!("`{form}` lists no condition");
        diagnostics.push(Diagnostic::new(codes::EMPTY_OPERAND, node.span, message));
        return None;
    }
    let items = expect::list(node, &format!("`{form}`"), diagnostics)?;
    let mut read = Vec::with_capacity(items.len());
    items.iter().for_each(|item| read.extend(condition(item, diagnostics)));
    (read.len() == items.len()).then_some(read)
}

fn atom(entries: &Entries<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<StructuredAtom> {
    let subject = entries.require("subject", diagnostics).and_then(|node| subject(node, diagnostics));
    let operator =
        entries.require("operator", diagnostics).and_then(|node| text(node, "`operator`", diagnostics));
    let value = entries.get("value").map(|node| atom_value(node, diagnostics));
    let operator = operator?;
    // What is no operator is for `actra-compile` to report.
    let known = StructuredOperator::parse(&operator.value);
    match entries.key_span("value") {
        None if known.is_some_and(StructuredOperator::takes_value) => {
            entries.report_missing("value", diagnostics);
            return None;
        }
        Some(place) if known == Some(StructuredOperator::Exists) => {
            let message = "`exists` takes no `value`";
            diagnostics.push(
                Diagnostic::new(codes::TWO_FORMS, place, message)
                    .also(operator.span, "because of this operator")
                    .help("leave the `value` out"),
            );
            return None;
        }
        Some(_) if value.is_none() => return None,
        _ => {}
    }
    let value = match value {
        Some(read) => Some(read?),
        None => None,
    };
    Some(StructuredAtom { subject: subject?, operator, value })
}

pub(super) fn atom_value(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<AtomOperand> {
    if !matches!(node.kind, NodeKind::Mapping(_)) {
        report_bare_value(node, diagnostics);
        return None;
    }
    let entries = Entries::read(node, "a `value`", &VALUE_KEYS, diagnostics)?;
    let forms: Vec<&str> = VALUE_KEYS.into_iter().filter(|key| entries.key_span(key).is_some()).collect();
    if let [first, second, ..] = forms.as_slice() {
        let message = format!("a `value` has either `{first}` or `{second}`, not both");
        let place = entries.key_span(second).unwrap_or(node.span);
        diagnostics.push(Diagnostic::new(codes::TWO_FORMS, place, message));
        return None;
    }
    match forms.first() {
        Some(&"literal") => data(entries.get("literal")?, diagnostics).map(AtomOperand::Literal),
        Some(&"subject") => subject(entries.get("subject")?, diagnostics).map(AtomOperand::Subject),
        Some(_) => text(entries.get("constant")?, "`constant`", diagnostics).map(AtomOperand::Constant),
        None => {
            if matches!(&node.kind, NodeKind::Mapping(entries) if entries.is_empty()) {
                entries.report_missing("literal", diagnostics);
            }
            None
        }
    }
}

fn report_bare_value(node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let wanted = "a mapping with `literal`, `subject` or `constant`";
    let Some(report) = expect::wrong_kind(node, "`value`", wanted) else { return };
    let NodeKind::Scalar(scalar) = &node.kind else {
        return diagnostics.push(report.help("write `value: { literal: [...] }`"));
    };
    let literal = match scalar.value() {
        ScalarValue::Text if scalar.text.contains(['\r', '\n']) => return diagnostics.push(report),
        // It may be the name of a constant or a field.
        ScalarValue::Text if scalar.style == ScalarStyle::Plain => {
            let help = "write `{ literal: ... }` for the text itself, `{ constant: ... }` for a constant, `{ subject: ... }` for a field";
            return diagnostics.push(report.help(help));
        }
        ScalarValue::Text => quoted(&scalar.text),
        _ => scalar.text.clone(),
    };
    let meant = format!("{{ literal: {literal} }}");
    let help = format!("write {}", in_backticks(&format!("value: {meant}")));
    diagnostics.push(report.help(help).fix("write a literal", node.span, meant));
}

fn subject(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Subject> {
    if let NodeKind::Scalar(_) = &node.kind {
        let report = expect::wrong_kind(node, "a `subject`", "a mapping with `domain` and `field`");
        diagnostics
            .extend(report.map(|report| report.help("write `subject: { domain: action, field: amount }`")));
        return None;
    }
    let entries = Entries::read(node, "a `subject`", &["domain", "field"], diagnostics)?;
    let domain = entries.require("domain", diagnostics).and_then(|node| text(node, "`domain`", diagnostics));
    let field = entries.require("field", diagnostics).and_then(|node| path(node, diagnostics));
    Some(Subject { span: node.span, domain: domain?, field: field? })
}

/// A dotted path as its segments.
pub(super) fn path(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Name>> {
    let scalar = text_scalar(node, "`field`", diagnostics)?;
    let segments = segments(&scalar.text, 0, &scalar.map);
    if segments.iter().any(|segment| segment.value.is_empty()) {
        let message = format!("the path {} has an empty part", in_backticks(&scalar.text));
        diagnostics.push(Diagnostic::new(codes::BAD_NAME, node.span, message));
        return None;
    }
    Some(segments)
}

/// The parts of a dotted path that stands at an offset of a scalar.
pub(super) fn segments(path: &str, offset: usize, map: &ScalarSourceMap) -> Vec<Name> {
    let mut at = offset;
    path.split('.')
        .map(|part| {
            let span = map.span(at..at + part.len());
            at += part.len() + 1;
            Spanned { value: part.to_owned(), span }
        })
        .collect()
}
