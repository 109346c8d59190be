//! The little of Markdown that the book uses: fenced blocks, tables and links.

/// A part of a page that counts for executing it.
pub enum Part {
    /// A fenced block.
    Block { info: String, text: String },
    /// A table behind `<!-- executed: KIND -->`, without its head; cells as written.
    Table { kind: String, rows: Vec<Vec<String>> },
}

/// The parts of a page in order, each with its line from 1.
pub fn parts(text: &str) -> Vec<(usize, Part)> {
    let mut lines = (1..).zip(text.lines()).peekable();
    let mut parts = Vec::new();
    while let Some((number, line)) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let body = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            let text = body.flat_map(|line| [line, "\n"]).collect();
            parts.push((number, Part::Block { info: info.trim().to_owned(), text }));
        } else if let Some(kind) = between(line, "<!-- executed: ", " -->") {
            while lines.next_if(|(_, line)| line.is_empty()).is_some() {}
            let mut rows = Vec::new();
            while let Some((_, row)) = lines.next_if(|(_, line)| line.starts_with('|')) {
                rows.push(cells(row));
            }
            rows.drain(..rows.len().min(2));
            parts.push((number, Part::Table { kind: kind.to_owned(), rows }));
        }
    }
    parts
}

/// The cells of a row; `\|` does not end one.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|').replace("\\|", "\u{1}");
    let row = row.strip_suffix('|').unwrap_or(&row);
    row.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}

/// The text in a cell's code span, or the cell.
pub fn code(cell: &str) -> &str {
    let fence = if cell.starts_with("``") { "``" } else { "`" };
    between(cell, fence, fence).unwrap_or(cell).trim()
}

/// Where links of a page lead, but for the web and for headings.
pub fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let targets = targets.filter(|target| !target.starts_with("http") && !target.contains(' '));
    targets.map(|target| target.split('#').next().unwrap_or("")).filter(|target| !target.is_empty())
}

/// The files that `{{#include FILE}}` takes in.
pub fn includes(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{#include ").skip(1).filter_map(|rest| rest.split("}}").next()).map(str::trim)
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    text.strip_prefix(start)?.split(end).next()
}
