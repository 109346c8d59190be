//! Many processes on one store.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};

use actra_host::SqliteStore;
use actra_runtime::approval::{ApprovalStore, StoreError};

use crate::child;
use crate::ground::{File, at, binding, by, draft};

const WORKS: &str = "processes::works_in_a_process";
const ROUNDS: u32 = 6;

/// Opens, answers and takes what all the others open, answer and take, too; and says what it granted and took.
#[test]
fn works_in_a_process() {
    let Some(path) = child::store(WORKS) else { return };
    let me = std::process::id();
    let store = loop {
        match SqliteStore::open(&path) {
            Ok(store) => break store,
            Err(StoreError::Locked) => println!("locked"),
            Err(other) => panic!("{other}"),
        }
    };
    let patiently = |work: &mut dyn FnMut() -> Result<(), StoreError>| {
        while let Err(error) = work() {
            match error {
                StoreError::Locked => println!("locked"),
                // Somebody was faster.
                StoreError::Answered { .. } | StoreError::Unknown { .. } => break,
                other => panic!("{other}"),
            }
        }
    };
    for round in 0..ROUNDS {
        let now = at(1_001);
        let mut id = String::new();
        patiently(&mut || {
            let request = store.open(&binding(round), draft(&format!("{me}-{round}")))?;
            id = request.id;
            Ok(())
        });
        patiently(&mut || {
            store.answer(&id, &by("ana"), now)?;
            println!("granted {id}");
            Ok(())
        });
        patiently(&mut || {
            if let Some(grant) = store.take(&binding(round), now)? {
                println!("took {}", grant.id);
            }
            Ok(())
        });
        patiently(&mut || store.list(now).map(drop));
    }
    println!("finished");
}

#[test]
fn every_grant_is_taken_once_by_one_of_many_processes() {
    let processes = std::env::var("ACTRA_SOAK_PROCESSES").ok().and_then(|count| count.parse().ok());
    let processes: usize = processes.unwrap_or(8);
    let file = File::new();
    let running: Vec<Child> = (0..processes)
        .map(|_| {
            child::command(WORKS, &file.0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let (mut granted, mut took, mut locked) = (BTreeSet::new(), Vec::new(), 0);
    for running in running {
        let output = running.wait_with_output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let finished = output.status.success() && printed.contains("finished");
        assert!(finished, "{printed}{}", String::from_utf8_lossy(&output.stderr));
        granted.extend(child::said(&printed, "granted ").into_iter().map(str::to_owned));
        took.extend(child::said(&printed, "took ").into_iter().map(str::to_owned));
        locked += child::said(&printed, "locked").len();
    }
    // What nobody has taken is still there, once.
    let (store, by_processes) = (file.open(), took.len());
    for round in 0..ROUNDS {
        while let Some(grant) = store.take(&binding(round), at(1_001)).unwrap() {
            took.push(grant.id);
        }
    }
    println!(
        "{processes} processes: {} grants, {by_processes} taken by them, {locked} calls met a lock for too long",
        granted.len()
    );
    took.sort();
    assert_eq!(took, granted.into_iter().collect::<Vec<_>>(), "each grant was taken exactly once");
    assert!(by_processes > 0);
}
