//! How many elements of each list, and which keys of each map, conditions can tell apart.
//!
//! Of a list with many elements it is enough to keep one witness for each `exists` that must hold and each `all` that
//! must fail, and one for each membership: the others can be copies of those. A quantifier inside of another needs a
//! witness for each element of the outer one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_ir::{Expr, ExprKind, Function, MacroKind, operands, static_path};
use actra_model::Value;

/// Elements of one list that are kept at most.
const MOST: usize = 16;

/// Elements and keys by static path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Demands {
    elements: BTreeMap<String, usize>,
    keys: BTreeMap<String, BTreeSet<Arc<str>>>,
}

impl Demands {
    /// What these conditions need.
    pub(crate) fn of<'e>(conditions: impl Iterator<Item = &'e Expr> + Clone) -> Self {
        let mut known = Demands::default();
        // What a quantifier needs depends on the lists around it; nested ones settle after a few rounds, or never.
        for _ in 0..6 {
            let mut round = Round { known: &known, found: Demands::default(), seen: BTreeSet::new() };
            for condition in conditions.clone() {
                round.visit(condition, &mut Vec::new(), 1);
            }
            let found = round.found;
            if found == known {
                return found;
            }
            known = found;
        }
        known
    }

    /// How many elements of the list at a path are told apart.
    pub(crate) fn elements(&self, pattern: &str) -> usize {
        self.elements.get(pattern).map_or(1, |count| (*count).clamp(1, MOST))
    }

    /// The keys of the map at a path that are named.
    pub(crate) fn keys(&self, pattern: &str) -> BTreeSet<Arc<str>> {
        self.keys.get(pattern).cloned().unwrap_or_default()
    }

    /// Lists of which more elements would have to be told apart than are.
    pub(crate) fn beyond(&self) -> impl Iterator<Item = &str> {
        self.elements.iter().filter(|(_, count)| **count > MOST).map(|(path, _)| path.as_str())
    }
}

struct Round<'a> {
    known: &'a Demands,
    found: Demands,
    /// Quantifiers that were counted; the same one again has the same witness.
    seen: BTreeSet<(String, String, usize)>,
}

impl Round<'_> {
    fn need(&mut self, pattern: &str, expr: &Expr, bindings: &[String], count: usize) {
        if pattern.is_empty() {
            return;
        }
        let name = format!("{} {bindings:?}", actra_ir::print::print(expr));
        if self.seen.insert((pattern.to_owned(), name, count)) {
            let entry = self.found.elements.entry(pattern.to_owned()).or_insert(0);
            *entry = entry.saturating_add(count).min(1_000_000);
        }
    }

    /// How many elements a container has that is read here.
    fn size(&self, container: &Expr, bindings: &[String]) -> usize {
        match &container.kind {
            ExprKind::Literal(Value::List(elements)) => elements.len(),
            ExprKind::List(elements) => elements.len(),
            _ => {
                let path = static_path(container, bindings);
                self.known.elements(&path) + self.known.keys.get(&path).map_or(0, BTreeSet::len)
            }
        }
    }

    /// `times` is how often the expression is asked for different elements.
    fn visit(&mut self, expr: &Expr, bindings: &mut Vec<String>, times: usize) {
        match &expr.kind {
            ExprKind::Macro { kind, range, variables, filter, body } => {
                self.visit(range, bindings, times);
                let path = static_path(range, bindings);
                if matches!(kind, MacroKind::All | MacroKind::Exists) {
                    self.need(&path, expr, bindings, times);
                }
                let inside = times.saturating_mul(self.size(range, bindings)).min(1_000_000);
                let outer = bindings.clone();
                for variable in [Some(&variables.first), variables.second.as_ref()].into_iter().flatten() {
                    bindings.resize(variable.slot, String::new());
                    bindings.push(if path.is_empty() { String::new() } else { format!("{path}[*]") });
                }
                for part in filter.iter().chain([body]) {
                    self.visit(part, bindings, inside);
                }
                *bindings = outer;
                return;
            }
            ExprKind::In { element, container } => {
                let path = static_path(container, bindings);
                match &element.kind {
                    ExprKind::Literal(Value::String(key)) => {
                        self.found.keys.entry(path.clone()).or_default().insert(Arc::clone(key));
                        self.need(&path, expr, bindings, times);
                    }
                    _ => self.need(&path, expr, bindings, times),
                }
            }
            ExprKind::Lookup { operand, key, .. } => {
                let path = static_path(operand, bindings);
                match &key.kind {
                    ExprKind::Literal(Value::String(key)) => {
                        self.found.keys.entry(path).or_default().insert(Arc::clone(key));
                    }
                    ExprKind::Literal(Value::Number(idx)) => {
                        let idx = idx.to_i64().and_then(|idx| usize::try_from(idx).ok()).unwrap_or(MOST);
                        self.need(&path, expr, bindings, idx.saturating_add(1));
                    }
                    _ => {}
                }
            }
            ExprKind::Compare { left, right, .. } => {
                for (one, other) in [(left, right), (right, left)] {
                    if let ExprKind::Literal(Value::List(elements)) = &one.kind {
                        let path = static_path(other, bindings);
                        self.need(&path, expr, bindings, elements.len().max(1));
                    }
                }
            }
            ExprKind::Call { function, args } => self.call(expr, *function, args, bindings, times),
            _ => {}
        }
        for operand in operands(expr) {
            self.visit(operand, bindings, times);
        }
    }

    fn call(&mut self, expr: &Expr, function: Function, args: &[Expr], bindings: &[String], times: usize) {
        let [left, right] = args else { return };
        let counts = match function {
            Function::SetsIntersects => (1, 1),
            Function::SetsContains => (self.size(right, bindings), 1),
            Function::SetsEquivalent => (self.size(right, bindings) + 1, self.size(left, bindings) + 1),
            _ => return,
        };
        for (operand, count) in [(left, counts.0), (right, counts.1)] {
            let path = static_path(operand, bindings);
            self.need(&path, expr, bindings, times.saturating_mul(count));
        }
    }
}
