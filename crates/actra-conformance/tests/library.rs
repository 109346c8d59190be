//! The starter library in `policies/`: every set compiles without a warning, its tests pass and notice what is changed,
//! its README says what it does not cover, and it declares the tools of the recorded servers that it is for.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use actra_conformance::{corpora, root};
use actra_diagnostics::Style;
use actra_engine::model::{ActionId, Field, RecordName, TypeKind};
use actra_engine::{Compilation, PolicySet, compile};
use actra_testing::{CaseFile, MutantOutcome, SetTests, mutation_report};
use serde_json::Value;

/// The sets, and the recorded servers that each is for.
const SETS: &[(&str, &[&str])] = &[
    ("database", &["mcp-server-sqlite"]),
    ("email", &[]),
    ("fetch", &["mcp-server-fetch"]),
    ("filesystem", &["server-filesystem"]),
    ("git", &["mcp-server-git"]),
    ("kubernetes", &[]),
    ("payments", &[]),
    ("shell", &[]),
];

/// What the tests of a set notice at least, in hundredths of a percent of the changes that make a difference.
const SCORE: usize = 9_500;

fn directory(name: &str) -> PathBuf {
    root().join("policies").join(name)
}

fn read(name: &str) -> (PolicySet, Compilation) {
    let set = actra_host::read_policy_set(&directory(name)).expect("the set can be read");
    let outcome = compile(&set);
    for found in &outcome.diagnostics {
        println!("{}", actra_diagnostics::render(found, &outcome.sources, Style::Plain, name));
    }
    assert!(outcome.diagnostics.is_empty(), "{name} has errors or warnings");
    (set, outcome)
}

fn tests<'s>(name: &str, set: &PolicySet, outcome: &'s Compilation) -> SetTests<'s> {
    let files = actra_host::read_tests(&directory(name)).expect("the tests can be read");
    let case_files = files.into_iter().map(|file| {
        let bytes = file.content.expect("a file of tests can be read");
        let text = String::from_utf8(bytes).expect("a file of tests is UTF-8");
        let case_file = CaseFile::read_for(set, &file.path, &text, &mut |_| Ok(set.clone()));
        (file.path.clone(), case_file.unwrap_or_else(|problems| panic!("{}: {problems:?}", file.path)))
    });
    SetTests::new(set, outcome, case_files.collect(), NonZeroUsize::MIN.saturating_add(1))
}

#[test]
fn every_folder_is_a_set_of_the_library() {
    let entries = fs::read_dir(root().join("policies")).expect("the library is there");
    let found: BTreeSet<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(found, SETS.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn every_set_compiles_without_a_warning_and_passes_its_tests() {
    for (name, _) in SETS {
        let (set, outcome) = read(name);
        let results = tests(name, &set, &outcome).run();
        let failed: Vec<_> = results.iter().filter(|result| !result.mismatches.is_empty()).collect();
        assert!(failed.is_empty(), "{name}: {failed:#?}");
        println!("{name}: {} tests passed", results.len());
        assert!(results.len() >= 100, "{name} has {} tests", results.len());
    }
}

#[test]
fn the_tests_notice_changes() {
    for (name, _) in SETS {
        let (set, outcome) = read(name);
        let report = mutation_report(&tests(name, &set, &outcome)).expect("the set compiles");
        for tried in report.results.iter().filter(|tried| matches!(tried.outcome, MutantOutcome::Survived(_)))
        {
            let (rule, after) = (&tried.mutant.rule, &tried.mutant.after);
            println!("{name}: in {rule:?}, `{}` became {after:?}", tried.mutant.before);
        }
        let (killed, survived) = (report.killed(), report.survived());
        println!("{name}: {killed} of {} changes are noticed", killed + survived);
        assert!(report.score() >= SCORE, "{name}: the score is {}", report.score());
        assert!(killed >= 100, "{name}: only {killed} changes");
    }
}

#[test]
fn every_block_says_why() {
    for (name, _) in SETS {
        let (_, outcome) = read(name);
        let policy = outcome.policy.as_ref().expect("the set compiles");
        for rule in policy.rules.iter().filter(|rule| rule.effect.as_str() == "block") {
            let described = rule.metadata.description.is_some();
            assert!(described && rule.message.is_some(), "{name}: {} says too little", rule.id);
        }
    }
}

#[test]
fn every_readme_names_its_limits_and_its_facts() {
    for (name, _) in SETS {
        let text = fs::read_to_string(directory(name).join("README.md")).expect("the set has a README");
        for title in ["## What the host", "## To adapt", "## What it does not cover"] {
            let (_, part) = text.split_once(title).unwrap_or_else(|| panic!("{name}: no `{title}`"));
            let part = part.split("\n## ").next().unwrap_or_default();
            assert!(part.len() > 100, "{name}: `{title}` says little");
        }
        let (_, outcome) = read(name);
        let policy = outcome.policy.as_ref().expect("the set compiles");
        for fact in policy.schema.snapshot.keys().chain(policy.schema.actor.keys()) {
            assert!(text.contains(&**fact), "{name}: the README does not speak of `{fact}`");
        }
    }
}

#[test]
#[cfg_attr(not(corpus = "mcp"), ignore = "SKIPPED: `ACTRA_CORPORA` has no corpus `mcp`")]
fn the_tools_of_recorded_servers_are_declared() {
    for (name, servers) in SETS {
        for server in *servers {
            let path = corpora().join(format!("mcp/{server}.tools.json"));
            let text = fs::read_to_string(path).expect("the tools can be read");
            let recorded: Value = serde_json::from_str(&text).expect("the tools are JSON");
            let tools = recorded["tools"].as_array().expect("a list of tools");
            tools.iter().for_each(|tool| declared(name, tool));
            println!("{name}: {} tools of {server}", tools.len());
        }
    }
}

/// The tool is an action with the same arguments: every one that it takes, and none required that it may leave out.
fn declared(set: &str, tool: &Value) {
    let (_, outcome) = read(set);
    let schema = &outcome.policy.as_ref().expect("the set compiles").schema;
    let name = tool["name"].as_str().expect("a tool has a name");
    let action = schema.action_id(name).unwrap_or_else(|| panic!("{set}: `{name}` is not declared"));
    let required: BTreeSet<_> =
        tool["inputSchema"]["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let taken = tool["inputSchema"]["properties"].as_object();
    for (argument, property) in taken.into_iter().flatten() {
        let field = schema.field(RecordName::Action, action, argument);
        let field = field.unwrap_or_else(|| panic!("{set}: `{name}` has no `{argument}`"));
        assert_eq!(field.optional, !required.contains(argument.as_str()), "{set}: {name}, {argument}");
        assert!(fits(field, property), "{set}: {name}, {argument} is {}", field.ty.kind.name());
    }
    let known: BTreeSet<_> = taken.into_iter().flat_map(|taken| taken.keys().map(String::as_str)).collect();
    assert_eq!(fields(schema, action), known, "{set}: {name}");
}

fn fields(schema: &actra_engine::model::Schema, action: ActionId) -> BTreeSet<&str> {
    let action = schema.action(action).expect("the action is declared");
    action.fields.keys().map(|name| &**name).collect()
}

/// Whether a field takes values of the JSON type of a property.
fn fits(field: &Field, property: &Value) -> bool {
    let alternatives =
        property["anyOf"].as_array().into_iter().flatten().filter_map(|part| part["type"].as_str());
    let kind = property["type"].as_str().or_else(|| alternatives.into_iter().find(|kind| *kind != "null"));
    match kind {
        Some("string") => matches!(field.ty.kind, TypeKind::String | TypeKind::Path | TypeKind::Url),
        Some("integer") => matches!(field.ty.kind, TypeKind::Integer),
        Some("number") => matches!(field.ty.kind, TypeKind::Number),
        Some("boolean") => matches!(field.ty.kind, TypeKind::Boolean),
        Some("array") => matches!(field.ty.kind, TypeKind::List(_)),
        _ => false,
    }
}
