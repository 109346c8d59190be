//! What the program knows about a piece of work, for the resolvers of the process's runtime.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

thread_local! {
    static CURRENT: RefCell<Context> = const { RefCell::new(Context(None)) };
}

/// What the program knows about a piece of work, such as a session: the context of the runtime of the process.
///
/// [`using`] and [`using_async`] set it, resolvers read it with [`Context::get`]. A thread or task that is started
/// inside does not inherit it: take [`Context::current`] along and begin there with [`Context::scope`].
#[derive(Clone, Default)]
pub struct Context(Option<Arc<dyn Any + Send + Sync>>);

impl Context {
    /// One that holds this.
    pub fn new<T: Any + Send + Sync>(value: T) -> Self {
        Self(Some(Arc::new(value)))
    }

    /// The one of the work that is going on; an empty one outside of any.
    pub fn current() -> Self {
        CURRENT.with_borrow(Clone::clone)
    }

    /// What it holds, if it is of this type.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.as_ref()?.downcast_ref()
    }

    /// Does some work in it.
    pub fn scope<R>(&self, work: impl FnOnce() -> R) -> R {
        let _back = Back(CURRENT.replace(self.clone()));
        work()
    }

    /// The same for asynchronous work, on whichever threads it goes on.
    pub async fn scope_async<F: Future>(self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|cx| self.scope(|| work.as_mut().poll(cx))).await
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Context(..)" } else { "Context()" })
    }
}

/// Restores the context before, also after a panic.
struct Back(Context);

impl Drop for Back {
    fn drop(&mut self) {
        CURRENT.replace(std::mem::take(&mut self.0));
    }
}

/// Does some work, about which the resolvers of the process's runtime are told this.
///
/// ```standalone_crate
/// struct Session {
///     user: String,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let schema = "version: 1\nactions: { open: {} }\nactor: { fields: { id: string } }";
/// # let rules = "version: 1\ndefault: block\nrules: [{ id: ana, scope: { action: open }, when: 'actor.id == \"ana\"', effect: allow }]";
/// # let policy = actra::parse(schema, rules)?;
/// let runtime = actra::builder::<actra::Context>(policy).actor_field("id", |call| {
///     let session = call.context.get::<Session>().ok_or("nobody is signed in")?;
///     Ok(actra::value(&session.user)?)
/// });
/// actra::configure(runtime.build()?)?;
///
/// #[actra::admit]
/// fn open() -> Result<(), actra::Refused> {
///     Ok(())
/// }
///
/// assert!(actra::using(Session { user: "ana".into() }, open).is_ok());
/// assert!(actra::using(Session { user: "bo".into() }, open).is_err());
/// assert!(open().unwrap_err().to_string().contains("nobody is signed in"));
/// # Ok(())
/// # }
/// ```
pub fn using<T: Any + Send + Sync, R>(value: T, work: impl FnOnce() -> R) -> R {
    Context::new(value).scope(work)
}

/// [`using`] for asynchronous work, on whichever threads it goes on.
pub fn using_async<T: Any + Send + Sync, F: Future>(
    value: T,
    work: F,
) -> impl Future<Output = F::Output> + use<T, F> {
    Context::new(value).scope_async(work)
}
