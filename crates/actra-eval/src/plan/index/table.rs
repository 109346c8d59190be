//! Hash tables from literals of the policy to where rules are filed.
//!
//! The keys come from the policy and requests only look up, so no request can make a look-up slow; the hash needs no
//! secret.

use actra_model::Decimal;
use hashbrown::HashTable;

use super::Target;
use crate::plan::code::{Code, TextRef};

/// By text.
#[derive(Debug, Default)]
pub(crate) struct TextTable {
    entries: HashTable<(TextRef, Target)>,
}

impl TextTable {
    pub(crate) fn new(entries: &[(TextRef, Target)], code: &Code) -> Self {
        let mut table = HashTable::with_capacity(entries.len());
        let hash = |(text, _): &(TextRef, Target)| hash_bytes(code.text(*text).as_bytes());
        for entry in entries {
            table.insert_unique(hash(entry), *entry, hash);
        }
        Self { entries: table }
    }

    pub(crate) fn get(&self, text: &str, code: &Code) -> Option<Target> {
        self.get_bytes(text.as_bytes(), code)
    }

    pub(crate) fn get_bytes(&self, text: &[u8], code: &Code) -> Option<Target> {
        let same = |(known, _): &(TextRef, Target)| code.text(*known).as_bytes() == text;
        self.entries.find(hash_bytes(text), same).map(|(_, target)| *target)
    }
}

/// By number.
#[derive(Debug, Default)]
pub(crate) struct NumberTable {
    entries: HashTable<(Decimal, Target)>,
}

impl NumberTable {
    pub(crate) fn new(entries: &[(Decimal, Target)]) -> Self {
        let mut table = HashTable::with_capacity(entries.len());
        let hash = |(number, _): &(Decimal, Target)| hash_number(number);
        for entry in entries {
            table.insert_unique(hash(entry), *entry, hash);
        }
        Self { entries: table }
    }

    pub(crate) fn get(&self, number: &Decimal) -> Option<Target> {
        self.entries.find(hash_number(number), |(known, _)| known == number).map(|(_, target)| *target)
    }
}

const SEEDS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];

/// Multiplies to 128 bits and folds the halves together: each bit of either side reaches all bits of the result.
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

fn hash_number(number: &Decimal) -> u64 {
    let mantissa = number.mantissa();
    fold(mantissa as u64 ^ SEEDS[0], (mantissa >> 64) as u64 ^ u64::from(number.scale()) ^ SEEDS[1])
}

/// Eight bytes a step; the rest and the length at the end.
#[inline]
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = SEEDS[1] ^ bytes.len() as u64;
    for word in words {
        hash = fold(hash ^ u64::from_le_bytes(*word), SEEDS[0]);
    }
    fold(hash ^ short(rest), SEEDS[0])
}

/// Up to seven bytes as one number; with the length, no two texts share it.
fn short(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => bytes.iter().fold(0, |acc, byte| acc << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_texts_have_far_hashes() {
        let texts = (0..10_000).map(|idx| format!("tenant-{idx}"));
        let mut hashes: Vec<u64> = texts.map(|text| hash_bytes(text.as_bytes())).collect();
        let mut low: Vec<u64> = hashes.iter().map(|hash| hash & 0xffff).collect();
        let mut high: Vec<u64> = hashes.iter().map(|hash| hash >> 57).collect();
        for list in [&mut hashes, &mut low, &mut high] {
            list.sort_unstable();
            list.dedup();
        }
        assert_eq!(hashes.len(), 10_000);
        assert!(low.len() > 9_000, "{}", low.len());
        assert_eq!(high.len(), 128);
    }
}
