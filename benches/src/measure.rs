//! Measuring: engines take turns in rounds, and medians over rounds count, for the machine may be shared.

use std::time::{Duration, Instant};

use crate::random::Random;
use crate::subject::{Door, Subject, Way};
use crate::workload::{POOL, Series, Workload};

/// Rounds of a fast engine.
const ROUNDS: usize = 31;
/// How long one turn of a fast engine takes: less than a scheduler's slice, so that few turns are interrupted.
const TURN: Duration = Duration::from_micros(500);
/// How long one thread decides when two threads are compared with one, and how often.
const THREADS: (Duration, usize) = (Duration::from_millis(10), 9);
/// How long checking answers goes on, if it has not come through all of them.
const PATIENCE: Duration = Duration::from_millis(500);
/// Requests that are checked in any case.
const LEAST_CHECKED: usize = 2;
/// [`POOL`], to multiply durations with.
const PASS: u32 = POOL as u32;
/// Single decisions that the tail is taken from.
const SINGLE: usize = 160 * POOL;
/// The slowest decision for which tail and threads are measured.
const FAST: Duration = Duration::from_micros(20);

/// What was measured of one engine with one workload.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The engine.
    pub engine: &'static str,
    /// From text to a policy.
    pub load: Duration,
    /// Nanoseconds of one decision.
    pub times: Vec<(Way, f64)>,
    /// Requests whose answers were compared, of all.
    pub checked: (usize, usize),
    /// 50, 99 and 99.9 percent of single native decisions take at most these nanoseconds.
    pub tail: Option<[f64; 3]>,
    /// Decisions on two threads for one on one thread.
    pub threads: Option<f64>,
}

impl Measured {
    /// Nanoseconds of one decision.
    pub fn time(&self, way: Way) -> Option<f64> {
        self.times.iter().find(|(found, _)| *found == way).map(|(_, time)| *time)
    }
}

/// A turn: how often all requests are decided, and in how many rounds.
struct Turn {
    way: Way,
    repeats: usize,
    rounds: usize,
    samples: Vec<f64>,
}

/// Checks the answers of all engines, then measures them in turns. Who answers wrongly is left out, with the reason.
pub fn measure(workload: &Workload, subjects: &[Box<dyn Subject>]) -> (Vec<Measured>, Vec<String>) {
    let (mut planned, mut refused) = (Vec::new(), Vec::new());
    for subject in subjects {
        match plan(workload, subject.as_ref()) {
            Ok((turns, checked)) => planned.push((subject.as_ref(), turns, checked)),
            Err(error) => refused.push(format!("{}: {error:#}", subject.name())),
        }
    }
    let mut random = Random::new(7);
    for round in 0..ROUNDS {
        for (subject, turns, _) in &mut planned {
            turns
                .iter_mut()
                .filter(|turn| round < turn.rounds)
                .for_each(|turn| turn.take(*subject, &mut random));
        }
    }
    let measured =
        planned.into_iter().map(|(subject, turns, checked)| finish(subject, turns, checked, &mut random));
    (measured.collect(), refused)
}

type Planned = (Vec<Turn>, (usize, usize));

fn plan(workload: &Workload, subject: &dyn Subject) -> anyhow::Result<Planned> {
    let (mut turns, mut checked) = (Vec::new(), (0, 0));
    for series in Series::ALL.into_iter().filter(|series| subject.answers(*series)) {
        for door in Door::ALL {
            let way = (series, door);
            let (count, time) = subject.check(workload, way, LEAST_CHECKED, PATIENCE)?;
            checked = (checked.0 + count, checked.1 + workload.cases(series).len());
            turns.push(Turn::new(way, time, count == workload.cases(series).len()));
        }
    }
    Ok((turns, checked))
}

impl Turn {
    /// Every turn decides all requests, so that turns can be compared. Where checking did not come through all of
    /// them, there are no turns: its time counts.
    fn new(way: Way, time: Duration, all_checked: bool) -> Self {
        let pass = time * PASS;
        if !all_checked {
            return Self { way, repeats: 0, rounds: 0, samples: vec![nanoseconds(time)] };
        }
        let repeats = TURN.as_nanos() / pass.as_nanos().max(1);
        let rounds = match pass.as_millis() {
            0..2 => ROUNDS,
            2..50 => 9,
            _ => 3,
        };
        Self { way, repeats: usize::try_from(repeats).unwrap_or(1).max(1), rounds, samples: Vec::new() }
    }

    fn take(&mut self, subject: &dyn Subject, random: &mut Random) {
        let places = shuffled(random);
        if let Ok(time) = subject.time(self.way, &places, self.repeats) {
            self.samples.push(per_decision(time, places.len() * self.repeats));
        }
    }
}

/// Places of all requests in another order each time.
fn shuffled(random: &mut Random) -> Vec<usize> {
    let mut places: Vec<usize> = (0..POOL).collect();
    random.shuffle(&mut places);
    places
}

fn finish(subject: &dyn Subject, turns: Vec<Turn>, checked: (usize, usize), random: &mut Random) -> Measured {
    let times: Vec<(Way, f64)> =
        turns.into_iter().map(|mut turn| (turn.way, median(&mut turn.samples))).collect();
    let native = (Series::Complete, Door::Native);
    let time = times.iter().find(|(way, _)| *way == native).map_or(f64::MAX, |(_, time)| *time);
    let fast = time < nanoseconds(FAST);
    Measured {
        engine: subject.name(),
        load: subject.load_time(),
        checked,
        tail: if fast { tail(subject, native, random) } else { None },
        threads: if fast { threads(subject, native, time, random) } else { None },
        times,
    }
}

/// The time of the clock itself is subtracted.
fn tail(subject: &dyn Subject, way: Way, random: &mut Random) -> Option<[f64; 3]> {
    let clock = clock_time();
    let times = subject.time_each(way, &shuffled(random), SINGLE / POOL).ok()?;
    let mut times: Vec<f64> = times.into_iter().map(|time| (nanoseconds(time) - clock).max(0.0)).collect();
    times.sort_by(f64::total_cmp);
    let at = |thousandth: usize| times.get(times.len() * thousandth / 1000).copied();
    Some([at(500)?, at(990)?, at(999)?])
}

/// What asking the clock twice takes, with nothing between.
pub fn clock_time() -> f64 {
    let mut times: Vec<f64> = (0..10_001).map(|_| nanoseconds(Instant::now().elapsed())).collect();
    median(&mut times)
}

fn threads(subject: &dyn Subject, way: Way, time: f64, random: &mut Random) -> Option<f64> {
    let places = shuffled(random);
    let pass = time * POOL as f64;
    let repeats = ((nanoseconds(THREADS.0) / pass) as usize).max(1);
    let ratio = |_| {
        let one = subject.time(way, &places, repeats).ok()?;
        let two = subject.time_on_two_threads(way, &places, repeats).ok()?;
        Some(2.0 * one.as_secs_f64() / two.as_secs_f64())
    };
    let mut ratios: Vec<f64> = (0..THREADS.1).filter_map(ratio).collect();
    Some(median(&mut ratios))
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

fn per_decision(time: Duration, decisions: usize) -> f64 {
    nanoseconds(time) / decisions.max(1) as f64
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}
