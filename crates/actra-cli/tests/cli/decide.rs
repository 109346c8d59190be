//! `actra decide`: answers line by line, exit codes, bad lines, threads, and pipes.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use crate::test_directory::{ALLOWED, ASKED, BLOCKED, TestDirectory};

#[test]
fn each_line_is_answered_in_order() {
    let directory = TestDirectory::with_set();
    let input = format!("{ALLOWED}\n\n{BLOCKED}\r\n \t\n{ASKED}");
    let run = directory.run_with("decide set --format json", &input);
    assert_eq!((run.code, run.err.as_str()), (1, ""), "{run:?}");
    let hash = directory.run("hash set").out;
    let hash = hash.trim_end();
    let expected = [
        format!(
            r#"{{"effect":"allow","matched_rule":null,"matched_rules":[],"message":null,"required_actions":[],"undetermined":[],"errors":[],"shadow":[],"policy_hash":"{hash}"}}"#
        ),
        format!(
            r#"{{"effect":"block","matched_rule":"block_large_refund","matched_rules":["block_large_refund"],"message":"too much for support","required_actions":[],"undetermined":[],"errors":[],"shadow":[],"policy_hash":"{hash}"}}"#
        ),
        format!(
            r#"{{"effect":"require_approval","matched_rule":"ask_before_deleting","matched_rules":["ask_before_deleting"],"message":null,"required_actions":[{{"type":"human_approval"}}],"undetermined":[],"errors":[],"shadow":[],"policy_hash":"{hash}"}}"#
        ),
    ];
    assert_eq!(run.out.lines().collect::<Vec<_>>(), expected);

    let run = directory.run_with("decide set", &input);
    let expected = "\
1: allow
3: block by block_large_refund: too much for support
5: require_approval by ask_before_deleting
";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (1, expected, ""));
}

#[test]
fn exit_codes() {
    let directory = TestDirectory::with_set().file("a.jsonl", format!("{ALLOWED}\n{ALLOWED}\n"));
    assert_eq!(directory.run("decide set --input a.jsonl").code, 0);
    for (input, code) in [
        (String::new(), 0),
        ("\n \n".to_owned(), 0),
        (format!("{ALLOWED}\n{ASKED}\n"), 1),
        (format!("{BLOCKED}\n{ALLOWED}\n"), 1),
        (r#"{"action":{"type":"unknown"},"actor":{"role":"a"}}"#.to_owned(), 1),
        (format!("{ALLOWED}\nnope\n"), 2),
        (format!("{{}}{{}}\n{BLOCKED}"), 2),
    ] {
        assert_eq!(directory.run_with("decide set", &input).code, code, "{input}");
        assert_eq!(
            directory.run_with("decide set --input - --jobs 3 --format json", &input).code,
            code,
            "{input}"
        );
    }
}

#[test]
fn bad_lines_are_reported_and_blocked() {
    let directory = TestDirectory::with_set();
    let lines = [
        ALLOWED,
        "{\"action\":",
        "",
        "[]",
        r#"{"action":{"type":"refund","type":"refund"}}"#,
        r#"{"action":{"type":"refund","amount":1},"who":1}"#,
        "\u{feff}{}",
        ALLOWED,
    ];
    let run = directory.run_with("decide set --format json", lines.join("\n"));
    let expected = "\
actra: line 2, byte 11: the request is not JSON
actra: line 4: the request is not an object of `action`, `actor` and `snapshot`
actra: line 5, byte 28: an object of the request has the same key twice
actra: line 6: the request has a member besides `action`, `actor`, `snapshot` and `unknown`
actra: line 7, byte 1: the request is not JSON
";
    assert_eq!((run.code, run.err.as_str()), (2, expected), "{run:?}");
    let answers: Vec<_> = run.out.lines().collect();
    assert_eq!(answers.len(), 7);
    for (answer, code) in answers[1..6].iter().zip([
        "malformed_json",
        "not_a_request",
        "duplicate_key",
        "unknown_member",
        "malformed_json",
    ]) {
        assert!(answer.starts_with(r#"{"effect":"block","matched_rule":null,"#), "{answer}");
        assert!(answer.contains(&format!(r#""errors":[{{"path":"","code":"{code}","#)), "{answer}");
    }
    assert!(answers[6].starts_with(r#"{"effect":"allow""#), "{answers:?}");
    let run = directory.run_with("decide set", b"\"\xff\"\n");
    assert_eq!(run.err, "actra: line 1, byte 2: the request is not UTF-8\n");
}

#[test]
fn a_line_beyond_the_limit_is_blocked_and_the_next_one_decided() {
    let directory = TestDirectory::with_set();
    let padded = |length: usize| format!("{}{}", ALLOWED, " ".repeat(length - ALLOWED.len()));
    let input = format!("{}\n{}\n{}\n{ALLOWED}", padded(5 << 20), padded((8 << 20) + 1), padded(9 << 20));
    for arguments in ["decide set", "decide set --jobs 2"] {
        let run = directory.run_with(arguments, &input);
        assert_eq!(run.code, 2, "{run:?}");
        let effects: Vec<_> = run.out.lines().map(|line| &line[..8]).collect();
        assert_eq!(effects, ["1: allow", "2: block", "3: block", "4: allow"]);
        assert_eq!(run.err.matches("the request is larger than the limit").count(), 2, "{run:?}");
    }
}

#[test]
fn jobs_do_not_change_the_output() {
    let directory = TestDirectory::with_set();
    let lines = (0..20_000).map(|idx| match idx % 7 {
        0 => "nope".to_owned(),
        1 => String::new(),
        2 => ASKED.to_owned(),
        _ => format!(r#"{{"action":{{"type":"refund","amount":{idx}}},"actor":{{"role":"r{idx}"}}}}"#),
    });
    let input = lines.collect::<Vec<_>>().join("\n");
    for format in ["human", "json"] {
        let one = directory.run_with(&format!("decide set --format {format}"), &input);
        let many = directory.run_with(&format!("decide set --jobs 4 --format {format}"), &input);
        assert_eq!(one.code, 2);
        assert!(one.out == many.out && one.err == many.err && one.code == many.code, "{format}");
    }
}

#[test]
fn the_index_does_not_change_the_output() {
    let directory = TestDirectory::empty();
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
    for example in ["banking", "slack"] {
        for format in ["human", "json"] {
            let decide = format!(
                "decide {examples}/{example} --input {examples}/{example}/requests.jsonl --format {format}"
            );
            let by_index = directory.run(&decide);
            let one_by_one = directory.run(&format!("{decide} --no-index"));
            assert!(by_index.out.lines().count() > 5, "{by_index:?}");
            assert_eq!(
                (by_index.code, by_index.out, by_index.err),
                (one_by_one.code, one_by_one.out, one_by_one.err)
            );
        }
    }
    assert!(!directory.run("decide --help").out.contains("no-index"));
}

#[test]
fn answers_much_longer_than_their_requests_come_whole() {
    let mut policy = "version: 1\ndefault: allow\nrules:\n".to_owned();
    for number in 0..200 {
        policy += &format!(
            "  - {{ id: rule_{number}, scope: {{ action: refund }}, when: 'action.amount > 1000', effect: block }}\n"
        );
    }
    let directory = TestDirectory::with_set().file("set/policy.yaml", policy);
    let input = [BLOCKED; 1_000].join("\n");
    let one = directory.run_with("decide set --format json", &input);
    assert_eq!((one.code, one.out.lines().count(), one.out.matches("rule_199").count()), (1, 1_000, 1_000));
    let many = directory.run_with("decide set --format json --jobs 3", &input);
    assert!(one.out == many.out && one.code == many.code);
}

#[test]
fn whoever_feeds_lines_one_by_one_gets_each_answer() {
    let directory = TestDirectory::with_set();
    for arguments in ["decide set", "decide set --jobs 2"] {
        let mut child = directory.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        for number in 1..=3 {
            writeln!(stdin, "{ALLOWED}").unwrap();
            let mut answer = String::new();
            stdout.read_line(&mut answer).unwrap();
            assert_eq!(answer, format!("{number}: allow\n"));
        }
        drop(stdin);
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_closed_pipe_is_fine_and_quiet() {
    let directory = TestDirectory::with_set();
    for arguments in ["decide set --format json", "decide set --format json --jobs 2"] {
        let mut child = directory.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let feeder = std::thread::spawn(move || {
            let line = format!("{BLOCKED}\n");
            // Ends with an error once nobody reads any more.
            while stdin.write_all(line.as_bytes()).is_ok() {}
        });
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        drop(stdout);
        feeder.join().unwrap();
        let mut messages = String::new();
        child.stderr.take().unwrap().read_to_string(&mut messages).unwrap();
        assert_eq!((child.wait().unwrap().code(), messages.as_str()), (Some(0), ""));
    }
}

/// The answers end although the requests may go on.
#[test]
fn nobody_waits_for_requests_whose_answers_nobody_reads() {
    let directory = TestDirectory::with_set();
    for arguments in ["decide set", "decide set --jobs 2"] {
        let mut child = directory.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        drop(child.stdout.take());
        writeln!(stdin, "{ALLOWED}").unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0));
        drop(stdin);
    }
}

#[test]
fn human_answers_hold_no_control_characters() {
    let directory = TestDirectory::with_set();
    let input = BLOCKED.replace("support", r"\u001b[2J\n\u202e");
    let run = directory.run_with("decide set", &input);
    assert_eq!(run.out, "1: block by block_large_refund: too much for ␛[2J␊\u{fffd}\n", "{run:?}");
}

#[test]
fn human_answers_say_what_is_undetermined() {
    let directory = TestDirectory::with_set();
    let run = directory.run_with("decide set", r#"{"action":{"type":"refund"},"actor":{"role":"a"}}"#);
    let expected = "\
1: block by block_large_refund: too much for a; block_large_refund is undetermined: a required value is missing \
(action.amount)
";
    assert_eq!(run.out, expected, "{run:?}");
    let run = directory.run_with("decide set", r#"{"action":{"type":"refnd"},"actor":{"role":"a"}}"#);
    assert_eq!(run.out, "1: block; the schema declares no such action (action.type)\n", "{run:?}");
}
