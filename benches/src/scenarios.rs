//! The scenarios: one file each, same shape.

mod memberships;
mod one_rule;
mod scoped;
mod tenants;
mod thresholds;
mod twenty_rules;

use crate::workload::Plan;

/// A kind of work, by the letter under which the tables show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// (a) One refund rule.
    OneRule,
    /// (b) Twenty rules over eight actions.
    TwentyRules,
    /// (c) N rules scoped to N/10 actions.
    Scoped,
    /// (d) N global rules, each for one tenant.
    Tenants,
    /// (e) N global rules that only compare numbers with thresholds.
    Thresholds,
    /// (f) N global rules with membership and prefix conditions.
    Memberships,
}

impl Scenario {
    /// All scenarios in the order of their letters.
    pub const ALL: [Scenario; 6] = [
        Scenario::OneRule,
        Scenario::TwentyRules,
        Scenario::Scoped,
        Scenario::Tenants,
        Scenario::Thresholds,
        Scenario::Memberships,
    ];

    /// Its letter.
    pub fn letter(self) -> &'static str {
        match self {
            Scenario::OneRule => "a",
            Scenario::TwentyRules => "b",
            Scenario::Scoped => "c",
            Scenario::Tenants => "d",
            Scenario::Thresholds => "e",
            Scenario::Memberships => "f",
        }
    }

    /// What it is, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Scenario::OneRule => "one refund rule",
            Scenario::TwentyRules => "20 rules over 8 actions",
            Scenario::Scoped => "N rules scoped to N/10 actions",
            Scenario::Tenants => "N global rules, each for one tenant",
            Scenario::Thresholds => "N global rules that only compare numbers",
            Scenario::Memberships => "N global rules with membership and prefix conditions",
        }
    }

    /// The scenario with this letter.
    pub fn parse(letter: &str) -> Option<Scenario> {
        Scenario::ALL.into_iter().find(|scenario| scenario.letter() == letter)
    }

    /// Its size if it has no choice of sizes.
    pub fn fixed_size(self) -> Option<usize> {
        match self {
            Scenario::OneRule => Some(1),
            Scenario::TwentyRules => Some(20),
            _ => None,
        }
    }

    pub(crate) fn plan(self, size: usize) -> Plan {
        match self {
            Scenario::OneRule => one_rule::plan(),
            Scenario::TwentyRules => twenty_rules::plan(),
            Scenario::Scoped => scoped::plan(size),
            Scenario::Tenants => tenants::plan(size),
            Scenario::Thresholds => thresholds::plan(size),
            Scenario::Memberships => memberships::plan(size),
        }
    }
}

/// A rule's number or count as a threshold.
fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
