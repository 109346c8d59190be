//! Questions of every kind, over one schema that has every type: what is proved, refuted, and left open.

mod edges;

use actra_compile::{PolicySet, compile};
use actra_ir::Policy;
use actra_model::{ActionId, Effect};

use crate::{AcceptedEffects, Analyzer, ProofVerdict, Statement};

const SCHEMA: &str = r#"
version: 1
actions:
  refund:
    fields:
      amount: number
      count: { type: integer, min: -1000000, max: 1000000 }
      fee: { type: integer, min: -1000000, max: 1000000 }
      currency: { type: string, one_of: [USD, EUR] }
      note: string?
      recipients: { type: list, of: string, max_items: 50 }
      path: path
      from: ip
  wipe: { fields: { table: string } }
actor: { fields: { id: string, role: string, type: string, short: { type: string, max_length: 100 } } }
snapshot:
  fields:
    fraud_flag: boolean
    contacts: { type: list, of: string, max_items: 100 }
    labels: map<string>
    limit: number
    parts: { type: list, of: { type: integer, min: 0, max: 9 }, max_items: 5 }
    sizes: { type: list, of: { type: integer, min: 0, max: 10 }, max_items: 1000 }
    now: timestamp
    opened: timestamp
"#;

fn policy(rules: &str) -> Policy {
    let set = PolicySet::from_texts([("schema.yaml", SCHEMA), ("policy.yaml", rules)]);
    let outcome = compile(&set);
    outcome.policy.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
}

fn rule(when: &str) -> Policy {
    policy(&format!(
        "version: 1\ndefault: allow\nrules:\n  - id: r\n    scope: {{ action: refund }}\n    when: '{when}'\n    effect: block\n"
    ))
}

/// Whether `when` implies that a rule with the condition `guard` blocks.
fn implies(when: &str, guard: &str) -> ProofVerdict {
    let guarded = rule(guard);
    let asked = rule(when);
    let condition = &asked.rules[0].condition;
    let statement = Statement {
        actions: &[ActionId(0)],
        when: Some(condition),
        accepted: AcceptedEffects::AtLeast(Effect::Block),
        with: &[],
    };
    Analyzer::default().prove(&guarded, &statement)
}

#[test]
fn implications_are_proved() {
    for (when, guard) in [
        ("action.amount > 1000", "action.amount > 500"),
        ("action.amount > 1000", "!(action.amount <= 1000)"),
        ("action.amount == 5", "action.amount >= 5 && action.amount <= 5"),
        ("action.count > 3", "action.count >= 4"),
        ("action.count + action.fee > 10 && action.fee < 4", "action.count > 6"),
        ("action.amount > snapshot.limit && snapshot.limit > 7", "action.amount > 7"),
        ("2 * action.count > 5", "action.count >= 3"),
        ("action.currency == \"USD\"", "action.currency != \"EUR\""),
        ("actor.role == \"admin\"", "actor.role.startsWith(\"adm\")"),
        ("actor.role.startsWith(\"admin\")", "actor.role.contains(\"dmi\")"),
        (
            "actor.role.matches(\"^[a-c]+$\") && size(actor.role) > 2",
            "actor.role.matches(\"[a-c][a-c][a-c]\")",
        ),
        ("actor.role.lowerAscii() == \"admin\"", "actor.role.matches(\"(?i)^admin$\")"),
        ("actor.role in [\"a\", \"b\"]", "actor.role < \"c\""),
        ("actor.id == actor.role && actor.role == \"x\"", "actor.id == \"x\""),
        ("has(action.note) && action.note == \"x\"", "has(action.note)"),
        ("\"evil\" in action.recipients", "size(action.recipients) > 0"),
        (
            "action.recipients.exists(r, r.endsWith(\".evil\"))",
            "!action.recipients.all(r, !r.endsWith(\".evil\"))",
        ),
        (
            "action.recipients.all(r, r in snapshot.contacts) && \"x\" in action.recipients",
            "\"x\" in snapshot.contacts",
        ),
        ("action.path.within(\"/srv/data\")", "action.path.within(\"/srv\")"),
        ("action.path == \"/srv/x\"", "action.path.within(\"/srv\")"),
        ("cidr(\"10.1.0.0/16\").containsIP(action.from)", "cidr(\"10.0.0.0/8\").containsIP(action.from)"),
        (
            "snapshot.now - snapshot.opened < duration(\"1h\")",
            "snapshot.now - snapshot.opened < duration(\"2h\")",
        ),
        (
            "snapshot.now < snapshot.opened + duration(\"1h\")",
            "snapshot.now - snapshot.opened <= duration(\"1h\")",
        ),
        ("\"k\" in snapshot.labels && snapshot.labels[\"k\"] == \"v\"", "\"k\" in snapshot.labels"),
        ("snapshot.fraud_flag", "snapshot.fraud_flag == true"),
        ("string(action.path).matches(\"^/etc/[a-z]+$\")", "action.path.within(\"/etc\")"),
        (
            "\"x\" in action.recipients + snapshot.contacts && !(\"x\" in action.recipients)",
            "\"x\" in snapshot.contacts",
        ),
        (
            "(action.recipients + snapshot.contacts).all(x, x == \"a\") && \"b\" != actor.id",
            "action.recipients.all(x, x.startsWith(\"a\"))",
        ),
        ("action.recipients == [\"a\", \"b\"]", "size(action.recipients) == 2 && \"b\" in action.recipients"),
    ] {
        assert_eq!(implies(when, guard), ProofVerdict::Proved, "{when} => {guard}");
    }
}

#[test]
fn texts_that_are_looked_for_in_others_are_decided() {
    let proved = [
        ("actor.id.contains(actor.role) && actor.role == \"admin\"", "actor.id.contains(\"dmi\")"),
        ("actor.id.startsWith(actor.role)", "actor.id.contains(actor.role)"),
        ("actor.id == actor.role", "actor.id.endsWith(actor.role)"),
        ("actor.role == \"\"", "actor.id.contains(actor.role)"),
        ("actor.id.contains(actor.type) && actor.type.contains(actor.role)", "actor.id.contains(actor.role)"),
        ("actor.id.contains(actor.role) && actor.role == actor.type", "actor.id.contains(actor.type)"),
        ("actor.id == \"ab\" && actor.id.contains(actor.role)", "size(actor.role) < 3"),
        (
            "\"a b\".contains(actor.role)",
            "actor.role in [\"\", \"a\", \" \", \"b\", \"a \", \" b\", \"a b\"]",
        ),
        ("actor.id.lowerAscii() == actor.role", "!actor.role.matches(\"[A-Z]\")"),
        ("actor.id.lowerAscii() in action.recipients && !(\"x\" in action.recipients)", "actor.id != \"X\""),
        (
            "actor.role == \"ab*\" && actor.id.startsWith(actor.role.substring(0, size(actor.role) - 1))",
            "actor.id.startsWith(\"ab\")",
        ),
        (
            "\"x\" in snapshot.contacts && actor.id == \"axb\"",
            "snapshot.contacts.exists(c, actor.id.contains(c))",
        ),
    ];
    for (when, guard) in proved {
        assert_eq!(implies(when, guard), ProofVerdict::Proved, "{when} => {guard}");
    }
    for (when, guard) in [
        ("actor.id.contains(actor.role)", "actor.id.startsWith(actor.role)"),
        ("actor.id.contains(actor.role) && actor.id != actor.role", "actor.role == \"\""),
        ("actor.id.contains(actor.role) && actor.role.matches(\"^[x-z]{3}$\")", "actor.id.contains(\"z\")"),
        ("!actor.id.contains(actor.role) && actor.id.contains(\"a\")", "actor.role.contains(\"b\")"),
        ("actor.id.contains(actor.role) && actor.id.contains(actor.type)", "actor.role == actor.type"),
        ("actor.id.contains(actor.role) && actor.role.contains(actor.id)", "actor.id == \"x\""),
        ("actor.id.lowerAscii() == actor.role && actor.id != actor.role", "actor.role == \"x\""),
        (
            "action.recipients.all(r, actor.id.contains(r)) && size(action.recipients) == 3",
            "actor.id == \"x\"",
        ),
        (
            "actor.id.startsWith(actor.role.substring(0, size(actor.role) - 1))",
            "actor.id.startsWith(actor.role)",
        ),
    ] {
        let verdict = implies(when, guard);
        assert!(matches!(verdict, ProofVerdict::Refuted(_)), "{when} => {guard}: {verdict:?}");
    }
    // Each text would have to be tried: nothing is claimed, and the part is named.
    let when =
        "actor.id.contains(actor.role) && !actor.id.matches(\"[a-f]\") && actor.role.matches(\"^[a-f]+$\")";
    let part = vec!["actor.id.contains(actor.role)".to_owned()];
    assert_eq!(implies(when, "actor.id == \"a\""), ProofVerdict::Unproven(part));
}

#[test]
fn non_implications_are_refuted() {
    for (when, guard) in [
        // Letters that no test tells apart still make different texts.
        (
            "actor.id.matches(\"^[xy]$\") && actor.role.matches(\"^[xy]$\") && actor.id != actor.role",
            "actor.id == actor.role",
        ),
        ("actor.id.lowerAscii() == \"xy\" && actor.id != \"xy\" && actor.id != \"XY\"", "actor.id == \"xY\""),
        ("action.amount > 500", "action.amount > 1000"),
        ("action.amount > 3", "action.amount >= 4"),
        ("action.amount + snapshot.limit > 10", "action.amount > 6"),
        // A sum of more than 34 digits is undetermined, and so is the statement: it counts.
        ("action.amount + snapshot.limit > 10 && snapshot.limit < 4", "action.amount > 6"),
        ("actor.role != \"x\"", "actor.role.startsWith(\"adm\")"),
        ("actor.role.contains(\"dmi\")", "actor.role.startsWith(\"admin\")"),
        ("actor.role.matches(\"[a-c]\")", "actor.role.matches(\"^[a-c]+$\")"),
        ("actor.role.matches(\"(?i)^admin$\")", "actor.role == \"admin\""),
        ("actor.role < \"c\"", "actor.role in [\"a\", \"b\"]"),
        ("actor.id != actor.role", "actor.id == \"x\""),
        ("has(action.note)", "has(action.note) && action.note == \"x\""),
        ("size(action.recipients) > 0", "\"evil\" in action.recipients"),
        (
            "action.recipients.exists(r, r in snapshot.contacts)",
            "action.recipients.all(r, r in snapshot.contacts)",
        ),
        ("action.path.within(\"/srv\")", "action.path.within(\"/srv/data\")"),
        ("cidr(\"10.0.0.0/8\").containsIP(action.from)", "cidr(\"10.1.0.0/16\").containsIP(action.from)"),
        (
            "snapshot.now - snapshot.opened < duration(\"2h\")",
            "snapshot.now - snapshot.opened < duration(\"1h\")",
        ),
        ("\"k\" in snapshot.labels", "\"k\" in snapshot.labels && snapshot.labels[\"k\"] == \"v\""),
        ("snapshot.fraud_flag || action.amount > 1", "snapshot.fraud_flag"),
        ("size(action.recipients) == 30", "\"x\" in action.recipients"),
        ("size(actor.id) == 12", "actor.id.startsWith(\"a\")"),
    ] {
        let verdict = implies(when, guard);
        assert!(matches!(verdict, ProofVerdict::Refuted(_)), "{when} => {guard}: {verdict:?}");
    }
}

fn differs(old: &str, new: &str) -> Vec<(crate::Direction, Option<String>, bool)> {
    let difference = Analyzer::default().diff(&policy(old), &policy(new));
    let shown = |region: &crate::Region| {
        let witness = region.witness().is_some();
        (region.direction, region.rule.as_deref().map(str::to_owned), witness)
    };
    difference.regions.iter().map(shown).collect()
}

#[test]
fn differences_are_found_and_proved_absent() {
    use crate::Direction::{Stricter, Weaker};
    let set = |rules: &str| format!("version: 1\ndefault: allow\nrules:\n{rules}");
    let rule = |id: &str, when: &str, effect: &str| {
        format!("  - {{ id: {id}, scope: {{ action: refund }}, when: '{when}', effect: {effect} }}\n")
    };
    let base = set(&rule("large", "action.amount > 1000", "block"));
    assert_eq!(differs(&base, &base), []);
    let renamed = set(&rule("big", "!(action.amount <= 1000)", "block"));
    assert_eq!(differs(&base, &renamed), []);
    let raised = set(&rule("large", "action.amount > 2000", "block"));
    assert_eq!(differs(&base, &raised), [(Weaker, Some("large".into()), true)]);
    assert_eq!(differs(&raised, &base), [(Stricter, Some("large".into()), true)]);
    let lowered = set(&rule("large", "action.amount > 1000", "require_approval"));
    assert_eq!(differs(&base, &lowered), [(Weaker, Some("large".into()), true)]);
    let both = set(
        &(rule("large", "action.amount > 2000", "block") + &rule("flag", "snapshot.fraud_flag", "block"))
    );
    assert_eq!(
        differs(&base, &both),
        [(Weaker, Some("large".into()), true), (Stricter, Some("flag".into()), true)]
    );
    // Alike for all requests that are valid, and not for those of which the flag is missing.
    let vacuous = set(&(rule("large", "action.amount > 1000", "block")
        + &rule("all", "snapshot.fraud_flag || !snapshot.fraud_flag", "require_approval")));
    let always =
        set(&(rule("large", "action.amount > 1000", "block") + &rule("all", "true", "require_approval")));
    assert_eq!(differs(&vacuous, &always), []);
    let blocked =
        "version: 1\ndefault: block\nrules:\n".to_owned() + &rule("a", "actor.role == \"x\"", "allow");
    let opened =
        "version: 1\ndefault: allow\nrules:\n".to_owned() + &rule("a", "actor.role == \"x\"", "allow");
    assert_eq!(differs(&blocked, &opened), [(Weaker, None, true), (Weaker, None, true)]);
    let more = "version: 1\ndefault: block\nrules:\n".to_owned()
        + &rule("a", "actor.role in [\"x\", \"y\"]", "allow");
    assert_eq!(differs(&blocked, &more), [(Weaker, None, true)]);
    assert_eq!(differs(&more, &blocked), [(Stricter, None, true)]);
}

#[test]
fn rules_without_influence_are_found() {
    use crate::RuleFinding::{AlwaysTrue, NeverDecisive, NeverTrue};
    for (rules, expected) in [
        (vec![("action.amount > 1 && action.amount < 1", "block")], vec![Some(NeverTrue)]),
        (vec![("action.amount > 1 || action.amount <= 1", "block")], vec![Some(AlwaysTrue)]),
        (
            vec![
                ("action.amount > 1", "block"),
                ("action.amount > 2", "block"),
                ("action.amount > 3", "allow"),
            ],
            vec![None, Some(NeverDecisive), Some(NeverDecisive)],
        ),
        (vec![("action.amount > 1", "require_approval"), ("action.amount > 2", "block")], vec![None, None]),
    ] {
        let text: String = (0..)
            .zip(&rules)
            .map(|(idx, (when, effect))| {
                format!(
                    "  - {{ id: r{idx}, scope: {{ action: refund }}, when: '{when}', effect: {effect} }}\n"
                )
            })
            .collect();
        let policy = policy(&format!("version: 1\ndefault: allow\nrules:\n{text}"));
        let mut analyzer = Analyzer::default();
        let found: Vec<_> = policy.rules.iter().map(|rule| analyzer.rule(&policy, rule)).collect();
        assert_eq!(found, expected, "{rules:?}");
    }
}

#[test]
fn the_nearest_change_is_small() {
    use actra_model::{RawRequest, RawValue};
    let policy = policy(
        "version: 1\ndefault: allow\nrules:\n  - { id: r, scope: { action: refund }, when: action.amount > 1000 && actor.role != \"boss\", effect: block }\n",
    );
    let object = |members: &[(&str, RawValue)]| {
        let members: Vec<_> =
            members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        RawValue::Map(members.into_iter().collect())
    };
    let request = RawRequest {
        action: Some(object(&[("type", "refund".into()), ("amount", 5000.into())])),
        actor: Some(object(&[("id", "u".into()), ("role", "clerk".into()), ("type", "human".into())])),
        snapshot: None,
        ..RawRequest::default()
    };
    let change = Analyzer::default().nearest(&policy, &request).unwrap();
    assert_eq!(change.effect, Effect::Allow);
    assert_eq!(change.fields.len(), 1, "{change:?}");
    assert_eq!(change.fields[0].after, Some(1000.into()), "as close as can be");
    let given = RawRequest { actor: request.actor.clone(), ..RawRequest::default() };
    let can = Analyzer::default().can(&policy, ActionId(0), &given);
    assert_eq!(
        can.effects.iter().map(|(effect, _)| *effect).collect::<Vec<_>>(),
        [Effect::Allow, Effect::Block]
    );
    let shown: Vec<_> = can.rules.iter().map(|(_, _, rest)| actra_ir::print::print(rest)).collect();
    assert_eq!(shown, ["1000 < action.amount"]);
    let wipe = Analyzer::default().can(&policy, ActionId(1), &given);
    assert_eq!(wipe.effects.iter().map(|(effect, _)| *effect).collect::<Vec<_>>(), [Effect::Allow]);
}

#[test]
fn actions_are_told_apart_by_their_names() {
    let schema = "version: 1\nactions: { a: { fields: {} }, b: { fields: {} } }\n";
    let policy = |rules: &str| {
        let text = format!("version: 1\ndefault: allow\nrules:\n{rules}");
        let set = PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", &text)]);
        compile(&set).policy.unwrap()
    };
    let rule = "  - { id: r, scope: { global: true }, when: action.type == \"b\", effect: block }\n";
    let never =
        "  - { id: s, scope: { global: true }, when: action.type.startsWith(\"c\"), effect: block }\n";
    let named = policy(rule);
    assert_eq!(Analyzer::default().rule(&named, &named.rules[0]), None);
    let unmet = policy(&format!("{never}{rule}"));
    assert_eq!(Analyzer::default().rule(&unmet, &unmet.rules[1]), None);
    let plain = policy(never);
    let when = Some(&named.rules[0].condition);
    let accepted = AcceptedEffects::AtLeast(Effect::Block);
    let statement = Statement { actions: &[ActionId(0), ActionId(1)], when, accepted, with: &[] };
    assert!(matches!(Analyzer::default().prove(&plain, &statement), ProofVerdict::Refuted(_)));
    let unruled = Policy { rules: Vec::new(), ..plain };
    assert!(matches!(Analyzer::default().prove(&unruled, &statement), ProofVerdict::Refuted(_)));
}

#[test]
fn what_was_optional_may_be_missing() {
    let compiled = |note: &str| {
        let schema = format!("version: 1\nactions: {{ a: {{ fields: {{ note: {note} }} }} }}\n");
        let text = "version: 1\ndefault: block\nrules:\n  - { id: r, scope: { global: true }, when: '!has(action.note)', effect: allow }\n";
        let text = if note == "string" {
            text.replace("!has(action.note)", "action.note == \"x\" && action.note == \"y\"")
        } else {
            text.to_owned()
        };
        compile(&PolicySet::from_texts([("schema.yaml", schema.as_str()), ("policy.yaml", &text)]))
            .policy
            .unwrap()
    };
    let (old, new) = (compiled("string?"), compiled("string"));
    let difference = Analyzer::default().diff(&old, &new);
    // Without a note the earlier policy allowed, and the new one cannot say.
    assert!(difference.moved(crate::Direction::Stricter), "{difference:?}");
    assert!(difference.regions.iter().all(|region| region.witness().is_some()), "{difference:?}");
    assert!(!difference.moved(crate::Direction::Weaker));
}

#[test]
fn known_values_of_another_kind_are_undetermined() {
    use actra_model::{RawMap, RawRequest, RawValue};
    let schema = "version: 1\nactions: { a: { fields: {} } }\nsnapshot: { fields: { x: any, m: { type: map, of: string, max_items: 1 } } }\n";
    let compiled = |when: &str| {
        let text = format!(
            "version: 1\ndefault: allow\nrules:\n  - {{ id: r, scope: {{ global: true }}, when: '{when}', effect: block }}\n"
        );
        compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", &text)])).policy.unwrap()
    };
    let members = [("x".to_owned(), RawValue::from(1)), ("m".to_owned(), RawValue::Map(RawMap::default()))];
    let snapshot = Some(RawValue::Map(members.into_iter().collect()));
    let given = RawRequest { snapshot, ..RawRequest::default() };
    let policy = compiled("snapshot.x in [\"a\", \"b\"]");
    let can = Analyzer::default().can(&policy, ActionId(0), &given);
    let effects: Vec<_> = can.effects.iter().map(|(effect, answer)| (*effect, answer.clone())).collect();
    assert!(matches!(effects.as_slice(), [(Effect::Block, crate::SearchAnswer::Witness(_))]), "{effects:?}");
    // A map with one entry at most needs no more entries, however many a condition asks for.
    let nested = compiled(
        "snapshot.m.all(k, snapshot.m.exists(l, snapshot.m.all(n, snapshot.m[k] == snapshot.m[l] || n == k)))",
    );
    assert_eq!(Analyzer::default().rule(&nested, &nested.rules[0]), Some(crate::RuleFinding::AlwaysTrue));
}

#[test]
fn halves_of_integers_are_integers_or_not() {
    let schema = "version: 1\nactions: { a: { fields: { f1: { type: integer, min: 0, max: 3 } } } }\nactor: { fields: { f0: { type: integer, min: 0, max: 3 } } }\n";
    let compiled = |when: &str| {
        let text = format!(
            "version: 1\ndefault: allow\nrules:\n  - {{ id: r, scope: {{ global: true }}, when: '{when}', effect: block }}\n"
        );
        compile(&PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", &text)])).policy.unwrap()
    };
    let old = compiled("action.f1 > 0 && action.f1 < 1");
    let new = compiled("0.5 * (actor.f0 - 0) == action.f1 && actor.f0 == 1");
    let difference = Analyzer::default().diff(&old, &new);
    assert!(difference.regions.iter().all(|region| region.witness().is_some()), "{difference:?}");
}

/// Characters that only escaped would mean something else.
#[test]
fn every_character_is_itself() {
    for number in 1_u8..128 {
        let mark = char::from(number);
        let text = if matches!(mark, '"' | '\\') { format!("\\{mark}") } else { mark.to_string() };
        if mark.is_control() || mark == '\'' {
            continue;
        }
        let guard = format!("actor.id.contains(\"{text}\")");
        assert_eq!(implies(&format!("actor.id == \"a{text}b\""), &guard), ProofVerdict::Proved, "{guard}");
        assert_eq!(
            implies(&format!("actor.id.startsWith(\"{text}\")"), &guard),
            ProofVerdict::Proved,
            "{guard}"
        );
        let ends = format!("actor.id.endsWith(\"{text}\")");
        assert!(matches!(implies(&guard, &ends), ProofVerdict::Refuted(_)), "{guard} {ends}");
    }
}

#[test]
fn counts_and_sums_are_decided() {
    let proved = [
        ("size(action.recipients.filter(r, r != actor.id)) >= 2", "size(action.recipients) > 1"),
        (
            "size(action.recipients.filter(r, r != actor.id).distinct()) >= 2",
            "action.recipients.exists(r, r != actor.id) && size(action.recipients) > 1",
        ),
        (
            "size(action.recipients.filter(r, r.startsWith(\"a\"))) > 2",
            "size(action.recipients.filter(r, r.contains(\"a\"))) > 2",
        ),
        ("action.recipients.exists_one(r, r == \"x\")", "\"x\" in action.recipients"),
        ("size(action.recipients.distinct()) == 1", "action.recipients.all(r, r == action.recipients[0])"),
        ("\"a\" in action.recipients", "\"a\" in action.recipients.map(r, r.lowerAscii())"),
        ("action.recipients.filter(r, r == actor.id).exists(r, r == \"x\")", "actor.id == \"x\""),
        ("size(action.recipients) <= 1", "size(action.recipients.filter(r, r != \"\")) < 2"),
        ("snapshot.parts.sum() > 8", "snapshot.parts.sum() > 7"),
        ("snapshot.parts.max() <= 5", "snapshot.parts.all(p, p <= 5)"),
        ("snapshot.sizes.max() <= 5", "snapshot.sizes.all(s, s <= 5)"),
        ("snapshot.sizes.all(s, s <= 5) && size(snapshot.sizes) > 0", "snapshot.sizes.max() <= 5"),
        ("snapshot.sizes.exists(s, s > 7)", "snapshot.sizes.max() > 7"),
        ("snapshot.sizes.min() < 3", "size(snapshot.sizes) == 0 || snapshot.sizes.exists(s, s < 3)"),
        ("snapshot.sizes.filter(s, s > 4).min() > 6", "!(5 in snapshot.sizes)"),
        ("snapshot.sizes.max() - snapshot.sizes.min() == 0", "snapshot.sizes.all(s, s == snapshot.sizes[0])"),
        ("snapshot.parts.all(p, p >= 3) && size(snapshot.parts) == 3", "snapshot.parts.sum() >= 9"),
        ("snapshot.sizes.sum() > 100", "size(snapshot.sizes) > 10"),
        ("snapshot.sizes.filter(s, s > 5).map(s, s + 1).sum() > 0", "snapshot.sizes.exists(s, s > 5)"),
    ];
    for (when, guard) in proved {
        assert_eq!(implies(when, guard), ProofVerdict::Proved, "{when} => {guard}");
    }
    let refuted = [
        ("size(action.recipients.filter(r, r != actor.id)) >= 2", "size(action.recipients.distinct()) > 1"),
        ("size(action.recipients) > 3", "size(action.recipients.distinct()) > 1"),
        ("action.recipients.exists(r, r == \"x\")", "action.recipients.exists_one(r, r == \"x\")"),
        ("snapshot.parts.sum() > 7", "snapshot.parts.sum() > 8"),
        ("snapshot.sizes.exists(s, s <= 5)", "snapshot.sizes.max() <= 5"),
        ("snapshot.sizes.max() > 5", "snapshot.sizes.all(s, s > 5)"),
        // Of an empty list it is undetermined, which counts.
        ("snapshot.sizes.min() < 3", "snapshot.sizes.exists(s, s < 3)"),
        ("snapshot.sizes.max() == 5 && snapshot.sizes.min() == 1", "!(3 in snapshot.sizes)"),
        ("snapshot.sizes.max() - snapshot.sizes.min() < 3", "snapshot.sizes.max() < 9"),
        ("snapshot.sizes.sum() > 15", "size(snapshot.sizes) > 2"),
        ("snapshot.sizes.sum() == 3", "size(snapshot.sizes) == 3"),
    ];
    for (when, guard) in refuted {
        assert!(matches!(implies(when, guard), ProofVerdict::Refuted(_)), "{when} => {guard}");
    }
}

#[test]
fn parts_of_texts_are_decided() {
    let proved = [
        (
            "actor.id.substring(actor.id.lastIndexOf(\"@\") + 1) == \"corp.example\"",
            "actor.id.endsWith(\"corp.example\")",
        ),
        (
            "actor.id.endsWith(\"@corp.example\")",
            "actor.id.substring(actor.id.lastIndexOf(\"@\") + 1) == \"corp.example\"",
        ),
        (
            "actor.id.contains(\"@\") && actor.id.substring(0, actor.id.indexOf(\"@\")) == \"root\"",
            "actor.id.startsWith(\"root@\")",
        ),
        (
            "actor.id.contains(\"/\") && actor.id.substring(0, actor.id.lastIndexOf(\"/\")) == \"a/b\"",
            "actor.id.matches(\"^a/b/[^/]*$\")",
        ),
        ("actor.id.substring(actor.id.indexOf(\"=\") + 1).startsWith(\"a=\")", "actor.id.contains(\"=a=\")"),
        ("\"..\" in actor.short.split(\"/\")", "actor.short.contains(\"..\")"),
        ("actor.short == \"a/../b\"", "\"..\" in actor.short.split(\"/\")"),
        (
            "actor.short.contains(\"@\") && actor.short.split(\"@\")[1] == \"x\"",
            "actor.short.contains(\"@x\")",
        ),
        (
            "actor.id.lowerAscii().substring(actor.id.lowerAscii().lastIndexOf(\".\") + 1) in [\"exe\", \"bat\"]",
            "actor.id.matches(\"(?i)(exe|bat)$\")",
        ),
        ("string(action.count) in [\"1\", \"2\", \"02\"]", "action.count <= 2"),
        ("string(action.amount) == \"2.5\"", "action.amount > 2"),
    ];
    for (when, guard) in proved {
        assert_eq!(implies(when, guard), ProofVerdict::Proved, "{when} => {guard}");
    }
    let refuted = [
        (
            "actor.id.endsWith(\"corp.example\")",
            "actor.id.substring(actor.id.lastIndexOf(\"@\") + 1) == \"corp.example\"",
        ),
        ("actor.short.contains(\"..\")", "\"..\" in actor.short.split(\"/\")"),
        ("actor.id.contains(\"@x\")", "actor.short.split(\"@\")[1] == \"x\""),
        ("actor.id.substring(actor.id.indexOf(\"=\") + 1) == \"a\"", "actor.id.contains(\"=\")"),
    ];
    for (when, guard) in refuted {
        assert!(matches!(implies(when, guard), ProofVerdict::Refuted(_)), "{when} => {guard}");
    }
}
