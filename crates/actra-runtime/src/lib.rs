//! Enforcement: what stands between a caller and an operation, for every host.
//!
//! A call becomes a request, resolvers add who acts and what the world is like, the policy decides, and [`CallHandling`] is
//! the one switch over the effect. Whatever goes wrong on the way leaves facts out, and rules that read them are then
//! undetermined, which is never more permissive.
//!
//! - [`PolicyInForce`]: the policy in force, swapped whole, never empty.
//! - [`needs_snapshot`]: whether the snapshot has to be found out for a request.
//! - [`approval`]: a grant is valid for exactly what was shown, once, for a time.
//! - [`Event`]: what happened, for those who watch; sensitive fields are left out of it.
//! - [`Admission`]: one operation on its way, step by step, for hosts in other languages.
//! - [`Runtime`]: all of this for Rust.

mod admission;
pub mod approval;
mod call_handling;
mod catch_panic;
mod enforcement_point;
mod event;
mod failure;
mod fields;
mod id;
mod policy_in_force;
mod redact;
mod refused;
mod runtime;
mod snapshot_need;

pub use admission::{Admission, Admitted, Step};
pub use call_handling::{CallHandling, Mode};
pub use catch_panic::caught;
pub use enforcement_point::{EnforcementPoint, OnActorFailure, RecordSource};
pub use event::{Event, Outcome, write_event};
pub use failure::{Failure, Stage};
pub use policy_in_force::{Health, PolicyInForce, PolicyRequirement, SwapError};
pub use redact::{REDACTED, redact};
pub use refused::{FieldError, Refused, RefusedKind};
pub use runtime::{BuildError, Builder, Invocation, ResolveError, ResolverInput, Runtime};
pub use snapshot_need::needs_snapshot;
