//! The fields of one request that an action's rules read, each typed once.

use actra_model::{
    ActionId, BorrowedState, Fault, RawRef, Reason, Record, RecordShape, Request, RequestReader,
};
use smallvec::SmallVec;

use super::Plan;
use super::slots::{DirectType, FieldRead};

/// Cells that need no memory of their own.
const INLINE_SLOTS: usize = 8;

/// The fields of one request that the rules of its action read, by slot.
#[derive(Debug)]
pub(crate) struct Frame<'r, 'p> {
    pub(crate) slots: SmallVec<[BorrowedState<'r>; INLINE_SLOTS]>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) reads: &'p [FieldRead],
    pub(crate) action: ActionId,
}

impl<'r, 'p> Frame<'r, 'p> {
    /// An empty frame for an action; to be filled in place, since it is too large to be moved.
    #[inline(always)]
    pub(crate) fn empty(action: ActionId, reads: &'p [FieldRead]) -> Self {
        Self { slots: SmallVec::new(), faults: Vec::new(), reads, action }
    }

    /// Reads what the rules of the action need. No memory is needed for up to eight fields without a fault that are
    /// booleans, numbers or strings.
    #[inline]
    pub(crate) fn fill(&mut self, plan: &Plan, request: &'r impl RequestReader) {
        for read in self.reads {
            let raw = request.member(read.record, &read.name);
            let slot = match (read.plain, raw) {
                (DirectType::Number, Some(RawRef::Number(number))) => BorrowedState::Number(number),
                (DirectType::String, Some(RawRef::Text(text))) => BorrowedState::Text(text),
                (DirectType::Boolean, Some(RawRef::Bool(flag))) => BorrowedState::Bool(flag),
                (_, raw) => self.read_other(plan, read, raw, request),
            };
            // Reads are in the order of their slots; slots in between belong to other actions.
            while self.slots.len() < usize::from(read.slot) {
                self.slots.push(BorrowedState::Absent);
            }
            self.slots.push(slot);
        }
    }

    /// Reads a value that needs checking or is not there.
    fn read_other<'v>(
        &mut self,
        plan: &Plan,
        read: &FieldRead,
        raw: Option<RawRef<'v>>,
        request: &impl RequestReader,
    ) -> BorrowedState<'v> {
        if raw.is_none()
            && let Some(reason) = unreadable(request.shape(read.record))
        {
            let fault = Fault { path: read.record.as_str().to_owned(), reason };
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
            return BorrowedState::Invalid(reason);
        }
        read.field.read(&read.path, raw, plan.extra_fields, &mut self.faults)
    }

    /// The facts of the frame in the form that the tree evaluator reads.
    pub(crate) fn to_request(&self) -> Request {
        let mut records = [Record::default(), Record::default(), Record::default()];
        for read in self.reads {
            if let Some(record) = records.get_mut(read.record as usize)
                && let Some(slot) = self.slots.get(usize::from(read.slot))
            {
                record.fields.insert(read.name.clone(), slot.to_owned_state());
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
        match self.slots.get(usize::from(slot)) {
            Some(BorrowedState::Invalid(reason)) => *reason,
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
