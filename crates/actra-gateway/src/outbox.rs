//! Frames on their way to a server, written by a thread of their own: whoever reads from the server must never wait
//! until the server reads.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A client that is faster than the server waits while so many bytes are on their way.
const MAX_QUEUED: usize = 8 << 20;

/// Beyond so many bytes nobody expects that they are read.
const MAX_BYTES: usize = 64 << 20;

/// Frames on their way to a server.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Vec<u8>>,
    bytes: usize,
    is_closed: bool,
}

impl Outbox {
    /// Adds frames, without waiting.
    pub(crate) fn push(&self, frames: Vec<Vec<u8>>) {
        if frames.is_empty() {
            return;
        }
        let mut state = self.lock();
        state.bytes += frames.iter().map(Vec::len).sum::<usize>();
        state.frames.extend(frames);
        // A server that floods and does not read is given up.
        state.is_closed |= state.bytes > MAX_BYTES;
        self.changed.notify_all();
    }

    /// Waits until there is room for more, or nobody writes any longer; `false` in the latter case.
    pub(crate) fn wait_for_room(&self) -> bool {
        let is_full = |state: &mut State| state.bytes > MAX_QUEUED && !state.is_closed;
        let state = self.changed.wait_while(self.lock(), is_full).unwrap_or_else(PoisonError::into_inner);
        !state.is_closed
    }

    /// Takes no more; what is there is written.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Writes frames until it is closed and empty, or a write fails; then it is closed.
    pub(crate) fn write_to(&self, mut to: impl Write) -> io::Result<()> {
        let result = self.write_all(&mut to);
        self.close();
        result
    }

    fn write_all(&self, to: &mut impl Write) -> io::Result<()> {
        loop {
            let is_idle = |state: &mut State| state.frames.is_empty() && !state.is_closed;
            let mut state =
                self.changed.wait_while(self.lock(), is_idle).unwrap_or_else(PoisonError::into_inner);
            let Some(mut frame) = state.frames.pop_front() else { return Ok(()) };
            state.bytes -= frame.len();
            drop(state);
            self.changed.notify_all();
            frame.push(b'\n');
            to.write_all(&frame)?;
            to.flush()?;
        }
    }

    /// INVARIANT (whole): nothing panics while it is held.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn frames_are_written_in_order_and_to_the_end() {
        let outbox = Outbox::default();
        let mut written = Vec::new();
        thread::scope(|scope| {
            let writer = scope.spawn(|| outbox.write_to(&mut written));
            for number in 0..100 {
                assert!(outbox.wait_for_room());
                outbox.push(vec![number.to_string().into_bytes()]);
            }
            outbox.close();
            writer.join().unwrap().unwrap();
        });
        let expected: String = (0..100).map(|number| format!("{number}\n")).collect();
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    /// Takes nothing.
    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_server_that_is_gone() {
        let outbox = Outbox::default();
        outbox.push(vec![vec![b'x'; MAX_QUEUED + 1], b"y".to_vec(), vec![b'x'; MAX_QUEUED + 1]]);
        thread::scope(|scope| {
            scope.spawn(|| assert!(!outbox.wait_for_room()));
            assert!(outbox.write_to(Broken).is_err());
        });
    }
}
