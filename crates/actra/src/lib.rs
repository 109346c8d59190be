//! Actra for Rust: an operation runs if and only if the policy allows it.
//!
//! ```standalone_crate
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let schema = "version: 1\nactions: { refund: { fields: { amount: number } } }";
//! let rules = "
//! version: 1
//! default: block
//! rules: [{ id: small, scope: { action: refund }, when: action.amount <= 100, effect: allow }]
//! ";
//! actra::configure(actra::builder(actra::parse(schema, rules)?).build()?)?;
//!
//! #[actra::admit]
//! fn refund(amount: i64) -> Result<i64, actra::Refused> {
//!     Ok(amount)
//! }
//!
//! assert_eq!(refund(50), Ok(50));
//! assert!(refund(5000).is_err());
//! # Ok(())
//! # }
//! ```
//!
//! - [`macro@admit`] guards a function or a method, [`Runtime::admit`] anything else, and the layer of the feature
//!   `tower` the services of axum, tonic and others.
//! - [`open`] and [`builder`] begin a [`Runtime`]: who acts, what the world is like, who hears of it, who approves.
//! - [`configure`] sets the runtime of the process, which `#[actra::admit]` asks unless it names another one; [`using`]
//!   tells its resolvers about the work that is going on.
//! - [`value`] and [`record`] turn a type with `Serialize` into what a policy reads; [`json_value`] does so with
//!   JSON text.
//!
//! Whatever fails on the way leaves facts out, and rules that read them are then undetermined, which is never more
//! permissive.
//!
//! - [`watch`] begins a runtime whose policy is replaced when its directory or file changes.
//!
//! - [`engine`] decides without enforcing, and names what decisions are made of.
//!
//! Features: `tokio` waits for deadlines, `tower` is a layer for services, `sqlite` keeps approvals in a file,
//! `tracing` writes events to spans and logs.

#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod context;
mod default_runtime;
pub mod engine;
mod json;
mod load;
mod site;
mod task;
#[cfg(feature = "tokio")]
mod time;
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub mod tower;
#[cfg(feature = "tracing")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
pub mod tracing;
mod value;

pub use actra_engine::Policy;
pub use actra_engine::model::{Decision, Effect, RawMap, RawRequest, RawValue};
#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub use actra_host::SqliteStore;
pub use actra_host::{Reload, Reloader, SignatureRequirements};
pub use actra_runtime::{
    Admitted, BuildError, Builder, Event, Failure, FieldError, Health, Invocation, Mode, OnActorFailure,
    Outcome, PolicyInForce, Refused, RefusedKind, ResolveError, ResolverInput, Runtime, Stage, SwapError,
    approval, write_event,
};
pub use context::{Context, using, using_async};
pub use default_runtime::{ConfigureError, configure, configure_unchecked, runtime};
pub use json::{JsonError, json_record, json_value};
pub use load::{
    PolicyError, builder, find, load, load_signed, load_signed_by, open, parse, watch, watch_signed,
};
pub use site::{SiteMismatch, unfit};
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use time::sleep;
pub use value::{ValueError, record, value};

/// Runs a function or a method only if the policy allows the call.
///
/// The action has the function's name and its arguments; an approval is bound to those that the schema does not
/// declare, but nobody sees them. A refusal is returned before the body runs, as an error of the function, whose type
/// must be [`Refused`] or be `From<Refused>`. Functions may be `async`; arguments are `Serialize`, see
/// [`value`](fn@value).
///
/// | setting | |
/// |---|---|
/// | `action = "pay"` | another name of the action |
/// | `skip(db, token)` | arguments that are no part of the action |
/// | `rename(amount = "total")` | arguments with another name in the action |
/// | `unbound(self, at, T, "snapshot.now")` | what an approval is not bound to |
/// | `runtime = self.runtime` | who is asked, instead of the runtime of the process |
/// | `context = session` | what that runtime's resolvers are told |
///
/// Expressions in settings are evaluated at each call, with the arguments in scope and before these are read.
///
/// An approval is bound to all arguments but those that are skipped, to the class and the value of the receiver, and
/// to the types that a generic function is made for. A receiver without `Serialize` cannot be captured in full: its
/// calls cannot be approved unless `unbound(self)` says that it does not count. Neither can a trait object, as the
/// receiver, an argument or the type of either: nobody can name the class behind it. One that is a member of another
/// type is not seen there, so let its `Serialize` say what it is. For an associated function without a receiver, the
/// type that it belongs to is not bound: pass it as an argument where it matters.
///
/// Arguments whose values can change behind a shared reference (all but strings, numbers, booleans and lists of
/// these, as far as their types show) are read again right before the body, and any difference refuses the call. Those
/// that the schema does not declare count only where the call has a grant, which is for them, too.
///
/// What the schema does not declare is read only where the policy may ask for approval, and raw bytes (`&[u8]`,
/// `Vec<u8>`, what is serialized as bytes) are bound by length and SHA-256. Of more than 200,000 other values, or 16 MiB
/// of text, in one such argument a call cannot be approved, unless `unbound` names it.
///
/// Functions without a `runtime` of their own are compared with the policy by [`configure`].
///
/// A function that cannot report a refusal does not compile, nor does one with an argument that has no value:
///
/// ```compile_fail,E0308
/// #[actra::admit]
/// fn refund(amount: i64) -> i64 {
///     amount
/// }
/// ```
///
/// ```compile_fail,E0277
/// struct ShopError;
///
/// #[actra::admit]
/// fn refund(amount: i64) -> Result<i64, ShopError> {
///     Ok(amount)
/// }
/// ```
///
/// ```compile_fail,E0277
/// struct Database;
///
/// #[actra::admit]
/// fn refund(db: &Database, amount: i64) -> Result<i64, actra::Refused> {
///     Ok(amount)
/// }
/// ```
///
/// ```
/// struct Shop {
///     runtime: actra::Runtime<String>,
/// }
///
/// #[derive(Debug)]
/// enum ShopError {
///     Refused(actra::Refused),
/// }
///
/// impl From<actra::Refused> for ShopError {
///     fn from(refused: actra::Refused) -> Self {
///         Self::Refused(refused)
///     }
/// }
///
/// impl Shop {
///     #[actra::admit(action = "refund", skip(user), runtime = self.runtime, context = user)]
///     fn pay_back(&self, user: &String, amount: u32) -> Result<u32, ShopError> {
///         Ok(amount)
///     }
/// }
/// # let schema = "version: 1
/// # actions: { refund: { fields: { amount: number } } }
/// # actor: { fields: { name: string } }";
/// # let rules = "version: 1
/// # default: block
/// # rules: [{ id: ana, when: 'actor.name == \"ana\" && action.amount < 10', effect: allow, scope: { action: refund } }]";
/// # let policy = actra::parse(schema, rules).unwrap();
/// # let runtime = actra::builder(policy).actor_field("name", |call| Ok(actra::value(call.context)?)).build().unwrap();
/// # let shop = Shop { runtime };
/// # assert_eq!(shop.pay_back(&"ana".to_owned(), 5).unwrap(), 5);
/// # assert!(shop.pay_back(&"bo".to_owned(), 5).is_err());
/// # assert!(shop.pay_back(&"ana".to_owned(), 50).is_err());
/// ```
pub use actra_macros::admit;

/// What `#[actra::admit]` calls; no part of the interface.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

/// Holds the example of the crate's README, so that it is tested.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
