//! The requests to measure with, all in memory.

use std::io::{BufRead, BufReader};
use std::path::Path;

use actra_engine::model::limits;
use actra_host::{LineRead, LineReader};
use actra_wire::JsonDecider;

use crate::exit::Exit;
use crate::input;
use crate::output::printable;

/// How many lines that are not requests are named.
pub(crate) const MAX_FAULTS: usize = 10;
/// How many bytes are read ahead.
const READ_AHEAD: usize = 1 << 17;
/// The most bytes of requests; all are held while measuring.
const MAX_BYTES: usize = 1 << 30;

/// The requests of a file, with the numbers of their lines.
pub(crate) struct Requests {
    lines: Vec<(u64, Vec<u8>)>,
}

impl Requests {
    /// Reads the lines of a file that are not blank; an error if there are none.
    pub(crate) fn read(path: &Path) -> Result<Self, Exit> {
        let mut input = BufReader::with_capacity(READ_AHEAD, input::open(path)?);
        let start = input.fill_buf().map_err(|error| input::cannot_read(path, &error))?;
        input::reject_multiline_json(path, start)?;
        let mut reader = LineReader::new(input, limits::RAW_REQUEST_BYTES);
        let (mut lines, mut line, mut number, mut bytes) = (Vec::new(), Vec::new(), 0, 0);
        while reader.read(&mut line).map_err(|error| input::cannot_read(path, &error))? == LineRead::Line {
            number += 1;
            bytes += line.len();
            if bytes > MAX_BYTES {
                let path = printable(path.display());
                return Err(Exit::Usage(format!("`{path}` has more than 1 GiB of requests")));
            }
            let line = std::mem::take(&mut line);
            if !line.trim_ascii().is_empty() {
                lines.push((number, line));
            }
        }
        if lines.is_empty() {
            return Err(Exit::Usage(format!("`{}` has no requests to measure", printable(path.display()))));
        }
        Ok(Self { lines })
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The bytes of each request, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.lines.iter().map(|(_, line)| line.as_slice())
    }

    /// What is wrong with each line that is not a request.
    pub(crate) fn faults(&self, decider: &mut JsonDecider<'_>) -> Vec<String> {
        let mut out = Vec::new();
        let mut fault = |(number, line): &(u64, Vec<u8>)| {
            out.clear();
            let fault = decider.decide(line, &mut out).fault?;
            let byte = fault.offset.map(|offset| format!(", byte {}", offset + 1)).unwrap_or_default();
            Some(format!("line {number}{byte}: {}", fault.reason.message()))
        };
        self.lines.iter().filter_map(&mut fault).collect()
    }
}
