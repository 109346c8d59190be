use std::hint::black_box;
use std::time::{Duration, Instant};

use actra_wire::{JsonDecider, Quantiles};

use super::requests::Requests;

/// Decisions that are timed at most, which bounds memory.
const TIMES: usize = 5_000_000;
/// How long one measurement of the throughput takes at least: so short that most are not interrupted on a busy machine.
const WINDOW: Duration = Duration::from_micros(200);
/// Decisions between two looks at the clock; looking for each would be measured, too.
const BATCH: usize = 16;
/// How often the clock is read to learn what reading it takes.
const CLOCK: usize = 10_001;

/// Times of single decisions.
pub(crate) struct Measured {
    /// In nanoseconds, in the order of deciding.
    pub(crate) times: Vec<u64>,
    /// What reading the clock adds to each time, in nanoseconds.
    pub(crate) clock: u64,
}

/// Decides for a while without measuring, so that memory and caches are as they will be.
pub(crate) fn warm_up(decider: &mut JsonDecider<'_>, requests: &Requests, time: Duration) {
    let start = Instant::now();
    let mut out = Vec::new();
    while start.elapsed() < time {
        pass(decider, requests, &mut out, start, time);
    }
}

/// The time of each decision, going through the requests again and again.
pub(crate) fn times(decider: &mut JsonDecider<'_>, requests: &Requests, time: Duration) -> Measured {
    let clock = clock();
    let mut times = Vec::new();
    let mut out = Vec::new();
    let start = Instant::now();
    for request in requests.iter().cycle().take(TIMES) {
        out.clear();
        let before = Instant::now();
        black_box(decider.decide(black_box(request), &mut out));
        let after = Instant::now();
        times.push(nanoseconds(after - before));
        if after - start >= time {
            break;
        }
    }
    Measured { times, clock }
}

/// Decisions in a second: the median over many short measurements.
pub(crate) fn throughput(decider: &mut JsonDecider<'_>, requests: &Requests, time: Duration) -> u64 {
    let mut out = Vec::new();
    let mut rates = Vec::new();
    let start = Instant::now();
    let mut requests = requests.iter().cycle();
    while rates.is_empty() || start.elapsed() < time {
        let window = Instant::now();
        let mut decided: u64 = 0;
        while window.elapsed() < WINDOW {
            for request in requests.by_ref().take(BATCH) {
                out.clear();
                black_box(decider.decide(black_box(request), &mut out));
                decided += 1;
            }
        }
        rates.push(decided as f64 / window.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).map_or(0, |rate| *rate as u64)
}

/// Of at least one time: each the smallest that so many of the times do not exceed.
pub(crate) fn quantiles(mut times: Vec<u64>) -> Quantiles {
    times.sort_unstable();
    let at = |thousandths: usize| {
        let rank = (times.len() * thousandths).div_ceil(1000).max(1);
        times.get(rank - 1).copied().unwrap_or_default()
    };
    Quantiles { p50: at(500), p99: at(990), p999: at(999) }
}

fn pass(
    decider: &mut JsonDecider<'_>,
    requests: &Requests,
    out: &mut Vec<u8>,
    start: Instant,
    time: Duration,
) {
    for (idx, request) in requests.iter().enumerate() {
        out.clear();
        black_box(decider.decide(black_box(request), out));
        if idx % BATCH == BATCH - 1 && start.elapsed() >= time {
            return;
        }
    }
}

/// The median time between two readings of the clock.
fn clock() -> u64 {
    let mut times: Vec<u64> = (0..CLOCK)
        .map(|_| {
            let before = Instant::now();
            nanoseconds(before.elapsed())
        })
        .collect();
    times.sort_unstable();
    times.get(CLOCK / 2).copied().unwrap_or_default()
}

pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_were_measured() {
        let all = |times: Vec<u64>| {
            let Quantiles { p50, p99, p999 } = quantiles(times);
            (p50, p99, p999)
        };
        assert_eq!(all(vec![7]), (7, 7, 7));
        assert_eq!(all((1..=1000).rev().collect()), (500, 990, 999));
        assert_eq!(all((1..=10).collect()), (5, 10, 10));
    }
}
