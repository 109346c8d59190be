//! `actra bench SET --input FILE`

mod human;
mod measure;
mod requests;
mod rule_costs;

use std::time::Duration;

use actra_engine::describe_plan;
use actra_wire::{JsonDecider, Measurements};

use crate::args::{BenchArguments, Format};
use crate::exit::{Exit, ExitStatus};
use crate::output::{self, Output, printable};
use crate::policy_set;
use crate::source_locations::{Locations, RuleLocations};
use measure::Latencies;
use requests::Requests;

/// The shares of the time that are spent on latencies of single decisions, on throughput, and on single rules.
const LATENCY_SHARE: f64 = 0.4;
const THROUGHPUT_SHARE: f64 = 0.3;
const RULES_SHARE: f64 = 0.3;

pub(crate) fn run(arguments: &BenchArguments, output: &mut Output) -> Result<ExitStatus, Exit> {
    let (policy, sources) = policy_set::open(&arguments.set, arguments.verbosity.level())?;
    let requests = Requests::read(&arguments.input)?;
    let mut decider = JsonDecider::new(&policy);
    let faults = requests.faults(&mut decider);
    for fault in faults.iter().take(requests::MAX_FAULTS) {
        output::message(fault);
    }
    let time = |share: f64| Duration::from_secs_f64(arguments.seconds * share);
    measure::warm_up(&mut decider, &requests, time(LATENCY_SHARE));
    let latencies = measure::latencies(&mut decider, &requests, time(LATENCY_SHARE));
    let Latencies { nanoseconds, clock } = latencies;
    let per_second = measure::throughput(&mut decider, &requests, time(THROUGHPUT_SHARE));
    let reached = describe_plan(&policy);
    let report = Measurements {
        requests: requests.len(),
        faults: faults.len(),
        decisions: nanoseconds.len(),
        quantiles: measure::quantiles(nanoseconds),
        clock,
        per_second,
        rules: rule_costs::costs(&policy, &requests, time(RULES_SHARE)),
        reached: reached.as_deref(),
    };
    match arguments.format {
        Format::Human => {
            let locations = Locations { sources: &sources, set: &arguments.set };
            let rules = RuleLocations { policy: &policy, locations };
            output.bytes(human::render(&report, &rules).as_bytes())?;
        }
        Format::Json => output.json(|json| actra_wire::write_bench(&policy, &report, &sources, json))?,
    }
    if faults.is_empty() {
        return Ok(ExitStatus::Success);
    }
    output.flush()?;
    let input = printable(arguments.input.display());
    Err(Exit::Usage(format!("`{input}`: {} of {} lines are not requests", faults.len(), requests.len())))
}
