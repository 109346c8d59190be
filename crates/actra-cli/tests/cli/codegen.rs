//! `actra codegen`

use crate::folder::Folder;

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
const POLICY: &str =
    "version: 1\ndefault: block\nrules:\n  - { id: r, scope: { global: true }, when: actor.role == \"x\", effect: allow }\n";

#[test]
fn a_schema_is_a_python_module() {
    let folder = Folder::empty().file("set/schema.yaml", SCHEMA).file("set/policy.yaml", POLICY);
    let run = folder.run("codegen python set");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    insta::assert_snapshot!(run.out);
    assert_eq!(folder.run("codegen python set -o types.py").code, 0);
    assert_eq!(std::fs::read_to_string(folder.path().join("types.py")).unwrap(), run.out);
    assert_eq!(folder.run("compile set -o set.actra").code, 0);
    assert_eq!(folder.run("codegen python set.actra").out, run.out);
    for wrong in ["codegen cobol set", "codegen python nowhere", "codegen python set -o nowhere/types.py"] {
        let run = folder.run(wrong);
        assert!(run.code == 2 && !run.err.is_empty(), "{wrong}: {run:?}");
    }
}
