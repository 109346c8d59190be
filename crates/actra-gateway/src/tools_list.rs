//! The tools of a server, asked for by a client of our own.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use actra_engine::model::{Decimal, RawMap, RawValue};
use actra_host::{LineRead, LineReader};
use actra_wire::json_reader::parse_value_of;
use actra_wire::write_value;

use crate::frame::FRAME_BYTES;
use crate::stdio::end;

/// How long a server may take to say which tools it has.
const LIST_TIME: Duration = Duration::from_secs(60);

/// The tools that a server lists, all pages, over a session of our own.
pub fn list_tools(mut server: Command) -> io::Result<Vec<RawValue>> {
    let mut child = server.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::Error::other("the server has no pipes"));
    };
    let (told, tools) = channel();
    thread::Builder::new()
        .name("actra-list".to_owned())
        .spawn(move || told.send(ask_for_tools(input, BufReader::new(output))))?;
    let tools = tools.recv_timeout(LIST_TIME).unwrap_or_else(|_| {
        Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("it has not answered within {} s", LIST_TIME.as_secs()),
        ))
    });
    // Its input is closed by now if it has answered.
    if tools.is_err() {
        let _ = child.kill();
    }
    end(&mut child)?;
    tools
}

fn ask_for_tools(mut input: impl Write, output: impl BufRead) -> io::Result<Vec<RawValue>> {
    let mut lines = LineReader::new(output, FRAME_BYTES);
    let mut ask = |id: i64, method: &str, params: &str| -> io::Result<RawMap> {
        writeln!(input, r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)?;
        input.flush()?;
        let result = answer_to(&mut lines, id)?;
        if method == "initialize" {
            writeln!(input, r#"{{"jsonrpc":"2.0","method":"notifications/initialized"}}"#)?;
        }
        Ok(result)
    };
    let client = r#"{"protocolVersion":"2025-11-25","capabilities":{"roots":{},"sampling":{},"elicitation":{}},"clientInfo":{"name":"actra","version":"1"}}"#;
    ask(0, "initialize", client)?;
    let (mut tools, mut params) = (Vec::new(), "{}".to_owned());
    for id in 1..=MAX_PAGES {
        let mut page = ask(id, "tools/list", &params)?;
        match page.remove("tools") {
            Some(RawValue::List(more)) => tools.extend(more),
            _ => return Err(io::Error::other("its answer to `tools/list` has no list `tools`")),
        }
        match page.remove("nextCursor") {
            None | Some(RawValue::Null) => return Ok(tools),
            Some(cursor) => {
                let mut json = Vec::new();
                write_value(&RawValue::Map([("cursor".to_owned(), cursor)].into_iter().collect()), &mut json);
                params = String::from_utf8_lossy(&json).into_owned();
            }
        }
    }
    Err(io::Error::other("its list of tools does not end"))
}

/// The most pages of a list.
const MAX_PAGES: i64 = 1_000;

/// The result of a request of ours; what else the server says is passed over.
fn answer_to(lines: &mut LineReader<impl BufRead>, id: i64) -> io::Result<RawMap> {
    loop {
        let mut frame = Vec::new();
        if lines.read(&mut frame)? == LineRead::End {
            return Err(io::Error::other("it has ended before it answered"));
        }
        let Ok(RawValue::Map(mut message)) = parse_value_of(&frame, FRAME_BYTES) else { continue };
        if message.get("id") != Some(&RawValue::Number(Decimal::from(id))) || message.contains_key("method") {
            continue;
        }
        return match message.remove("result") {
            Some(RawValue::Map(result)) => Ok(result),
            _ => Err(io::Error::other("it has answered with an error")),
        };
    }
}
