//! Names for approval requests and events.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

/// 32 hexadecimal digits that nothing else has.
///
/// Those of one process differ by their count, those of several by random numbers, and those of a fork by its number.
pub(crate) fn fresh() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    static PROCESS: OnceLock<[u8; 32]> = OnceLock::new();
    let process = PROCESS.get_or_init(|| {
        let mut random = [0; 32];
        // Without random numbers there is still the time.
        let _ = getrandom::fill(&mut random);
        random
    });
    let mut hash = Sha256::new();
    hash.update(process);
    hash.update(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_le_bytes());
    hash.update(COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    hash.update(std::process::id().to_le_bytes());
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
