//! All that the command says about requests.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory with the set, removed at the end.
pub struct TestDirectory(PathBuf);

impl TestDirectory {
    pub fn new(files: &[(&str, String)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("actra-secrets-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = Self(std::env::temp_dir().join(name));
        files.iter().for_each(|(path, text)| directory.write(path, text));
        directory
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a directory")).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap_or_default()
    }

    /// What the command prints, messages first.
    pub fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_actra-book"));
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        let output = command.output().unwrap();
        let printed = [output.stderr, b"\n".to_vec(), output.stdout].concat();
        String::from_utf8(printed).expect("messages are text")
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
