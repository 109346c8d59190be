//! Every limit of the language, in one place.

/// Nesting of YAML, expressions (definitions expanded) and request JSON.
pub const NESTING: usize = 64;
/// Bytes of YAML in one set.
pub const SET_BYTES: usize = 64 << 20;
/// Rules in one set.
pub const RULES: usize = 100_000;
/// Nodes that aliases may expand to in one set.
pub const ALIAS_NODES: usize = 100_000;
/// Elements of a list, entries of a map, in policies and in requests.
pub const ELEMENTS: usize = 10_000;
/// Bytes of one request as canonical JSON.
pub const REQUEST_BYTES: usize = 1 << 20;
/// Bytes of one request as it comes, before it is read.
pub const RAW_REQUEST_BYTES: usize = 8 << 20;
/// Bytes that one regular expression may compile to.
pub const PATTERN_BYTES: usize = 1 << 20;
/// Cost of an outermost macro, `distinct` or `sets` call; beyond, it is undetermined.
pub const CALL_COST: u64 = 10_000_000;
/// Nodes of one rule's canonical condition, definitions expanded.
pub const CONDITION_NODES: usize = 100_000;
/// Code points of a rendered message.
pub const MESSAGE_CODE_POINTS: usize = 1_024;
/// Bytes of what one function produces, a text or a container with all that is in it (each element at any depth
/// counting 64 besides its text); beyond, the result is not representable.
pub const PRODUCED_BYTES: usize = 4 << 20;
