//! Texts that are paths or URLs by what people are told of them, though their schema says only `string`.
//!
//! As a path or a URL a value is compared after `..` and its like are resolved, and one that cannot be read makes the
//! rules that read it undetermined: that is stricter than to compare letters.

use actra_model::{Path, RawMap, RawValue, Url};

/// What a text is proposed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Path,
    Url,
}

impl Meaning {
    /// The word of the language.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Meaning::Path => "path",
            Meaning::Url => "url",
        }
    }

    fn reads(self, text: &str) -> bool {
        match self {
            Meaning::Path => Path::parse(text).is_some(),
            Meaning::Url => Url::parse(text).is_some(),
        }
    }
}

/// Last words of names that are paths unless people are told otherwise.
const PATHS: [&str; 12] = [
    "path",
    "paths",
    "filepath",
    "filepaths",
    "dirpath",
    "directory",
    "directories",
    "dir",
    "dirs",
    "cwd",
    "workdir",
    "pathname",
];
/// Last words of names that may be paths, if people are told so.
const PERHAPS_PATHS: [&str; 21] = [
    "file",
    "files",
    "filename",
    "filenames",
    "folder",
    "folders",
    "source",
    "sources",
    "src",
    "destination",
    "dest",
    "dst",
    "target",
    "from",
    "to",
    "input",
    "output",
    "root",
    "roots",
    "workspace",
    "location",
];
const URLS: [&str; 7] = ["url", "urls", "uri", "uris", "href", "hrefs", "webhook"];
const PERHAPS_URLS: [&str; 6] = ["link", "links", "endpoint", "origin", "website", "address"];

/// Words that speak of paths in a file system.
const OF_PATHS: [&str; 8] =
    ["path", "paths", "file", "files", "directory", "directories", "folder", "filesystem"];
/// Words that say where something is, and not only what it is called.
const PLACES: [&str; 6] = ["path", "paths", "directory", "directories", "folder", "filesystem"];
/// Those that say it of a file.
const OF_FILES: [&str; 2] = ["relative", "absolute"];
/// Words in front of a name that make it a pattern, or a path of something else.
const OF_OTHERS: [&str; 14] = [
    "exclude", "excluded", "include", "included", "ignore", "ignored", "url", "api", "json", "field", "key",
    "object", "xml", "pattern",
];
/// Words that speak of something else, or of a pattern of it, wherever they stand.
const NEVER_PATHS: [&str; 12] = [
    "url",
    "urls",
    "uri",
    "glob",
    "globs",
    "pattern",
    "patterns",
    "regex",
    "jsonpath",
    "xpath",
    "selector",
    "expression",
];
/// Words that speak of something else where they say what it is, which is in the first sentence.
const NOT_PATHS: [&str; 15] = [
    "endpoint", "api", "rest", "http", "https", "route", "json", "query", "key", "content", "contents",
    "windows", "base64", "property", "dot",
];
const OF_URLS: [&str; 6] = ["url", "urls", "uri", "http", "https", "webpage"];
const NOT_URLS: [&str; 17] = [
    "glob",
    "pattern",
    "patterns",
    "regex",
    "prefix",
    "substring",
    "path",
    "relative",
    "file",
    "data",
    "resource",
    "urn",
    "ssh",
    "scheme",
    "schemes",
    "id",
    "domain",
];

/// What a text is by its name, its description and that of its tool.
pub(super) fn meaning(name: &str, told: Option<&str>, tool: Option<&str>) -> Option<Meaning> {
    let mut name = words(name);
    let last = name.pop()?;
    let first: &str = told.and_then(|told| told.split(['.', '\n']).next()).unwrap_or_default();
    let (first, told) = (words(first), told.map(words).unwrap_or_default());
    let tool = tool.map(words).unwrap_or_default();
    let is = |list: &[&str]| list.contains(&last.as_str());
    let speaks = |words: &[String], list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if speaks(&name, &OF_OTHERS) {
        return None;
    }
    if is(&PATHS) || is(&PERHAPS_PATHS) {
        let silent = told.is_empty() && matches!(last.as_str(), "source" | "destination");
        let file = matches!(last.as_str(), "file" | "files" | "filename" | "filenames");
        let placed = speaks(&told, &PLACES) || (file && speaks(&told, &OF_FILES));
        let spoken = is(&PATHS) || placed || (silent && speaks(&tool, &OF_PATHS));
        let denied = speaks(&told, &NEVER_PATHS) || speaks(&first, &NOT_PATHS);
        return (spoken && !denied).then_some(Meaning::Path);
    }
    if is(&URLS) {
        return (!speaks(&told, &NOT_URLS)).then_some(Meaning::Url);
    }
    (is(&PERHAPS_URLS) && speaks(&told, &OF_URLS) && !speaks(&told, &NOT_URLS)).then_some(Meaning::Url)
}

/// Whether a schema of a text leaves room for a meaning: what it says itself counts, and so do its own examples.
pub(super) fn leaves_room(members: &RawMap, meaning: Meaning) -> bool {
    let says = ["format", "pattern", "maxLength", "contentEncoding", "contentMediaType"];
    let reads = |value: &RawValue| match value {
        RawValue::String(text) => meaning.reads(text),
        RawValue::List(values) => {
            values.iter().all(|value| matches!(value, RawValue::String(text) if meaning.reads(text)))
        }
        _ => true,
    };
    !says.iter().any(|key| members.contains_key(key))
        && ["default", "example", "examples"].iter().filter_map(|key| members.get(key)).all(reads)
}

/// The words of a name or a text in lower case: `filePath` has two.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let mut was_lower = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}
