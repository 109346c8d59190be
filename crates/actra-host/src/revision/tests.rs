//! Which revisions may follow which, in one process and across processes.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::test_directory::TestDirectory;

impl TestDirectory {
    /// With `delivery/`, to which policies come, and `state/`.
    fn for_delivery() -> Self {
        let directory = Self::new(&[("delivery/policy.actra", "")]);
        fs::create_dir_all(directory.0.join("state")).unwrap();
        directory
    }

    fn policy(&self) -> PathBuf {
        self.0.join("delivery/policy.actra")
    }

    fn state(&self) -> PathBuf {
        self.0.join("state/revision")
    }

    fn take(&self, demand: &SignatureRequirements, revision: u64, policy: u8) -> Result<(), String> {
        let taken = demand.accept(&self.policy(), revision, PolicyHash([policy; 32]));
        taken.map_err(|error| error.to_string())
    }
}

/// A demand of a key of its own: as another process has it, which knows nothing of what this one took.
fn fresh() -> SignatureRequirements {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mut key = [0; 32];
    key[..4].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    SignatureRequirements { key, min_revision: 0, state: None }
}

fn refused(taken: Result<(), String>, parts: &[&str]) {
    let said = taken.unwrap_err();
    assert!(parts.iter().all(|part| said.contains(part)), "{said}");
}

#[test]
fn an_older_revision_is_not_put_back_in_one_process() {
    let (directory, demand) = (TestDirectory::for_delivery(), fresh());
    assert_eq!(directory.take(&demand, 0, 1), Ok(()));
    assert_eq!(directory.take(&demand, 5, 2), Ok(()));
    assert_eq!(directory.take(&demand, 5, 2), Ok(()));
    for older in [0, 4] {
        let said = format!("it has revision {older}, but this process has already accepted revision 5: ");
        refused(directory.take(&demand, older, 1), &[&said, "actra compile --sign KEY --revision 6"]);
    }
    let said = "it has revision 5, but this process has already accepted the same revision of another policy, sha256:0202";
    refused(directory.take(&demand, 5, 3), &[said, "--revision 6"]);
    assert_eq!(directory.take(&demand, 6, 1), Ok(()));
    // Whoever else demands the same key of the same path; and those that demand another key, or of another path.
    refused(
        directory.take(&demand.clone().min_revision(1), 5, 2),
        &["this process has already accepted revision 6"],
    );
    assert_eq!(directory.take(&fresh(), 1, 1), Ok(()));
    assert_eq!(demand.accept(Path::new("elsewhere.actra"), 1, PolicyHash([1; 32])), Ok(()));
}

#[test]
fn files_without_a_revision_follow_nothing() {
    let (directory, demand) = (TestDirectory::for_delivery(), fresh());
    assert_eq!(directory.take(&demand, 0, 1), Ok(()));
    refused(
        directory.take(&demand, 0, 2),
        &["it has revision 0", "the same revision of another policy", "--revision 1"],
    );
}

#[test]
fn a_demanded_revision_is_the_least() {
    let (directory, demand) = (TestDirectory::for_delivery(), fresh().min_revision(4));
    refused(directory.take(&demand, 3, 1), &["it has revision 3, but `min_revision` demands revision 4"]);
    assert_eq!(directory.take(&demand, 4, 1), Ok(()));
}

#[test]
fn a_state_file_outlasts_the_process() {
    let directory = TestDirectory::for_delivery();
    let demand = || fresh().state(directory.state());
    assert_eq!(directory.take(&demand(), 7, 1), Ok(()));
    let written = fs::read_to_string(directory.state()).unwrap();
    let hash = "01".repeat(32);
    let expected = format!(
        "{{\"schema\":\"actra/policy-state/v1\",\"revision\":7,\"policy_hash\":\"sha256:{hash}\"}}\n"
    );
    assert_eq!(written, expected);
    refused(
        directory.take(&demand(), 6, 2),
        &["it has revision 6, but the state file `", "` records revision 7"],
    );
    refused(directory.take(&demand(), 7, 2), &["it has revision 7, but the state file `", "another policy"]);
    assert_eq!(fs::read_to_string(directory.state()).unwrap(), written);
    assert_eq!(directory.take(&demand(), 7, 1), Ok(()));
    assert_eq!(directory.take(&demand(), 8, 2), Ok(()));
    refused(directory.take(&demand(), 7, 1), &["records revision 8"]);
    // What was refused by the file is not what the process has taken.
    let one = demand();
    refused(directory.take(&one, 5, 1), &["the state file"]);
    refused(directory.take(&one, 4, 1), &["the state file"]);
}

#[test]
fn what_a_state_file_cannot_say_is_not_zero() {
    let directory = TestDirectory::for_delivery();
    let demand = || fresh().state(directory.state());
    let good = format!(
        "{{\"schema\":\"actra/policy-state/v1\",\"revision\":7,\"policy_hash\":\"sha256:{}\"}}",
        "01".repeat(32)
    );
    for damaged in [
        "",
        "0",
        "{}",
        "{\"schema\":\"actra/policy-state/v1\",\"revision\":7}",
        &good[..good.len() - 1],
        &good.replace("7,", "7.5,"),
        &good.replace("7,", "-7,"),
        &good.replace("7,", "\"7\","),
        &good.replace("v1", "v2"),
        &good.replace("sha256:01", "sha256:0"),
        &good.replace('}', ",\"more\":1}"),
        &good.replace("{\"", "{\"revision\":0,\""),
        &"9".repeat(5_000),
    ] {
        fs::write(directory.state(), damaged).unwrap();
        refused(
            directory.take(&demand(), 9, 1),
            &["it is not known which revision", "is damaged", "`min_revision`"],
        );
        assert_eq!(fs::read_to_string(directory.state()).unwrap(), damaged, "it is left unchanged");
    }
    fs::write(directory.state(), good).unwrap();
    assert_eq!(directory.take(&demand(), 7, 1), Ok(()));
    fs::remove_file(directory.state()).unwrap();
    fs::create_dir(directory.state()).unwrap();
    refused(directory.take(&demand(), 9, 1), &["is not a file"]);
    fs::remove_dir(directory.state()).unwrap();
    assert_eq!(directory.take(&demand(), 9, 1), Ok(()));
    let nowhere = fresh().state(directory.0.join("nowhere/revision"));
    refused(directory.take(&nowhere, 9, 1), &["has no directory that can be used"]);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_not_zero() {
    let directory = TestDirectory::for_delivery();
    std::os::unix::fs::symlink(directory.0.join("gone"), directory.state()).unwrap();
    refused(directory.take(&fresh().state(directory.state()), 9, 1), &["is not a file"]);
}

/// Who delivers policies could put an old state back with an old policy.
#[test]
fn a_state_file_lies_outside_of_what_is_delivered() {
    let directory = TestDirectory::for_delivery();
    fs::create_dir(directory.0.join("delivery/deeper")).unwrap();
    for inside in ["delivery/revision", "delivery/deeper/revision", "state/../delivery/revision"] {
        let demand = fresh().state(directory.0.join(inside));
        refused(directory.take(&demand, 1, 1), &["lies in the directory `", "keep it elsewhere"]);
    }
    #[cfg(unix)]
    {
        // The policy is a link to where it is delivered, as containers have it.
        let link = directory.0.join("policy.actra");
        std::os::unix::fs::symlink(directory.policy(), &link).unwrap();
        let demand = fresh().state(directory.0.join("delivery/revision"));
        let taken = demand.accept(&link, 1, PolicyHash([1; 32])).map_err(|error| error.to_string());
        refused(taken, &["lies in the directory `"]);
    }
}

#[cfg(unix)]
#[test]
fn a_state_that_another_process_writes_is_waited_for_and_not_for_ever() {
    use rustix::fs::{FlockOperation, flock};
    let directory = TestDirectory::for_delivery();
    let other = fs::File::open(directory.0.join("state")).unwrap();
    flock(&other, FlockOperation::LockExclusive).unwrap();
    let demand = fresh().state(directory.state());
    refused(directory.take(&demand, 1, 1), &["is in a directory that another process keeps locked"]);
    drop(other);
    assert_eq!(directory.take(&demand, 1, 1), Ok(()));
}

/// The file never goes back, however many processes take policies at once.
#[test]
fn of_many_at_once_the_highest_stays() {
    let directory = TestDirectory::for_delivery();
    std::thread::scope(|scope| {
        for revision in 1..=16_u64 {
            let directory = &directory;
            let demand = fresh().state(directory.state());
            scope.spawn(move || directory.take(&demand, revision, 1));
        }
    });
    assert!(fs::read_to_string(directory.state()).unwrap().contains("\"revision\":16,"));
}

#[test]
fn what_a_process_left_behind_is_in_nobodys_way() {
    let directory = TestDirectory::for_delivery();
    fs::write(directory.0.join("state/.revision.new"), "half").unwrap();
    assert_eq!(directory.take(&fresh().state(directory.state()), 3, 1), Ok(()));
    assert_eq!(fs::read_dir(directory.0.join("state")).unwrap().count(), 1);
}

/// One after another or at once, none follows a higher one.
#[test]
fn of_many_threads_none_goes_back() {
    let (directory, demand) = (TestDirectory::for_delivery(), fresh());
    std::thread::scope(|scope| {
        for revision in 1..=32_u64 {
            let (directory, demand) = (&directory, &demand);
            scope.spawn(move || directory.take(demand, revision, 1));
        }
    });
    refused(directory.take(&demand, 31, 1), &["this process has already accepted revision 32"]);
}

/// One file has one history, however its path is written.
#[test]
fn a_file_is_the_same_under_every_path() {
    let (directory, demand) = (TestDirectory::for_delivery(), fresh());
    assert_eq!(directory.take(&demand, 5, 1), Ok(()));
    let winding = directory.0.join("delivery/../delivery/policy.actra");
    let taken = demand.accept(&winding, 4, PolicyHash([2; 32]));
    refused(taken.map_err(|error| error.to_string()), &["has already accepted revision 5"]);
    #[cfg(unix)]
    {
        let link = directory.0.join("linked");
        std::os::unix::fs::symlink(directory.0.join("delivery"), &link).unwrap();
        let taken = demand.accept(&link.join("policy.actra"), 4, PolicyHash([2; 32]));
        refused(taken.map_err(|error| error.to_string()), &["has already accepted revision 5"]);
    }
}

/// Whoever delivers by a link that is turned to another directory each time delivers to one place.
#[cfg(unix)]
#[test]
fn a_link_that_is_turned_is_one_place() {
    let (directory, demand) = (TestDirectory::for_delivery(), fresh());
    let link = directory.0.join("current");
    let turn = |release: &str| {
        let at = directory.0.join(release);
        fs::create_dir_all(&at).unwrap();
        fs::write(at.join("policy.actra"), release).unwrap();
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(at, &link).unwrap();
    };
    let take =
        |revision, policy| demand.accept(&link.join("policy.actra"), revision, PolicyHash([policy; 32]));
    turn("second");
    take(2, 2).unwrap();
    turn("first");
    refused(take(1, 1).map_err(|error| error.to_string()), &["has already accepted revision 2"]);
    turn("third");
    take(3, 3).unwrap();
    // The directory itself has the history of its links.
    let own = demand.accept(&directory.0.join("third/policy.actra"), 2, PolicyHash([2; 32]));
    refused(own.map_err(|error| error.to_string()), &["has already accepted revision 3"]);
}
