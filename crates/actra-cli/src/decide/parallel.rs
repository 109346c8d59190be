//! Deciding in several threads: one reads, some decide, and the calling one writes.
//!
//! Batches go to the workers in turn and answers are taken in the same turn, so their order is that of the lines.
//! Each channel holds one element, so a slow thread makes the others wait instead of filling memory. Once nobody reads
//! the answers, no thread is joined: the one that reads may be waiting for a line that never comes.

use std::io;
use std::mem;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use actra_engine::Policy;

use super::answer::{Answers, Decider, DeciderOptions};
use super::batch::{Batch, InputLines};
use super::writer::AnswerWriter;
use crate::exit::Exit;

/// Decides all lines. The inner error is one of reading them.
pub(crate) fn decide(
    policy: &Arc<Policy>,
    options: DeciderOptions,
    jobs: NonZeroUsize,
    lines: InputLines,
    writer: &mut AnswerWriter<'_>,
) -> Result<io::Result<()>, Exit> {
    let workers: Vec<Worker> = (0..jobs.get()).map(|_| Worker::start(Arc::clone(policy), options)).collect();
    let senders: Vec<_> = workers.iter().map(|worker| worker.batches.clone()).collect();
    let reader = thread::spawn(move || read_batches(lines, &senders));
    let (threads, answers): (Vec<_>, Vec<_>) =
        workers.into_iter().map(|worker| (worker.thread, worker.answers)).unzip();
    let mut turns = answers.iter().cycle();
    let mut turn = turns.next();
    // When the worker whose turn it is has no more answers, there were no more batches.
    while let Some(answers) = turn.and_then(|answers| answers.recv().ok()) {
        writer.write(&answers)?;
        if answers.last_line.is_some() {
            turn = turns.next();
        }
    }
    drop(answers);
    let read = reader.join().map_err(|_| thread_ended("reads"))?;
    threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| thread_ended("decides")))?;
    Ok(read)
}

fn thread_ended(what: &str) -> Exit {
    Exit::Failure(format!("a thread that {what} ended"))
}

/// Hands out batches in turn, until there are no more or nobody receives them.
fn read_batches(mut lines: InputLines, senders: &[SyncSender<Batch>]) -> io::Result<()> {
    for sender in senders.iter().cycle() {
        let mut batch = Batch::default();
        let more = lines.fill(&mut batch);
        // Sent before the error is returned, so that the lines before it are answered.
        let has_receiver = sender.send(batch).is_ok();
        if !more? || !has_receiver {
            return Ok(());
        }
    }
    Ok(())
}

/// A thread that decides.
struct Worker {
    batches: SyncSender<Batch>,
    answers: Receiver<Answers>,
    thread: JoinHandle<()>,
}

impl Worker {
    fn start(policy: Arc<Policy>, options: DeciderOptions) -> Self {
        let (batches, received) = sync_channel::<Batch>(1);
        let (sender, answers) = sync_channel(1);
        let thread = thread::spawn(move || {
            let mut decider = Decider::new(&policy, options);
            for batch in received {
                let pass_on = |answers: &mut Answers| sender.send(mem::take(answers));
                if batch.answer(&mut decider, &mut Answers::default(), pass_on).is_err() {
                    return;
                }
            }
        });
        Self { batches, answers, thread }
    }
}
