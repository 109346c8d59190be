//! What the calls of a condition cost for a request.

use actra_ir::Expr;
use actra_ir::cost::{self, Size, Sizes};
use actra_model::{RecordName, Request};

/// The sizes of a request's fields, each worked out when it is first asked for.
#[derive(Debug)]
pub(crate) struct RequestSizes<'a> {
    request: &'a Request,
    known: Vec<(RecordName, String, Size)>,
}

impl<'a> RequestSizes<'a> {
    pub(crate) fn new(request: &'a Request) -> Self {
        Self { request, known: Vec::new() }
    }
}

impl Sizes for RequestSizes<'_> {
    fn field(&mut self, record: RecordName, name: &str) -> Size {
        let is_it =
            |(known, known_name, _): &&(RecordName, String, Size)| *known == record && known_name == name;
        if let Some((_, _, size)) = self.known.iter().find(is_it) {
            return size.clone();
        }
        let size = self.request.record(record).get(name).map(Size::of_state).unwrap_or_default();
        self.known.push((record, name.to_owned(), size.clone()));
        size
    }
}

/// What each outermost call of a condition costs for a request, from left to right.
pub fn costs(condition: &Expr, request: &Request) -> Vec<u64> {
    let mut sizes = RequestSizes::new(request);
    cost::outermost(condition).into_iter().map(|call| cost::cost(call, &mut sizes)).collect()
}
