//! Measures, and prints the tables.

use std::process::{Command, ExitCode};
use std::time::Instant;

use actra_benches::engines::Engine;
use actra_benches::engines::actra::Actra;
use actra_benches::engines::by_hand::ByHand;
use actra_benches::engines::casbin::Casbin;
use actra_benches::engines::cedar::Cedar;
use actra_benches::engines::cel::Cel;
use actra_benches::engines::datalogic::DataLogic;
use actra_benches::engines::regorus::{Regorus, RegorusData};
use actra_benches::measure::{clock_time, measure};
use actra_benches::options::{Count, Options};
use actra_benches::subject::{Start, Subject, start};
use actra_benches::table::{self, Column};
use actra_benches::workload::{POOL, Workload};
use anyhow::Context as _;

const ENGINES: [(&str, Start); 8] = [
    (Actra::NAME, start::<Actra>),
    (ByHand::NAME, start::<ByHand>),
    (Cedar::NAME, start::<Cedar>),
    (Regorus::NAME, start::<Regorus>),
    (RegorusData::NAME, start::<RegorusData>),
    (Cel::NAME, start::<Cel>),
    (Casbin::NAME, start::<Casbin>),
    (DataLogic::NAME, start::<DataLogic>),
];

fn main() -> ExitCode {
    let done = Options::parse(std::env::args().skip(1)).and_then(|options| match options.count {
        Some(count) => decide_exactly(&options, count),
        None => compare(&options),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn compare(options: &Options) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut columns = Vec::new();
    for (scenario, size) in options.workloads() {
        let workload = Workload::new(scenario, size);
        let subjects = load(options, &workload);
        let (measured, refused) = measure(&workload, &subjects);
        refused.iter().for_each(|reason| eprintln!("({}) {size}: {reason}", scenario.letter()));
        eprintln!("({}) {size} rules: done after {}", scenario.letter(), table::seconds(start.elapsed()));
        columns.push(Column { scenario, size, measured });
    }
    println!("{}", table::times(&columns));
    println!("### Loading\n\n{}", table::loads(&columns));
    println!("### Two threads that share one policy\n\n{}", table::threads(&columns));
    println!(
        "### Single decisions, native; {:.0} ns of the clock subtracted\n\n{}",
        clock_time(),
        table::tails(&columns)
    );
    println!("### Answers compared before measuring\n\n{}", table::checks(&columns));
    memory()
}

/// The engines that are asked for and have words for the workload.
fn load(options: &Options, workload: &Workload) -> Vec<Box<dyn Subject>> {
    let wanted = ENGINES.iter().filter(|(name, _)| options.wants(name));
    let started = wanted.filter_map(|(name, start)| match start(workload) {
        Ok(subject) => subject,
        Err(error) => {
            eprintln!("({}) {}: {name} does not load: {error:#}", workload.scenario.letter(), workload.size);
            None
        }
    });
    started.collect()
}

/// Memory is counted by a program of its own, so that counting does not slow down what is timed here.
fn memory() -> anyhow::Result<()> {
    let program = std::env::current_exe()?.with_file_name("actra-benches-memory");
    if !program.exists() {
        eprintln!("{} is not built: no memory table", program.display());
        return Ok(());
    }
    Command::new(program).args(std::env::args().skip(1)).status()?;
    Ok(())
}

/// For a tool that counts instructions: the difference of two runs is that of their decisions.
fn decide_exactly(options: &Options, count: Count) -> anyhow::Result<()> {
    let workload = Workload::new(count.scenario, count.size);
    let subjects = load(options, &workload);
    let subject = subjects.first().context("no such engine")?;
    let places: Vec<usize> = (0..POOL).collect();
    let way = (options.series, options.door);
    subject.time(way, &places, 2)?;
    subject.time(way, &places, (count.decisions / POOL).max(2))?;
    Ok(())
}
