//! From the values of a request to the rules that they can concern.
//!
//! Each rule is filed under a test that it cannot do without: a conjunct that must not be false. Whoever looks up the
//! request's value for that test gets every rule whose test is true, and a few more; where the value is absent or
//! invalid the test is undetermined, so the same rules are filed once more under their other tests.
//!
//! INVARIANT (never too few): every rule that is not false for a request is among those found. Rules that are found
//! are evaluated in full, so finding too many costs time and changes nothing.

mod access;
mod build;
mod table;
mod thresholds;

use actra_model::{Cell, RawValue, Slot, Value};

use super::code::Code;
pub(crate) use access::KeyKind;
pub(crate) use access::{Access, AccessKind, Conjunction, accesses};
pub(crate) use build::{Builder, Item, Way};
pub(crate) use table::hash_bytes;
use table::{NumberTable, TextTable};
use thresholds::Thresholds;

/// Numbers of rules, each perhaps more than once.
pub(crate) type Found = smallvec::SmallVec<[u32; 32]>;

/// Rules that are filed together: a list of them, or a group with further tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    start: u32,
    len: u32,
}

/// What the elements of a list lead to.
type Targets = smallvec::SmallVec<[Target; 8]>;

/// The length that says that `start` is the number of a group.
const GROUP: u32 = u32::MAX;

/// Everything that is filed.
#[derive(Debug, Default)]
pub(crate) struct Index {
    groups: Vec<Group>,
    lists: Vec<u32>,
}

/// Rules that share a way to them.
#[derive(Debug)]
struct Group {
    /// The rules without a test to file them under.
    scanned: Target,
    families: Box<[Family]>,
}

/// Rules filed under tests of one kind on one field.
#[derive(Debug)]
struct Family {
    slot: u16,
    kind: FamilyKind,
    /// The same rules by their other tests, for when the field is invalid.
    missing: Target,
    /// And for when it is absent; without those that ask for its presence.
    absent: Target,
}

#[derive(Debug)]
enum FamilyKind {
    /// Equality and membership of texts.
    Text(TextTable),
    /// Equality and membership of numbers.
    Number(NumberTable),
    /// False and true.
    Flag([Target; 2]),
    /// Lists of texts that hold one.
    Holds(TextTable),
    /// Texts by what they start with; the lengths ascend.
    Prefix { lengths: Box<[u32]>, table: TextTable },
    /// Thresholds of ordered values, of several fields.
    Range(Thresholds),
}

impl Index {
    fn list(&self, target: Target) -> &[u32] {
        let start = target.start as usize;
        self.lists.get(start..start + target.len as usize).unwrap_or_default()
    }

    /// Adds the rules filed there that the cells can concern.
    #[inline]
    pub(crate) fn find(&self, target: Target, cells: &[Cell<'_>], code: &Code, found: &mut Found) {
        if target.len != GROUP {
            self.list(target).iter().for_each(|rule| found.push(*rule));
            return;
        }
        self.find_in_group(target, cells, code, found);
    }

    fn find_in_group(&self, target: Target, cells: &[Cell<'_>], code: &Code, found: &mut Found) {
        let Some(group) = self.groups.get(target.start as usize) else { return };
        self.list(group.scanned).iter().for_each(|rule| found.push(*rule));
        for family in &group.families {
            self.find_in(family, cells, code, found);
        }
    }

    fn find_in(&self, family: &Family, cells: &[Cell<'_>], code: &Code, found: &mut Found) {
        let cell = cells.get(usize::from(family.slot));
        match (&family.kind, cell) {
            (FamilyKind::Range(thresholds), _) => {
                thresholds.find(cells, |part| self.list(part).iter().for_each(|rule| found.push(*rule)));
            }
            (_, Some(Cell::Absent)) => self.find(family.absent, cells, code, found),
            (FamilyKind::Text(table), Some(Cell::Text(text))) => {
                self.find_all(table.get(text, code), cells, code, found);
            }
            // Against a literal, an `any` of the same kind is as good as a value of a type.
            (FamilyKind::Text(table), Some(Cell::Value(Value::Any(RawValue::String(text))))) => {
                self.find_all(table.get(text, code), cells, code, found);
            }
            (FamilyKind::Number(table), Some(Cell::Value(Value::Any(RawValue::Number(number))))) => {
                self.find_all(table.get(number), cells, code, found);
            }
            (FamilyKind::Flag([no, yes]), Some(Cell::Value(Value::Any(RawValue::Bool(flag))))) => {
                self.find(if *flag { *yes } else { *no }, cells, code, found);
            }
            (FamilyKind::Number(table), Some(Cell::Number(number))) => {
                self.find_all(table.get(number), cells, code, found);
            }
            (FamilyKind::Flag([no, yes]), Some(Cell::Bool(flag))) => {
                self.find(if *flag { *yes } else { *no }, cells, code, found);
            }
            (FamilyKind::Prefix { lengths, table }, Some(Cell::Text(text))) => {
                let lengths = lengths.iter().map(|length| *length as usize);
                for start in lengths.map_while(|length| text.as_bytes().get(..length)) {
                    self.find_all(table.get_bytes(start, code), cells, code, found);
                }
            }
            (FamilyKind::Holds(table), Some(Cell::Texts(texts))) => {
                let held = texts.iter().filter_map(|text| table.get(text, code));
                self.find_each(held.collect(), cells, code, found);
            }
            (FamilyKind::Holds(table), Some(Cell::Value(Value::List(elements)))) => {
                match held(table, elements, code) {
                    Some(held) => self.find_each(held, cells, code, found),
                    None => self.find(family.missing, cells, code, found),
                }
            }
            _ => self.find(family.missing, cells, code, found),
        }
    }

    /// Looks at each target once: a list may hold one text many times, and what is filed deeper would be looked at
    /// as often for each.
    fn find_each(&self, mut targets: Targets, cells: &[Cell<'_>], code: &Code, found: &mut Found) {
        if targets.len() > 1 {
            targets.sort_unstable();
            targets.dedup();
        }
        targets.iter().for_each(|target| self.find(*target, cells, code, found));
    }

    fn find_all(&self, target: Option<Target>, cells: &[Cell<'_>], code: &Code, found: &mut Found) {
        if let Some(target) = target {
            self.find(target, cells, code, found);
        }
    }
}

/// What is filed under the elements of a list; `None` if one of them cannot be read as a text.
fn held(table: &TextTable, elements: &[Slot], code: &Code) -> Option<Targets> {
    let mut targets = Targets::new();
    for element in elements {
        let Slot::Present(Value::String(text)) = element else { return None };
        targets.extend(table.get(text, code));
    }
    Some(targets)
}
