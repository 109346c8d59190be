//! Telling JSON Lines from JSON that spans several lines, which people confuse.

use std::path::Path;

use actra_engine::model::Reason;

use crate::exit::Exit;
use crate::output::printable;

/// Rejects an input whose first request spans several lines: otherwise each of its lines would be a fault.
///
/// `start` is the beginning of the input, as far as it was read. Damaged lines may still be JSON Lines and are accepted
/// here: each is one fault.
pub(crate) fn reject_multiline_json(path: &Path, start: &[u8]) -> Result<(), Exit> {
    multiline_json(path, start).map_or(Ok(()), |message| Err(Exit::Usage(message)))
}

/// What is wrong with the input, if its first request spans several lines.
fn multiline_json(path: &Path, start: &[u8]) -> Option<String> {
    // An incomplete last line may turn out to be JSON.
    let end = start.iter().rposition(|byte| *byte == b'\n')?;
    let start = start.get(..end)?;
    let mut lines =
        start.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (first, second) = (lines.next()?, lines.next()?);
    if !is_cut_off(first) || actra_wire::parse_request(second).is_ok() {
        return None;
    }
    let (what, filter) = match first.first() {
        Some(b'[') => ("a list of requests", "'.[]'"),
        _ => ("a request over several lines", "."),
    };
    let (name, file) = match path.as_os_str() == "-" {
        true => ("standard input".to_owned(), String::new()),
        false => (format!("`{}`", printable(path.display())), format!(" {}", printable(path.display()))),
    };
    Some(format!(
        "{name} holds {what}, but each line must be one request; `jq -c {filter}{file}` converts it"
    ))
}

/// Whether a line starts an object or a list and ends inside of it.
fn is_cut_off(line: &[u8]) -> bool {
    let is_container = matches!(line.first(), Some(b'{' | b'['));
    let fault = actra_wire::parse_request(line).err();
    is_container
        && fault.is_some_and(|fault| fault.reason == Reason::MalformedJson && fault.offset >= line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_over_several_lines_is_told_from_damaged_lines() {
        let is_refused = |start: &str| multiline_json(Path::new("-"), start.as_bytes()).is_some();
        for pretty in ["{\n", "{\n  \"action\": {\n", "[\n{\"action\":{}},\n", "\n{ \"action\":\n\n{}}\n"] {
            assert_eq!(is_refused(pretty), pretty != "{\n", "{pretty}");
        }
        for lines in ["", "{\"action\":{}}\n{", "{\"action\":\n{\"action\":{}}\n", "x\ny\n", "{]\n{\n"] {
            assert!(!is_refused(lines), "{lines}");
        }
    }
}
