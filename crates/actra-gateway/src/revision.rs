//! The revisions of the protocol, and what a client may send in each.
//!
//! The tables follow `ClientRequest` and `ClientNotification` of each revision's `schema.ts`.

/// A revision of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Revision {
    /// 2024-11-05
    V2024_11_05,
    /// 2025-03-26
    V2025_03_26,
    /// 2025-06-18
    V2025_06_18,
    /// 2025-11-25
    V2025_11_25,
    /// 2026-07-28, which has no handshake: each request says its revision.
    V2026_07_28,
}

/// Requests of every revision with a handshake.
const REQUESTS: &[&str] = &[
    "initialize",
    "ping",
    "completion/complete",
    "logging/setLevel",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "tools/call",
    "tools/list",
];

/// Requests about tasks, which came with 2025-11-25.
const TASK_REQUESTS: &[&str] = &["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"];

/// Requests of 2026-07-28, those of its extension for tasks included.
const STATELESS_REQUESTS: &[&str] = &[
    "server/discover",
    "completion/complete",
    "prompts/get",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "subscriptions/listen",
    "tools/call",
    "tools/list",
    "tasks/get",
    "tasks/update",
    "tasks/cancel",
];

/// Notifications of every revision with a handshake.
const NOTIFICATIONS: &[&str] = &[
    "notifications/cancelled",
    "notifications/progress",
    "notifications/initialized",
    "notifications/roots/list_changed",
];

/// Requests of a server.
const SERVER_REQUESTS: &[&str] = &["roots/list", "sampling/createMessage", "elicitation/create"];

/// Whether some revision has a request with this name, in either direction.
pub(crate) fn is_method(name: &str) -> bool {
    SERVER_REQUESTS.contains(&name) || Revision::ALL.iter().any(|revision| revision.has_request(name))
}

impl Revision {
    /// All of them, oldest first.
    pub const ALL: [Self; 5] =
        [Self::V2024_11_05, Self::V2025_03_26, Self::V2025_06_18, Self::V2025_11_25, Self::V2026_07_28];

    /// The revision of this name; `None` if the gateway does not know it.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|revision| revision.as_str() == name)
    }

    /// Its name, which is a date.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// Whether a client may send a request with this method.
    pub fn has_request(self, method: &str) -> bool {
        match self {
            Self::V2026_07_28 => STATELESS_REQUESTS.contains(&method),
            Self::V2025_11_25 => REQUESTS.contains(&method) || TASK_REQUESTS.contains(&method),
            Self::V2024_11_05 | Self::V2025_03_26 | Self::V2025_06_18 => REQUESTS.contains(&method),
        }
    }

    /// Whether a client may send a notification with this method.
    pub fn has_notification(self, method: &str) -> bool {
        match self {
            Self::V2026_07_28 => method == "notifications/cancelled",
            Self::V2025_11_25 => NOTIFICATIONS.contains(&method) || method == "notifications/tasks/status",
            Self::V2024_11_05 | Self::V2025_03_26 | Self::V2025_06_18 => NOTIFICATIONS.contains(&method),
        }
    }

    /// Whether several messages may come as one list: JSON-RPC has that, and the protocol had it until 2025-03-26.
    pub fn has_batches(self) -> bool {
        self <= Self::V2025_03_26
    }

    /// Whether every result says of which type it is.
    pub fn has_result_types(self) -> bool {
        self >= Self::V2026_07_28
    }
}
