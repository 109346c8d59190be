//! Tables: one case with what its rows share, and a row for each variation.
//!
//! ```yaml
//! - name: refunds by amount
//!   use: [support]
//!   request: { action: { type: refund } }
//!   table: [action.amount, effect]
//!   rows:
//!     - [1000, allow]
//!     - [1001, block]
//! ```

use std::collections::{BTreeMap, BTreeSet};

use actra_diagnostics::Span;
use actra_syntax::yaml::Node;

use super::node::Mapping;
use super::{CaseFileReader, DECISION_KEYS, RECORDS, scalar};
use crate::case_file::Case;
use crate::expected::{Expected, ExpectedMember};
use crate::yaml_value::YamlValue;

/// What the cells of a column are.
enum Column {
    /// A name for each row.
    Name,
    /// A member of the request, as its path from the top.
    Request(Vec<String>),
    /// A member of the decision.
    Decision(String),
    /// A heading that is wrong, which is already reported.
    Invalid,
}

/// What the rows of a table share.
struct TableDefaults<'t> {
    name: &'t str,
    request: &'t YamlValue,
    expected: &'t [ExpectedMember],
    files: &'t BTreeMap<String, Option<String>>,
    columns: &'t [Column],
}

impl CaseFileReader<'_> {
    /// The cases of a table: one for each row.
    pub(super) fn table(
        &mut self,
        node: &Node,
        name: String,
        members: &Mapping<'_>,
        columns: &Node,
        fixtures: &BTreeMap<String, YamlValue>,
    ) -> Vec<(Case, Span)> {
        for key in ["request_json", "decision", "explain", "diagnostics", "hash"] {
            if let Some(other) = members.get(key) {
                self.problem(Some(other.span), format!("`{key}` cannot be used with `table`"));
            }
        }
        let request = self.merged(members, fixtures);
        let expected = members.get("expect").map(|node| self.decision_members(node)).unwrap_or_default();
        let files = members.get("files").map(|node| self.files(node)).unwrap_or_default();
        let columns = self.columns(columns, &expected);
        let Some(rows) = members.get("rows") else {
            self.problem(Some(node.span), "`table` names columns, and `rows` is missing");
            return Vec::new();
        };
        let shared = TableDefaults {
            name: &name,
            request: &request,
            expected: &expected,
            files: &files,
            columns: &columns,
        };
        let rows = self.items(rows);
        if rows.is_empty() {
            self.problem(Some(node.span), "a table needs at least one row");
        }
        rows.iter().enumerate().map(|(idx, row)| (self.row(&shared, idx, row), row.span)).collect()
    }

    fn columns(&mut self, node: &Node, expected: &[ExpectedMember]) -> Vec<Column> {
        let mut taken: BTreeSet<String> = expected.iter().map(|member| member.name.clone()).collect();
        let headings = self.items(node);
        let mut columns = Vec::with_capacity(headings.len());
        for heading in headings {
            let text = self.text(heading);
            if !taken.insert(text.clone()) {
                self.problem(Some(heading.span), format!("`{text}` appears twice"));
            }
            columns.push(self.column(heading, text));
        }
        let decides = |column: &Column| matches!(column, Column::Decision(_));
        if expected.is_empty() && !columns.iter().any(decides) {
            let message = "a table must expect something: in a column such as `effect`, or in `expect`";
            self.problem(Some(node.span), message);
        }
        columns
    }

    fn column(&mut self, heading: &Node, text: String) -> Column {
        if text == "name" {
            return Column::Name;
        }
        if DECISION_KEYS.contains(&text.as_str()) {
            return Column::Decision(text);
        }
        let path: Vec<String> = text.split('.').map(str::to_owned).collect();
        if path.first().is_some_and(|record| RECORDS.contains(&record.as_str()))
            && !path.contains(&String::new())
        {
            return Column::Request(path);
        }
        let message = format!(
            "`{text}` is not a column; the columns are name, fields such as `action.amount`, and {}",
            DECISION_KEYS.join(", ")
        );
        self.problem(Some(heading.span), message);
        Column::Invalid
    }

    fn row(&mut self, shared: &TableDefaults<'_>, idx: usize, row: &Node) -> Case {
        let cells = self.items(row);
        if cells.len() != shared.columns.len() {
            let message =
                format!("the row has {} cells, and the table {} columns", cells.len(), shared.columns.len());
            self.problem(Some(row.span), message);
        }
        let mut name = format!("{}, row {}", shared.name, idx + 1);
        let mut request = shared.request.clone();
        let mut expected = shared.expected.to_vec();
        for (column, cell) in shared.columns.iter().zip(cells) {
            match column {
                Column::Name => {
                    let label = scalar(cell).map(|cell| cell.text.clone()).unwrap_or_default();
                    name = format!("{}, {label}", shared.name);
                }
                Column::Request(path) => request.merge(nested(path, self.value(cell))),
                Column::Decision(key) => {
                    let value = self.raw(cell);
                    self.check_member(key, cell, &value);
                    expected.push(ExpectedMember { name: key.clone(), value, line: self.line(cell) });
                }
                Column::Invalid => {}
            }
        }
        Case {
            name,
            line: self.line(row),
            request: Some(request.to_json().into_bytes()),
            files: shared.files.clone(),
            expected: vec![Expected::Members(expected)],
            unmentioned: self.unmentioned,
        }
    }
}

/// `{a: {b: value}}` for the path `[a, b]`.
fn nested(path: &[String], value: YamlValue) -> YamlValue {
    path.iter().rev().fold(value, |inner, key| YamlValue::Object(vec![(key.clone(), inner)]))
}
