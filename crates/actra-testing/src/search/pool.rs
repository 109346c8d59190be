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
    /// Paths that are compared with each other.
    linked: BTreeSet<(String, String)>,
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
        for (path, other) in paths.iter().zip(paths.iter().skip(1)) {
            self.linked.insert((path.clone(), other.clone()));
        }
        for path in &paths {
            // A path is known even if nothing stands beside it: its keys matter.
            self.add(path, &seeds);
        }
    }

    fn add(&mut self, path: &str, seeds: &[Seed]) {
        let known = self.seeds.entry(path.to_owned()).or_default();
        for seed in seeds {
            if known.len() < SEEDS && self.seen.insert((path.to_owned(), format!("{seed:?}"))) {
                known.push(seed.clone());
            }
        }
    }

    /// Gives each path the literals of those that it is compared with, once all conditions are collected.
    pub(super) fn share(&mut self) {
        for (one, other) in std::mem::take(&mut self.linked) {
            let (left, right) = (self.seeds(&one).to_vec(), self.seeds(&other).to_vec());
            self.add(&one, &right);
            self.add(&other, &left);
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
