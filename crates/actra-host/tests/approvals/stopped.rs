//! The file cannot be written, or somebody else has it for themselves.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use actra_host::SqliteStore;
use actra_runtime::approval::{ApprovalStore, StoreError};

use crate::child;
use crate::ground::{File, at, binding, by, calls};

#[test]
fn a_file_that_another_process_keeps_locked_blocks_and_keeps_its_grant() {
    let file = File::new();
    let store = file.granted();
    let other = file.sqlite();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    // All wait together, not one after another.
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..8).map(|_| scope.spawn(|| store.take(&binding(1), at(1_500)))).collect();
        let listing = scope.spawn(|| store.list(at(1_500)));
        for result in waiting {
            assert_eq!(result.join().unwrap(), Err(StoreError::Locked));
        }
        assert_eq!(listing.join().unwrap(), Err(StoreError::Locked));
    });
    assert!(matches!(SqliteStore::open(&file.0), Err(StoreError::Locked)));
    other.execute_batch("COMMIT").unwrap();
    assert!(store.take(&binding(1), at(1_500)).unwrap().is_some());
    assert!(store.take(&binding(1), at(1_500)).unwrap().is_none());
}

/// What a statement gives is nobody's before it is committed.
#[test]
fn a_grant_that_cannot_be_taken_out_is_not_given() {
    let file = File::new();
    let store = file.granted();
    let reading = file.sqlite();
    reading.execute_batch("BEGIN").unwrap();
    let _: i64 = reading.query_row("SELECT count(*) FROM approvals", [], |row| row.get(0)).unwrap();
    assert_eq!(store.take(&binding(1), at(1_500)), Err(StoreError::Locked));
    reading.execute_batch("COMMIT").unwrap();
    assert!(store.take(&binding(1), at(1_500)).unwrap().is_some());
    assert!(store.take(&binding(1), at(1_500)).unwrap().is_none());
}

const TAKES: &str = "stopped::takes_in_a_process";

#[test]
fn takes_in_a_process() {
    let Some(path) = child::store(TAKES) else { return };
    match SqliteStore::open_existing(&path) {
        Err(error) => println!("opening: {error}"),
        Ok(store) => {
            let (taken, said) = calls(&store);
            println!("taken: {}", taken.is_some());
            said.iter().filter_map(|said| said.as_ref().err()).for_each(|error| println!("refused: {error}"));
        }
    }
}

/// No file of the process may grow beyond nothing, as on a disk without room.
#[test]
fn on_a_full_disk_nothing_is_granted_and_nothing_is_lost() {
    let file = File::new();
    let store = file.granted();
    let exe = std::env::current_exe().unwrap();
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    let output = Command::new("sh")
        .args(["-c", script, exe.to_str().unwrap()])
        .args(child::arguments(TAKES))
        .env("ACTRA_CHILD", TAKES)
        .env("ACTRA_STORE", &file.0)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(child::said(&printed, "taken: "), ["false"], "{printed}");
    assert!(child::said(&printed, "refused: ").len() >= 3, "{printed}");
    assert!(store.take(&binding(1), at(1_500)).unwrap().is_some());
    assert!(store.take(&binding(1), at(1_500)).unwrap().is_none());
}

/// Of somebody who may read the file and not write it.
#[test]
fn a_file_that_can_only_be_read_is_shown_and_grants_nothing() {
    let file = File::new();
    let store = file.granted();
    let directory = file.0.parent().unwrap();
    for (path, mode) in [(file.0.as_path(), 0o444), (directory, 0o555)] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }
    let mut command = child::command(TAKES, &file.0);
    if std::fs::OpenOptions::new().write(true).open("/proc/self/oom_score_adj").is_ok()
        && std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
    {
        // Nothing keeps this one from writing.
        command.uid(65_534);
    }
    let output = command.output();
    std::fs::set_permissions(directory, PermissionsExt::from_mode(0o755)).unwrap();
    let Ok(output) = output else {
        // Not by a macro, whose output a passing test keeps for itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED: a file of somebody else, who may not run this test");
        return;
    };
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(child::said(&printed, "taken: "), ["false"], "{printed}");
    let refused = child::said(&printed, "refused: ");
    assert_eq!(refused.len(), 3, "{printed}");
    let expected =
        "the file cannot be written: this process needs permission to write to it and to its directory";
    assert!(refused.iter().all(|reason| reason.contains(expected)), "{printed}");
    assert!(store.answer("waiting", &by("ana"), at(1_500)).is_ok());
}
