//! Any bytes as a schema or a policy file: a tree or diagnostics, each of which can be rendered. What stands in the
//! file behind a comment of a condition, in another line, is read: a line that is taken out with its comment changes
//! nothing.
#![no_main]

use actra_diagnostics::{FileId, Sources};
use actra_syntax::yaml::{Node, NodeKind, Scalar};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut sources = Sources::new();
    let file = sources.add("policy.yaml", text);
    let (mut budget, mut diagnostics) = (100_000, Vec::new());
    if let Some(node) = actra_syntax::yaml::parse(file, text, &mut budget, &mut diagnostics) {
        if diagnostics.is_empty() {
            assert!(!text.trim_start_matches('\u{feff}').starts_with('%'), "a directive is read over");
            each(&node, &mut |scalar| comments_end(text, scalar));
        }
        actra_syntax::decode_policy(&node, &mut diagnostics);
        actra_syntax::decode_schema(&node, &mut diagnostics);
        actra_syntax::suppressions(file, text, &node, &mut diagnostics);
    } else {
        assert!(!diagnostics.is_empty(), "a refused file says why");
    }
    for diagnostic in diagnostics.iter().take(20) {
        actra_diagnostics::render(diagnostic, &sources, actra_diagnostics::Style::Plain, "");
    }
});

fn each(node: &Node, visit: &mut impl FnMut(&Scalar)) {
    match &node.kind {
        NodeKind::Scalar(scalar) => visit(scalar),
        NodeKind::Sequence(items) => items.iter().for_each(|item| each(item, visit)),
        NodeKind::Mapping(entries) => entries.iter().for_each(|entry| each(&entry.value, visit)),
        NodeKind::Error => {}
    }
}

/// If a text is an expression whose first comment starts at the first `//`, no line of the file stands in the comment
/// but its own.
fn comments_end(text: &str, scalar: &Scalar) {
    let Some(start) = scalar.text.find("//") else { return };
    // In quotes, slashes are no comment.
    if scalar.text[..start].contains(['"', '\'', '`']) {
        return;
    }
    if actra_syntax::expr::parse(&scalar.text, &scalar.map, &mut Vec::new()).is_none() {
        return;
    }
    let comment = &scalar.text[start..];
    let comment = comment[..comment.find('\n').unwrap_or(comment.len())].trim_end();
    let place = scalar.map.span(start..start + comment.len());
    assert_eq!(place.file, FileId(0));
    let source = &text[place.start as usize..place.end as usize];
    assert!(!source.contains(['\n', '\r']), "a comment swallows a line: {source:?}");
}
