//! One thread reads, some decide, and the calling one writes.
//!
//! Batches go to the threads in turn and answers are taken in the same turn, so their order is that of the lines.
//! Each channel holds one element, so whoever is slow makes the others wait instead of filling memory. None of the
//! threads is waited for once nobody reads the answers: the one that reads may never get another line.

use std::io;
use std::mem;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use actra_engine::Policy;

use super::Way;
use super::answer::{Answers, Decider};
use super::batch::{Batch, Lines};
use super::writer::Writer;
use crate::status::Stop;

/// Decides all lines.
pub(crate) fn decide(
    policy: &Arc<Policy>,
    way: Way,
    jobs: NonZeroUsize,
    lines: Lines,
    writer: &mut Writer<'_>,
) -> Result<io::Result<()>, Stop> {
    let workers: Vec<Worker> = (0..jobs.get()).map(|_| Worker::start(Arc::clone(policy), way)).collect();
    let senders: Vec<_> = workers.iter().map(|worker| worker.batches.clone()).collect();
    let reader = thread::spawn(move || read(lines, &senders));
    let (threads, answers): (Vec<_>, Vec<_>) =
        workers.into_iter().map(|worker| (worker.thread, worker.answers)).unzip();
    let mut turns = answers.iter().cycle();
    let mut turn = turns.next();
    // The first in turn that has no more answers had no more batches.
    while let Some(answers) = turn.and_then(|answers| answers.recv().ok()) {
        writer.write(&answers)?;
        if answers.end.is_some() {
            turn = turns.next();
        }
    }
    drop(answers);
    let read = reader.join().map_err(|_| ended("reads"))?;
    threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| ended("decides")))?;
    Ok(read)
}

fn ended(what: &str) -> Stop {
    Stop::Failed(format!("a thread that {what} ended"))
}

/// Hands out batches in turn, until there are no more or nobody takes them.
fn read(mut lines: Lines, senders: &[SyncSender<Batch>]) -> io::Result<()> {
    for sender in senders.iter().cycle() {
        let mut batch = Batch::default();
        let more = lines.fill(&mut batch);
        // Lines before a fault are answered.
        let taken = sender.send(batch).is_ok();
        if !more? || !taken {
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
    fn start(policy: Arc<Policy>, way: Way) -> Self {
        let (batches, undecided) = sync_channel::<Batch>(1);
        let (answered, answers) = sync_channel(1);
        let thread = thread::spawn(move || {
            let mut decider = Decider::new(&policy, way);
            for batch in undecided {
                let pass_on = |answers: &mut Answers| answered.send(mem::take(answers));
                if batch.answer(&mut decider, &mut Answers::default(), pass_on).is_err() {
                    return;
                }
            }
        });
        Self { batches, answers, thread }
    }
}
