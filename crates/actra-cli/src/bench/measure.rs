//! Measuring latency and throughput of decisions.

use std::hint::black_box;
use std::time::{Duration, Instant};

use actra_wire::{JsonDecider, Quantiles};

use super::requests::Requests;

/// The most decisions that are timed, which bounds memory.
const MAX_LATENCIES: usize = 5_000_000;
/// The shortest time of one measurement of the throughput: so short that most are not interrupted on a busy machine.
const WINDOW: Duration = Duration::from_micros(200);
/// How many decisions are made between two readings of the clock, which would otherwise be measured as well.
const BATCH: usize = 16;
/// How often the clock is read to learn how long that takes.
const CLOCK_READINGS: usize = 10_001;

/// How long single decisions took.
pub(crate) struct Latencies {
    /// In the order of deciding.
    pub(crate) nanoseconds: Vec<u64>,
    /// What reading the clock adds to each time, in nanoseconds.
    pub(crate) clock: u64,
}

/// Decides for a while without measuring, so that memory and caches reach their steady state.
pub(crate) fn warm_up(decider: &mut JsonDecider<'_>, requests: &Requests, time: Duration) {
    let start = Instant::now();
    let mut out = Vec::new();
    while start.elapsed() < time {
        pass(decider, requests, &mut out, start, time);
    }
}

/// Times each decision, going through the requests again and again.
pub(crate) fn latencies(decider: &mut JsonDecider<'_>, requests: &Requests, time: Duration) -> Latencies {
    let clock = clock_overhead();
    let mut nanoseconds = Vec::new();
    let mut out = Vec::new();
    let start = Instant::now();
    for request in requests.iter().cycle().take(MAX_LATENCIES) {
        out.clear();
        let before = Instant::now();
        black_box(decider.decide(black_box(request), &mut out));
        let after = Instant::now();
        nanoseconds.push(as_nanoseconds(after - before));
        if after - start >= time {
            break;
        }
    }
    Latencies { nanoseconds, clock }
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

/// The quantiles of at least one time: each is the smallest time that such a share of them does not exceed.
pub(crate) fn quantiles(mut times: Vec<u64>) -> Quantiles {
    times.sort_unstable();
    let at = |thousandths: usize| {
        let rank = (times.len() * thousandths).div_ceil(1000).max(1);
        times.get(rank - 1).copied().unwrap_or_default()
    };
    Quantiles { p50: at(500), p99: at(990), p999: at(999) }
}

/// Decides each request once, or fewer if the time is up.
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
fn clock_overhead() -> u64 {
    let mut times: Vec<u64> = (0..CLOCK_READINGS)
        .map(|_| {
            let before = Instant::now();
            as_nanoseconds(before.elapsed())
        })
        .collect();
    times.sort_unstable();
    times.get(CLOCK_READINGS / 2).copied().unwrap_or_default()
}

pub(crate) fn as_nanoseconds(time: Duration) -> u64 {
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
