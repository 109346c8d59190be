//! Types of other languages.

use super::Replacement::{Form, Nothing, Word};
use super::{ForeignWordRow, Replacement};

/// What to write instead of a type that does not exist.
pub fn replacement_for(word: &str) -> Option<Replacement> {
    super::find(TABLE, &word.to_ascii_lowercase())
}

/// Words, in lower case.
pub const TABLE: &[ForeignWordRow] = &[
    (
        &[
            "str", "text", "varchar", "char", "keyword", "email", "hostname", "id", "uuid", "guid", "enum",
            "symbol", "entity",
        ],
        Word("string"),
    ),
    (
        &["int", "int32", "int64", "uint", "uint32", "uint64", "long", "short", "bigint", "count", "port"],
        Word("integer"),
    ),
    (
        &["float", "double", "decimal", "numeric", "real", "float64", "float32", "money", "amount"],
        Word("number"),
    ),
    (&["bool", "bit", "flag"], Word("boolean")),
    (&["datetime", "date-time", "date_time", "time", "instant", "timestamptz"], Word("timestamp")),
    (&["day", "localdate"], Word("date")),
    (&["timedelta", "interval", "timespan"], Word("duration")),
    (&["memory", "resource_quantity"], Word("quantity")),
    (&["ipaddr", "ipaddress", "ip_address", "ipv4", "ipv6", "inet", "address"], Word("ip")),
    (&["uri", "link", "href", "url-string"], Word("url")),
    (&["file", "filepath", "file_path", "directory", "directory", "filename"], Word("path")),
    (
        &[
            "array",
            "array<string>",
            "set",
            "set<string>",
            "tuple",
            "sequence",
            "string[]",
            "[string]",
            "strings",
            "slice",
            "vector",
        ],
        Word("list<string>"),
    ),
    (
        &["dict", "dictionary", "hash", "hashmap", "record", "map[string]string", "labels"],
        Word("map<string>"),
    ),
    (&["struct", "message", "class", "document"], Form("{ type: object, fields: { name: string } }", "")),
    (&["json", "unknown", "mixed", "dynamic", "jsonb", "variant", "interface{}"], Word("any")),
    (
        &["null", "none", "nil", "void", "undefined"],
        Nothing("a field that may be absent has a `?` after its type, such as `string?`"),
    ),
    (
        &["bytes", "binary", "blob", "base64"],
        Nothing("there is no type for bytes; declare the field as `string`, and compare its text"),
    ),
];
