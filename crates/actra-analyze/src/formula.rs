//! Boolean formulas over atoms, hash-consed: equal ones are one node.

use std::collections::HashMap;
use std::ops::Not;

/// A formula: the number of a node, and whether it is negated (in the lowest bit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Formula(u32);

/// The number of an atom; what it means is kept elsewhere.
pub(crate) type AtomId = u32;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum FormulaNode {
    True,
    Atom(AtomId),
    /// At least two, ascending, none the negation of another.
    And(Box<[Formula]>),
}

impl Formula {
    pub(crate) const TRUE: Formula = Formula(0);
    pub(crate) const FALSE: Formula = Formula(1);

    pub(crate) fn constant(truth: bool) -> Self {
        if truth { Self::TRUE } else { Self::FALSE }
    }

    pub(crate) fn node(self) -> usize {
        (self.0 >> 1) as usize
    }

    pub(crate) fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }
}

impl Not for Formula {
    type Output = Formula;

    fn not(self) -> Formula {
        Formula(self.0 ^ 1)
    }
}

/// The nodes of all formulas of a question, each once, so that equal parts are one.
#[derive(Debug)]
pub(crate) struct Formulas {
    nodes: Vec<FormulaNode>,
    known: HashMap<FormulaNode, u32>,
}

impl Default for Formulas {
    fn default() -> Self {
        Self { nodes: vec![FormulaNode::True], known: HashMap::from([(FormulaNode::True, 0)]) }
    }
}

impl Formulas {
    pub(crate) fn node(&self, formula: Formula) -> &FormulaNode {
        self.nodes.get(formula.node()).unwrap_or(&FormulaNode::True)
    }

    pub(crate) fn count(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn atom(&mut self, atom: AtomId) -> Formula {
        self.intern(FormulaNode::Atom(atom))
    }

    pub(crate) fn and(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        let mut all = Vec::new();
        for part in parts {
            match part {
                Formula::TRUE => {}
                Formula::FALSE => return Formula::FALSE,
                part => all.push(part),
            }
        }
        all.sort_unstable();
        all.dedup();
        // A formula and its negation have neighboring numbers.
        if all.windows(2).any(|pair| matches!(pair, [left, right] if *left == !*right)) {
            return Formula::FALSE;
        }
        match all.as_slice() {
            [] => Formula::TRUE,
            [one] => *one,
            _ => self.intern(FormulaNode::And(all.into())),
        }
    }

    pub(crate) fn or(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        let negated: Vec<_> = parts.into_iter().map(Not::not).collect();
        !self.and(negated)
    }

    pub(crate) fn implies(&mut self, left: Formula, right: Formula) -> Formula {
        self.or([!left, right])
    }

    fn intern(&mut self, node: FormulaNode) -> Formula {
        let next = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let number = *self.known.entry(node.clone()).or_insert(next);
        if number == next {
            self.nodes.push(node);
        }
        Formula(number << 1)
    }
}
