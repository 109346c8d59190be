//! The canonical bytes of a decision.

use actra_engine::model::{Decision, Effect, Fault, PolicyHash, ShadowMatch, ShadowTruth, Undetermined};

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
    out.extend_from_slice(opening(decision.effect));
    write::optional_string(out, decision.matched_rule.as_deref());
    out.extend_from_slice(b",\"matched_rules\":");
    write::list(out, decision.matched_rules.iter(), write::string);
    out.extend_from_slice(b",\"message\":");
    write::optional_string(out, decision.message.as_deref());
    if is_bare(decision) {
        out.extend_from_slice(b",\"required_actions\":[],\"undetermined\":[],\"errors\":[],\"shadow\":[]");
    } else {
        lists(out, decision);
    }
    out.extend_from_slice(b",\"policy_hash\":\"sha256:");
    out.extend_from_slice(hex(decision.policy_hash).as_flattened());
    out.extend_from_slice(b"\"}");
}

/// All up to the value of `matched_rule`.
fn opening(effect: Effect) -> &'static [u8] {
    match effect {
        Effect::Allow => b"{\"effect\":\"allow\",\"matched_rule\":",
        Effect::RequireApproval => b"{\"effect\":\"require_approval\",\"matched_rule\":",
        Effect::Block => b"{\"effect\":\"block\",\"matched_rule\":",
    }
}

/// Whether a decision says nothing beyond its rules and message, as most do.
fn is_bare(decision: &Decision<'_>) -> bool {
    decision.required_actions.is_empty()
        && decision.undetermined.is_empty()
        && decision.errors.is_empty()
        && decision.shadow.is_empty()
}

fn lists(out: &mut Vec<u8>, decision: &Decision<'_>) {
    out.extend_from_slice(b",\"required_actions\":");
    write::list(out, &decision.required_actions, |out, action| write::typed_object(out, action));
    out.extend_from_slice(b",\"undetermined\":");
    write::list(out, &decision.undetermined, undetermined);
    out.extend_from_slice(b",\"errors\":");
    write::list(out, &decision.errors, fault);
    out.extend_from_slice(b",\"shadow\":");
    write::list(out, &decision.shadow, shadow);
}

/// The digits of a hash, in pairs.
fn hex(hash: PolicyHash) -> [[u8; 2]; 32] {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + (half - 10) };
    hash.0.map(|byte| [digit(byte >> 4), digit(byte & 0xf)])
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
    use actra_engine::model::{RawMap, RawValue, Reason};

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
    fn hashes_are_written_as_they_display() {
        let hash = PolicyHash(std::array::from_fn(|idx| (idx * 37) as u8 ^ 0x5a));
        let text = String::from_utf8(decision_bytes(&Decision::block(hash))).unwrap();
        assert!(text.ends_with(&format!("\"policy_hash\":\"{hash}\"}}")), "{text}");
    }

    #[test]
    fn effects_are_written_as_they_display() {
        for effect in Effect::ALL {
            let text = decision_bytes(&Decision { effect, ..Decision::block(PolicyHash([0; 32])) });
            assert!(text.starts_with(format!("{{\"effect\":\"{effect}\",\"matched_rule\":null,").as_bytes()));
        }
    }

    /// A decision with one of its lists is written like one with all of them.
    #[test]
    fn one_list_is_enough_to_be_written() {
        let bare = Decision::block(PolicyHash([7; 32]));
        let fault = Fault { path: "action.x".into(), reason: Reason::Missing };
        let undetermined =
            Undetermined { rule: "c".into(), path: "action.x".into(), reason: Reason::Missing };
        let shadow = ShadowMatch { rule: "d".into(), effect: Effect::Block, truth: ShadowTruth::True };
        for (decision, part) in [
            (
                Decision { required_actions: vec![std::borrow::Cow::Owned(RawMap::new())], ..bare.clone() },
                "\"required_actions\":[{}]",
            ),
            (Decision { undetermined: vec![undetermined], ..bare.clone() }, "\"undetermined\":[{\"rule\""),
            (Decision { errors: vec![fault], ..bare.clone() }, "\"errors\":[{\"path\""),
            (Decision { shadow: vec![shadow], ..bare.clone() }, "\"shadow\":[{\"rule\""),
        ] {
            let text = String::from_utf8(decision_bytes(&decision)).unwrap();
            assert!(text.contains(part), "{text}");
        }
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
