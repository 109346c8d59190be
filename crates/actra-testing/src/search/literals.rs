//! What conditions compare with: for each path that an atom mentions, the literals in that atom.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_engine::ir::{Expr, ExprKind, mentions, operands};
use actra_engine::model::{Cidr, Value};

/// Something in a condition that has boundaries, at which values are worth trying.
#[derive(Debug, Clone)]
pub(super) enum Boundary {
    Literal(Value),
    Pattern(Arc<str>),
    Range(Cidr),
    /// A part of a time is read, such as its hour.
    TimePart,
}

/// The boundaries in some conditions, by static path.
#[derive(Debug, Default)]
pub(super) struct LiteralPool {
    boundaries: BTreeMap<String, Vec<Boundary>>,
    seen: BTreeSet<(String, String)>,
    /// Pairs of paths that are compared with each other.
    compared: BTreeSet<(String, String)>,
}

/// The most boundaries that are kept for one path: a set with thousands of rules has thousands of literals.
const MAX_BOUNDARIES: usize = 48;

impl LiteralPool {
    /// Takes the literals of a condition. Recursion is bounded: conditions nest at most `limits::NESTING` deep.
    pub(super) fn collect(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) | ExprKind::Conditional { .. } => {
                operands(expr).into_iter().for_each(|operand| self.collect(operand));
            }
            _ => self.collect_atom(expr),
        }
    }

    fn collect_atom(&mut self, atom: &Expr) {
        let paths = mentions(atom);
        let mut boundaries = Vec::new();
        collect_boundaries(atom, &mut boundaries);
        for (path, other) in paths.iter().zip(paths.iter().skip(1)) {
            self.compared.insert((path.clone(), other.clone()));
        }
        for path in &paths {
            // A path is added even without boundaries: the keys in it matter.
            self.add(path, &boundaries);
        }
    }

    fn add(&mut self, path: &str, boundaries: &[Boundary]) {
        let known = self.boundaries.entry(path.to_owned()).or_default();
        for boundary in boundaries {
            if known.len() < MAX_BOUNDARIES && self.seen.insert((path.to_owned(), format!("{boundary:?}"))) {
                known.push(boundary.clone());
            }
        }
    }

    /// Gives each path the boundaries of those that it is compared with; to be called once all conditions are
    /// collected.
    pub(super) fn share(&mut self) {
        for (one, other) in std::mem::take(&mut self.compared) {
            let (left, right) = (self.boundaries(&one).to_vec(), self.boundaries(&other).to_vec());
            self.add(&one, &right);
            self.add(&other, &left);
        }
    }

    pub(super) fn boundaries(&self, path: &str) -> &[Boundary] {
        self.boundaries.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// The literal keys with which a map is indexed.
    pub(super) fn keys(&self, path: &str) -> Vec<String> {
        let prefix = format!("{path}[\"");
        let rests = self.boundaries.keys().filter_map(|known| known.strip_prefix(&prefix));
        let mut keys: Vec<String> = rests.filter_map(unescape_key).collect();
        keys.dedup();
        keys
    }

    /// The first members that are read of an `any`.
    pub(super) fn members(&self, path: &str) -> Vec<String> {
        let prefix = format!("{path}.");
        let rests = self.boundaries.keys().filter_map(|known| known.strip_prefix(&prefix));
        let mut members: Vec<String> =
            rests.filter_map(|rest| Some(rest.split(['.', '[']).next()?.to_owned())).collect();
        members.extend(self.keys(path));
        members.dedup();
        members
    }
}

/// A key up to its closing quote, unescaped.
fn unescape_key(text: &str) -> Option<String> {
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

fn collect_boundaries(expr: &Expr, boundaries: &mut Vec<Boundary>) {
    match &expr.kind {
        ExprKind::Literal(value) => boundaries.push(Boundary::Literal(value.clone())),
        ExprKind::Matches { pattern, .. } => boundaries.push(Boundary::Pattern(Arc::from(pattern.source()))),
        ExprKind::InCidr { cidr, .. } => boundaries.push(Boundary::Range(*cidr)),
        ExprKind::TimePart { .. } => boundaries.push(Boundary::TimePart),
        _ => {}
    }
    operands(expr).into_iter().for_each(|operand| collect_boundaries(operand, boundaries));
}
