//! Compiled policies: one file with everything that deciding reads.
//!
//! ```text
//! "ACTRA" 0x1A · format version (2 bytes) · length of the body (8 bytes) · body · SHA-256 of all that stands before
//! · 0, or 1 and the public key (32 bytes) and an Ed25519 signature (64 bytes) of all that stands before the 1
//! ```
//!
//! Numbers are little-endian. The body starts with all texts. Then it says under which version of the language and of
//! the data it was made, the hashes of the policy and of its governance, its revision, what was proved, and then
//! schema, default and rules, with what they tell people. Equal sets of one revision have equal bodies. Places in
//! texts are not kept.
//!
//! The checksum finds damage. The policy hash, which is computed again from what was read, finds a file that passes
//! for another policy: whoever can write the file can make any checksum, and no other content with a given hash. So a
//! hash that is known from elsewhere says which policy is in force, wherever the file came from.

mod body;
mod condition;
mod policy;
mod schema;
mod value;

use actra_engine::Policy;
use actra_engine::ir::hash::{PolicyHasher, data_revision};
use actra_engine::ir::{self, GovernanceHash};
use actra_engine::model::{Effect, PolicyHash, Schema};
use sha2::{Digest, Sha256};

use body::{BodyReader, BodyWriter};

const MAGIC: &[u8; 6] = b"ACTRA\x1a";
/// The version of the format; a reader refuses others.
const VERSION: u16 = 4;
/// The version of the language.
const LANGUAGE: u64 = 1;
/// Bytes before the body.
const HEAD: usize = MAGIC.len() + 2 + 8;

/// Why a compiled policy cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The first bytes are others.
    #[error("it is not a compiled policy")]
    NotABundle,
    /// It ends too early.
    #[error("it is cut off: at least {missing} bytes are missing")]
    Truncated {
        /// How many bytes are missing.
        missing: usize,
    },
    /// Its checksum is another.
    #[error("it was changed after it was made: its checksum does not match")]
    Altered,
    /// The format is one that this version does not know.
    #[error(
        "it has format {found}, and this version reads format {VERSION}: compile the set again, or update"
    )]
    Version {
        /// The format's number.
        found: u16,
    },
    /// It was made with other data.
    #[error("it was made with {found}, and this version has {own}: compile the set again")]
    Data {
        /// What it was made with.
        found: String,
        /// What this version has, for people.
        own: String,
    },
    /// The checksum fits, and the content is nothing that a compiler writes.
    #[error("its content is not what a compiler writes (at byte {at})")]
    Malformed {
        /// The offset in bytes at which that is.
        at: usize,
    },
    /// The stated hash is not that of the content.
    #[error("its policy hash is not that of its content")]
    WrongHash,
}

/// The manifest of a compiled policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The hash of the policy.
    pub policy: PolicyHash,
    /// The hash of the governance that it was compiled under.
    pub governance: Option<GovernanceHash>,
    /// Which one it is of the policies that follow each other in one place; 0 if nobody has said.
    pub revision: u64,
    /// What was proved of it: the ids of invariants, and `no_weaker_than` for a baseline; ascending.
    pub proved: Vec<String>,
}

/// A signature, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// The Ed25519 public key.
    pub key: [u8; 32],
    /// The signature over the signed part.
    pub bytes: [u8; 64],
}

/// A compiled policy that was checked for damage and is not yet decoded.
#[derive(Debug, Clone)]
pub struct Bundle<'b> {
    body: &'b [u8],
    signed: &'b [u8],
    signature: Option<Signature>,
}

/// A compiled policy without signature; its revision is 0 where none is to be had.
///
/// Cost: linear in the policy.
pub fn write_bundle(policy: &Policy, proved: &[String], revision: u64) -> Vec<u8> {
    let mut proved = proved.to_vec();
    proved.sort();
    proved.dedup();
    let body = BodyWriter::body(|out| {
        out.unsigned(LANGUAGE);
        out.copied(&data_revision());
        out.bytes(&policy.hash.0);
        out.option(policy.governance_hash().as_ref(), |out, hash| out.bytes(&hash.0));
        out.unsigned(revision);
        out.list(&proved, |out, id| out.copied(id));
        policy::write(out, policy);
    });
    let mut out = Vec::with_capacity(HEAD + body.len() + 33);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&(body.len() as u64).to_le_bytes());
    out.extend_from_slice(&body);
    let checksum = Sha256::digest(&out);
    out.extend_from_slice(&checksum);
    out.push(0);
    out
}

/// The signed part: all of an unsigned bundle but its last byte.
pub fn signed_part(bundle: &[u8]) -> &[u8] {
    bundle.split_last().map_or(&[], |(_, signed)| signed)
}

/// An unsigned bundle with a signature.
pub fn attach_signature(bundle: &[u8], signature: &Signature) -> Vec<u8> {
    let mut out = signed_part(bundle).to_vec();
    out.push(1);
    out.extend_from_slice(&signature.key);
    out.extend_from_slice(&signature.bytes);
    out
}

/// Whether bytes start as a compiled policy does.
pub fn is_bundle(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

impl<'b> Bundle<'b> {
    /// Looks at the frame and the checksum.
    pub fn open(bytes: &'b [u8]) -> Result<Self, BundleError> {
        let missing = |needed: usize| BundleError::Truncated { missing: needed.saturating_sub(bytes.len()) };
        if bytes.len() < MAGIC.len() && MAGIC.starts_with(bytes) && !bytes.is_empty() {
            return Err(missing(HEAD + 33));
        }
        if !is_bundle(bytes) {
            return Err(BundleError::NotABundle);
        }
        let number = |from: usize, count: usize| bytes.get(from..from + count);
        let version = number(6, 2).and_then(|found| found.try_into().ok()).map(u16::from_le_bytes);
        let version = version.ok_or_else(|| missing(HEAD + 33))?;
        if version != VERSION {
            return Err(BundleError::Version { found: version });
        }
        let length = number(8, 8).and_then(|found| found.try_into().ok()).map(u64::from_le_bytes);
        let length = length.ok_or_else(|| missing(HEAD + 33))?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let end = HEAD.saturating_add(length);
        let signed_end = end.saturating_add(32);
        let (Some(body), Some(signed), Some(kind)) =
            (bytes.get(HEAD..end), bytes.get(..signed_end), bytes.get(signed_end))
        else {
            return Err(missing(signed_end.saturating_add(1)));
        };
        let framed = bytes.get(..end).unwrap_or_default();
        if signed.get(end..) != Some(Sha256::digest(framed).as_slice()) {
            return Err(BundleError::Altered);
        }
        let rest = bytes.get(signed_end + 1..).unwrap_or_default();
        let signature = match kind {
            0 if rest.is_empty() => None,
            1 if rest.len() < 96 => return Err(missing(signed_end + 97)),
            1 if rest.len() == 96 => {
                let (key, signature) = rest.split_at_checked(32).unwrap_or_default();
                let (Ok(key), Ok(bytes)) = (key.try_into(), signature.try_into()) else {
                    return Err(BundleError::Altered);
                };
                Some(Signature { key, bytes })
            }
            _ => return Err(BundleError::Altered),
        };
        Ok(Self { body, signed, signature })
    }

    /// The signature, which nobody has verified yet.
    pub fn signature(&self) -> Option<&Signature> {
        self.signature.as_ref()
    }

    /// The part that the signature covers.
    pub fn signed(&self) -> &'b [u8] {
        self.signed
    }

    /// The manifest: what the file says of itself, such as its hash and revision.
    pub fn manifest(&self) -> Result<Manifest, BundleError> {
        self.head().map(|(manifest, _)| manifest)
    }

    /// The policy, whose hash is that of its content.
    ///
    /// Cost: linear in the file.
    pub fn policy(&self) -> Result<Policy, BundleError> {
        self.checked().map(|(policy, governance)| Policy::compiled(policy, governance))
    }

    /// The policy as data, without a plan, and the hash of its governance; checked as by [`Self::policy`].
    pub fn checked(&self) -> Result<(ir::Policy, Option<GovernanceHash>), BundleError> {
        let (manifest, mut reader, schema, default, count) = self.parts()?;
        // Each rule is hashed while it is at hand.
        let mut hasher = PolicyHasher::new(&schema, default, count);
        let rules = policy::read_rules(&mut reader, &schema, count, |rule| hasher.rule(rule));
        let hash = hasher.finish();
        let rules = whole(&reader, rules)?;
        if hash != manifest.policy {
            return Err(BundleError::WrongHash);
        }
        Ok((ir::Policy { schema, default, rules, hash }, manifest.governance))
    }

    /// The policy with the hash that the file states, which is not compared with its content; and the hash of its
    /// governance.
    pub fn decode(&self) -> Result<(ir::Policy, Option<GovernanceHash>), BundleError> {
        let (manifest, mut reader, schema, default, count) = self.parts()?;
        let rules = policy::read_rules(&mut reader, &schema, count, |_| ());
        let rules = whole(&reader, rules)?;
        Ok((ir::Policy { schema, default, rules, hash: manifest.policy }, manifest.governance))
    }

    /// Everything before the rules, and the number of rules.
    fn parts(&self) -> Result<(Manifest, BodyReader<'b>, Schema, Effect, usize), BundleError> {
        let (manifest, mut reader) = self.head()?;
        let (schema, default, count) =
            policy::read_head(&mut reader).ok_or_else(|| malformed(reader.at()))?;
        Ok((manifest, reader, schema, default, count))
    }

    fn head(&self) -> Result<(Manifest, BodyReader<'b>), BundleError> {
        let mut reader = BodyReader::new(self.body).map_err(malformed)?;
        let manifest = read_manifest(&mut reader);
        let (language, revision, manifest) = manifest.ok_or_else(|| malformed(reader.at()))?;
        let own = data_revision();
        if language != LANGUAGE || revision != own {
            let found = format!("language {language}, {revision}");
            return Err(BundleError::Data { found, own: format!("language {LANGUAGE}, {own}") });
        }
        Ok((manifest, reader))
    }
}

fn malformed(at: usize) -> BundleError {
    BundleError::Malformed { at: HEAD + at }
}

/// What was read, if that was all there is.
fn whole<T>(reader: &BodyReader<'_>, read: Option<T>) -> Result<T, BundleError> {
    read.filter(|_| reader.is_done()).ok_or_else(|| malformed(reader.at()))
}

fn read_manifest<'b>(reader: &mut BodyReader<'b>) -> Option<(u64, &'b str, Manifest)> {
    let language = reader.unsigned()?;
    let data = reader.copied()?;
    let policy = PolicyHash(reader.bytes(32)?.try_into().ok()?);
    let governance = reader.option(|reader| Some(GovernanceHash(reader.bytes(32)?.try_into().ok()?)))?;
    let number = reader.unsigned()?;
    let proved = reader.list(|reader| Some(reader.copied()?.to_owned()))?;
    Some((language, data, Manifest { policy, governance, revision: number, proved }))
}
