//! `actra codegen`

use crate::test_directory::TestDirectory;

const SCHEMA: &str = "\
version: 1
actions:
  refund:
    fields:
      amount: { type: number, min: 0, max: 10000 }
      currency: { type: string, one_of: [EUR, USD] }
      note: { type: string, optional: true, max_length: 200 }
      to: { type: object, fields: { iban: { type: string, sensitive: true } } }
  send-mail: { fields: { from: string, \"reply to\": string?, recipients: { type: list, of: string, max_items: 5 } } }
  send_mail: { fields: {} }
  none: { fields: { at: timestamp, date: date, host: { type: map, of: ip }, quota: quantity?, wait: duration } }
actor: { fields: { role: string } }
";
const POLICY: &str = "version: 1\ndefault: block\nrules:\n  - { id: r, scope: { global: true }, when: actor.role == \"x\", effect: allow }\n";

#[test]
fn a_schema_is_a_python_module() {
    let directory = TestDirectory::empty().file("set/schema.yaml", SCHEMA).file("set/policy.yaml", POLICY);
    let run = directory.run("codegen python set");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    insta::assert_snapshot!(run.out);
    assert_eq!(directory.run("codegen python set -o types.py").code, 0);
    assert_eq!(std::fs::read_to_string(directory.path().join("types.py")).unwrap(), run.out);
    assert_eq!(directory.run("compile set -o set.actra").code, 0);
    assert_eq!(directory.run("codegen python set.actra").out, run.out);
    for wrong in ["codegen cobol set", "codegen python nowhere", "codegen python set -o nowhere/types.py"] {
        let run = directory.run(wrong);
        assert!(run.code == 2 && !run.err.is_empty(), "{wrong}: {run:?}");
    }
}

/// What people are told becomes comments, whatever is in it, and never code.
#[test]
fn descriptions_are_comments() {
    let schema = r#"version: 1
actions:
  open:
    description: "Opens \"it\"\nimport os\\\x1b \"\"\"\u202e\""
    fields:
      kind: { type: string, argument: type, description: "One\r\nimport os" }
      title: { type: string, description: " " }
  ask: { description: 'Ends with a quote"', fields: { "a b": { type: string, description: "blanks\u2028import os" } } }
"#;
    let policy = POLICY.replace("actor.role == \"x\"", "action.type == \"ask\"");
    let directory = TestDirectory::empty().file("set/schema.yaml", schema).file("set/policy.yaml", policy);
    let run = directory.run("codegen python set");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    for part in [
        "class Open(TypedDict):\n    \"\"\"Opens \"it\"\n    import os\\\\␛ \\\"\\\"\\\"\u{fffd}\\\"\"\"\"\n\n",
        "    #: One\n    #: import os\n    kind: str  # the argument \"type\"\n    title: str\n",
        "    \"\"\"Ends with a quote\\\"\"\"\"\n",
        "        #: blanks\n        #: import os\n        \"a b\": str,\n",
    ] {
        assert!(run.out.contains(part), "{part}\n{}", run.out);
    }
    // They are a part of a compiled policy as well.
    assert_eq!(directory.run("compile set -o set.actra").code, 0);
    assert_eq!(directory.run("codegen python set.actra").out, run.out);
}
