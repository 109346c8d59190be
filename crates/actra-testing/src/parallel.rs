//! Mapping over items in several threads, with a result that does not depend on their number.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Applies a function to each item; the results are in the order of the items, whatever the number of threads.
///
/// Each thread starts with a state of its own. Items are taken one by one, so that long ones do not hold up the others.
pub(crate) fn map<T: Sync, S, R: Send>(
    items: &[T],
    jobs: NonZeroUsize,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> R + Sync,
) -> Vec<R> {
    let jobs = jobs.get().min(items.len());
    if jobs <= 1 {
        let mut state = start();
        return items.iter().map(|item| work(&mut state, item)).collect();
    }
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut state = start();
        let mut done = Vec::new();
        loop {
            let idx = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(idx) else { return done };
            done.push((idx, work(&mut state, item)));
        }
    };
    let mut done = thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        let mut done = Vec::with_capacity(items.len());
        for thread in threads {
            match thread.join() {
                Ok(part) => done.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(idx, _)| *idx);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        for jobs in [1, 2, 7, 2000] {
            let jobs = NonZeroUsize::new(jobs).unwrap();
            assert_eq!(
                map(
                    &items,
                    jobs,
                    || 1,
                    |one, item| {
                        if item % 100 == 0 {
                            thread::yield_now();
                        }
                        item + *one
                    }
                ),
                (1..=1000).collect::<Vec<_>>()
            );
        }
        assert!(map(&[] as &[u8], NonZeroUsize::MIN, || (), |(), item| *item).is_empty());
    }
}
