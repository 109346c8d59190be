//! Random trees: `explain` and `decide` agree, and knowing less never says more.

use std::sync::Arc;

use actra_ir::Function::{Distinct, Min, SetsContains, SetsEquivalent, SetsIntersects, Size, Sum};
use actra_ir::MacroKind::{All, Exists, ExistsOne, Filter, Map};
use actra_ir::{Expr, ExprKind};
use actra_model::{Effect, Reason, Request, Value, ValueState};

use super::build::*;
use crate::{Truth, decide, explain};

/// A small generator (xorshift64*), so that a failure is repeated by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }

    fn pick<'t>(&mut self, words: &[&'t str]) -> &'t str {
        words[usize::try_from(self.roll(words.len() as u64)).unwrap()]
    }

    /// A condition with at most this much nesting and this many variables around it, all of them numbers.
    fn condition(&mut self, depth: u32, bound: usize) -> Expr {
        if depth == 0 {
            return match self.roll(4) {
                0 => truth(true),
                1 => snap("flag"),
                2 => has(snap(self.pick(&["one", "bad", "absent", "missing"]))),
                _ => snap(self.pick(&["flag", "bad"])),
            };
        }
        let depth = depth - 1;
        match self.roll(14) {
            0 => not(self.condition(depth, bound)),
            1 | 2 => and((0..3).map(|_| self.condition(depth, bound)).collect()),
            3 | 4 => or((0..3).map(|_| self.condition(depth, bound)).collect()),
            5 => less(self.number(depth, bound), self.number(depth, bound)),
            6 => eq(self.number(depth, bound), self.number(depth, bound)),
            7 => eq(self.list(depth, bound), self.list(depth, bound)),
            8 => is_in(self.number(depth, bound), self.list(depth, bound)),
            9 => {
                cond(self.condition(depth, bound), self.condition(depth, bound), self.condition(depth, bound))
            }
            10 => {
                let function = [SetsContains, SetsIntersects, SetsEquivalent][self.roll(3) as usize];
                call(function, vec![self.list(depth, bound), self.list(depth, bound)])
            }
            11 => eq(snap(self.pick(&USERS)), snap(self.pick(&USERS))),
            _ if bound < 3 => {
                let kind = [All, Exists, ExistsOne][self.roll(3) as usize];
                let range = self.list(depth, bound);
                each(kind, bound, range, self.condition(depth, bound + 1))
            }
            _ => self.condition(depth, bound),
        }
    }

    fn number(&mut self, depth: u32, bound: usize) -> Expr {
        if bound > 0 && self.roll(2) == 0 {
            return var(usize::try_from(self.roll(bound as u64)).unwrap());
        }
        if depth == 0 {
            return match self.roll(3) {
                0 => num(self.pick(&["0", "1", "2", "3"])),
                _ => snap(self.pick(&["one", "half", "bad", "absent", "most"])),
            };
        }
        let depth = depth - 1;
        match self.roll(8) {
            0 => add(self.number(depth, bound), self.number(depth, bound)),
            1 => call(Size, vec![self.list(depth, bound)]),
            2 => call(Sum, vec![self.list(depth, bound)]),
            3 => call(Min, vec![self.list(depth, bound)]),
            4 => lookup(self.list(depth, bound), self.number(depth, bound)),
            5 => or_value(snap(self.pick(&["absent", "one", "bad"])), self.number(depth, bound)),
            6 => cond(self.condition(depth, bound), self.number(depth, bound), self.number(depth, bound)),
            _ => lookup(snap("map"), text(self.pick(&["a", "b", "c"]))),
        }
    }

    fn list(&mut self, depth: u32, bound: usize) -> Expr {
        if depth == 0 {
            return snap(self.pick(&["xs", "ys", "empty", "bads", "missing"]));
        }
        let depth = depth - 1;
        match self.roll(7) {
            0 => list(vec![self.number(depth, bound), self.number(depth, bound)]),
            1 => add(self.list(depth, bound), self.list(depth, bound)),
            2 if bound < 3 => each(Filter, bound, self.list(depth, bound), self.condition(depth, bound + 1)),
            3 if bound < 3 => each(Map, bound, self.list(depth, bound), self.number(depth, bound + 1)),
            4 => call(Distinct, vec![self.list(depth, bound)]),
            _ => self.list(0, bound),
        }
    }

    /// The same request with some values replaced by invalid ones.
    fn forget(&mut self, request: &Request) -> Request {
        let mut less = request.clone();
        for state in less.snapshot.fields.values_mut() {
            self.forget_state(state);
        }
        less
    }

    fn forget_state(&mut self, state: &mut ValueState) {
        let ValueState::Present(value) = state else { return };
        if self.roll(6) == 0 {
            *state = ValueState::Invalid(Reason::BadFormat);
            return;
        }
        match value {
            Value::List(states) => {
                Arc::make_mut(states).iter_mut().for_each(|state| self.forget_state(state))
            }
            Value::Map(states) => states.values_mut().for_each(|state| self.forget_state(state)),
            Value::Object(record) => record.fields.values_mut().for_each(|state| self.forget_state(state)),
            _ => {}
        }
    }
}

const USERS: [&str; 3] = ["user", "same_user", "other_user"];

#[test]
fn knowing_less_never_says_more() {
    let full = request();
    let mut definite = 0;
    for seed in 1..=20_000_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let condition = dice.condition(4, 0);
        let printed = actra_ir::print::print(&condition);
        let policy = policy(vec![rule("r", Effect::Block, condition)]);
        let less = dice.forget(&full);
        let [more_truth, less_truth] = [&full, &less].map(|request| {
            let explanation = explain(&policy, request);
            assert_eq!(explanation.decision, decide(&policy, request), "seed {seed}: {printed}");
            explanation.rules[0].truth.clone()
        });
        match less_truth {
            Truth::Undetermined(error) => {
                assert!(error.path.starts_with("snapshot."), "seed {seed}: {printed}")
            }
            truth => {
                definite += 1;
                assert_eq!(truth, more_truth, "seed {seed}: {printed}");
            }
        }
    }
    assert!(definite > 2_000, "{definite}");
}

/// What an explanation shows is what the condition came to, for every part.
#[test]
fn the_root_of_an_explanation_is_the_condition() {
    for seed in 1..=500_u64 {
        let mut dice = Dice(seed.wrapping_mul(0xD134_2543_DE82_EF95));
        let condition = dice.condition(4, 0);
        let literal = matches!(condition.kind, ExprKind::Literal(_));
        let policy = policy(vec![rule("r", Effect::Block, condition)]);
        let explained = explain(&policy, &request()).rules.remove(0);
        assert_eq!(explained.condition.result, crate::NodeResult::Truth(explained.truth), "seed {seed}");
        assert!(literal || !explained.condition.text.is_empty());
    }
}
