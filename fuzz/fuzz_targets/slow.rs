//! Any text as a policy set and a request, parted by lines of `---8<---`: compiling, checking and deciding do no more
//! than their size allows. What they do is counted in allocations, not in seconds.
#![no_main]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use actra_compile::{PolicySet, check};
use libfuzzer_sys::fuzz_target;

struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many allocations of how many bytes something takes.
fn counted<T>(work: impl FnOnce() -> T) -> (T, u64, u64) {
    let before = (COUNT.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
    let result = work();
    let after = (COUNT.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
    (result, after.0 - before.0, after.1 - before.1)
}

/// What any set may take: definitions expand to 100,000 nodes, patterns compile to 1 MiB.
const COMPILE_BYTES: u64 = 512 << 20;
/// What each byte of a set may take.
const BYTES_A_BYTE: u64 = 16 << 10;
/// Allocations that each rule may take, and one for each unit of cost besides.
const ALLOCATIONS_A_RULE: u64 = 1_000;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut parts = text.splitn(3, "---8<---\n");
    let (Some(schema), Some(policy)) = (parts.next(), parts.next()) else { return };
    let set = PolicySet::from_texts([("schema.yaml", schema), ("policy.yaml", policy)]);
    let (outcome, _, bytes) = counted(|| check(&set));
    let size = (schema.len() + policy.len()) as u64;
    assert!(bytes <= COMPILE_BYTES + BYTES_A_BYTE * size, "{bytes} bytes for {size} of text");
    let Some(policy) = outcome.policy else { return };
    let raw = actra_wire::read_request(parts.next().unwrap_or("{}").as_bytes());
    let request = actra_model::Request::from_raw(&policy.schema, &raw);
    let units = policy.rules.iter().flat_map(|rule| actra_eval::costs(&rule.condition, &request));
    let units: u64 = units.map(|units| units.min(actra_model::limits::CALL_COST)).sum();
    let Some(plan) = actra_eval::Plan::new(&policy) else { return };
    let rules = policy.rules.len() as u64 + 1;
    for (_, count, _) in [
        counted(|| drop(actra_eval::decide(&policy, &request))),
        counted(|| drop(actra_eval::decide_planned(&policy, &plan, &raw))),
    ] {
        let allowed = ALLOCATIONS_A_RULE * rules + units + 64 * data.len() as u64;
        assert!(count <= allowed, "{count} allocations, and {allowed} are allowed");
    }
});
