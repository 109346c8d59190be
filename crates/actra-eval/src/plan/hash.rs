//! The hash of the plan's tables.
//!
//! It needs no secret: the keys come from the policy and requests only look up, so no request can make a look-up slow.

use actra_model::Decimal;

const SEEDS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];

/// Multiplies to 128 bits and folds the halves together: each bit of either side reaches all bits of the result.
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

pub(crate) fn hash_number(number: &Decimal) -> u64 {
    let mantissa = number.mantissa();
    fold(mantissa as u64 ^ SEEDS[0], (mantissa >> 64) as u64 ^ u64::from(number.scale()) ^ SEEDS[1])
}

/// Eight bytes at a time; the rest and the length at the end.
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
