//! The file is deleted, replaced, changed or damaged while it is in use.

use std::fs;

use actra_runtime::approval::{ApprovalStore, StoreError};

use crate::ground::{File, at, binding, by, calls, draft};

/// What happens to the file, and what every call says then.
type Fate = (&'static str, fn(&File), &'static str);

const FATES: &[Fate] = &[
    ("deleted", |file| fs::remove_file(&file.0).unwrap(), "the file was deleted while it was in use"),
    (
        "deleted and made anew",
        |file| {
            fs::remove_file(&file.0).unwrap();
            file.open();
        },
        "the file was replaced by another while it was in use",
    ),
    (
        "replaced by an older copy of itself",
        |file| {
            let copy = file.0.with_extension("copy");
            fs::copy(&file.0, &copy).unwrap();
            fs::rename(copy, &file.0).unwrap();
        },
        "the file was replaced by another while it was in use",
    ),
    (
        "a directory in its place",
        |file| {
            fs::remove_file(&file.0).unwrap();
            fs::create_dir(&file.0).unwrap();
        },
        "the file cannot be found: it is not a file",
    ),
    ("cut off to nothing", |file| fs::write(&file.0, "").unwrap(), "the file is not an approval store"),
    (
        "cut off to its half",
        |file| {
            let open = fs::File::options().write(true).open(&file.0).unwrap();
            open.set_len(open.metadata().unwrap().len() / 2).unwrap();
        },
        "the file is damaged",
    ),
    ("overwritten", |file| fs::write(&file.0, [b'x'; 40_000]).unwrap(), "the file is damaged"),
    (
        "its tables are others",
        |file| file.sqlite().execute_batch("DROP TABLE approvals; CREATE TABLE approvals (x)").unwrap(),
        "the file is damaged",
    ),
    (
        "a view in the place of a table",
        |file| {
            let view =
                "ALTER TABLE approvals RENAME TO others; CREATE VIEW approvals AS SELECT * FROM others";
            file.sqlite().execute_batch(view).unwrap();
        },
        "the file is damaged",
    ),
    ("no tables", |file| file.sqlite().execute_batch("DROP TABLE secret").unwrap(), "the file is damaged"),
    (
        "its secret is emptied",
        |file| file.sqlite().execute_batch("DELETE FROM secret").unwrap(),
        "the file is damaged: its secret is gone",
    ),
    (
        "its secret is cut off",
        |file| file.sqlite().execute_batch("UPDATE secret SET bytes = x'00'").unwrap(),
        "the file is damaged: its secret has the wrong length",
    ),
    (
        "its secret is another",
        |file| file.sqlite().execute_batch("UPDATE secret SET bytes = zeroblob(64)").unwrap(),
        "the file was replaced by another while it was in use",
    ),
    (
        "a newer version",
        |file| file.sqlite().execute_batch("PRAGMA user_version = 9").unwrap(),
        "the file has version 9, and this reads version 3: update",
    ),
];

#[test]
fn whatever_happens_to_the_file_every_call_says_so_and_gives_no_grant() {
    for (name, happens, expected) in FATES {
        // With a connection that is open, and with one that is opened again.
        for rests in [false, true] {
            let file = File::new();
            let store = file.granted();
            if rests {
                store.disconnect();
            }
            happens(&file);
            let (taken, said) = calls(&store);
            assert_eq!(taken, None, "{name}");
            assert_eq!(said.len(), 6, "{name}: {said:?}");
            let about = |result: &Result<(), StoreError>| match result {
                // What needs no table that is missing is told apart by nobody.
                Ok(()) => "fine".to_owned(),
                Err(error) => error.to_string(),
            };
            let wrong = said.iter().map(about).find(|said| !said.contains(expected));
            assert_eq!(wrong, None, "{name}, rests: {rests}");
        }
    }
}

#[test]
fn an_older_copy_written_over_it_brings_no_grant_back() {
    let file = File::new();
    let store = file.granted();
    let copy = fs::read(&file.0).unwrap();
    assert!(store.take(&binding(1), at(1_500)).unwrap().is_some());
    fs::write(&file.0, copy).unwrap();
    let (taken, said) = calls(&store);
    assert_eq!(taken, None);
    let older = "the file was replaced by an older copy of it while it was in use";
    assert!(said.iter().all(|said| said.as_ref().unwrap_err().to_string().contains(older)), "{said:?}");
}

#[test]
fn a_trigger_brings_no_grant_back() {
    let file = File::new();
    let store = file.granted();
    let all = "id, digest, created_at, expires_at, request, arguments, rules, reasons, required_actions, asked_by, granted, \
               answered_by, answer_reason, seal";
    let old = format!("old.{}", all.replace(", ", ", old."));
    let again = format!("INSERT INTO approvals ({all}) VALUES ({old});");
    let trigger = format!("CREATE TRIGGER again AFTER DELETE ON approvals BEGIN {again} END");
    file.sqlite().execute_batch(&trigger).unwrap();
    let taken = [(); 2].map(|()| store.take(&binding(1), at(1_500)).is_ok_and(|grant| grant.is_some()));
    assert!(taken.iter().filter(|taken| **taken).count() <= 1, "{taken:?}");
}

/// Who can write the file and not make a seal grants nothing, even if a bit that falls over is all that writes it.
#[test]
fn what_something_else_wrote_into_a_request_grants_nothing() {
    for change in [
        "UPDATE approvals SET granted = 1, answered_by = 'eve' WHERE id = 'waiting'",
        "UPDATE approvals SET expires_at = expires_at + 1000000000000 WHERE id = 'granted'",
        "UPDATE approvals SET digest = (SELECT digest FROM approvals WHERE id = 'waiting') WHERE id = 'granted'",
        "UPDATE approvals SET answered_by = 'eve' WHERE id = 'granted'",
        "UPDATE approvals SET seal = x'' WHERE id = 'granted'; UPDATE approvals SET asked_by = NULL, granted = 1",
    ] {
        let file = File::new();
        let store = file.granted();
        file.sqlite().execute_batch(change).unwrap();
        let taken = [binding(1), binding(2)].map(|binding| store.take(&binding, at(1_500)));
        let damaged = |result: &Result<_, StoreError>| {
            result
                .as_ref()
                .err()
                .is_some_and(|error| error.to_string().contains("changed by something other"))
        };
        assert!(taken.iter().any(damaged), "{change}: {taken:?}");
        let granted = taken.iter().filter(|taken| matches!(taken, Ok(Some(grant)) if grant.by != "ana"));
        assert_eq!(granted.count(), 0, "{change}: {taken:?}");
    }
}

/// A generator that is the same everywhere.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn random_damage_panics_nowhere_and_grants_nothing_twice() {
    let rounds =
        std::env::var("ACTRA_SOAK_DAMAGE").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(150);
    let mut state = 7;
    let (mut failed, mut fine) = (0, 0);
    for round in 0..rounds {
        let file = File::new();
        let store = file.granted();
        // Else what SQLite still knows of the file hides the damage.
        if round % 4 > 0 {
            store.disconnect();
        }
        let mut bytes = fs::read(&file.0).unwrap();
        for _ in 0..1 + next(&mut state) % 2_000 {
            let (at, byte) = (next(&mut state) % bytes.len(), next(&mut state) as u8);
            bytes[at] = byte;
        }
        fs::write(&file.0, bytes).unwrap();
        let (first, said) = calls(&store);
        let again = store.take(&binding(1), at(1_500));
        assert!(first.is_none() || !matches!(again, Ok(Some(_))), "round {round}: a grant was used twice");
        // The one that waits was granted by `bo` or by nobody.
        let waiting = store.take(&binding(2), at(1_500));
        let granted = said.last().is_some_and(Result::is_ok);
        assert!(granted || !matches!(waiting, Ok(Some(_))), "round {round}: {waiting:?}, {said:?}");
        // Who opens it only then sees nothing else.
        if let Ok(other) = actra_host::SqliteStore::open_existing(&file.0) {
            let late = other.take(&binding(1), at(1_500));
            assert!(first.is_none() || !matches!(late, Ok(Some(_))), "round {round}: used twice");
            let _ = (
                other.list(at(1_500)),
                other.open(&binding(9), draft("x")),
                other.answer("x", &by("ana"), at(1_500)),
            );
        }
        match said.iter().all(Result::is_ok) && first.is_some() {
            true => fine += 1,
            false => failed += 1,
        }
    }
    println!("{failed} of {rounds} damaged files were refused, {fine} were damaged where nothing stood");
    assert!(failed > rounds / 4, "{failed} of {rounds}");
}
