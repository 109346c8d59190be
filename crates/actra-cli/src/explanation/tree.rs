//! A condition as its author wrote it, as a tree with what each part came to.

use std::fmt::Write;
use std::iter;

use actra_engine::diagnostics::{Sources, Span, Verbosity};
use actra_engine::ir::print::print;
use actra_engine::ir::{Expr, ExprKind, Rule, operands};
use actra_engine::{Connective, Definition, ExplanationNode, NodeResult, Truth};

use super::written;
use crate::listing::truncated;
use crate::output::printable;

/// How many characters are shown of one text or value.
const WIDTH: usize = 160;

/// Renders the condition of one rule.
pub(crate) struct ConditionTree<'a> {
    sources: &'a Sources,
    definitions: &'a [Definition],
    /// Where constants are used, by their names, and their values.
    constants: Vec<(Span, String, String)>,
    verbosity: Verbosity,
}

impl<'a> ConditionTree<'a> {
    pub(super) fn new(
        sources: &'a Sources,
        definitions: &'a [Definition],
        rule: Option<&Rule>,
        verbosity: Verbosity,
    ) -> Self {
        let mut tree = Self { sources, definitions, constants: Vec::new(), verbosity };
        if let Some(rule) = rule {
            tree.find_constants(&rule.condition);
        }
        tree
    }

    /// `policy.yaml:7:11`; `None` for a compiled policy, which has no texts.
    pub(super) fn location(&self, span: Span) -> Option<String> {
        let source = self.sources.get(span.file)?;
        let position = self.sources.position(span.file, span.start);
        Some(format!("{}:{}:{}", printable(&source.path), position.line, position.column))
    }

    /// The condition of a rule; of `a && b`, the parts.
    pub(super) fn write_condition(&self, text: &mut String, node: &ExplanationNode) {
        match node.connective {
            Connective::All => self.write_parts(text, node, 1, None),
            _ => self.write_groups(text, &[node], None, 1, None),
        }
    }

    /// Recursion is bounded: conditions nest at most `limits::NESTING` deep.
    fn write_parts(&self, text: &mut String, node: &ExplanationNode, depth: usize, within: Option<usize>) {
        let parts: Vec<&ExplanationNode> = node.children.iter().collect();
        // A part with the span of the whole was written as one thing.
        if let [only] = parts.as_slice()
            && only.span == node.span
            && matches!(only.result, NodeResult::Truth(_))
        {
            return self.write_parts(text, only, depth, within);
        }
        self.write_groups(text, &parts, Some(node), depth, within);
        if matches!(node.result, NodeResult::Truth(_))
            && !matches!(node.connective, Connective::All | Connective::Any)
        {
            self.write_constants(text, node, depth);
        }
    }

    /// The parts that decided what the whole came to; those that stand in a definition are indented below its name.
    fn write_groups(
        &self,
        text: &mut String,
        parts: &[&ExplanationNode],
        whole: Option<&ExplanationNode>,
        depth: usize,
        within: Option<usize>,
    ) {
        let join = whole.map_or(Connective::Other, |whole| whole.connective);
        let is_shown = |part: &&&ExplanationNode| {
            self.verbosity == Verbosity::All || whole.is_none_or(|whole| decides(whole, part))
        };
        let definition =
            |part: &ExplanationNode| self.definition(part.span).filter(|idx| Some(*idx) != within);
        for group in parts.chunk_by(|a, b| definition(a) == definition(b)) {
            let Some(first) = group.iter().find(is_shown) else { continue };
            let Some((idx, named)) =
                definition(first).and_then(|idx| Some((idx, self.definitions.get(idx)?)))
            else {
                group.iter().filter(is_shown).for_each(|part| self.write_part(text, part, depth, within));
                continue;
            };
            indent(text, depth);
            text.push_str(&printable(&named.name));
            match written::is_whole(self.sources, named.body, group).then(|| joined(group, join)).flatten() {
                Some(came_to) => text.push_str(&format!(" {}", truth(came_to))),
                None => text.push(':'),
            }
            text.push('\n');
            group.iter().filter(is_shown).for_each(|part| self.write_part(text, part, depth + 1, Some(idx)));
        }
    }

    fn write_part(&self, text: &mut String, node: &ExplanationNode, depth: usize, within: Option<usize>) {
        let line = match &node.result {
            NodeResult::Value(value) | NodeResult::Truncated { start: value, .. } => {
                format!(
                    "{} = {}",
                    truncated(&written::value(self.sources, node), WIDTH),
                    truncated(value, WIDTH)
                )
            }
            NodeResult::Truth(came_to) => {
                let (spelling, came_to) = written::condition(self.sources, node, came_to);
                format!("{} {}", truncated(&spelling, WIDTH), truth(came_to))
            }
        };
        indent(text, depth);
        let _ = writeln!(text, "{line}");
        self.write_parts(text, node, depth + 1, within);
    }

    /// The innermost definition that a part stands in.
    fn definition(&self, span: Span) -> Option<usize> {
        self.definitions.iter().position(|definition| contains(definition.body, span))
    }

    fn find_constants(&mut self, expr: &Expr) {
        if let ExprKind::Literal(_) = &expr.kind
            && let Some(name) = written::constant(self.sources, expr.span)
        {
            self.constants.push((expr.span, name, print(expr)));
        }
        operands(expr).into_iter().for_each(|operand| self.find_constants(operand));
    }

    fn write_constants(&self, text: &mut String, node: &ExplanationNode, depth: usize) {
        for (_, name, value) in self.constants.iter().filter(|(span, ..)| contains(node.span, *span)) {
            indent(text, depth);
            let _ = writeln!(text, "{} = {}", printable(name), truncated(value, WIDTH));
        }
    }
}

/// Whether a part of a condition decided what the condition came to.
fn decides(whole: &ExplanationNode, part: &ExplanationNode) -> bool {
    match (&whole.result, &part.result) {
        (NodeResult::Truth(whole_truth), NodeResult::Truth(part))
            if matches!(whole.connective, Connective::All | Connective::Any) =>
        {
            std::mem::discriminant(whole_truth) == std::mem::discriminant(part)
        }
        _ => true,
    }
}

/// What several conditions come to together; `None` if one of them is a value.
fn joined<'n>(parts: &[&'n ExplanationNode], join: Connective) -> Option<&'n Truth> {
    let truths: Option<Vec<&Truth>> = parts
        .iter()
        .map(|part| match &part.result {
            NodeResult::Truth(truth) => Some(truth),
            NodeResult::Value(_) | NodeResult::Truncated { .. } => None,
        })
        .collect();
    let truths = truths?;
    let strongest = match join {
        Connective::Any => Truth::True,
        _ => Truth::False,
    };
    let undetermined = |truth: &&&Truth| matches!(truth, Truth::Undetermined(_));
    let found = truths.iter().find(|truth| ***truth == strongest);
    found.or_else(|| truths.iter().find(undetermined)).or(truths.first()).copied()
}

/// Whether a span lies within another.
fn contains(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

fn indent(text: &mut String, depth: usize) {
    text.extend(iter::repeat_n("  ", depth));
}

pub(crate) fn truth(truth: &Truth) -> String {
    match truth {
        Truth::True => "is true".to_owned(),
        Truth::False => "is false".to_owned(),
        Truth::Undetermined(leaf) => {
            let path =
                if leaf.path.is_empty() { String::new() } else { format!(" ({})", printable(&leaf.path)) };
            format!("is undetermined: {}{path}", leaf.reason.message())
        }
    }
}
