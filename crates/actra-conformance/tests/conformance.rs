//! Runs `conformance/` through the library and through the `actra` binary, and holds the corpus to its counting rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use actra_conformance::root;
use actra_diagnostics::codes;
use actra_engine::model::limits;
use actra_engine::{PolicySet, SetFile, compile, decide};
use actra_testing::{CaseFile, CaseOutcome};

/// How many cases there are at least.
const CASES: usize = 600;

/// How often each code is expected at least.
const PER_CODE: usize = 2;

/// Codes that no text of a case can show; [`sets_that_no_case_can_hold`] shows them, each twice.
const GENERATED: &[&str] = &["E0002", "E0006", "E0804"];

/// Every case file with its path relative to the root.
fn case_files() -> Vec<(String, CaseFile)> {
    let mut files = Vec::new();
    collect(&root().join("conformance"), &mut files);
    files.sort();
    files.into_iter().map(|path| (shown(&path), read(&path))).collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory of cases") {
        let path = entry.expect("an entry").path();
        // Cases of another kind: see their own directory.
        if path.ends_with("enforce") || path.ends_with("gateway") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn read(path: &Path) -> CaseFile {
    let text = fs::read_to_string(path).expect("a case file");
    let directory = path.parent().expect("a directory");
    let mut load =
        |set: &str| actra_host::read_policy_set(&directory.join(set)).map_err(|error| error.to_string());
    CaseFile::read(&shown(path), &text, &mut load).unwrap_or_else(|problems| {
        let problems = problems.iter().map(|at| format!("{}:{}: {}", at.line, at.column, at.message));
        panic!("{}:\n{}", shown(path), problems.collect::<Vec<_>>().join("\n"))
    })
}

#[test]
fn every_case_holds() {
    let results: Vec<_> = case_files().iter().flat_map(|(file, case_file)| case_file.run(file)).collect();
    let mut failed = 0;
    for result in &results {
        if let CaseOutcome::Failed(text) = &result.outcome {
            failed += 1;
            println!("{}:{}: {}\n{text}\n", result.file, result.line, result.name);
        }
    }
    println!("{} passed, {failed} failed", results.len() - failed);
    assert_eq!(failed, 0);
}

#[test]
fn the_binary_gives_the_same_bytes() {
    let actra = binary();
    let directory = std::env::temp_dir().join(format!("actra-conformance-{}", std::process::id()));
    let (mut compared, mut left_out) = (0, 0);
    for (file, case_file) in case_files() {
        let mut batches: BTreeMap<Texts, Vec<&[u8]>> = BTreeMap::new();
        for case in &case_file.cases {
            let Some(request) = case.request.as_deref() else { continue };
            // A line of input is one request, and blank lines are none.
            if request.contains(&b'\n') || request.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
                left_out += 1;
                continue;
            }
            compared += 1;
            batches.entry(texts(&case_file.set_of(case))).or_default().push(request);
        }
        for (set, requests) in batches {
            write_set(&directory, &set);
            assert_eq!(answers(&actra, &directory, &requests), expected(&set, &requests), "{file}");
        }
    }
    println!("{compared} requests compared, {left_out} left out (not one line)");
    let _ = fs::remove_dir_all(&directory);
    assert!(left_out * 50 < compared, "too many requests that the command line cannot take");
}

/// Writes every case with a request to `$ACTRA_CASES`, a line of JSON each, for runtimes in other languages.
#[test]
#[ignore = "writes a file for other runtimes"]
fn write_the_cases() {
    use actra_model::write_json_string;
    use std::fmt::Write;
    let path = std::env::var("ACTRA_CASES").expect("ACTRA_CASES names a file");
    let mut out = String::new();
    for (file, case_file) in case_files() {
        for case in &case_file.cases {
            let Some(request) = case.request.as_deref() else { continue };
            let set = case_file.set_of(case);
            let Some(policy) = compile(&set).policy else { continue };
            let decision = decide(&policy, &actra_wire::read_request(request));
            out.push_str("{\"name\":");
            write_json_string(&mut out, &format!("{file}: {}", case.name));
            out.push_str(",\"texts\":[");
            for (number, (path, text)) in texts(&set).into_iter().enumerate() {
                out.push_str(if number > 0 { ",[" } else { "[" });
                write_json_string(&mut out, &path);
                out.push(',');
                write_json_string(&mut out, &String::from_utf8(text).expect("a text"));
                out.push(']');
            }
            out.push_str("],\"request\":\"");
            request.iter().for_each(|byte| write!(out, "{byte:02x}").expect("a text"));
            out.push_str("\",\"decision\":");
            let decision = String::from_utf8(actra_wire::decision_bytes(&decision)).expect("a text");
            write_json_string(&mut out, &decision);
            out.push_str("}\n");
        }
    }
    fs::write(path, out).expect("the file can be written");
}

/// The `actra` that belongs to this test, built like it.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let profile = test.parent().and_then(Path::parent).expect("a target directory");
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(root()).args(["build", "--quiet", "-p", "actra-cli", "--target-dir"]);
    build.arg(profile.parent().expect("a target directory"));
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().expect("cargo runs").success(), "actra-cli builds");
    profile.join(format!("actra{}", std::env::consts::EXE_SUFFIX))
}

/// The files of a set: path and bytes.
type Texts = Vec<(String, Vec<u8>)>;

fn texts(set: &PolicySet) -> Texts {
    set.files.iter().map(|file| (file.path.clone(), file.content.clone().expect("a text"))).collect()
}

fn write_set(directory: &Path, set: &[(String, Vec<u8>)]) {
    let _ = fs::remove_dir_all(directory);
    for (path, text) in set {
        let path = directory.join("set").join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory of the set");
        fs::write(path, text).expect("a file of the set");
    }
}

fn answers(actra: &Path, directory: &Path, requests: &[&[u8]]) -> String {
    let input = directory.join("requests.jsonl");
    fs::write(&input, requests.join(&b'\n')).expect("the requests");
    let output = Command::new(actra)
        .arg("decide")
        .arg(directory.join("set"))
        .args(["--format", "json", "--input"])
        .arg(input)
        .output()
        .expect("actra runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn expected(set: &[(String, Vec<u8>)], requests: &[&[u8]]) -> String {
    let files = set.iter().map(|(path, text)| (path.as_str(), std::str::from_utf8(text).expect("UTF-8")));
    let policy = compile(&PolicySet::from_texts(files)).policy.expect("the set compiles");
    let mut bytes = Vec::new();
    for request in requests {
        actra_wire::write_decision(&decide(&policy, &actra_wire::read_request(request)), &mut bytes);
        bytes.push(b'\n');
    }
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn the_corpus_keeps_its_counting_rule() {
    let case_files = case_files();
    let cases: usize = case_files.iter().map(|(_, case_file)| case_file.cases.len()).sum();
    let exact = case_files
        .iter()
        .flat_map(|(_, case_file)| &case_file.cases)
        .filter(|case| case.expects_bytes())
        .count();
    println!("{} files, {cases} cases, {exact} to the byte", case_files.len());
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, case_file) in &case_files {
        for case in &case_file.cases {
            for code in case.codes().collect::<BTreeSet<_>>() {
                *shown.entry(code).or_default() += 1;
            }
        }
    }
    let missing: Vec<_> = codes::ALL
        .iter()
        .map(|(code, _)| code.as_str())
        .filter(|code| !GENERATED.contains(code))
        .filter(|code| shown.get(code).copied().unwrap_or_default() < PER_CODE)
        .collect();
    assert!(missing.is_empty(), "fewer than {PER_CODE} cases expect {}", missing.join(", "));
    assert!(cases >= CASES, "{cases} cases");
}

#[test]
fn sets_that_no_case_can_hold() {
    const SCHEMA: &str = "version: 1\nactions: { a: }\n";
    let file = |path: &str, bytes: Vec<u8>| SetFile { path: path.to_owned(), content: Ok(bytes) };
    let schema = || file("schema.yaml", SCHEMA.into());
    let rules = |ids: Range<usize>| {
        let rule =
            |id| format!("  - {{ id: r{id}, scope: {{ global: true }}, when: true, effect: block }}\n");
        format!("version: 1\nrules:\n{}", ids.map(rule).collect::<String>()).into_bytes()
    };
    let unreadable = SetFile { path: "policy.yaml".to_owned(), content: Err("permission denied".to_owned()) };
    for (code, files) in [
        ("E0002", vec![schema(), unreadable]),
        ("E0002", vec![file("schema.yaml", vec![0xff]), file("policy.yaml", rules(0..1))]),
        ("E0006", vec![file("schema.yaml", vec![b'#'; limits::SET_BYTES + 1])]),
        ("E0006", vec![schema(), file("policies/a.yaml", vec![b'#'; limits::SET_BYTES - SCHEMA.len() + 1])]),
        ("E0804", vec![schema(), file("policy.yaml", rules(0..limits::RULES + 1))]),
        (
            "E0804",
            vec![
                schema(),
                file("policies/a.yaml", rules(1..limits::RULES)),
                file("policies/b.yaml", rules(limits::RULES..limits::RULES + 2)),
            ],
        ),
    ] {
        let outcome = compile(&PolicySet { files, baseline: None });
        assert!(outcome.policy.is_none());
        assert!(outcome.diagnostics.iter().any(|found| found.code.as_str() == code), "{code}");
    }
}

#[test]
fn few_cases_differ_only_in_a_literal() {
    let (mut alike, mut cases) = (0, 0);
    for (file, case_file) in case_files() {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for case in &case_file.cases {
            cases += 1;
            let request = String::from_utf8_lossy(case.request.as_deref().unwrap_or_default()).into_owned();
            let mut shape = without_literals(&format!("{request} {}", case.expectation()));
            for (path, text) in &case.files {
                shape
                    .push_str(&format!(" {path}: {}", without_literals(text.as_deref().unwrap_or("(none)"))));
            }
            match seen.get(&shape) {
                Some(other) => {
                    alike += 1;
                    println!("{file}:{}: `{}` is like `{other}`", case.line, case.name);
                }
                None => drop(seen.insert(shape, &case.name)),
            }
        }
    }
    println!("{alike} of {cases} cases differ from another only in a literal");
    assert!(alike * 10 <= cases);
}

/// A text with its numbers replaced by one mark and its quoted words by another. What names something stays (the key
/// of a member, the action), and a quoted condition is looked into.
fn without_literals(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => quoted(rest, first),
            '0'..='9' => rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let names = after.starts_with(':') || out.ends_with("\"type\": ") || out.ends_with("_rule\", ");
        match first {
            '"' | '\'' if names => out.push_str(token),
            '"' | '\'' if token.contains(CONDITION) => out.push_str(&without_literals(inside(token))),
            '"' | '\'' => out.push('$'),
            '0'..='9' => out.push('#'),
            _ => out.push_str(token),
        }
        rest = after;
    }
    out
}

/// What a quoted text holds that is more than a literal.
const CONDITION: [char; 10] = ['=', '<', '>', '(', '[', '{', '&', '|', '!', '\n'];

/// A quoted text without its quotes.
fn inside(token: &str) -> &str {
    let mut characters = token.chars();
    characters.next();
    characters.next_back();
    characters.as_str()
}

/// The length of the quoted text at the start.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (offset, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if character == quote => return offset + 1,
            _ => {}
        }
    }
    text.len()
}
