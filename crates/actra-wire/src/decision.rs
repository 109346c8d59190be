use actra_engine::model::{Decision, Fault, ShadowMatch, ShadowTruth, Undetermined};

use crate::write;

/// The canonical bytes of a decision: equal decisions are equal bytes.
pub fn decision_bytes(decision: &Decision<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write_decision(decision, &mut out);
    out
}

/// Appends the canonical bytes of a decision: one JSON object without white space, its keys in the contract's
/// order.
pub fn write_decision(decision: &Decision<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"effect\":");
    write::string(out, decision.effect.as_str());
    out.extend_from_slice(b",\"matched_rule\":");
    write::optional_string(out, decision.matched_rule.as_deref());
    out.extend_from_slice(b",\"matched_rules\":");
    write::list(out, decision.matched_rules.iter(), write::string);
    out.extend_from_slice(b",\"message\":");
    write::optional_string(out, decision.message.as_deref());
    out.extend_from_slice(b",\"required_actions\":");
    write::list(out, &decision.required_actions, |out, action| write::typed_object(out, action));
    out.extend_from_slice(b",\"undetermined\":");
    write::list(out, &decision.undetermined, undetermined);
    out.extend_from_slice(b",\"errors\":");
    write::list(out, &decision.errors, fault);
    out.extend_from_slice(b",\"shadow\":");
    write::list(out, &decision.shadow, shadow);
    out.extend_from_slice(b",\"policy_hash\":\"");
    write::display(out, decision.policy_hash);
    out.extend_from_slice(b"\"}");
}

fn undetermined(out: &mut Vec<u8>, undetermined: &Undetermined<'_>) {
    out.extend_from_slice(b"{\"rule\":");
    write::string(out, &undetermined.rule);
    out.extend_from_slice(b",\"path\":");
    write::string(out, &undetermined.path);
    out.extend_from_slice(b",\"code\":");
    write::string(out, undetermined.reason.as_str());
    out.push(b'}');
}

fn fault(out: &mut Vec<u8>, fault: &Fault) {
    out.extend_from_slice(b"{\"path\":");
    write::string(out, &fault.path);
    out.extend_from_slice(b",\"code\":");
    write::string(out, fault.reason.as_str());
    out.extend_from_slice(b",\"message\":");
    write::string(out, fault.reason.message());
    out.push(b'}');
}

fn shadow(out: &mut Vec<u8>, shadow: &ShadowMatch<'_>) {
    out.extend_from_slice(b"{\"rule\":");
    write::string(out, &shadow.rule);
    out.extend_from_slice(b",\"effect\":");
    write::string(out, shadow.effect.as_str());
    out.extend_from_slice(b",\"truth\":");
    let truth = match shadow.truth {
        ShadowTruth::True => "true",
        ShadowTruth::Undetermined => "undetermined",
    };
    write::string(out, truth);
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use actra_engine::model::{Effect, PolicyHash, RawMap, RawValue, Reason};

    use super::*;

    fn hash() -> String {
        format!("sha256:{}", "07".repeat(32))
    }

    #[test]
    fn a_bare_block() {
        let expected = format!(
            r#"{{"effect":"block","matched_rule":null,"matched_rules":[],"message":null,"required_actions":[],"undetermined":[],"errors":[],"shadow":[],"policy_hash":"{}"}}"#,
            hash()
        );
        assert_eq!(
            String::from_utf8(decision_bytes(&Decision::block(PolicyHash([7; 32])))).unwrap(),
            expected
        );
    }

    #[test]
    fn every_part() {
        let required = [("type", "human_approval"), ("role", "boss"), ("zone", "é\n")];
        let required = required.map(|(key, value)| (key.to_owned(), RawValue::from(value)));
        let decision = Decision {
            effect: Effect::RequireApproval,
            matched_rule: Some("a".into()),
            matched_rules: ["a".into(), "b".into()].into_iter().collect(),
            message: Some("say \"hi\"".into()),
            required_actions: vec![std::borrow::Cow::Owned(RawMap::from(required))],
            undetermined: vec![Undetermined {
                rule: "c".into(),
                path: "action.x".into(),
                reason: Reason::Missing,
            }],
            errors: vec![Fault { path: "action.x".into(), reason: Reason::Missing }],
            shadow: vec![
                ShadowMatch { rule: "d".into(), effect: Effect::Block, truth: ShadowTruth::True },
                ShadowMatch { rule: "e".into(), effect: Effect::Allow, truth: ShadowTruth::Undetermined },
            ],
            policy_hash: PolicyHash([7; 32]),
        };
        let expected = concat!(
            r#"{"effect":"require_approval","matched_rule":"a","matched_rules":["a","b"],"message":"say \"hi\"","#,
            r#""required_actions":[{"type":"human_approval","role":"boss","zone":"é\n"}],"#,
            r#""undetermined":[{"rule":"c","path":"action.x","code":"missing"}],"#,
            r#""errors":[{"path":"action.x","code":"missing","message":"a required value is missing"}],"#,
            r#""shadow":[{"rule":"d","effect":"block","truth":"true"},{"rule":"e","effect":"allow","truth":"undetermined"}],"#,
        );
        let expected = format!("{expected}\"policy_hash\":\"{}\"}}", hash());
        assert_eq!(String::from_utf8(decision_bytes(&decision)).unwrap(), expected);
    }
}
