//! An engine that holds a workload, without its types, so that engines can take turns.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use crate::engines::{Answer, Engine};
use crate::workload::{Case, Series, Workload};

/// How a request comes in and a decision goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// From an owned value to a decision.
    Native,
    /// From bytes to bytes.
    Json,
}

impl Door {
    /// Both doors.
    pub const ALL: [Door; 2] = [Door::Native, Door::Json];
}

/// Which decisions: the series and the door.
pub type Way = (Series, Door);

/// Makes the engine ready for a workload; `None` if it has no words for it.
pub type Start = fn(&Workload) -> anyhow::Result<Option<Box<dyn Subject>>>;

/// An engine that holds a workload.
pub trait Subject {
    /// Its name in the tables.
    fn name(&self) -> &'static str;

    /// How long loading the policy took.
    fn load_time(&self) -> Duration;

    /// Whether it has answers for a series.
    fn answers(&self, series: Series) -> bool;

    /// Compares answers with the expected ones until `patience` is over, but at least those of `least` requests;
    /// gives the number of requests and the time of one.
    fn check(
        &self,
        workload: &Workload,
        way: Way,
        least: usize,
        patience: Duration,
    ) -> anyhow::Result<(usize, Duration)>;

    /// The time that deciding the requests at these places takes, `repeats` times one after the other.
    fn time(&self, way: Way, places: &[usize], repeats: usize) -> anyhow::Result<Duration>;

    /// The same on two threads that share the policy.
    fn time_on_two_threads(&self, way: Way, places: &[usize], repeats: usize) -> anyhow::Result<Duration>;

    /// The time of each single decision.
    fn time_each(&self, way: Way, places: &[usize], repeats: usize) -> anyhow::Result<Vec<Duration>>;
}

/// Loads the workload into an engine.
pub fn start<E: Engine + 'static>(workload: &Workload) -> anyhow::Result<Option<Box<dyn Subject>>> {
    let Some(text) = E::text(workload) else { return Ok(None) };
    let (engine, load_time) = load::<E>(&text)?;
    let requests = |cases: &[Case]| -> anyhow::Result<Vec<Prepared<E>>> {
        cases.iter().map(|case| Ok((engine.native(&case.request)?, case.json.clone().into_bytes()))).collect()
    };
    let (complete, missing) = (requests(&workload.complete)?, requests(&workload.missing)?);
    Ok(Some(Box::new(Loaded { engine, load_time, complete, missing })))
}

/// A second load shows what the first one spends on a cold process; long ones are not repeated.
fn load<E: Engine>(text: &E::Text) -> anyhow::Result<(E, Duration)> {
    let once = || -> anyhow::Result<(E, Duration)> {
        let start = Instant::now();
        let engine = E::load(text)?;
        Ok((engine, start.elapsed()))
    };
    let (mut engine, mut best) = once()?;
    for _ in 0..2 {
        if best < Duration::from_millis(500) {
            let (again, time) = once()?;
            (engine, best) = (again, best.min(time));
        }
    }
    Ok((engine, best))
}

type Prepared<E> = (<E as Engine>::Native, Vec<u8>);

struct Loaded<E: Engine> {
    engine: E,
    load_time: Duration,
    complete: Vec<Prepared<E>>,
    missing: Vec<Prepared<E>>,
}

impl<E: Engine> Loaded<E> {
    fn requests(&self, series: Series) -> &[Prepared<E>] {
        match series {
            Series::Complete => &self.complete,
            Series::Missing => &self.missing,
        }
    }

    fn picked(&self, series: Series, places: &[usize]) -> Vec<&Prepared<E>> {
        places.iter().filter_map(|place| self.requests(series).get(*place)).collect()
    }

    fn desk(&self, door: Door) -> anyhow::Result<Desk<'_, E>> {
        Ok(Desk { engine: &self.engine, worker: self.engine.worker()?, out: Vec::with_capacity(4096), door })
    }
}

/// Where one thread decides.
struct Desk<'a, E: Engine + 'a> {
    engine: &'a E,
    worker: E::Worker<'a>,
    out: Vec<u8>,
    door: Door,
}

impl<'a, E: Engine> Desk<'a, E> {
    fn answer(&mut self, request: &Prepared<E>) -> anyhow::Result<Option<Answer>> {
        match self.door {
            Door::Native => self.engine.decide(&mut self.worker, &request.0).map(Some),
            Door::Json => {
                self.out.clear();
                self.engine.decide_json(&mut self.worker, &request.1, &mut self.out)?;
                Ok(Answer::read(&self.out))
            }
        }
    }

    /// The door is chosen outside of the loops, so that they hold nothing but deciding.
    fn run(&mut self, requests: &[&Prepared<E>], repeats: usize) -> Duration {
        let start = Instant::now();
        match self.door {
            Door::Native => {
                for _ in 0..repeats {
                    for request in requests {
                        let _ = black_box(self.engine.decide(&mut self.worker, black_box(&request.0)));
                    }
                }
            }
            Door::Json => {
                for _ in 0..repeats {
                    for request in requests {
                        self.out.clear();
                        let _ =
                            self.engine.decide_json(&mut self.worker, black_box(&request.1), &mut self.out);
                        black_box(&self.out);
                    }
                }
            }
        }
        start.elapsed()
    }
}

impl<E: Engine + 'static> Subject for Loaded<E> {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn load_time(&self) -> Duration {
        self.load_time
    }

    fn answers(&self, series: Series) -> bool {
        series == Series::Complete || E::blocks_undecided()
    }

    fn check(
        &self,
        workload: &Workload,
        way: Way,
        least: usize,
        patience: Duration,
    ) -> anyhow::Result<(usize, Duration)> {
        let (series, door) = way;
        let mut desk = self.desk(door)?;
        let start = Instant::now();
        let mut checked = 0;
        for (case, request) in workload.cases(series).iter().zip(self.requests(series)) {
            let answer = desk.answer(request)?;
            if answer != Some(Answer::blocked(case.expected.blocked)) {
                bail!("{} answers {answer:?} to {}", E::NAME, case.json);
            }
            checked += 1;
            if checked >= least && start.elapsed() > patience {
                break;
            }
        }
        ensure!(checked > 0, "no requests");
        Ok((checked, start.elapsed() / u32::try_from(checked)?))
    }

    fn time(&self, (series, door): Way, places: &[usize], repeats: usize) -> anyhow::Result<Duration> {
        let requests = self.picked(series, places);
        let mut desk = self.desk(door)?;
        if repeats > 1 {
            desk.run(&requests, 1);
        }
        Ok(desk.run(&requests, repeats))
    }

    fn time_on_two_threads(
        &self,
        (series, door): Way,
        places: &[usize],
        repeats: usize,
    ) -> anyhow::Result<Duration> {
        let requests = self.picked(series, places);
        let barrier = std::sync::Barrier::new(2);
        let thread = || -> anyhow::Result<Duration> {
            let mut desk = self.desk(door)?;
            desk.run(&requests, 1);
            barrier.wait();
            Ok(desk.run(&requests, repeats))
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(thread);
            let here = thread()?;
            let there = other.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
            Ok(here.max(there))
        })
    }

    fn time_each(
        &self,
        (series, door): Way,
        places: &[usize],
        repeats: usize,
    ) -> anyhow::Result<Vec<Duration>> {
        let requests = self.picked(series, places);
        let mut desk = self.desk(door)?;
        desk.run(&requests, 1);
        let mut times = Vec::with_capacity(requests.len() * repeats);
        for _ in 0..repeats {
            times.extend(requests.iter().map(|request| desk.run(std::slice::from_ref(request), 1)));
        }
        Ok(times)
    }
}
