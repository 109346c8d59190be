//! The fields of one request that an action's rules read, each typed once.

use actra_model::{ActionId, Cell, Domain, Fault, Reason, Record, RecordShape, Records, Request};
use smallvec::SmallVec;

use super::Plan;
use super::slots::Read;

/// Cells that need no memory of their own.
const CELLS: usize = 8;

/// What a request holds, as far as rules read it.
#[derive(Debug)]
pub(crate) struct Frame<'r, 'p> {
    pub(crate) cells: SmallVec<[Cell<'r>; CELLS]>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) reads: &'p [Read],
    pub(crate) action: ActionId,
}

impl<'r, 'p> Frame<'r, 'p> {
    /// Reads what the rules of an action need. No memory is needed for up to eight fields without a fault that are
    /// booleans, numbers or strings.
    pub(crate) fn read(
        plan: &'p Plan,
        action: ActionId,
        reads: &'p [Read],
        request: &'r impl Records,
    ) -> Self {
        let mut frame = Self { cells: SmallVec::new(), faults: Vec::new(), reads, action };
        frame.cells.resize(plan.width, Cell::Absent);
        let mut whole = [Some(RecordShape::Object), None, None];
        for read in reads {
            let domain = read.domain as usize;
            let shape = whole.get(domain).copied().flatten().unwrap_or_else(|| {
                let shape = request.shape(read.domain);
                if let Some(known) = whole.get_mut(domain) {
                    *known = Some(shape);
                }
                frame.faults.extend(record_fault(read.domain, shape));
                shape
            });
            let cell = match unreadable(shape) {
                None => read.field.read(
                    (read.domain, read.name()),
                    request.member(read.domain, read.name()),
                    plan.extra_fields,
                    &mut frame.faults,
                ),
                Some(reason) => Cell::Invalid(reason),
            };
            if let Some(place) = frame.cells.get_mut(usize::from(read.slot)) {
                *place = cell;
            }
        }
        frame
    }

    /// The same facts in the form that the walker reads.
    pub(crate) fn to_request(&self) -> Request {
        let mut records = [Record::default(), Record::default(), Record::default()];
        for read in self.reads {
            if let Some(record) = records.get_mut(read.domain as usize)
                && let Some(cell) = self.cells.get(usize::from(read.slot))
            {
                record.slots.insert(read.name().into(), cell.to_slot());
            }
        }
        let [action, actor, snapshot] = records;
        Request { action_id: Some(self.action), action, actor, snapshot, faults: Vec::new(), invalid: false }
    }

    /// The path of a slot's field.
    pub(crate) fn path(&self, slot: u16) -> &'p str {
        self.reads.iter().find(|read| read.slot == slot).map_or("", |read| &read.path)
    }

    /// Why the field in a slot cannot be read; the reason of an absent one is its absence.
    pub(crate) fn reason(&self, slot: u16) -> Reason {
        match self.cells.get(usize::from(slot)) {
            Some(Cell::Invalid(reason)) => *reason,
            _ => Reason::Absent,
        }
    }
}

fn unreadable(shape: RecordShape) -> Option<Reason> {
    match shape {
        RecordShape::Object => None,
        RecordShape::Missing => Some(Reason::RecordMissing),
        RecordShape::Null | RecordShape::Other => Some(Reason::RecordNotObject),
    }
}

fn record_fault(domain: Domain, shape: RecordShape) -> Option<Fault> {
    unreadable(shape).map(|reason| Fault { path: domain.as_str().to_owned(), reason })
}
