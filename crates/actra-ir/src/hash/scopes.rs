//! Scopes as they enter the hash: a long one that many rules share is written once.

use std::collections::HashMap;
use std::sync::Arc;

use actra_model::ActionId;

/// A longer scope is written once, so that the cost is linear where many rules cover all of many actions.
const MIN_LENGTH: usize = 64;

/// The numbers of the long scopes of the rules so far.
///
/// A list of names and a number are different in CBOR, so a scope that is written by its number is no other one.
#[derive(Default)]
pub(super) struct ScopeNumbers {
    /// By what they cover.
    numbers: HashMap<Arc<[ActionId]>, u64>,
    /// By where they are, since rules share them; kept, so that no other one can be there later.
    places: HashMap<*const [ActionId], (Arc<[ActionId]>, u64)>,
}

impl ScopeNumbers {
    /// The number of a scope that stood before, counted from 0 among the long ones; `None` if it must be written.
    pub(super) fn number(&mut self, actions: &Arc<[ActionId]>) -> Option<u64> {
        if actions.len() <= MIN_LENGTH {
            return None;
        }
        let place = Arc::as_ptr(actions);
        if let Some((_, number)) = self.places.get(&place) {
            return Some(*number);
        }
        let next = self.numbers.len() as u64;
        let known = self.numbers.get(actions.as_ref()).copied();
        let number = known.unwrap_or(next);
        self.numbers.insert(Arc::clone(actions), number);
        self.places.insert(place, (Arc::clone(actions), number));
        known
    }
}
