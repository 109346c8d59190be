//! Ed25519 keys in PEM files, and signatures by them.

use actra_wire::bundle::Bundle;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The text is not a private key.
    #[error(
        "it is not an Ed25519 private key in PEM (PKCS#8), such as `openssl genpkey -algorithm ed25519` writes"
    )]
    NotPrivate,
    /// The text is not a public key.
    #[error("it is not an Ed25519 public key in PEM, such as `openssl pkey -pubout` writes")]
    NotPublic,
}

/// The public key (32 bytes) and the signature (64 bytes) of some bytes, by a private key in PEM.
pub fn sign(bytes: &[u8], private_key: &str) -> Result<([u8; 32], [u8; 64]), KeyError> {
    let key = SigningKey::from_pkcs8_pem(private_key).map_err(|_| KeyError::NotPrivate)?;
    Ok((key.verifying_key().to_bytes(), key.sign(bytes).to_bytes()))
}

/// The bytes of a public key in PEM.
pub fn public_key(text: &str) -> Result<[u8; 32], KeyError> {
    Ok(VerifyingKey::from_public_key_pem(text).map_err(|_| KeyError::NotPublic)?.to_bytes())
}

/// Whether a signature of some bytes is by this key. Weak keys and signatures that could stand for other bytes are not
/// accepted.
pub fn is_signed_by(bytes: &[u8], signature: &[u8; 64], key: &[u8; 32]) -> bool {
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok())
}

/// Whether the signature of a compiled policy is over its content; also for a policy without a signature.
///
/// Whose signature it is does not matter here.
pub fn has_valid_signature(bundle: &Bundle<'_>) -> bool {
    bundle.signature().is_none_or(|signature| is_signed_by(bundle.signed(), &signature.bytes, &signature.key))
}
