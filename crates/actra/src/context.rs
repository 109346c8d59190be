//! What the program knows about a piece of work, for the resolvers of the process's runtime.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use crate::task::{TaskId, current_task};

thread_local! {
    static CURRENT: RefCell<TaskContext> = const { RefCell::new(TaskContext { context: Context(None), task: None }) };
}

/// A context, and the task in which it holds: another one that is polled inside belongs to somebody else.
struct TaskContext {
    context: Context,
    task: Option<TaskId>,
}

/// What the program knows about a piece of work, such as a session: the context of the runtime of the process.
///
/// [`using`] and [`using_async`] set it, resolvers read it with [`Context::get`]. A thread or task that is started
/// inside does not inherit it: take [`Context::current`] along and begin there with [`Context::scope`]. Nor does a
/// task that was started elsewhere and is polled inside, if it is a tokio task and the feature `tokio` is on; without
/// the feature, and for other executors, do not poll such a task inside of a scope.
#[derive(Clone, Default)]
pub struct Context(Option<Arc<dyn Any + Send + Sync>>);

impl Context {
    /// A context that holds this value.
    pub fn new<T: Any + Send + Sync>(value: T) -> Self {
        Self(Some(Arc::new(value)))
    }

    /// The context of the current work; an empty one outside of any work, and in a thread that is about to end.
    pub fn current() -> Self {
        let task = current_task();
        let of_task = |scope: &RefCell<TaskContext>| {
            let scope = scope.borrow();
            (scope.task == task).then(|| scope.context.clone())
        };
        CURRENT.try_with(of_task).ok().flatten().unwrap_or_default()
    }

    /// What it holds, if it is of this type.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.as_ref()?.downcast_ref()
    }

    /// Runs some work in this context.
    pub fn scope<R>(&self, work: impl FnOnce() -> R) -> R {
        let _back = Back(replace(TaskContext { context: self.clone(), task: current_task() }));
        work()
    }

    /// Runs async work with this context, on whichever threads it goes on and wherever it is dropped.
    pub fn scope_async<F: Future>(self, work: F) -> impl Future<Output = F::Output> + use<F> {
        Scoped { context: self, work: Some(Box::pin(work)) }
    }
}

/// Work in a context, which also ends there: what it drops may act.
struct Scoped<F> {
    context: Context,
    /// The work; `None` once it was dropped.
    work: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<F::Output> {
        let Self { context, work } = self.get_mut();
        match work {
            Some(work) => context.scope(|| work.as_mut().poll(cx)),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for Scoped<F> {
    fn drop(&mut self) {
        let work = self.work.take();
        self.context.scope(|| drop(work));
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Context(..)" } else { "Context()" })
    }
}

/// Restores the scope before, also after a panic.
struct Back(Option<TaskContext>);

impl Drop for Back {
    fn drop(&mut self) {
        drop(self.0.take().map(replace));
    }
}

/// The scope before; `None` where the thread is about to end, and nobody acts any more.
fn replace(scope: TaskContext) -> Option<TaskContext> {
    CURRENT.try_with(|current| current.replace(scope)).ok()
}

/// Runs some work with this value as its context, which the resolvers of the process's runtime are given.
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

/// [`using`] for async work, on whichever threads it goes on and wherever it is dropped.
pub fn using_async<T: Any + Send + Sync, F: Future>(
    value: T,
    work: F,
) -> impl Future<Output = F::Output> + use<T, F> {
    Context::new(value).scope_async(work)
}
