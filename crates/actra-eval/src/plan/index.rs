//! The index: from the values of a request to the rules that they can concern.
//!
//! Each rule is filed under an access predicate: a conjunct that must not be false. Looking up the request's value
//! gives every rule whose predicate is true, and a few more. Where the value is absent or invalid the predicate is
//! undetermined, so the same rules are filed once more under their other predicates.
//!
//! INVARIANT (never too few): every rule that is not false for a request is among those found. Rules that are found
//! are evaluated in full, so finding too many costs time and changes nothing.

mod build;
mod predicate;
mod table;
mod thresholds;

use actra_model::{BorrowedState, RawValue, Value, ValueState};

use super::bytecode::Bytecode;
pub(crate) use build::{AccessPath, Disjunct, IndexBuilder};
pub(crate) use predicate::KeyKind;
pub(crate) use predicate::{AccessPredicate, Conjunction, PredicateKind, access_predicates};
use table::{NumberTable, TextTable};
use thresholds::ThresholdTree;

/// The numbers of rules that a request can concern; a number may occur more than once.
pub(crate) type Candidates = smallvec::SmallVec<[u32; 32]>;

/// A node of the index: a list of rules, or a branch with further tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeRef {
    start: u32,
    len: u32,
}

/// The nodes of the elements of a list.
type NodeRefs = smallvec::SmallVec<[NodeRef; 8]>;

/// The length of a node that is a branch; `start` is then its number.
const BRANCH: u32 = u32::MAX;

/// The index of a policy's rules.
#[derive(Debug, Default)]
pub(crate) struct Index {
    branches: Vec<Branch>,
    lists: Vec<u32>,
}

/// An inner node: rules divided by the predicates that they are filed under.
#[derive(Debug)]
struct Branch {
    /// The rules without a predicate to file them under.
    unindexed: NodeRef,
    sub_indexes: Box<[SubIndex]>,
}

/// Rules filed under predicates of one kind on one field.
#[derive(Debug)]
struct SubIndex {
    slot: u16,
    kind: SubIndexKind,
    /// The rules of the sub-index by their other predicates, for when the field is invalid.
    invalid: NodeRef,
    /// The rules by their other predicates for when it is absent, without those that require it to be present.
    absent: NodeRef,
}

#[derive(Debug)]
enum SubIndexKind {
    /// Equality and membership of texts.
    Text(TextTable),
    /// Equality and membership of numbers.
    Number(NumberTable),
    /// The two values of a boolean: false, then true.
    Flag([NodeRef; 2]),
    /// Lists of texts that hold one.
    Holds(TextTable),
    /// Texts by their prefixes, with the lengths of all prefixes in ascending order.
    Prefix { lengths: Box<[u32]>, table: TextTable },
    /// Thresholds of ordered values, of several fields.
    Range(ThresholdTree),
}

impl Index {
    fn list(&self, node: NodeRef) -> &[u32] {
        let start = node.start as usize;
        self.lists.get(start..start + node.len as usize).unwrap_or_default()
    }

    /// Adds the rules filed under a node that the request may concern.
    #[inline]
    pub(crate) fn find(
        &self,
        node: NodeRef,
        slots: &[BorrowedState<'_>],
        code: &Bytecode,
        candidates: &mut Candidates,
    ) {
        if node.len != BRANCH {
            self.list(node).iter().for_each(|rule| candidates.push(*rule));
            return;
        }
        self.find_in_branch(node, slots, code, candidates);
    }

    fn find_in_branch(
        &self,
        node: NodeRef,
        slots: &[BorrowedState<'_>],
        code: &Bytecode,
        candidates: &mut Candidates,
    ) {
        let Some(branch) = self.branches.get(node.start as usize) else { return };
        self.list(branch.unindexed).iter().for_each(|rule| candidates.push(*rule));
        for sub_index in &branch.sub_indexes {
            self.find_in(sub_index, slots, code, candidates);
        }
    }

    fn find_in(
        &self,
        sub_index: &SubIndex,
        slots: &[BorrowedState<'_>],
        code: &Bytecode,
        candidates: &mut Candidates,
    ) {
        let slot = slots.get(usize::from(sub_index.slot));
        match (&sub_index.kind, slot) {
            (SubIndexKind::Range(thresholds), _) => {
                thresholds.find(slots, |part| self.list(part).iter().for_each(|rule| candidates.push(*rule)));
            }
            (_, Some(BorrowedState::Absent)) => self.find(sub_index.absent, slots, code, candidates),
            (SubIndexKind::Text(table), Some(BorrowedState::Text(text))) => {
                self.find_all(table.get(text, code), slots, code, candidates);
            }
            // Against a literal, an `any` of the same kind is as good as a value of a type.
            (SubIndexKind::Text(table), Some(BorrowedState::Value(Value::Any(RawValue::String(text))))) => {
                self.find_all(table.get(text, code), slots, code, candidates);
            }
            (
                SubIndexKind::Number(table),
                Some(BorrowedState::Value(Value::Any(RawValue::Number(number)))),
            ) => {
                self.find_all(table.get(number), slots, code, candidates);
            }
            (SubIndexKind::Flag([no, yes]), Some(BorrowedState::Value(Value::Any(RawValue::Bool(flag))))) => {
                self.find(if *flag { *yes } else { *no }, slots, code, candidates);
            }
            (SubIndexKind::Number(table), Some(BorrowedState::Number(number))) => {
                self.find_all(table.get(number), slots, code, candidates);
            }
            (SubIndexKind::Flag([no, yes]), Some(BorrowedState::Bool(flag))) => {
                self.find(if *flag { *yes } else { *no }, slots, code, candidates);
            }
            (SubIndexKind::Prefix { lengths, table }, Some(BorrowedState::Text(text))) => {
                let lengths = lengths.iter().map(|length| *length as usize);
                for start in lengths.map_while(|length| text.as_bytes().get(..length)) {
                    self.find_all(table.get_bytes(start, code), slots, code, candidates);
                }
            }
            (SubIndexKind::Holds(table), Some(BorrowedState::Texts(texts))) => {
                let nodes_of_elements = texts.iter().filter_map(|text| table.get(text, code));
                self.find_each(nodes_of_elements.collect(), slots, code, candidates);
            }
            (SubIndexKind::Holds(table), Some(BorrowedState::Value(Value::List(elements)))) => {
                match nodes_of_elements(table, elements, code) {
                    Some(nodes_of_elements) => self.find_each(nodes_of_elements, slots, code, candidates),
                    None => self.find(sub_index.invalid, slots, code, candidates),
                }
            }
            _ => self.find(sub_index.invalid, slots, code, candidates),
        }
    }

    /// Visits each node once: a list may hold the same text many times, and each level of the index would multiply
    /// that.
    fn find_each(
        &self,
        mut nodes: NodeRefs,
        slots: &[BorrowedState<'_>],
        code: &Bytecode,
        candidates: &mut Candidates,
    ) {
        if nodes.len() > 1 {
            nodes.sort_unstable();
            nodes.dedup();
        }
        nodes.iter().for_each(|node| self.find(*node, slots, code, candidates));
    }

    fn find_all(
        &self,
        node: Option<NodeRef>,
        slots: &[BorrowedState<'_>],
        code: &Bytecode,
        candidates: &mut Candidates,
    ) {
        if let Some(node) = node {
            self.find(node, slots, code, candidates);
        }
    }
}

/// The nodes of all elements of a list; `None` if one of them cannot be read as a text.
fn nodes_of_elements(table: &TextTable, elements: &[ValueState], code: &Bytecode) -> Option<NodeRefs> {
    let mut nodes = NodeRefs::new();
    for element in elements {
        let ValueState::Present(Value::String(text)) = element else { return None };
        nodes.extend(table.get(text, code));
    }
    Some(nodes)
}
