//! The two spellings of conditions, rewritten into each other.
//!
//! Which expression an operator stands for can depend on types, so candidates are tried: a rewriting is kept only if
//! the hash of the policy stays what it was.

mod expressions;
mod scalars;
mod structured;

use std::collections::{BTreeMap, BTreeSet};

use actra_diagnostics::{Diagnostic, FileId};
use actra_ir::GovernanceHash;
use actra_model::{PolicyHash, limits};
use actra_syntax::ast::{Condition, ConditionKind};
use actra_syntax::yaml::{self, Node, NodeKind, ScalarStyle, ScalarValue};

use crate::file_role::{self, GOVERNANCE};
use crate::{PolicySet, SetFile, compile};
use scalars::ScalarIndex;

/// A spelling of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `action.amount > 1000`
    Expressions,
    /// `{ subject: ..., operator: ..., value: ... }`
    Structured,
}

/// The result of rewriting a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConvertedSet {
    /// The texts that changed, by path.
    pub texts: BTreeMap<String, String>,
    /// Conditions that are left as they are: path, line from 1, and why.
    pub skipped: Vec<(String, usize, &'static str)>,
}

/// A condition in a file: the bytes to be replaced, and by what.
type Edit = (std::ops::Range<usize>, String);

/// Rewrites the conditions of a set that compiles; `None` for one that does not.
///
/// Cost: compiles the set for each kind of test whose expression depends on types, and once more for each file.
pub fn convert_spelling(set: &PolicySet, to: Spelling) -> Option<ConvertedSet> {
    let compiled = compile(set);
    let hash = compiled.policy?.hash;
    let mut converted = ConvertedSet::default();
    // Governance does not change the policy, and compiling it each time would take longer.
    let policy = PolicySet {
        files: set.files.iter().filter(|file| is_part(file)).cloned().collect(),
        baseline: set.baseline.clone(),
    };
    let mut rewriter = Rewriter { hash, governance: None, set: policy, known: BTreeMap::new() };
    for idx in 0..rewriter.set.files.len() {
        rewriter.file(idx, to, &mut converted);
    }
    if let Some(governance) = compiled.governance
        && let Some(idx) = set.files.iter().position(|file| file.path == GOVERNANCE)
    {
        let known = rewriter.known;
        let mut rewriter = Rewriter { hash, governance: Some(governance.hash), set: set.clone(), known };
        rewriter.file(idx, to, &mut converted);
    }
    Some(converted)
}

/// Whether a file is one of the policy itself.
fn is_part(file: &SetFile) -> bool {
    file_role::belongs(&file.path) && file.path != GOVERNANCE
}

struct Rewriter {
    /// The set, rewritten so far.
    set: PolicySet,
    hash: PolicyHash,
    /// The hash of the governance, if it is part of the set.
    governance: Option<GovernanceHash>,
    /// The candidate that was chosen for each kind of test.
    known: BTreeMap<String, usize>,
}

impl Rewriter {
    fn file(&mut self, idx: usize, to: Spelling, converted: &mut ConvertedSet) {
        let Some((path, text)) = self.set.files.get(idx).and_then(text) else { return };
        let Some((root, conditions)) = conditions(&path, &text) else { return };
        let scalars = ScalarIndex::new(&root);
        let comments = yaml::comments(&text);
        let (mut edits, mut known) = (Vec::new(), BTreeSet::new());
        for condition in conditions.iter().flat_map(|condition| to_rewrite(condition, to)) {
            let place = condition.span.start as usize..condition.span.end as usize;
            let commented = comments.iter().any(|comment| place.contains(&comment.start));
            let rewritten = match to {
                _ if commented || scalars.is_commented(condition) => Err("it contains a comment"),
                Spelling::Expressions => self.expression(idx, &text, condition).ok_or("it has no expression"),
                Spelling::Structured => structured::print(condition).ok_or("it has no structured form"),
            };
            let edit = rewritten.and_then(|new| {
                scalars.edit(&text, condition, new).ok_or("it is not clear where its block starts")
            });
            match edit {
                // An alias repeats the conditions of its anchor.
                Ok(edit) if !known.insert(edit.0.start) => {}
                Ok(edit) => edits.push(edit),
                Err(why) => converted.skipped.push((path.clone(), line(&text, place.start), why)),
            }
        }
        let new = self.kept(idx, &text, edits, |place, why| {
            converted.skipped.push((path.clone(), line(&text, place), why));
        });
        if new != text {
            self.replace(idx, &new);
            converted.texts.insert(path, new);
        }
    }

    /// The text with all edits, or with those that keep the hash.
    fn kept(
        &mut self,
        idx: usize,
        text: &str,
        edits: Vec<Edit>,
        mut skipped: impl FnMut(usize, &'static str),
    ) -> String {
        let all = edited(text, &edits);
        if self.keeps_hash(idx, &all) {
            return all;
        }
        let mut kept: Vec<Edit> = Vec::new();
        for edit in edits {
            kept.push(edit);
            if !self.keeps_hash(idx, &edited(text, &kept))
                && let Some((place, _)) = kept.pop()
            {
                skipped(place.start, "the other form would have a different hash");
            }
        }
        edited(text, &kept)
    }

    fn keeps_hash(&self, idx: usize, text: &str) -> bool {
        let mut set = self.set.clone();
        if let Some(file) = set.files.get_mut(idx) {
            file.content = Ok(text.as_bytes().to_vec());
        }
        let compiled = compile(&set);
        compiled.policy.is_some_and(|policy| policy.hash == self.hash)
            && compiled.governance.map(|governance| governance.hash) == self.governance
    }

    fn replace(&mut self, idx: usize, text: &str) {
        if let Some(file) = self.set.files.get_mut(idx) {
            file.content = Ok(text.as_bytes().to_vec());
        }
    }

    /// A structured condition as the text of a YAML scalar.
    fn expression(&mut self, idx: usize, text: &str, condition: &Condition) -> Option<String> {
        let expr = expressions::convert(condition, &mut |atom, place| {
            let candidates = expressions::candidates(atom)?;
            if candidates.len() == 1 {
                return candidates.into_iter().next();
            }
            let kind = expressions::kind(atom);
            let chosen = match self.known.get(&kind) {
                Some(chosen) => *chosen,
                None => {
                    let place = place.start as usize..place.end as usize;
                    let keeps = |candidate: &String| {
                        let edit = (outer(text, place.clone()), scalar(candidate));
                        self.keeps_hash(idx, &edited(text, &[edit]))
                    };
                    let chosen = candidates.iter().position(keeps)?;
                    self.known.insert(kind, chosen);
                    chosen
                }
            };
            candidates.into_iter().nth(chosen)
        })?;
        Some(scalar(&expr))
    }
}

fn text(file: &SetFile) -> Option<(String, String)> {
    let text = String::from_utf8(file.content.clone().ok()?).ok()?;
    Some((file.path.clone(), text))
}

/// The conditions of a file, with its tree; `None` for a file that has none.
fn conditions(path: &str, text: &str) -> Option<(Node, Vec<Condition>)> {
    let (mut budget, mut found) = (limits::ALIAS_NODES, Vec::new());
    let mut parse = |found: &mut Vec<Diagnostic>| yaml::parse(FileId(0), text, &mut budget, found);
    if path == GOVERNANCE {
        let root = parse(&mut found)?;
        let governance = actra_syntax::decode_governance(&root, &mut found);
        let conditions = governance.invariants.into_iter().filter_map(|invariant| invariant.when).collect();
        return Some((root, conditions));
    }
    if !path.starts_with("polic") {
        return None;
    }
    let root = parse(&mut found)?;
    let policy = actra_syntax::decode_policy(&root, &mut found);
    let definitions = policy.definitions.into_iter().map(|(_, condition)| condition);
    let rules = policy.rules.into_iter().flat_map(|rule| [Some(rule.when), rule.unless]);
    Some((root, definitions.chain(rules.flatten()).collect()))
}

/// The parts of a condition that are rewritten: a structured one as a whole, or the expressions in it.
fn to_rewrite(condition: &Condition, to: Spelling) -> Vec<&Condition> {
    match to {
        Spelling::Expressions if is_expression(condition) => Vec::new(),
        Spelling::Expressions => vec![condition],
        Spelling::Structured => scalars::leaves(condition),
    }
}

fn is_expression(condition: &Condition) -> bool {
    matches!(condition.kind, ConditionKind::Expression(_))
}

/// A place, extended by the quotes around it.
fn outer(text: &str, place: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let quote = |at: Option<usize>| {
        at.and_then(|at| text.as_bytes().get(at)).filter(|byte| matches!(byte, b'"' | b'\''))
    };
    let (before, after) = (quote(place.start.checked_sub(1)), quote(Some(place.end)));
    match before.is_some() && before == after {
        true => place.start - 1..place.end + 1,
        false => place,
    }
}

fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or("").matches('\n').count() + 1
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|(place, _)| place.start);
    let (mut out, mut at) = (String::new(), 0);
    for (place, new) in edits {
        out.push_str(text.get(at..place.start).unwrap_or(""));
        out.push_str(new);
        at = place.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// An expression as a YAML scalar: plain if YAML reads it back as the same text, else in quotes.
fn scalar(expression: &str) -> String {
    let is_bare = |around: &str| {
        let text = around.replace('@', expression);
        let mut budget = 0;
        let node = yaml::parse(FileId(0), &text, &mut budget, &mut Vec::new());
        let value = node.and_then(|node| match node.kind {
            NodeKind::Mapping(entries) => entries.into_iter().next(),
            _ => None,
        });
        let value = value.map(|entry| match entry.value.kind {
            NodeKind::Mapping(inner) => inner.into_iter().next().map(|entry| entry.value.kind),
            kind => Some(kind),
        });
        matches!(value.flatten(), Some(NodeKind::Scalar(scalar))
            if scalar.text == expression && scalar.style == ScalarStyle::Plain && scalar.value() == ScalarValue::Text)
    };
    match is_bare("a: @\n") && is_bare("a: { b: @ }\n") {
        true => expression.to_owned(),
        false => format!("'{}'", expression.replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests;
