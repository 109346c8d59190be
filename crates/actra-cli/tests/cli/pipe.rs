use crate::folder::{ALLOWED, Folder};

/// `actra ... | true` is fine, whatever the command.
#[test]
fn a_closed_pipe_is_fine() {
    let folder = Folder::with_set().file("requests.jsonl", ALLOWED).file("request.json", ALLOWED);
    for arguments in [
        "--help",
        "--version",
        "check --help",
        "init new",
        "check set",
        "check set --format json",
        "check set --format sarif",
        "check set --format github",
        "check set --format markdown",
        "hash set",
        "explain E0103",
        "explain set --request request.json",
        "explain set --plan",
        "decide set --input requests.jsonl",
        "bench set --input requests.jsonl --seconds 0.05",
        "watch set --once",
        "watch set",
        "completions bash",
        "man",
        "man pages",
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = folder.command(arguments).stdout(writer).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*message), (Some(0), ""), "{arguments}");
    }
}
