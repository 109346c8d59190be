use std::path::Path;

use actra_engine::model::Reason;

use crate::load::shown;
use crate::status::Stop;

/// What is wrong with an input whose first request goes over several lines, which would be a fault for each of them.
///
/// `start` is what was read of the input so far. `None` as long as it may be JSON Lines: a damaged line is one fault.
pub(crate) fn not_json_lines(path: &Path, start: &[u8]) -> Option<Stop> {
    // A line that is not all here yet may be JSON.
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
        false => (format!("`{}`", shown(path.display())), format!(" {}", shown(path.display()))),
    };
    Some(Stop::Wrong(format!(
        "{name} holds {what}, and each line is to be one request; `jq -c {filter}{file}` writes it so"
    )))
}

/// Whether a line starts an object or a list and ends inside of it.
fn is_cut_off(line: &[u8]) -> bool {
    let starts = matches!(line.first(), Some(b'{' | b'['));
    let fault = actra_wire::parse_request(line).err();
    starts && fault.is_some_and(|fault| fault.reason == Reason::MalformedJson && fault.offset >= line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_over_several_lines_is_told_from_damaged_lines() {
        let is_refused = |start: &str| not_json_lines(Path::new("-"), start.as_bytes()).is_some();
        for pretty in ["{\n", "{\n  \"action\": {\n", "[\n{\"action\":{}},\n", "\n{ \"action\":\n\n{}}\n"] {
            assert_eq!(is_refused(pretty), pretty != "{\n", "{pretty}");
        }
        for lines in ["", "{\"action\":{}}\n{", "{\"action\":\n{\"action\":{}}\n", "x\ny\n", "{]\n{\n"] {
            assert!(!is_refused(lines), "{lines}");
        }
    }
}
