//! The command in a pseudo-terminal.

use std::fs::File;
use std::io::Read;
use std::process::{Child, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::test_directory::TestDirectory;

/// A run whose output, standard error included, goes to a terminal.
pub struct Terminal {
    pub child: Child,
    screen: File,
}

impl Terminal {
    pub fn start(directory: &TestDirectory, arguments: &str, variables: &[(&str, &str)]) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs = File::options().read(true).write(true).open(name).unwrap();
        let end = || Stdio::from(theirs.try_clone().unwrap());
        let mut command = directory.command(arguments);
        command.env("TERM", "xterm-256color").envs(variables.iter().copied());
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        Self { child, screen: File::from(ours) }
    }

    /// What the terminal gets up to some text, or up to its end.
    pub fn shows(&mut self, until: &str) -> String {
        let mut shown = String::new();
        let mut buffer = [0; 4096];
        // The end of a terminal is an error.
        while let Ok(count @ 1..) = self.screen.read(&mut buffer) {
            shown += str::from_utf8(buffer.get(..count).unwrap()).unwrap();
            if !until.is_empty() && shown.contains(until) {
                break;
            }
        }
        shown
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
