//! Which task of tokio is going on, if any; without the feature nobody knows.

#[cfg(feature = "tokio")]
pub(crate) use tokio::task::{Id as TaskId, try_id as current_task};

#[cfg(not(feature = "tokio"))]
pub(crate) type TaskId = std::convert::Infallible;

#[cfg(not(feature = "tokio"))]
pub(crate) fn current_task() -> Option<TaskId> {
    None
}
