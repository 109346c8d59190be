//! `actra bench SET --input FILE`

mod measure;
mod requests;
mod rules;
mod show;

use std::time::Duration;

use actra_engine::describe_plan;
use actra_wire::{Bench, JsonDecider};

use crate::args::{BenchArguments, Format};
use crate::load::{self, shown};
use crate::output::{self, Output};
use crate::status::{Status, Stop};
use measure::Measured;
use requests::Requests;

/// Of the time, what goes to the times of single decisions, to the throughput, and to single rules.
const TIMES: f64 = 0.4;
const THROUGHPUT: f64 = 0.3;
const RULES: f64 = 0.3;

pub(crate) fn run(arguments: &BenchArguments, output: &mut Output) -> Result<Status, Stop> {
    let (policy, sources) = load::policy(&arguments.set, arguments.volume.amount())?;
    let requests = Requests::read(&arguments.input)?;
    let mut decider = JsonDecider::new(&policy);
    let faults = requests.faults(&mut decider);
    for fault in faults.iter().take(requests::FAULTS) {
        output::message(fault);
    }
    let part = |part: f64| Duration::from_secs_f64(arguments.seconds * part);
    measure::warm_up(&mut decider, &requests, part(TIMES));
    let Measured { times, clock } = measure::times(&mut decider, &requests, part(TIMES));
    let per_second = measure::throughput(&mut decider, &requests, part(THROUGHPUT));
    let reached = describe_plan(&policy);
    let report = Bench {
        requests: requests.len(),
        faults: faults.len(),
        decisions: times.len(),
        quantiles: measure::quantiles(times),
        clock,
        per_second,
        rules: rules::costs(&policy, &requests, part(RULES)),
        reached: reached.as_deref(),
    };
    match arguments.format {
        Format::Human => {
            let places = show::Places { policy: &policy, sources: &sources, set: &arguments.set };
            output.bytes(show::show(&report, &places).as_bytes())?;
        }
        Format::Json => {
            let mut json = Vec::new();
            actra_wire::write_bench(&policy, &report, &sources, &mut json);
            output.line(json)?;
        }
    }
    if faults.is_empty() {
        return Ok(Status::Fine);
    }
    output.flush()?;
    let input = shown(arguments.input.display());
    Err(Stop::Wrong(format!("`{input}`: {} of {} lines are no requests", faults.len(), requests.len())))
}
