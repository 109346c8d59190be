//! The nouns of deciding: values, types, the schema, requests, effects and decisions.
//!
//! What operators do with values is not here: the evaluator and the reference each define that on their own,
//! so that a shared bug cannot hide.

#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros))]

mod action_schema;
mod borrowed_state;
mod canonical_json;
mod decimal;
mod decision;
mod description;
mod duration;
mod effect;
mod envelope;
mod ip;
mod one_of;
mod path;
mod pattern;
mod quantity;
mod raw;
mod reason;
mod request;
mod request_reader;
mod rule_ids;
mod schema;
mod text_list;
mod timestamp;
mod types;
mod typing;
mod unresolved;
mod url;
mod value;

pub mod limits;

pub use action_schema::ActionSchema;
pub use borrowed_state::BorrowedState;
pub use canonical_json::write_json_string;
pub use decimal::{Decimal, DecimalError};
pub use decision::{Decision, Fault, PolicyHash, ShadowMatch, ShadowTruth, Undetermined};
pub use description::Description;
pub use duration::Duration;
pub use effect::Effect;
pub use envelope::SizeEstimate;
pub use ip::{Cidr, IpAddress};
pub use one_of::OneOf;
pub use path::{Path, PathOrder};
pub use pattern::{Anchors, Pattern, PatternError};
pub use quantity::Quantity;
pub use raw::{RawMap, RawRequest, RawValue};
pub use reason::Reason;
pub use request::Request;
pub use request_reader::{BorrowedRequest, RawRef, RecordShape, RequestReader};
pub use rule_ids::RuleIds;
pub use schema::{ActionId, FaultHandling, Group, RecordName, Schema};
pub use text_list::TextList;
pub use timestamp::{Civil, Date, Timestamp, Zone};
pub use types::{Constraints, Field, Fields, Type, TypeKind};
pub use url::Url;
pub use value::{Record, Value, ValueState};
