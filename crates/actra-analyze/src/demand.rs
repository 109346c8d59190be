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
    ///
    /// `sizes` are those of lists and maps that are known, by static path.
    pub(crate) fn of<'e>(
        conditions: impl Iterator<Item = &'e Expr> + Clone,
        sizes: &BTreeMap<String, usize>,
    ) -> Self {
        let mut known = Demands::default();
        // What a quantifier needs depends on the lists around it; nested ones settle after a few rounds, or never.
        for _ in 0..6 {
            let mut round = Round { known: &known, sizes, found: Demands::default(), seen: BTreeSet::new() };
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

    /// Whether more elements would have to be told apart than are.
    pub(crate) fn are_beyond(&self, pattern: &str) -> bool {
        self.elements.get(pattern).is_some_and(|count| *count > MOST)
    }
}

struct Round<'a> {
    known: &'a Demands,
    sizes: &'a BTreeMap<String, usize>,
    found: Demands,
    /// Quantifiers that were counted; the same one again has the same witness.
    seen: BTreeSet<(String, String, usize)>,
}

impl Round<'_> {
    fn need(&mut self, range: &Expr, expr: &Expr, bindings: &[String], count: usize) {
        let name = format!("{} {bindings:?}", actra_ir::print::print(expr));
        for pattern in lists(range, bindings) {
            if self.seen.insert((pattern.clone(), name.clone(), count)) {
                let entry = self.found.elements.entry(pattern).or_insert(0);
                *entry = entry.saturating_add(count).min(1_000_000);
            }
        }
    }

    /// How many elements a container has that is read here.
    fn size(&self, container: &Expr, bindings: &[String]) -> usize {
        let written: usize = match &container.kind {
            ExprKind::Literal(Value::List(elements)) => elements.len(),
            ExprKind::List(elements) => elements.len(),
            _ => 0,
        };
        let of = |path: &String| {
            let keys = self.known.keys.get(path).map_or(0, BTreeSet::len);
            (self.known.elements(path) + keys).max(self.sizes.get(path).copied().unwrap_or(0))
        };
        (written + lists(container, bindings).iter().map(of).sum::<usize>()).max(1)
    }

    /// `times` is how often the expression is asked for different elements.
    fn visit(&mut self, expr: &Expr, bindings: &mut Vec<String>, times: usize) {
        match &expr.kind {
            ExprKind::Macro { kind, range, variables, filter, body } => {
                self.visit(range, bindings, times);
                if matches!(kind, MacroKind::All | MacroKind::Exists) {
                    self.need(range, expr, bindings, times);
                }
                let inside = times.saturating_mul(self.size(range, bindings)).min(1_000_000);
                let outer = bindings.clone();
                // An element may come from each of the lists that were joined.
                let mut paths = lists(range, bindings);
                if paths.is_empty() {
                    paths.push(String::new());
                }
                for path in paths {
                    for variable in [Some(&variables.first), variables.second.as_ref()].into_iter().flatten()
                    {
                        bindings.resize(variable.slot, String::new());
                        bindings.push(if path.is_empty() { String::new() } else { format!("{path}[*]") });
                    }
                    for part in filter.iter().chain([body]) {
                        self.visit(part, bindings, inside);
                    }
                    bindings.clone_from(&outer);
                }
                return;
            }
            ExprKind::In { element, container } => {
                if let ExprKind::Literal(Value::String(key)) = &element.kind {
                    for path in lists(container, bindings) {
                        self.found.keys.entry(path).or_default().insert(Arc::clone(key));
                    }
                }
                self.need(container, expr, bindings, times);
            }
            ExprKind::Lookup { operand, key, .. } => match &key.kind {
                ExprKind::Literal(Value::String(key)) => {
                    for path in lists(operand, bindings) {
                        self.found.keys.entry(path).or_default().insert(Arc::clone(key));
                    }
                }
                ExprKind::Literal(Value::Number(idx)) => {
                    let idx = idx.to_i64().and_then(|idx| usize::try_from(idx).ok()).unwrap_or(MOST);
                    self.need(operand, expr, bindings, idx.saturating_add(1));
                }
                _ => self.need(operand, expr, bindings, times),
            },
            ExprKind::Compare { left, right, .. } => {
                for (one, other) in [(left, right), (right, left)] {
                    if let ExprKind::Literal(Value::List(elements)) = &one.kind {
                        self.need(other, expr, bindings, elements.len().max(1));
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
            self.need(operand, expr, bindings, times.saturating_mul(count));
        }
    }
}

/// The static paths of the lists and maps that a container can be, or is joined from.
fn lists(container: &Expr, bindings: &[String]) -> Vec<String> {
    let mut found: Vec<String> = match &container.kind {
        ExprKind::Arithmetic { left, right, .. }
        | ExprKind::OrValue { operand: left, default: right }
        | ExprKind::Conditional { then: left, otherwise: right, .. } => {
            lists(left, bindings).into_iter().chain(lists(right, bindings)).collect()
        }
        ExprKind::Convert { operand, .. } => lists(operand, bindings),
        ExprKind::Literal(_) | ExprKind::List(_) => Vec::new(),
        _ => vec![static_path(container, bindings)],
    };
    found.retain(|path| !path.is_empty());
    found
}
