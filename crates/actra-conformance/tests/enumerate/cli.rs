//! The same questions on the command line, which has to say what the engine says.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use actra_engine::analyze::{Analyzer, Direction, ProofVerdict};
use actra_engine::compile;

use super::case::{Ask, Bound, Case, Statement};
use super::judge::govern::governance;
use super::judge::{compiled, policy_set, prove, proves as is_proved};
use super::set::SetSpec;
use super::tree::Tree;

/// Holds the arguments, and tells the child process that it is the command line.
const ARGUMENTS: &str = "ACTRA_ENUMERATE_ARGUMENTS";
const SEPARATOR: &str = "\u{1f}";
/// What the test harness says before the command does ends here.
const START: &str = "\u{1e}\n";

/// In the child process: runs the command and ends the process with its status.
pub fn answer() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    print!("{START}");
    let arguments = std::iter::once("actra").chain(arguments.split(SEPARATOR)).map(OsString::from);
    let status = actra_cli::run(arguments.collect::<Vec<_>>());
    std::process::exit(status as i32);
}

/// What a command prints, and its status.
fn actra(arguments: &[&str]) -> (String, i32) {
    let program = std::env::current_exe().expect("tests know where they are");
    let mut command = Command::new(program);
    command.args(["the_command_line", "--exact", "--nocapture"]).env(ARGUMENTS, arguments.join(SEPARATOR));
    let output = command.stderr(Stdio::null()).output().expect("the command runs");
    let printed = String::from_utf8(output.stdout).expect("commands print UTF-8");
    let own = printed.split_once(START).map_or(String::new(), |(_, own)| own.to_owned());
    (own, output.status.code().unwrap_or(-1))
}

/// A directory that is gone afterwards.
struct TestDirectory(PathBuf);

impl TestDirectory {
    fn new(seed: u64) -> TestDirectory {
        let path = std::env::temp_dir().join(format!("actra-enumerate-{}-{seed}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory for a set");
        TestDirectory(path)
    }

    fn write(&self, name: &str, files: &[(String, String)]) -> String {
        let directory = self.0.join(name);
        fs::create_dir_all(&directory).expect("a directory for a set");
        for (path, text) in files {
            fs::write(directory.join(path), text).expect("a file of a set");
        }
        shown(&directory)
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        // What is left in a directory for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn shown(path: &Path) -> String {
    path.to_str().expect("the path is UTF-8").to_owned()
}

/// Whether the command line was asked; it agrees, or the test fails.
pub fn agrees(case: &Case) -> bool {
    match &case.ask {
        Ask::Prove(statement) => proves(case, statement),
        Ask::Invariant(statement) => compiles(case, statement),
        Ask::Diff(new) => compares(case, new),
        _ => false,
    }
}

fn proves(case: &Case, statement: &Statement) -> bool {
    let Some(policy) = compiled(&case.set) else { return false };
    let Some(verdict) = prove::answer(&policy, statement) else { return false };
    let (word, status) = match verdict {
        ProofVerdict::Proved => ("proved", 0),
        ProofVerdict::Refuted(_) => ("refuted", 1),
        ProofVerdict::Vacuous => ("empty", 1),
        ProofVerdict::Unproven(_) => ("unproven", 1),
        ProofVerdict::ProtectionsLost(_) => return false,
    };
    let directory = TestDirectory::new(case.seed);
    let set = directory.write("set", &case.set.files());
    let effect = match statement.bound {
        Bound::Exactly => statement.effect.to_string(),
        Bound::AtLeast => format!("at_least:{}", statement.effect),
        Bound::AtMost => format!("at_most:{}", statement.effect),
    };
    let keys: Vec<String> =
        statement.scope.keys().iter().map(|(key, value)| format!("{key}={value}")).collect();
    let when = statement.when.as_ref().map(Tree::show);
    let mut arguments = vec!["prove", &set, "--format", "json", "--effect", &effect];
    keys.iter().for_each(|key| arguments.extend(["--for", key]));
    when.iter().for_each(|when| arguments.extend(["--when", when]));
    let (printed, ended) = actra(&arguments);
    let wanted = format!("\"verdict\":\"{word}\"");
    assert!(printed.contains(&wanted) && ended == status, "seed {}: {word}, not {printed}", case.seed);
    true
}

/// `compile` gives a file exactly if the governance is kept, and `verify` names what was proved.
fn compiles(case: &Case, statement: &Statement) -> bool {
    let mut files = case.set.files();
    files.push(("governance.yaml".to_owned(), governance(statement)));
    let outcome = compile(&policy_set(&files));
    let proved = is_proved(&outcome, "asked");
    let directory = TestDirectory::new(case.seed);
    let set = directory.write("set", &files);
    let file = shown(&directory.0.join("set.actra"));
    let (_, ended) = actra(&["compile", &set, "-o", &file]);
    assert_eq!(ended == 0, outcome.policy.is_some(), "seed {}: compile ends with {ended}", case.seed);
    if ended == 0 {
        let (printed, ended) = actra(&["verify", &file]);
        assert!(ended == 0 && printed.contains("proved: asked") == proved, "seed {}: {printed}", case.seed);
    }
    true
}

fn compares(case: &Case, new: &SetSpec) -> bool {
    let (Some(before), Some(after)) = (compiled(&case.set), compiled(new)) else { return false };
    let difference = Analyzer::default().diff(&before, &after);
    let directory = TestDirectory::new(case.seed);
    let (old, new) = (directory.write("old", &case.set.files()), directory.write("new", &new.files()));
    for (direction, word) in [(Direction::Weaker, "weaker"), (Direction::Stricter, "stricter")] {
        let (_, ended) = actra(&["diff", &old, &new, "--fail-on", word]);
        assert_eq!(ended == 1, difference.moved(direction), "seed {}: {word}", case.seed);
    }
    true
}
