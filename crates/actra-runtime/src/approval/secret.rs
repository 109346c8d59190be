//! The secret of a store, and the digests that are made with it.

use std::fmt;

use actra_engine::diagnostics::terminal_safe_char;
use actra_engine::model::Decimal;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization as _;

use super::{Binding, StoreError};

/// A number for exactly what is to be approved: HMAC-SHA-256 of its [`Binding`] under the secret of the store, so that
/// nobody can find out by trying what a request was about.
///
/// ```
/// use actra_runtime::approval::Digest;
///
/// assert!(Digest([0xab; 32]).to_string().starts_with("hmac-sha256:abab"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hmac-sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Bytes of a secret: as many as SHA-256 takes at once.
pub const SECRET: usize = 64;

/// The secret of a store; it never leaves it.
///
/// ```
/// use actra_runtime::approval::Secret;
///
/// let (one, other) = (Secret::fresh()?, Secret::fresh()?);
/// assert_ne!(one.of_name("ana"), other.of_name("ana"));
/// assert_eq!(one.of_name("ana"), one.of_name(" Ana "));
/// assert_eq!(one.of_name("ana lee"), one.of_name("Ana\tLee"));
/// # Ok::<(), actra_runtime::approval::StoreError>(())
/// ```
#[derive(Clone)]
pub struct Secret([u8; SECRET]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Whether a text can name somebody: at least one of its characters is visible.
///
/// ```
/// use actra_runtime::approval::is_name;
///
/// assert!(is_name("ana"));
/// assert!(!is_name(" "));
/// ```
pub fn is_name(name: &str) -> bool {
    !folded(name).is_empty()
}

/// What is left of a name of how it is spelled: characters that look alike by Unicode's compatibility (NFKC), case,
/// blanks of every kind and what nobody sees make no other name, and neither does the way a number is written.
fn folded(name: &str) -> String {
    // What is composed may be unseen or in another case, so each step is taken once more.
    let once = |text: &str| -> String {
        let seen = text.chars().filter(|c| terminal_safe_char(*c) == *c && !is_unseen(*c));
        // Some letters have two small forms, and are told apart by none of their large ones.
        seen.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
    };
    // Whoever sees two names does not see which blank is between their words, or how many.
    let name: String = once(&once(name)).chars().filter(|c| !c.is_whitespace()).collect();
    Decimal::parse_json(&digits(&name)).map_or(name, |number| number.to_string())
}

/// A number as JSON writes it: without a plus, zeros in front and a point behind.
fn digits(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number.strip_prefix('+').unwrap_or(number)),
    };
    let digits = digits.strip_suffix('.').unwrap_or(digits);
    let significant = digits.trim_start_matches('0');
    let zero = if significant.starts_with(|c: char| c.is_ascii_digit()) { "" } else { "0" };
    match digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        true => format!("{sign}{zero}{significant}"),
        false => number.to_owned(),
    }
}

/// What says how its neighbour looks, is a blank of its own or no character at all: part of a text that is shown, and of
/// no name.
fn is_unseen(c: char) -> bool {
    // The last two code points of each plane, and some in the middle, never stand for a character.
    let is_noncharacter = u32::from(c) & 0xfffe == 0xfffe || matches!(c, '\u{fdd0}'..='\u{fdef}');
    is_noncharacter
        || matches!(c, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{2d7f}' | '\u{3164}' | '\u{ffa0}' | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fff8}' | '\u{1107f}'
        | '\u{13430}'..='\u{13440}' | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}')
}

impl Secret {
    /// A new one, from the random numbers of the operating system.
    pub fn fresh() -> Result<Self, StoreError> {
        let mut secret = [0; SECRET];
        getrandom::fill(&mut secret).map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self(secret))
    }

    /// A secret from bytes that a store has kept.
    pub fn kept(secret: [u8; SECRET]) -> Self {
        Self(secret)
    }

    /// Its bytes, for the store that keeps it.
    pub fn as_bytes(&self) -> &[u8; SECRET] {
        &self.0
    }

    /// The digest of what is to be approved.
    pub fn digest(&self, binding: &Binding) -> Digest {
        Digest(self.mac(b"binding", binding.as_bytes()))
    }

    /// A keyed hash of somebody's name, by which two names are compared without being kept. Blanks, case, characters
    /// that nobody sees, and other spellings that Unicode holds for compatible (NFKC), do not make it a different
    /// name; nor does the spelling of a number.
    pub fn of_name(&self, name: &str) -> [u8; 32] {
        self.mac(b"name", folded(name).as_bytes())
    }

    /// A keyed hash of something that only the store may write.
    pub fn seal(&self, bytes: &[u8]) -> [u8; 32] {
        self.mac(b"seal", bytes)
    }

    fn mac(&self, purpose: &[u8], bytes: &[u8]) -> [u8; 32] {
        let mac = Hmac::<Sha256>::new(&self.0.into());
        mac.chain_update(purpose).chain_update([0]).chain_update(bytes).finalize().into_bytes().into()
    }
}
