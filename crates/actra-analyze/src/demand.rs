//! How many elements of each list, and which keys of each map, conditions can tell apart.
//!
//! Of a list with many elements it is enough to keep one witness for each `exists` that must hold and each `all` that
//! must fail, and one for each membership: the others can be copies of those. A quantifier inside of another needs a
//! witness for each element of the outer one.
//!
//! Where elements are counted, `count >= k` needs k witnesses, and where it must fail, all of the fewer than k that
//! count; the others can be copies of one that does not. Counts that are compared with what is not known need all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actra_ir::{Expr, ExprKind, Function, MacroKind, operands, static_path};
use actra_model::Value;

/// Elements of one list that are told apart at most.
const MOST: usize = 48;
/// Those of a list of which more would have to be told apart: there is no proof then, but maybe a witness.
const FEW: usize = 16;
/// Stands for all elements of a list.
const BEYOND: usize = 1_000_000;
/// Elements of a long list that a sum tells apart.
const ADDED: usize = 2;

/// Elements and keys by static path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Demands {
    elements: BTreeMap<String, usize>,
    keys: BTreeMap<String, BTreeSet<Arc<str>>>,
    /// Lists whose elements are added up.
    summed: BTreeSet<String>,
}

/// A list or map that a container can be, or is made from.
struct Source {
    path: String,
    /// Where the elements lie that are seen of it.
    element: String,
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
        self.elements.get(pattern).map_or(1, |count| if *count > MOST { FEW } else { (*count).max(1) })
    }

    /// The keys of the map at a path that are named.
    pub(crate) fn keys(&self, pattern: &str) -> BTreeSet<Arc<str>> {
        self.keys.get(pattern).cloned().unwrap_or_default()
    }

    /// Whether the elements of the list at a path are added up.
    pub(crate) fn is_summed(&self, pattern: &str) -> bool {
        self.summed.contains(pattern)
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
        for Source { path: pattern, .. } in sources(range, bindings) {
            if self.seen.insert((pattern.clone(), name.clone(), count)) {
                let entry = self.found.elements.entry(pattern).or_insert(0);
                *entry = entry.saturating_add(count).min(BEYOND);
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
        let of = |source: &Source| {
            let keys = self.known.keys.get(&source.path).map_or(0, BTreeSet::len);
            (self.known.elements(&source.path) + keys).max(self.sizes.get(&source.path).copied().unwrap_or(0))
        };
        (written + sources(container, bindings).iter().map(of).sum::<usize>()).max(1)
    }

    /// `times` is how often the expression is asked for different elements.
    fn visit(&mut self, expr: &Expr, bindings: &mut Vec<String>, times: usize) {
        match &expr.kind {
            ExprKind::Macro { kind, range, variables, filter, body } => {
                self.visit(range, bindings, times);
                let witnesses = if *kind == MacroKind::ExistsOne { 2 } else { 1 };
                self.need(range, expr, bindings, times.saturating_mul(witnesses));
                let inside = times.saturating_mul(self.size(range, bindings)).min(BEYOND);
                let outer = bindings.clone();
                // An element may come from each of the lists that were joined.
                let mut elements: Vec<String> =
                    sources(range, bindings).into_iter().map(|source| source.element).collect();
                if elements.is_empty() {
                    elements.push(String::new());
                }
                for element in elements {
                    for variable in [Some(&variables.first), variables.second.as_ref()].into_iter().flatten()
                    {
                        bindings.resize(variable.slot, String::new());
                        bindings.push(element.clone());
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
                    for Source { path, .. } in sources(container, bindings) {
                        self.found.keys.entry(path).or_default().insert(Arc::clone(key));
                    }
                }
                self.need(container, expr, bindings, times);
            }
            ExprKind::Lookup { operand, key, .. } => match &key.kind {
                ExprKind::Literal(Value::String(key)) => {
                    for Source { path, .. } in sources(operand, bindings) {
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
                    if let (Some(counted), Some(count)) = (counted(one), literal_count(other)) {
                        self.need(counted, expr, bindings, times.saturating_mul(count.saturating_add(1)));
                        return self.visit(counted, bindings, times);
                    }
                }
            }
            ExprKind::Call { function, args } => {
                if let Some(counted) = counted(expr) {
                    self.need(counted, expr, bindings, BEYOND);
                }
                self.call(expr, *function, args, bindings, times);
            }
            _ => {}
        }
        for operand in operands(expr) {
            self.visit(operand, bindings, times);
        }
    }

    fn call(&mut self, expr: &Expr, function: Function, args: &[Expr], bindings: &[String], times: usize) {
        if let (Function::Sum | Function::Distinct, [list]) = (function, args) {
            let count = if function == Function::Sum { ADDED } else { 2 };
            self.need(list, expr, bindings, times.saturating_mul(count));
            if function == Function::Sum {
                let summed = sources(list, bindings).into_iter().map(|source| source.path);
                self.found.summed.extend(summed);
            }
        }
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

/// The list whose elements are counted where some of another are left out.
fn counted(expr: &Expr) -> Option<&Expr> {
    let ExprKind::Call { function: Function::Size, args } = &expr.kind else { return None };
    let [list] = args.as_slice() else { return None };
    leaves_out(list).then_some(list)
}

fn leaves_out(list: &Expr) -> bool {
    match &list.kind {
        ExprKind::Macro { kind: MacroKind::Filter, .. } | ExprKind::Macro { filter: Some(_), .. } => true,
        ExprKind::Macro { range, .. } => leaves_out(range),
        ExprKind::Call { function, args } => {
            *function == Function::Distinct || args.first().is_some_and(leaves_out)
        }
        ExprKind::Arithmetic { left, right, .. }
        | ExprKind::OrValue { operand: left, default: right }
        | ExprKind::Conditional { then: left, otherwise: right, .. } => leaves_out(left) || leaves_out(right),
        _ => false,
    }
}

/// A number that a count is compared with; those above all that are told apart are alike.
fn literal_count(expr: &Expr) -> Option<usize> {
    let ExprKind::Literal(Value::Number(number)) = &expr.kind else { return None };
    if *number < actra_model::Decimal::ZERO {
        return Some(0);
    }
    // Between two integers, as far as the next one.
    let whole = number.to_string();
    let whole = whole.split_once('.').map_or(whole.as_str(), |(whole, _)| whole);
    Some(whole.parse::<usize>().map_or(BEYOND, |whole| whole.saturating_add(1)))
}

/// The lists and maps that a container can be, or is made from.
fn sources(container: &Expr, bindings: &[String]) -> Vec<Source> {
    let mut found: Vec<Source> = match &container.kind {
        ExprKind::Arithmetic { left, right, .. }
        | ExprKind::OrValue { operand: left, default: right }
        | ExprKind::Conditional { then: left, otherwise: right, .. } => {
            sources(left, bindings).into_iter().chain(sources(right, bindings)).collect()
        }
        ExprKind::Convert { operand, .. } => sources(operand, bindings),
        ExprKind::Macro { kind: MacroKind::Filter, range, .. } => sources(range, bindings),
        ExprKind::Macro { kind: MacroKind::Map, range, variables, body, .. } => {
            let made = |source: Source| {
                let mut inner = bindings.to_vec();
                inner.resize(variables.first.slot, String::new());
                inner.push(source.element);
                Source { element: static_path(body, &inner), ..source }
            };
            sources(range, bindings).into_iter().map(made).collect()
        }
        ExprKind::Call { function: Function::Distinct, args } => {
            args.first().map_or_else(Vec::new, |list| sources(list, bindings))
        }
        ExprKind::Literal(_) | ExprKind::List(_) => Vec::new(),
        _ => {
            let path = static_path(container, bindings);
            vec![Source { element: format!("{path}[*]"), path }]
        }
    };
    found.retain(|source| !source.path.is_empty());
    found
}
