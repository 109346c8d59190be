//! Hard questions: each ends within its steps, and what it takes is the same every time.

mod questions;

use actra_ir::Policy;
use actra_model::{ActionId, Effect};

use super::QUESTION_BUDGET;
use crate::{AcceptedEffects, Analyzer, ProofVerdict, Statement};
use questions::{hard, many_rules, pigeons};

/// Whether the rule can ever be true: the verdict of its being so blocked, and the steps that it took.
fn ask(policy: &Policy) -> (ProofVerdict, u64) {
    let statement = Statement {
        actions: &[ActionId(0)],
        when: None,
        accepted: AcceptedEffects::AtMost(Effect::Allow),
        with: &[],
    };
    let mut analyzer = Analyzer::default();
    let verdict = analyzer.prove(policy, &statement);
    (verdict, analyzer.steps())
}

#[test]
fn hard_questions_end() {
    for (name, policy) in hard() {
        let (verdict, steps) = ask(&policy);
        // A statement without condition asks twice: whether there are such requests, and whether one refutes it.
        assert!(steps <= 2 * QUESTION_BUDGET, "{name}: {steps}");
        if steps < QUESTION_BUDGET {
            let again = ask(&policy);
            assert_eq!((&verdict, steps), (&again.0, again.1), "{name}");
        }
        println!("{name}: {steps} steps, {verdict:?}");
    }
}

#[test]
fn what_is_not_decided_is_said() {
    let (verdict, _) = ask(&pigeons(11));
    assert_eq!(verdict, ProofVerdict::Unproven(vec!["the number of cases".to_owned()]));
    let (verdict, _) = ask(&pigeons(6));
    assert_eq!(verdict, ProofVerdict::Proved);
}

#[test]
fn many_rules_take_few_steps() {
    let (verdict, steps) = ask(&many_rules(10_000));
    assert!(matches!(verdict, ProofVerdict::Refuted(_)), "{verdict:?}");
    assert!(steps < QUESTION_BUDGET / 2, "{steps}");
}
