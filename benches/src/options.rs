//! The command line.

use anyhow::{Context as _, bail};

use crate::scenarios::Scenario;
use crate::subject::Door;
use crate::workload::Series;

/// How to use the program.
pub const USAGE: &str = "\
usage: actra-benches [--only ENGINE,..] [--scenario LETTER,..] [--sizes N,..]
       actra-benches --count LETTER N DECISIONS [--only ENGINE] [--json] [--missing]
engines by the start of their names: actra cedar regorus cel casbin datalogic by";

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// Starts of engines' names; all of them if empty.
    pub only: Vec<String>,
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// Rules, where there is a choice.
    pub sizes: Vec<usize>,
    /// Decide a number of times and measure nothing.
    pub count: Option<Count>,
    /// The door, when counting.
    pub door: Door,
    /// The series, when counting.
    pub series: Series,
}

/// Decisions for a tool that counts instructions.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    /// The scenario.
    pub scenario: Scenario,
    /// Rules.
    pub size: usize,
    /// Decisions after the first pass through all requests.
    pub decisions: usize,
}

impl Options {
    /// Reads the arguments.
    pub fn parse(arguments: impl Iterator<Item = String>) -> anyhow::Result<Options> {
        let mut options = Options {
            only: Vec::new(),
            scenarios: Scenario::ALL.to_vec(),
            sizes: vec![10, 100, 1_000, 10_000, 100_000],
            count: None,
            door: Door::Native,
            series: Series::Complete,
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut next = || arguments.next().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--only" => options.only = next()?.split(',').map(str::to_lowercase).collect(),
                "--scenario" => {
                    options.scenarios = next()?.split(',').map(scenario).collect::<Result<_, _>>()?
                }
                "--sizes" => options.sizes = next()?.split(',').map(size).collect::<Result<_, _>>()?,
                "--count" => {
                    let (scenario, rules) = (scenario(&next()?)?, size(&next()?)?);
                    options.count = Some(Count { scenario, size: rules, decisions: next()?.parse()? });
                }
                "--json" => options.door = Door::Json,
                "--missing" => options.series = Series::Missing,
                _ => bail!("{argument}?\n{USAGE}"),
            }
        }
        Ok(options)
    }

    /// Whether an engine is asked for.
    pub fn wants(&self, engine: &str) -> bool {
        let engine = engine.to_lowercase();
        self.only.is_empty() || self.only.iter().any(|start| engine.starts_with(start))
    }

    /// Scenarios with their sizes.
    pub fn workloads(&self) -> Vec<(Scenario, usize)> {
        let sizes = |scenario: Scenario| scenario.fixed_size().map_or(self.sizes.clone(), |size| vec![size]);
        self.scenarios
            .iter()
            .flat_map(|scenario| sizes(*scenario).into_iter().map(|size| (*scenario, size)))
            .collect()
    }
}

fn scenario(letter: &str) -> anyhow::Result<Scenario> {
    Scenario::parse(letter).with_context(|| format!("no scenario {letter}\n{USAGE}"))
}

fn size(number: &str) -> anyhow::Result<usize> {
    let size = number.parse()?;
    if size < 10 {
        bail!("at least 10 rules");
    }
    Ok(size)
}
