//! The fields of one request that an action's rules read, each typed once.

use actra_model::{ActionId, Cell, Fault, RawRef, Reason, Record, RecordShape, Records, Request};
use smallvec::SmallVec;

use super::Plan;
use super::slots::{Plain, Read};

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
        frame.cells.extend((0..plan.width).map(|_| Cell::Absent));
        for read in reads {
            let raw = request.member(read.domain, &read.name);
            let cell = match (read.plain, raw) {
                (Plain::Number, Some(RawRef::Number(number))) => Cell::Number(number),
                (Plain::String, Some(RawRef::Text(text))) => Cell::Text(text),
                (Plain::Boolean, Some(RawRef::Bool(flag))) => Cell::Bool(flag),
                (_, raw) => frame.read_other(plan, read, raw, request),
            };
            if let Some(place) = frame.cells.get_mut(usize::from(read.slot)) {
                *place = cell;
            }
        }
        frame
    }

    /// Reads what is not taken as it is, or not there.
    #[cold]
    fn read_other<'v>(
        &mut self,
        plan: &Plan,
        read: &Read,
        raw: Option<RawRef<'v>>,
        request: &impl Records,
    ) -> Cell<'v> {
        if raw.is_none()
            && let Some(reason) = unreadable(request.shape(read.domain))
        {
            let fault = Fault { path: read.domain.as_str().to_owned(), reason };
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
            return Cell::Invalid(reason);
        }
        read.field.read((read.domain, &read.name), raw, plan.extra_fields, &mut self.faults)
    }

    /// The same facts in the form that the walker reads.
    pub(crate) fn to_request(&self) -> Request {
        let mut records = [Record::default(), Record::default(), Record::default()];
        for read in self.reads {
            if let Some(record) = records.get_mut(read.domain as usize)
                && let Some(cell) = self.cells.get(usize::from(read.slot))
            {
                record.slots.insert(read.name.clone(), cell.to_slot());
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
