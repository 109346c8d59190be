//! What an operation calls its arguments, as commands show it.

use crate::test_directory::TestDirectory;

const POLICY: &str = "version: 1\ndefault: allow\nrules:\n  - { id: r, scope: { action: open }, when: action.title == \"x\", effect: block, message: no }\n";

fn schema(fields: &str) -> String {
    format!("version: 1\nactions: {{ open: {{ fields: {{ title: string, {fields} }} }} }}\n")
}

fn versions(old: &str, new: &str) -> TestDirectory {
    TestDirectory::empty()
        .file("old/schema.yaml", schema(old))
        .file("old/policy.yaml", POLICY)
        .file("new/schema.yaml", schema(new))
        .file("new/policy.yaml", POLICY)
}

#[test]
fn diff_shows_fields_that_another_argument_fills() {
    let argument = |name: &str| format!("kind: {{ type: string, argument: {name} }}");
    for (old, new, words, member) in [
        (
            argument("type"),
            argument("sort"),
            "filled by the argument `type`, and is now filled by `sort`",
            r#""type","now":"sort""#,
        ),
        (
            argument("type"),
            argument("kind"),
            "filled by the argument `type`, and is now filled by `kind`",
            r#""type","now":"kind""#,
        ),
        (
            "kind: string".to_owned(),
            argument("x"),
            "filled by the argument `kind`, and is now filled by `x`",
            r#""kind","now":"x""#,
        ),
        (
            argument("type"),
            "note: string?".to_owned(),
            "filled by the argument `type`, and is gone",
            r#""type","now":null"#,
        ),
    ] {
        let directory = versions(&old, &new);
        let run = directory.run("diff old new");
        assert!(run.out.starts_with("more permissive"), "{run:?}");
        assert!(run.out.contains(&format!("\naction.open.kind: was {words}\n")), "{run:?}");
        let run = directory.run("diff old new --format markdown");
        assert!(run.out.contains(&format!("\n`action.open.kind` was {words}.\n")), "{run:?}");
        let run = directory.run("diff old new --format json");
        let remapped = format!(r#""remapped":[{{"path":"action.open.kind","before":{member}}}]"#);
        assert!(run.out.contains(&remapped), "{run:?}");
        assert_eq!(directory.run("diff old new --fail-on weaker").code, 1);
        assert_eq!(directory.run("diff old new --fail-on any").code, 1);
    }
    let directory = versions(&argument("type"), &format!("{}, note: string?", argument("type")));
    assert!(directory.run("diff old new --format json").out.contains(r#""remapped":[]"#));
    let directory = versions("kind: string", &argument("kind"));
    assert_eq!(directory.run("diff old new").out, "the same policy\n");
}

/// A compiled policy says the same as its set.
#[test]
fn compiled_policies_keep_arguments() {
    let directory =
        versions("kind: { type: string, argument: type, description: What it is. }", "kind: string");
    assert_eq!(directory.run("compile old -o old.actra").code, 0);
    assert_eq!(directory.run("diff old old.actra --fail-on any").out, "the same policy\n");
    assert_eq!(directory.run("diff old.actra new --fail-on weaker").code, 1);
}
