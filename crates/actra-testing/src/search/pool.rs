//! What conditions compare with: for each path that an atom mentions, the literals beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_engine::ir::{Expr, ExprKind, mentions, operands};
use actra_engine::model::{Cidr, Value};

/// Something that a value can be at the boundary of.
#[derive(Debug, Clone)]
pub(super) enum Seed {
    Literal(Value),
    Pattern(Arc<str>),
    Range(Cidr),
    /// A part of the calendar is read.
    Clock,
}

/// Seeds by static path.
#[derive(Debug, Default)]
pub(super) struct Pool {
    seeds: BTreeMap<String, Vec<Seed>>,
    seen: BTreeSet<(String, String)>,
}

/// Seeds kept for one path; a set with thousands of rules has thousands of literals.
const SEEDS: usize = 48;

impl Pool {
    /// Takes the literals of a condition. Recursion is bounded: conditions nest at most `limits::NESTING` deep.
    pub(super) fn collect(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) | ExprKind::Conditional { .. } => {
                operands(expr).into_iter().for_each(|operand| self.collect(operand));
            }
            _ => self.atom(expr),
        }
    }

    fn atom(&mut self, atom: &Expr) {
        let paths = mentions(atom);
        let mut seeds = Vec::new();
        find(atom, &mut seeds);
        for path in &paths {
            // A path is known even if nothing stands beside it: its keys matter.
            let known = self.seeds.entry(path.clone()).or_default();
            for seed in &seeds {
                if known.len() < SEEDS && self.seen.insert((path.clone(), format!("{seed:?}"))) {
                    known.push(seed.clone());
                }
            }
        }
    }

    pub(super) fn seeds(&self, path: &str) -> &[Seed] {
        self.seeds.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// The literal keys by which a map is looked into.
    pub(super) fn keys(&self, path: &str) -> Vec<String> {
        let prefix = format!("{path}[\"");
        let behind = self.seeds.keys().filter_map(|known| known.strip_prefix(&prefix));
        let mut keys: Vec<String> = behind.filter_map(key).collect();
        keys.dedup();
        keys
    }

    /// The first members by which an `any` is looked into.
    pub(super) fn members(&self, path: &str) -> Vec<String> {
        let prefix = format!("{path}.");
        let behind = self.seeds.keys().filter_map(|known| known.strip_prefix(&prefix));
        let mut members: Vec<String> =
            behind.filter_map(|rest| Some(rest.split(['.', '[']).next()?.to_owned())).collect();
        members.extend(self.keys(path));
        members.dedup();
        members
    }
}

/// A key up to its closing quote, escapes undone.
fn key(text: &str) -> Option<String> {
    let mut key = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return Some(key),
            '\\' => key.push(characters.next()?),
            other => key.push(other),
        }
    }
}

fn find(expr: &Expr, seeds: &mut Vec<Seed>) {
    match &expr.kind {
        ExprKind::Literal(value) => seeds.push(Seed::Literal(value.clone())),
        ExprKind::Matches { pattern, .. } => seeds.push(Seed::Pattern(Arc::from(pattern.source()))),
        ExprKind::InCidr { cidr, .. } => seeds.push(Seed::Range(*cidr)),
        ExprKind::TimePart { .. } => seeds.push(Seed::Clock),
        _ => {}
    }
    operands(expr).into_iter().for_each(|operand| find(operand, seeds));
}
