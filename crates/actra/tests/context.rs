//! Whose context some work has: that of the scope that it stands in, and nobody else's.

#![expect(clippy::unwrap_used, reason = "tests fail by it")]

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actra::{Context, using, using_async};
use tokio::task::LocalSet;

/// Whoever acts right now.
fn acting() -> Option<&'static str> {
    Context::current().get::<&'static str>().copied()
}

fn alone() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

#[test]
fn a_task_that_is_polled_inside_has_none() {
    let runtime = alone();
    let before = runtime.spawn(async { acting() });
    using("admin", || {
        runtime.block_on(async {
            assert_eq!(acting(), Some("admin"));
            assert_eq!(tokio::spawn(async { acting() }).await.unwrap(), None);
            assert_eq!(before.await.unwrap(), None);
            assert_eq!(acting(), Some("admin"));
        });
    });
}

#[tokio::test]
async fn a_local_task_has_none_of_the_task_that_polls_it() {
    let work = async {
        let local = LocalSet::new();
        let task = local.spawn_local(async {
            let own = using_async("user", async { acting() }).await;
            (acting(), own)
        });
        let done = local.run_until(task).await.unwrap();
        (done, acting())
    };
    assert_eq!(using_async("admin", work).await, ((None, Some("user")), Some("admin")));
}

/// On whichever threads, and through whatever polls parts of one task.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_work_itself_has_it_wherever_it_goes_on() {
    let work = || async {
        let mut seen = vec![acting()];
        for _ in 0..20 {
            tokio::task::yield_now().await;
            seen.push(acting());
        }
        let both = tokio::join!(async { acting() }, async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            acting()
        });
        seen.extend([both.0, both.1]);
        seen.push(tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async { acting() })
        }));
        seen
    };
    let spawned = ["ana", "bo"].map(|name| (name, tokio::spawn(using_async(name, work()))));
    for (name, task) in spawned {
        assert!(task.await.unwrap().iter().all(|seen| *seen == Some(name)));
    }
    let taken = using("ana", Context::current);
    let moved = tokio::spawn(async move { taken.scope_async(async { acting() }).await });
    assert_eq!(moved.await.unwrap(), Some("ana"));
    let blocking = tokio::task::spawn_blocking(|| using("bo", acting));
    assert_eq!(blocking.await.unwrap(), Some("bo"));
}

/// Tells who acts when it is dropped.
struct Guard(Arc<Mutex<Vec<Option<&'static str>>>>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(acting());
    }
}

#[tokio::test]
async fn what_is_dropped_acts_as_itself() {
    let told = Arc::default();
    let waits = || {
        let guard = Guard(Arc::clone(&told));
        Box::pin(using_async("user", async move {
            let _guard = guard;
            pending::<()>().await;
        }))
    };
    let mut begun = waits();
    let _ = tokio::time::timeout(Duration::from_millis(1), &mut begun).await;
    using("admin", || drop(begun));
    // It has not even begun.
    using("admin", || drop(waits()));
    let task = tokio::spawn(waits());
    tokio::task::yield_now().await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    let ended = Guard(Arc::clone(&told));
    using_async("user", async move { drop(ended) }).await;
    assert_eq!(*told.lock().unwrap(), [Some("user"); 4]);
    assert_eq!(acting(), None);
}

/// The context of a thread that ends is gone before what it dropped later: nobody acts there, and nothing panics.
#[test]
fn a_thread_that_ends_has_none() {
    thread_local! {
        static LATE: Mutex<Option<Late>> = const { Mutex::new(None) };
    }
    struct Late(std::sync::mpsc::Sender<(Option<&'static str>, Option<&'static str>)>);
    impl Drop for Late {
        fn drop(&mut self) {
            let _ = self.0.send((acting(), using("late", acting)));
        }
    }
    let (tell, told) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        // Made first, so dropped last.
        LATE.with(|late| *late.lock().unwrap() = Some(Late(tell)));
        using("early", || assert_eq!(acting(), Some("early")));
    });
    thread.join().unwrap();
    assert_eq!(told.recv().unwrap(), (None, None));
}
