//! Outcomes, messages, errors and explanations.

use actra_ir::{Message, MessagePart, Policy, RuleMode};
use actra_model::{Effect, Fault, PolicyHash, RawMap, Reason, RecordName, ShadowTruth};

use super::build::*;
use crate::{NodeResult, decide, explain};

const EFFECTS: [(char, Effect); 3] =
    [('a', Effect::Allow), ('r', Effect::RequireApproval), ('b', Effect::Block)];

/// Rules such as `b1 r?`: an effect, then whether the rule is true, false or undetermined.
fn rules(text: &str) -> Policy {
    let rules = text.split_whitespace().map(|word| {
        let mut chars = word.chars();
        let effect = chars.next().unwrap();
        let condition = match chars.next().unwrap() {
            '1' => truth(true),
            '0' => truth(false),
            _ => eq(snap("bad"), num("1")),
        };
        let effect = EFFECTS.iter().find(|(name, _)| *name == effect).unwrap().1;
        let mut rule = rule(word, effect, condition);
        rule.required_actions = vec![RawMap::from([("type".to_owned(), word.into())])];
        rule
    });
    policy(rules.collect())
}

/// Effect, matched rule, and the rules that carry the outcome, for each default.
#[track_caller]
fn check_outcome(text: &str, default: Effect, expected: &str) {
    let policy = Policy { default, ..rules(text) };
    let decision = decide(&policy, &request());
    assert_eq!(explain(&policy, &request()).decision, decision);
    let carriers =
        decision.required_actions.iter().map(|action| action.get("type").unwrap().to_json().replace('"', ""));
    let shown = format!(
        "{} {} {}",
        decision.effect,
        decision.matched_rule.as_deref().unwrap_or("-"),
        carriers.collect::<Vec<_>>().join(",")
    );
    assert_eq!(shown.trim_end(), expected, "{text}");
}

#[test]
fn outcomes() {
    check_outcome("", Effect::Allow, "allow -");
    check_outcome("", Effect::Block, "block -");
    check_outcome("b0", Effect::Allow, "allow -");
    check_outcome("a1 r1 b1", Effect::Allow, "block b1 b1");
    check_outcome("a1", Effect::Block, "allow a1 a1");
    check_outcome("a?", Effect::Block, "block -");
    check_outcome("a1 r?", Effect::Block, "require_approval r? r?");
    check_outcome("b? r1", Effect::Allow, "block b? b?");
    check_outcome("b? b1", Effect::Allow, "block b1 b1");
    check_outcome("r? b1", Effect::Allow, "block b1 b1");
    check_outcome("r? b?", Effect::Allow, "block b? b?");
    check_outcome("b? b?", Effect::Allow, "block b? b?");
    check_outcome("b1 b1", Effect::Allow, "block b1 b1");
    // What the default says already carries nothing.
    check_outcome("b?", Effect::Block, "block b?");
}

#[test]
fn lists_of_a_decision() {
    let mut policy = rules("b? r1 a1 r? b1");
    policy.rules[2].mode = RuleMode::Shadow;
    policy.rules[3].mode = RuleMode::Shadow;
    let decision = decide(&policy, &request());
    assert_eq!(decision.matched_rules, ["r1", "b1"]);
    assert_eq!(decision.undetermined.len(), 1);
    assert_eq!(decision.undetermined[0].path, "snapshot.bad");
    assert_eq!(decision.undetermined[0].reason, Reason::WrongType);
    let shadow = decision.shadow.iter().map(|shadow| (&*shadow.rule, shadow.truth)).collect::<Vec<_>>();
    assert_eq!(shadow, [("a1", ShadowTruth::True), ("r?", ShadowTruth::Undetermined)]);
    assert_eq!(decision.policy_hash, PolicyHash([7; 32]));
}

#[test]
fn rules_of_other_actions_do_not_count() {
    let mut policy = rules("b1");
    policy.rules[0].actions = [actra_model::ActionId(1)].into();
    assert_eq!(decide(&policy, &request()).effect, Effect::Allow);
}

#[test]
fn messages() {
    let field = |path: &[&str]| {
        MessagePart::Field(RecordName::Snapshot, path.iter().map(|name| (*name).into()).collect())
    };
    let render = |parts: Vec<MessagePart>| {
        let mut policy = rules("b1");
        policy.rules[0].message = Some(Message { parts });
        decide(&policy, &request()).into_owned().message.unwrap()
    };
    let text = |text: &str| MessagePart::Text(text.to_owned());
    assert_eq!(render(vec![field(&["name"]), text(" pays "), field(&["half"])]), "ana pays 0.5");
    assert_eq!(
        render(vec![field(&["absent"]), field(&["bad"]), field(&["bad", "x"])]),
        "(none)(unreadable)(unreadable)"
    );
    assert_eq!(render(vec![field(&["user", "name"]), field(&["user", "nick"])]), "ana(none)");
    assert_eq!(render(vec![field(&["at"])]), "2026-11-22T23:30:05.25Z");
    assert_eq!(render(vec![field(&["xs"])]), r#"[1,"(unreadable)",3]"#);
    assert_eq!(render(vec![field(&["user"])]), r#"{"age":"(unreadable)","name":"ana"}"#);
    assert_eq!(render(vec![text(&"ä".repeat(2000))]), "ä".repeat(1024));
}

#[test]
fn errors_are_those_that_enforced_rules_mention() {
    let fault = |path: &str| Fault { path: path.to_owned(), reason: Reason::WrongType };
    let mut request = request();
    request.faults = vec![fault("snapshot.bad"), fault("snapshot.other"), fault("snapshot.xs[*]")];
    let mut policy = policy(vec![
        rule("a", Effect::Block, eq(snap("bad"), num("1"))),
        rule("b", Effect::Block, is_in(num("1"), snap("xs"))),
        rule("c", Effect::Block, snap("other")),
    ]);
    policy.rules[2].mode = RuleMode::Shadow;
    let errors = decide(&policy, &request).errors;
    assert_eq!(errors, [fault("snapshot.bad"), fault("snapshot.xs[*]")]);

    request.invalid = true;
    let refusal = decide(&policy, &request);
    assert_eq!((refusal.effect, refusal.errors.len(), refusal.matched_rule), (Effect::Block, 3, None));
    assert_eq!(explain(&policy, &request).rules.len(), 0);
}

#[test]
fn an_explanation_shows_all_parts() {
    let condition = and(vec![
        eq(snap("name"), text("bo")),
        or(vec![eq(snap("bad"), num("1")), has(snap("absent"))]),
        eq(call(actra_ir::Function::LowerAscii, vec![snap("secret")]), text("x")),
    ]);
    let policy = policy(vec![rule("r", Effect::Block, condition)]);
    let explanation = explain(&policy, &request());
    let mut lines = Vec::new();
    show(&explanation.rules[0].condition, 0, &mut lines);
    assert_eq!(
        lines.join("\n"),
        r#"
snapshot.name == "bo" && (snapshot.bad == 1 || has(snapshot.absent)) && snapshot.secret.lowerAscii() == "x" = false
  snapshot.name == "bo" = false
    snapshot.name = "ana"
  snapshot.bad == 1 || has(snapshot.absent) = undetermined
    snapshot.bad == 1 = undetermined
      snapshot.bad = (unreadable)
    has(snapshot.absent) = false
      snapshot.absent = (none)
  snapshot.secret.lowerAscii() == "x" = false
    snapshot.secret.lowerAscii() = (sensitive)
      snapshot.secret = (sensitive)"#
            .trim_start()
    );
}

fn show(node: &crate::ExplanationNode, depth: usize, lines: &mut Vec<String>) {
    let shown = match &node.result {
        NodeResult::Truth(crate::Truth::True) => "true",
        NodeResult::Truth(crate::Truth::False) => "false",
        NodeResult::Truth(crate::Truth::Undetermined(_)) => "undetermined",
        NodeResult::Value(value) | NodeResult::Truncated { start: value, .. } => value,
    };
    lines.push(format!("{}{} = {shown}", "  ".repeat(depth), node.text));
    node.children.iter().for_each(|child| show(child, depth + 1, lines));
}
