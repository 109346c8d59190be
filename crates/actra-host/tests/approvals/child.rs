//! This test binary, run again as another process.

use std::path::Path;
use std::process::Command;

/// A process that runs the test `name`, which does nothing unless it is told to by `ACTRA_CHILD`.
pub fn command(name: &str, store: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments(name)).env("ACTRA_CHILD", name).env("ACTRA_STORE", store);
    command
}

pub fn arguments(name: &str) -> [&str; 4] {
    ["--exact", name, "--nocapture", "--test-threads=1"]
}

/// The file, in a process that was started to run this test.
pub fn store(name: &str) -> Option<std::path::PathBuf> {
    std::env::var("ACTRA_CHILD").ok().filter(|child| child == name)?;
    std::env::var_os("ACTRA_STORE").map(Into::into)
}

/// The lines with which a process says something, without those of the test harness.
pub fn said<'o>(output: &'o str, word: &str) -> Vec<&'o str> {
    output.lines().filter_map(|line| line.split_once(word)).map(|(_, said)| said.trim()).collect()
}
