//! Candidates: requests that may answer a question, as each schema reads them.

use actra_model::{Fault, RawRequest, Request};

use crate::known_fields::KnownFields;
use crate::request_space::{Acceptance, RequestSpace, Side};

/// A request, typed under both schemas.
pub(crate) struct Candidate {
    pub(crate) raw: RawRequest,
    own: Request,
    earlier: Option<Request>,
}

impl Candidate {
    /// The request as one side reads it.
    pub(crate) fn read(&self, side: Side) -> Option<&Request> {
        match side {
            Side::Own => Some(&self.own),
            Side::Earlier => self.earlier.as_ref(),
        }
    }

    /// The request, typed under both schemas; `None` if it is not one of the space.
    pub(crate) fn of_space(
        space: &RequestSpace<'_>,
        known_fields: Option<&KnownFields>,
        raw: RawRequest,
    ) -> Option<Self> {
        let own = Request::from_raw(space.schema, &raw);
        let earlier = space.earlier.map(|earlier| Request::from_raw(earlier.schema, &raw));
        let is_fixed =
            |fault: &Fault| known_fields.is_some_and(|known_fields| known_fields.covers(&fault.path));
        let is_valid = !own.invalid && own.faults.iter().all(is_fixed);
        (is_valid || space.includes_invalid).then_some(Self { own, earlier, raw })
    }

    /// Whether each schema takes or rejects the request as the space says.
    pub(crate) fn is_admitted(&self, space: &RequestSpace<'_>) -> bool {
        let (Some(expected), Some(earlier)) = (&space.earlier, &self.earlier) else { return true };
        let fits = |expected: Acceptance, request: &Request| match expected {
            Acceptance::Any => true,
            Acceptance::Accepted => !request.invalid,
            Acceptance::Rejected => request.invalid,
        };
        fits(expected.own, &self.own) && fits(expected.earlier, earlier)
    }
}
