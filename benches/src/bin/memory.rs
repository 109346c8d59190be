//! Counts memory: bytes that a loaded policy holds, and allocations of decisions that allow.

use std::alloc::System;

use actra_benches::engines::Engine;
use actra_benches::engines::actra::Actra;
use actra_benches::engines::casbin::Casbin;
use actra_benches::engines::cedar::Cedar;
use actra_benches::engines::cel::Cel;
use actra_benches::engines::datalogic::DataLogic;
use actra_benches::engines::regorus::{Regorus, RegorusData};
use actra_benches::options::Options;
use actra_benches::table::thousands;
use actra_benches::workload::{Case, Workload};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Decisions that allocations are counted over, after one pass that fills buffers.
const DECISIONS: usize = 64;

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    println!("### Memory\n");
    println!("| scenario | engine | bytes per rule | allocations, native allow | allocations, JSON allow |");
    println!("|---|---|--:|--:|--:|");
    for (scenario, size) in options.workloads() {
        let workload = Workload::new(scenario, size);
        row::<Actra>(&options, &workload);
        row::<Cedar>(&options, &workload);
        row::<Regorus>(&options, &workload);
        row::<RegorusData>(&options, &workload);
        row::<Cel>(&options, &workload);
        row::<Casbin>(&options, &workload);
        row::<DataLogic>(&options, &workload);
    }
    Ok(())
}

fn row<E: Engine>(options: &Options, workload: &Workload) {
    if !options.wants(E::NAME) {
        return;
    }
    match E::text(workload).map(|text| counts::<E>(workload, &text)) {
        Some(Ok((bytes, native, json))) => {
            let scenario = format!("({}) {}", workload.scenario.letter(), thousands(workload.size as f64));
            println!("| {scenario} | {} | {} | {native:.1} | {json:.1} |", E::NAME, thousands(bytes));
        }
        Some(Err(error)) => eprintln!("{}: {error:#}", E::NAME),
        None => {}
    }
}

fn counts<E: Engine>(workload: &Workload, text: &E::Text) -> anyhow::Result<(f64, f64, f64)> {
    // What an engine sets up once for all policies is not a policy's.
    drop(E::load(text)?);
    let region = Region::new(ALLOCATOR);
    let engine = E::load(text)?;
    let change = region.change();
    let bytes = change.bytes_allocated as f64 - change.bytes_deallocated as f64;
    let allowed: Vec<&Case> =
        workload.complete.iter().filter(|case| !case.expected.blocked).take(DECISIONS).collect();
    let natives = allowed.iter().map(|case| engine.native(&case.request)).collect::<Result<Vec<_>, _>>()?;
    let mut worker = engine.worker()?;
    let mut out = Vec::with_capacity(4096);
    let few = if workload.size > 10_000 { 2 } else { DECISIONS };
    let (natives, allowed) = (natives.iter().take(few), allowed.iter().take(few));
    let decided = allowed.len().max(1) as f64;
    let native =
        counted(|| natives.clone().try_for_each(|request| engine.decide(&mut worker, request).map(drop)))?;
    let json = counted(|| {
        allowed.clone().try_for_each(|case| {
            out.clear();
            engine.decide_json(&mut worker, case.json.as_bytes(), &mut out)
        })
    })?;
    Ok((bytes / workload.size as f64, native / decided, json / decided))
}

/// Allocations of the second of two equal passes.
fn counted(mut pass: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    pass()?;
    let region = Region::new(ALLOCATOR);
    pass()?;
    let change = region.change();
    Ok((change.allocations + change.reallocations) as f64)
}
