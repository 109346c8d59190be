//! Texts that pass and fail given tests, found by walking the product of their automata.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use actra_model::Anchors;
use regex_automata::dfa::dense;
use regex_automata::dfa::{Automaton as _, StartKind};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use crate::budget::{Budget, steps};
use crate::predicate::{CaseMapping, TextPredicate, regex_escape};

type Dfa = dense::DFA<Vec<u32>>;

/// Bytes that one automaton may take.
const AUTOMATON_BYTES: usize = 16 << 20;
/// States of a product that are looked at.
const PRODUCT_STATES: usize = 100_000;

/// The automaton of one predicate, which reads a text byte by byte.
#[derive(Debug, Clone)]
pub(crate) enum Automaton {
    Regex(Arc<Dfa>),
    /// Counts code points up to one more than this.
    AtMost(usize),
    Before {
        text: Arc<str>,
        or_equal: bool,
    },
}

/// The automata that were built, by predicate, and the answers that were found with them.
#[derive(Debug, Default)]
pub(crate) struct AutomatonCache {
    built: HashMap<TextPredicate, Option<Automaton>>,
    /// With what they cost, so that a question costs the same whatever was asked before.
    answers: HashMap<Query, (Option<Vec<String>>, u64)>,
    utf8: Option<Automaton>,
}

/// Memberships, how many texts are asked for, and which ones are excluded.
type Query = (Vec<Membership>, usize, Vec<String>);

/// How far a text was compared with a bound: by how many bytes equal, before, or behind.
const BEFORE: u32 = u32::MAX;
const BEHIND: u32 = u32::MAX - 1;
/// The search of a pattern has found something.
const MATCHED: u32 = u32::MAX;

impl Automaton {
    fn regex(pattern: &str) -> Option<Self> {
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .match_kind(MatchKind::All)
            .accelerate(false)
            .dfa_size_limit(Some(AUTOMATON_BYTES))
            .determinize_size_limit(Some(AUTOMATON_BYTES));
        let dfa = dense::Builder::new().configure(config).build(pattern).ok()?;
        Some(Automaton::Regex(Arc::new(dfa)))
    }

    fn of(test: &TextPredicate) -> Option<Self> {
        let literal = |text: &str| regex_escape(text);
        match test {
            TextPredicate::OneOf(texts) => {
                let all: Vec<_> = texts.iter().map(|text| literal(text)).collect();
                Self::regex(&format!("(?:{})\\z", all.join("|")))
            }
            TextPredicate::StartsWith(part) => Self::regex(&literal(part)),
            TextPredicate::EndsWith(part) => Self::regex(&format!("(?s:.)*{}\\z", literal(part))),
            TextPredicate::Contains(part) => Self::regex(&format!("(?s:.)*{}", literal(part))),
            // Where no match starts later, there is nothing to wait for.
            TextPredicate::Matches(regex) if matches!(regex.0.anchors(), Anchors::Both | Anchors::Start) => {
                Self::regex(regex.0.portable())
            }
            TextPredicate::Matches(regex) => Self::regex(&format!("(?s:.)*(?:{})", regex.0.portable())),
            TextPredicate::AtMost(count) => Some(Automaton::AtMost(*count)),
            TextPredicate::Before { text, or_equal } => {
                Some(Automaton::Before { text: Arc::clone(text), or_equal: *or_equal })
            }
        }
    }

    /// What building it took.
    fn cost(&self) -> u64 {
        match self {
            Automaton::Regex(dfa) => steps(dfa.memory_usage() / 32),
            Automaton::AtMost(_) | Automaton::Before { .. } => 1,
        }
    }

    fn start(&self) -> Option<u32> {
        match self {
            Automaton::Regex(dfa) => {
                let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
                Some(start.as_u32())
            }
            Automaton::AtMost(_) | Automaton::Before { .. } => Some(0),
        }
    }

    fn next(&self, state: u32, byte: u8) -> u32 {
        match self {
            Automaton::Regex(_) if state == MATCHED => MATCHED,
            Automaton::Regex(dfa) => {
                match StateID::new(state as usize).map(|state| dfa.next_state(state, byte)) {
                    // Matches show one byte late; whatever follows, there is one.
                    Ok(next) if dfa.is_match_state(next) => MATCHED,
                    Ok(next) => next.as_u32(),
                    Err(_) => state,
                }
            }
            // A continuation byte starts no code point.
            Automaton::AtMost(_) if byte & 0xC0 == 0x80 => state,
            Automaton::AtMost(count) => {
                let full = u32::try_from(*count).unwrap_or(u32::MAX - 1).saturating_add(1);
                state.saturating_add(1).min(full)
            }
            Automaton::Before { text, .. } => match state {
                BEFORE | BEHIND => state,
                at => match text.as_bytes().get(at as usize) {
                    None => BEHIND,
                    Some(known) if byte == *known => at + 1,
                    Some(known) if byte < *known => BEFORE,
                    Some(_) => BEHIND,
                },
            },
        }
    }

    fn accepts(&self, state: u32) -> bool {
        match self {
            Automaton::Regex(dfa) => {
                state == MATCHED
                    || StateID::new(state as usize)
                        .is_ok_and(|state| dfa.is_match_state(dfa.next_eoi_state(state)))
            }
            Automaton::AtMost(count) => (state as usize) <= *count,
            Automaton::Before { text, or_equal } => match state {
                BEFORE => true,
                BEHIND => false,
                at => (at as usize) < text.len() || *or_equal,
            },
        }
    }

    /// Whether nothing is accepted from here on.
    fn is_dead(&self, state: u32) -> bool {
        match self {
            Automaton::Regex(dfa) => StateID::new(state as usize).is_ok_and(|state| dfa.is_dead_state(state)),
            Automaton::AtMost(count) => (state as usize) > *count,
            Automaton::Before { .. } => state == BEHIND,
        }
    }

    /// Whether everything is accepted from here on.
    fn is_settled(&self, state: u32) -> bool {
        match self {
            Automaton::Regex(_) => state == MATCHED,
            Automaton::AtMost(_) => false,
            Automaton::Before { .. } => state == BEFORE,
        }
    }

    /// Bytes with equal numbers are treated alike.
    fn class(&self, byte: u8) -> u16 {
        match self {
            Automaton::Regex(dfa) => u16::from(dfa.byte_classes().get(byte)),
            Automaton::AtMost(_) => u16::from(byte & 0xC0 == 0x80),
            Automaton::Before { text, .. } => match text.as_bytes().contains(&byte) {
                true => u16::from(byte) + 256,
                // How it lies among the bytes of the bound.
                false => {
                    u16::try_from(text.bytes().filter(|known| *known < byte).count().min(255)).unwrap_or(255)
                }
            },
        }
    }
}

/// A membership constraint: a predicate, the changes of case before it, and whether the text must satisfy it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Membership {
    pub(crate) cases: Arc<[CaseMapping]>,
    pub(crate) test: TextPredicate,
    pub(crate) passes: bool,
}

impl AutomatonCache {
    fn get(&mut self, test: &TextPredicate) -> Option<Automaton> {
        self.built.entry(test.clone()).or_insert_with(|| Automaton::of(test)).clone()
    }

    /// Up to `count` texts that meet all memberships, shortest first, other than those in `without`; all of them if
    /// there are fewer. `None` if the product is too large to be sure.
    pub(crate) fn texts(
        &mut self,
        memberships: &[Membership],
        count: usize,
        without: &[String],
        budget: &Budget,
    ) -> Option<Vec<String>> {
        if budget.is_spent() {
            return None;
        }
        let query = (memberships.to_vec(), count, without.to_vec());
        if let Some((known, cost)) = self.answers.get(&query) {
            budget.spend(*cost);
            return known.clone();
        }
        let before = budget.taken();
        let answer = self.find(memberships, count, without, budget);
        // What was given up for want of steps may be found another time.
        if !budget.is_spent() {
            self.answers.insert(query, (answer.clone(), budget.taken() - before));
        }
        answer
    }

    fn find(
        &mut self,
        memberships: &[Membership],
        count: usize,
        without: &[String],
        budget: &Budget,
    ) -> Option<Vec<String>> {
        let mut parts = Vec::with_capacity(memberships.len() + 1);
        let utf8 =
            self.utf8.get_or_insert_with(|| Automaton::regex("(?s:.)*\\z").unwrap_or(Automaton::AtMost(0)));
        parts.push(Component { automaton: utf8.clone(), cases: Arc::from([]), passes: true });
        for membership in memberships {
            let automaton = self.get(&membership.test)?;
            budget.spend(automaton.cost());
            parts.push(Component {
                automaton,
                cases: Arc::clone(&membership.cases),
                passes: membership.passes,
            });
        }
        let wanted = count + without.len();
        Product { bytes: representatives(&parts, wanted), parts }.walk(count, without, budget)
    }
}

struct Component {
    automaton: Automaton,
    cases: Arc<[CaseMapping]>,
    passes: bool,
}

impl Component {
    fn byte(&self, byte: u8) -> u8 {
        self.cases.iter().fold(byte, |byte, case| match case {
            CaseMapping::Lower => byte.to_ascii_lowercase(),
            CaseMapping::Upper => byte.to_ascii_uppercase(),
        })
    }
}

/// As many bytes as texts are wanted of each group that no part tells apart, those that people like to read first:
/// where a group has more, they alone make texts enough.
fn representatives(parts: &[Component], wanted: usize) -> Vec<u8> {
    let pleasant = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z').chain(*b"-_.@/ ").chain(b'!'..=b'~');
    let mut taken: HashMap<Vec<u16>, Vec<u8>> = HashMap::new();
    pleasant
        .chain(0..=255)
        .filter(|byte| {
            let classes = parts.iter().map(|part| part.automaton.class(part.byte(*byte))).collect();
            let taken = taken.entry(classes).or_default();
            let new = taken.len() < wanted && !taken.contains(byte);
            if new {
                taken.push(*byte);
            }
            new
        })
        .collect()
}

struct Product {
    parts: Vec<Component>,
    bytes: Vec<u8>,
}

/// A state that was reached, by which byte, and from where.
struct VisitedState {
    states: Box<[u32]>,
    byte: u8,
    from: usize,
}

impl Product {
    /// Breadth first, so that shorter texts come first; each state as often as texts are wanted, since more visits
    /// cannot be needed for so many texts.
    fn walk(&self, count: usize, without: &[String], budget: &Budget) -> Option<Vec<String>> {
        // What a state takes: each part reads each byte.
        let each = steps(self.bytes.len() * self.parts.len() / 16 + 1);
        let wanted = count + without.len();
        let start: Option<Box<[u32]>> = self.parts.iter().map(|part| part.automaton.start()).collect();
        let mut visited = vec![VisitedState { states: start?, byte: 0, from: usize::MAX }];
        let mut visits: HashMap<Box<[u32]>, usize> = HashMap::new();
        let mut queue = VecDeque::from([0]);
        let mut found = Vec::new();
        while let Some(at) = queue.pop_front() {
            let states = visited.get(at).map(|visited| visited.states.clone())?;
            if !budget.spend(each) {
                return None;
            }
            if self.accepts(&states) {
                let text = String::from_utf8(spell(&visited, at)).ok()?;
                if !without.contains(&text) {
                    found.push(text);
                }
                if found.len() >= count {
                    return Some(found);
                }
            }
            for byte in &self.bytes {
                let Some(next) = self.next(&states, *byte) else { continue };
                let visits = visits.entry(next.clone()).or_insert(0);
                if *visits >= wanted {
                    continue;
                }
                *visits += 1;
                if visited.len() >= PRODUCT_STATES {
                    return None;
                }
                queue.push_back(visited.len());
                visited.push(VisitedState { states: next, byte: *byte, from: at });
            }
        }
        Some(found)
    }

    fn accepts(&self, states: &[u32]) -> bool {
        self.parts.iter().zip(states).all(|(part, state)| part.automaton.accepts(*state) == part.passes)
    }

    /// `None` where no accepted text can follow.
    fn next(&self, states: &[u32], byte: u8) -> Option<Box<[u32]>> {
        let mut next = Vec::with_capacity(states.len());
        for (part, state) in self.parts.iter().zip(states) {
            let state = part.automaton.next(*state, part.byte(byte));
            let lost =
                if part.passes { part.automaton.is_dead(state) } else { part.automaton.is_settled(state) };
            if lost {
                return None;
            }
            next.push(state);
        }
        Some(next.into())
    }
}

fn spell(visited: &[VisitedState], mut at: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(VisitedState { byte, from, .. }) = visited.get(at) {
        if *from == usize::MAX {
            break;
        }
        bytes.push(*byte);
        at = *from;
    }
    bytes.reverse();
    bytes
}
