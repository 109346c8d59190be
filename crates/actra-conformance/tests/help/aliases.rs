//! Every word of another language, where people type it, gets help that says what to write instead, and that compiles.

use std::collections::BTreeSet;

use actra_engine::diagnostics::Diagnostic;
use actra_engine::{PolicySet, compile};
use actra_syntax::foreign_words::{
    ForeignWordRow, Replacement, effects_and_modes, functions, keys, operators, records, types,
};
use actra_testing::CaseFile;

const SCHEMA: &str = "version: 1
actions:
  refund: { fields: { x: string, y: string, n: number, xs: { type: list, of: string, max_items: 9 }, ys: { type: list, of: string, max_items: 9 }, m: map<string>, t: timestamp, ip: ip, path: path, o: string?, field: string } }
groups: { money: [refund] }
actor: { fields: { id: string, role: string, type: string } }
snapshot: { fields: { now: timestamp, field: string } }
";

fn rows(table: &'static [ForeignWordRow]) -> impl Iterator<Item = (&'static str, Replacement)> {
    table.iter().flat_map(|(words, instead)| words.iter().map(|word| (*word, *instead)))
}

fn diagnostics(schema: &str, policy: &str) -> Vec<Diagnostic> {
    compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", policy)])).diagnostics
}

fn rule(when: &str, effect: &str) -> String {
    format!(
        "version: 1\ndefault: allow\nrules:\n  - id: r\n    scope: {{ action: refund }}\n    when: '{when}'\n    effect: {effect}\n"
    )
}

fn helped(found: &[Diagnostic], instead: Replacement) -> bool {
    found.iter().any(|found| found.is_error() && found.help.iter().any(|help| help.contains(&instead.help())))
}

/// Names in what is offered, as fields of the schema.
fn filled(form: &str) -> String {
    let mut out = String::new();
    let mut rest = form;
    let mut quoted = false;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, after) = rest.split_at(length.max(first.len_utf8()));
        let field = !quoted && !out.ends_with('.') && !out.ends_with('(')
            || out.ends_with("size(")
            || out.ends_with("int(");
        let named = ["x", "y", "n", "xs", "ys", "m", "t", "ip", "path"].contains(&word);
        let operand = !quoted && !out.ends_with('.') && !after.starts_with(['(', ','])
            || (named && after.starts_with(", "));
        match word {
            "record" if !quoted => out.push_str("action"),
            "field" if form.contains("record.field") && out.ends_with("action.") => out.push('o'),
            _ if named && !quoted && !out.ends_with('.') && (field || operand) => {
                out.push_str(&format!("action.{word}"))
            }
            _ => out.push_str(word),
        }
        quoted ^= word == "\"";
        rest = after;
    }
    out
}

fn compiles(form: &str) -> bool {
    let form = filled(form);
    let policy = rule("true", "block").replace(
        "rules:",
        &format!("constants: {{ name: a }}\ndefinitions: {{ d: '({form}) == ({form})' }}\nrules:"),
    );
    let found = diagnostics(SCHEMA, &policy);
    let errors: Vec<_> = found.iter().filter(|found| found.is_error()).collect();
    assert!(errors.is_empty(), "{form}: {errors:#?}");
    true
}

#[test]
fn functions_of_other_languages() {
    let mut seen = BTreeSet::new();
    for (word, instead) in rows(functions::TABLE) {
        assert!(seen.insert(word), "`{word}` appears twice");
        for call in
            [format!("{word}(action.x)"), format!("action.x.{word}(\"a\")"), format!("lib.{word}(action.x)")]
        {
            let found = diagnostics(SCHEMA, &rule(&call, "block"));
            assert!(helped(&found, instead), "{call}: {found:#?}");
        }
        if let Replacement::Form(form, _) = instead {
            assert!(compiles(form));
        }
    }
    println!("{} functions", seen.len());
}

#[test]
fn a_function_that_means_something_else() {
    for (call, help) in [
        ("exists(action.o)", "has(record.field)"),
        ("startsWith(action.x, \"a\")", "x.startsWith(...)"),
        ("action.x.has(\"a\")", "write `has(x)`"),
        ("action.n.string() == \"1\"", "write `string(x)`"),
        ("time.now() > snapshot.now", "snapshot.now"),
    ] {
        let found = diagnostics(SCHEMA, &rule(call, "block"));
        assert!(
            found.iter().any(|found| found.help.iter().any(|line| line.contains(help))),
            "{call}: {found:#?}"
        );
    }
}

#[test]
fn operators_of_other_languages() {
    for (word, instead) in rows(operators::TABLE) {
        for word in [word.to_owned(), word.to_uppercase()] {
            let found = diagnostics(SCHEMA, &rule(&format!("action.x {word} \"a\""), "block"));
            assert!(helped(&found, instead), "{word}: {found:#?}");
        }
        if let Replacement::Form(form, _) = instead {
            assert!(compiles(form));
        }
    }
    for (sign, instead) in rows(operators::SIGNS) {
        let found = diagnostics(SCHEMA, &rule(&format!("action.x {sign} \"a\""), "block"));
        assert!(helped(&found, instead), "{sign}: {found:#?}");
        if let Replacement::Form(form, _) = instead {
            assert!(compiles(form));
        }
    }
    for (condition, help) in [
        ("action.o is null", "write `!has(record.field)`"),
        ("action.o IS NOT NULL", "write `has(record.field)`"),
        ("action.o is not null", "write `has(record.field)`"),
        ("action.x not in [\"a\"]", "write `!(a in b)`"),
        ("action.x = \"a\"", "write `==`"),
        ("action.x === \"a\"", "write `==`"),
        ("action.x <> \"a\"", "write `!=`"),
        ("action.x == \"a\" and action.y == \"a\"", "write `&&`"),
        ("action.x == \"a\" => action.y == \"a\"", "`!a || b`"),
    ] {
        let found = diagnostics(SCHEMA, &rule(condition, "block"));
        assert!(
            found.iter().any(|found| found.help.iter().any(|line| line.contains(help))),
            "{condition}: {found:#?}"
        );
    }
}

#[test]
fn operators_of_the_structured_spelling() {
    let atom = |word: &str, value: &str| {
        format!(
            "version: 1\ndefault: allow\nrules:\n  - id: r\n    scope: {{ action: refund }}\n    when: {{ subject: {{ domain: action, field: {} }}, operator: \"{word}\"{value} }}\n    effect: block\n",
            field_for(word)
        )
    };
    for (word, instead) in rows(operators::STRUCTURED) {
        let found = diagnostics(SCHEMA, &atom(word, ", value: { literal: a }"));
        assert!(helped(&found, instead), "{word}: {found:#?}");
        if let Replacement::Word(meant) = instead {
            let value = value_for(meant);
            let found = diagnostics(SCHEMA, &atom(meant, value));
            assert!(found.iter().all(|found| !found.is_error()), "{meant}: {found:#?}");
        }
    }
}

fn field_for(operator: &str) -> &'static str {
    match operator {
        "exists" => "o",
        "within" => "path",
        "subset_of" | "intersects" => "xs",
        _ => "x",
    }
}

fn value_for(operator: &str) -> &'static str {
    match operator {
        "exists" => "",
        "in" | "not_in" | "subset_of" | "intersects" => ", value: { literal: [a, b] }",
        "within" => ", value: { literal: /srv }",
        _ => ", value: { literal: a }",
    }
}

#[test]
fn types_of_other_languages() {
    let with = |ty: &str| SCHEMA.replace("now: timestamp", &format!("now: timestamp, added: {ty}"));
    for (word, instead) in rows(types::TABLE) {
        let quoted = format!("\"{word}\"");
        let found = diagnostics(&with(&quoted), &rule("true", "block"));
        assert!(helped(&found, instead), "{word}: {found:#?}");
        if let Replacement::Word(meant) | Replacement::Form(meant, _) = instead {
            let found = diagnostics(&with(meant), &rule("true", "block"));
            assert!(found.iter().all(|found| !found.is_error()), "{meant}: {found:#?}");
        }
    }
    for (word, help) in [
        ("array<integer>", "list<integer>"),
        ("number[]", "list<number>"),
        ("dict<string, number>", "map<number>"),
    ] {
        let found = diagnostics(&with(&format!("\"{word}\"")), &rule("true", "block"));
        assert!(
            found.iter().any(|found| found.help.iter().any(|line| line.contains(help))),
            "{word}: {found:#?}"
        );
    }
}

#[test]
fn records_of_other_engines() {
    for (word, instead) in rows(records::TABLE) {
        let message = format!("    message: \"{{{word}.id}}\"\n");
        let subject = "version: 1\ndefault: allow\nrules:\n  - id: r\n    scope: { action: refund }\n    when: { subject: { domain: WORD, field: id }, operator: equals, value: { literal: a } }\n    effect: block\n";
        for policy in [
            rule(&format!("{word}.id == \"a\""), "block"),
            rule(&format!("{word} == \"a\""), "block"),
            rule("true", "block") + &message,
            subject.replace("WORD", word),
        ] {
            let found = diagnostics(SCHEMA, &policy);
            assert!(helped(&found, instead), "{policy}: {found:#?}");
        }
        if let Replacement::Form(form, _) = instead {
            assert!(compiles(form));
        }
    }
}

#[test]
fn words_of_other_engines() {
    for (word, instead) in rows(effects_and_modes::TABLE) {
        let Replacement::Word(meant) = instead else { panic!("{word}") };
        let policy = match meant {
            "shadow" | "enforce" => rule("true", "block") + &format!("    mode: \"{word}\"\n"),
            _ => rule("true", &format!("\"{word}\"")),
        };
        let found = diagnostics(SCHEMA, &policy);
        let help = format!("did you mean `{meant}`?");
        assert!(found.iter().any(|found| found.help.contains(&help)), "{policy}: {found:#?}");
        let found = diagnostics(SCHEMA, &policy.replace(&format!("\"{word}\""), meant));
        assert!(found.iter().all(|found| !found.is_error()), "{meant}: {found:#?}");
    }
}

/// For each kind of mapping: a schema and a policy with a place for a further entry.
fn mapping(what: &str) -> (String, String) {
    let plain = rule("true", "block");
    let condition = |condition: &str| plain.replace("'true'", condition);
    match what {
        "a rule" => (SCHEMA.to_owned(), plain + "    ENTRY\n"),
        "a policy" => (SCHEMA.to_owned(), plain + "ENTRY\n"),
        "a scope" => (SCHEMA.to_owned(), plain.replace("{ action: refund }", "{ action: refund, ENTRY }")),
        "a condition" => (SCHEMA.to_owned(), condition("\n      ENTRY")),
        "a `value`" => (
            SCHEMA.to_owned(),
            condition("{ subject: { domain: action, field: x }, operator: equals, value: { ENTRY } }"),
        ),
        "a `subject`" => (SCHEMA.to_owned(), condition("{ subject: { ENTRY }, operator: exists }")),
        "a schema" => (SCHEMA.to_owned() + "ENTRY\n", plain),
        "an action" => (SCHEMA.replace("groups:", "  other: { ENTRY }\ngroups:"), plain),
        "`actor`" => (SCHEMA.replace("actor: { ", "actor: { ENTRY, "), plain),
        "`snapshot`" => (SCHEMA.replace("snapshot: { ", "snapshot: { ENTRY, "), plain),
        "a type" => {
            (SCHEMA.replace("now: timestamp", "now: timestamp, added: { type: string, ENTRY }"), plain)
        }
        _ => panic!("{what} is no mapping of a set"),
    }
}

fn unknown_key(schema: &str, policy: &str) -> Option<Diagnostic> {
    diagnostics(schema, policy).into_iter().find(|found| found.code.as_str() == "E0103")
}

#[test]
fn keys_of_other_formats() {
    let sets = keys::TABLES.iter().filter(|(what, _)| !matches!(*what, "a test file" | "a case"));
    for (what, table) in sets {
        let with = |entry: &str| match governed(what) {
            Some(governance) => unknown_key_of_governance(&governance.replace("ENTRY", entry)),
            None => {
                let (schema, policy) = mapping(what);
                unknown_key(&schema.replace("ENTRY", entry), &policy.replace("ENTRY", entry))
            }
        };
        let mut seen = BTreeSet::new();
        for (words, instead) in *table {
            for word in *words {
                assert!(seen.insert(*word), "`{word}` appears twice for {what}");
                // A value that says neither yes nor no.
                let found = with(&format!("\"{word}\": 7"));
                assert!(
                    found.as_ref().is_some_and(|found| found.help == [instead.help()]),
                    "{what}, {word}: {found:#?}"
                );
            }
            match instead {
                Replacement::Word(meant) => {
                    assert!(with(&format!("{meant}: 1")).is_none(), "{what}: {meant}")
                }
                Replacement::Form(form, _) => assert!(is_written_somewhere(form), "{what}: {form}"),
                Replacement::Nothing(_) => {}
            }
        }
    }
}

/// A governance with an entry in the mapping that is called so.
fn governed(what: &str) -> Option<String> {
    let part = match what {
        "governance" => {
            return Some("version: 1\nENTRY\ngovernance: { requires: { default: allow } }\n".to_owned());
        }
        "`governance`" => "ENTRY",
        "a rule of governance" => "rules: [{ ENTRY }]",
        "`select`" => "rules: [{ select: { ENTRY } }]",
        "`where`" => "rules: [{ select: { where: { ENTRY } } }]",
        "a selector's `when`" => "rules: [{ select: { where: { when: { ENTRY } } } }]",
        "`must`" => "rules: [{ must: { ENTRY } }]",
        "an invariant" => "invariants: [{ ENTRY }]",
        "`effect`" => "invariants: [{ effect: { ENTRY } }]",
        "`baseline`" => "baseline: { ENTRY }",
        "`requires`" => "requires: { ENTRY }",
        "`applies_to`" => "rules: [{ applies_to: { ENTRY } }]",
        _ => return None,
    };
    Some(format!("version: 1\ngovernance: {{ {part} }}\n"))
}

fn unknown_key_of_governance(governance: &str) -> Option<Diagnostic> {
    let policy = rule("true", "block");
    let files = [("schema.yaml", SCHEMA), ("policy.yaml", &*policy), ("governance.yaml", governance)];
    let found = compile(&PolicySet::from_texts(files)).diagnostics;
    found.into_iter().find(|found| found.code.as_str() == "E0103")
}

/// Whether an entry, or an expression, can be written in some mapping.
fn is_written_somewhere(form: &str) -> bool {
    let entry = form.replace("NAME", "x").replace("TYPE", "x");
    let kinds =
        ["a rule", "a policy", "a scope", "a condition", "a `value`", "a schema", "an action", "a type"];
    let mut written = kinds.into_iter().map(|what| {
        let (schema, policy) = mapping(what);
        unknown_key(&schema.replace("ENTRY", &entry), &policy.replace("ENTRY", &entry))
    });
    let mut governed = keys::TABLES.iter().filter_map(|(what, _)| governed(what));
    let mut in_governance = || {
        governed.any(|text| {
            text.contains("ENTRY") && unknown_key_of_governance(&text.replace("ENTRY", &entry)).is_none()
        })
    };
    !form.contains(": ") || in_governance() || written.any(|found| found.is_none())
}

#[test]
fn keys_of_test_files() {
    let problems = |text: &str| {
        let found = CaseFile::read("t.yaml", text, &mut |_| Ok(PolicySet::default()));
        found.err().unwrap_or_default().into_iter().map(|problem| problem.message).collect::<Vec<_>>()
    };
    for (what, table) in keys::TABLES.iter().filter(|(what, _)| matches!(*what, "a test file" | "a case")) {
        for (word, instead) in rows(table) {
            let text = match *what {
                "a case" => format!("version: 1\ncases:\n  - {{ name: n, \"{word}\": 1 }}\n"),
                _ => format!("version: 1\n\"{word}\": 1\ncases: []\n"),
            };
            let found = problems(&text);
            assert!(
                found.iter().any(|message| message.contains(&instead.help())),
                "{what}, {word}: {found:?}"
            );
            if let Replacement::Word(meant) = instead {
                let found = problems(&text.replace(&format!("\"{word}\""), meant));
                assert!(
                    !found.iter().any(|message| message.contains("unknown key")),
                    "{what}, {meant}: {found:?}"
                );
            }
        }
    }
}
