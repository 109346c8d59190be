//! The part of deterministic CBOR (RFC 8949, section 4.2.1) that the hash needs: encoding only, definite lengths,
//! every head as short as it can be. There are no maps, so there are no keys to sort.

use sha2::{Digest, Sha256};

/// Major types (RFC 8949, section 3.1).
const UNSIGNED: u8 = 0;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const SIMPLE: u8 = 7;

/// How many bytes are collected before they are hashed: enough for the hash to run at its speed.
const BLOCK: usize = 8 * 1024;

/// The hash of bytes under construction, of which only the last are kept.
#[derive(Default)]
pub(crate) struct CborHasher {
    bytes: Vec<u8>,
    hasher: Sha256,
}

impl CborHasher {
    /// The SHA-256 of everything that was written.
    pub(crate) fn digest(mut self) -> [u8; 32] {
        self.hasher.update(&self.bytes);
        self.hasher.finalize().into()
    }

    pub(crate) fn unsigned(&mut self, value: u64) {
        self.head(UNSIGNED, value);
    }

    #[inline]
    pub(crate) fn text(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
        if self.bytes.len() >= BLOCK {
            self.flush();
        }
    }

    /// A number as text: a head and digits.
    pub(crate) fn digits(&mut self, number: i128) {
        let Ok(mut left) = u64::try_from(number) else { return self.text(&number.to_string()) };
        let mut digits = [0; 20];
        let mut length = 0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (left % 10) as u8;
            left /= 10;
            length += 1;
            if left == 0 {
                break;
            }
        }
        self.head(TEXT, length as u64);
        self.bytes.extend_from_slice(digits.get(digits.len() - length..).unwrap_or_default());
    }

    #[cold]
    fn flush(&mut self) {
        self.hasher.update(&self.bytes);
        self.bytes.clear();
    }

    /// Opens an array: exactly `len` items must follow.
    #[inline]
    pub(crate) fn array(&mut self, len: usize) {
        self.head(ARRAY, len as u64);
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.head(SIMPLE, if value { 21 } else { 20 });
    }

    pub(crate) fn null(&mut self) {
        self.head(SIMPLE, 22);
    }

    #[inline]
    fn head(&mut self, major: u8, value: u64) {
        let major = major << 5;
        match value {
            0..24 => self.bytes.push(major | value.to_le_bytes()[0]),
            _ => self.long_head(major, value),
        }
    }

    fn long_head(&mut self, major: u8, value: u64) {
        match value {
            ..0x100 => self.wide(major | 24, &value.to_be_bytes()[7..]),
            0x100..0x1_0000 => self.wide(major | 25, &value.to_be_bytes()[6..]),
            0x1_0000..0x1_0000_0000 => self.wide(major | 26, &value.to_be_bytes()[4..]),
            _ => self.wide(major | 27, &value.to_be_bytes()),
        }
    }

    fn wide(&mut self, head: u8, value: &[u8]) {
        self.bytes.push(head);
        self.bytes.extend_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(encode: impl FnOnce(&mut CborHasher)) -> String {
        let mut encoder = CborHasher::default();
        encode(&mut encoder);
        encoder.bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 8949, appendix A.
    #[test]
    fn encodes_the_examples_of_the_rfc() {
        for (value, expected) in [
            (0, "00"),
            (23, "17"),
            (24, "1818"),
            (100, "1864"),
            (1000, "1903e8"),
            (1_000_000, "1a000f4240"),
            (1_000_000_000_000, "1b000000e8d4a51000"),
            (u64::MAX, "1bffffffffffffffff"),
        ] {
            assert_eq!(hex(|e| e.unsigned(value)), expected);
        }
        assert_eq!(hex(|e| e.text("")), "60");
        assert_eq!(hex(|e| e.text("IETF")), "6449455446");
        assert_eq!(hex(|e| e.text("\u{fc}")), "62c3bc");
        assert_eq!(hex(|e| e.digits(0)), "6130");
        assert_eq!(hex(|e| e.digits(1200)), "6431323030");
        for number in [-1, u64::MAX.into(), i128::from(u64::MAX) + 1, i128::MIN] {
            assert_eq!(hex(|e| e.digits(number)), hex(|e| e.text(&number.to_string())));
        }
        assert_eq!(hex(|e| e.array(25)), "9819");
        assert_eq!(hex(|e| e.bool(false)), "f4");
        assert_eq!(hex(|e| e.bool(true)), "f5");
        assert_eq!(hex(CborHasher::null), "f6");
    }
}
