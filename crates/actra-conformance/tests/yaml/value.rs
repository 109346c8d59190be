//! Files of cases as values, read strictly: what is not right is a failure, never skipped.

use std::fs;
use std::path::PathBuf;

use actra::{RawMap, RawValue};
use actra_conformance::root;
use actra_diagnostics::FileId;
use actra_model::Decimal;
use actra_syntax::yaml::{self, Node, NodeKind, ScalarValue};
use actra_wire::write_value;

/// The files of a directory below `conformance`, each by its name and its text, sorted.
pub fn files(directory: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join("conformance").join(directory)).expect("the directory");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    files.sort();
    assert!(files.len() >= 3, "only {} files were found", files.len());
    let read = |path: &PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, fs::read_to_string(path).expect("the file is readable"))
    };
    files.iter().map(read).collect()
}

/// The mapping that a file holds.
pub fn document(name: &str, text: &str) -> RawMap {
    let (mut aliases, mut found) = (0, Vec::new());
    let node = yaml::parse(FileId(0), text, &mut aliases, &mut found);
    assert!(found.is_empty(), "{name}: {found:?}");
    map(value(&node.expect("a document")))
}

/// JSON is YAML.
pub fn json(members: RawMap) -> String {
    let mut out = Vec::new();
    write_value(&RawValue::Map(members), &mut out);
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn value(node: &Node) -> RawValue {
    match &node.kind {
        NodeKind::Scalar(scalar) => match scalar.value() {
            ScalarValue::Null => RawValue::Null,
            ScalarValue::Bool(truth) => RawValue::Bool(truth),
            ScalarValue::Number => RawValue::Number(Decimal::parse_json(&scalar.text).expect("a number")),
            ScalarValue::Text => RawValue::String(scalar.text.clone()),
            ScalarValue::BadNumber(help) => panic!("{}: {help}", scalar.text),
        },
        NodeKind::Sequence(items) => RawValue::List(items.iter().map(value).collect()),
        NodeKind::Mapping(entries) => {
            let key = |node: &Node| match value(node) {
                RawValue::String(key) => key,
                other => panic!("{other:?} is no key"),
            };
            RawValue::Map(entries.iter().map(|entry| (key(&entry.key), value(&entry.value))).collect())
        }
        NodeKind::Error => panic!("what was reported is no value"),
    }
}

pub fn map(value: RawValue) -> RawMap {
    match value {
        RawValue::Map(members) => members,
        other => panic!("{other:?} is no mapping"),
    }
}

pub fn text(value: RawValue) -> String {
    match value {
        RawValue::String(text) => text,
        other => panic!("{other:?} is no text"),
    }
}

pub fn list(value: RawValue) -> Vec<RawValue> {
    match value {
        RawValue::List(elements) => elements,
        other => panic!("{other:?} is no list"),
    }
}
