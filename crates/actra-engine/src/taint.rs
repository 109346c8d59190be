//! Taint: fields whose values would reveal something about sensitive ones, if a search has chosen them.
//!
//! Where a rule compares `action.to` with a sensitive `snapshot.owner.ssn`, the value of `action.to` that makes an
//! outcome more permissive is the secret, or what is next to it. So a value that analysis finds for a field is shown
//! only if no rule reads the field in one comparison with something sensitive, or with a field of which that is so.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_ir::{ChainEnd, Expr, ExprKind, Policy, chain_end, chain_keys, operands};
use actra_model::{ActionId, RecordName, Schema};

/// A field of a record.
type FieldKey = (RecordName, Arc<str>);

/// The fields of an action's requests whose values are not shown where a search has chosen them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaintedFields {
    fields: BTreeSet<FieldKey>,
}

impl TaintedFields {
    /// Those of the rules that cover an action, shadow rules too.
    ///
    /// Cost: linear in the conditions of these rules, times the length of the longest chain of comparisons.
    pub fn new(policy: &Policy, action: ActionId) -> Self {
        let mut collector = ComparisonCollector { schema: &policy.schema, action, comparisons: Vec::new() };
        let covering = policy.rules.iter().filter(|rule| rule.covers(action));
        covering.for_each(|rule| collector.condition(&rule.condition));
        let mut fields = BTreeSet::new();
        let mut open = collector.comparisons;
        loop {
            let (hides, rest): (Vec<ComparedFields>, Vec<ComparedFields>) = open
                .into_iter()
                .partition(|compared| compared.sensitive || !compared.fields.is_disjoint(&fields));
            if hides.is_empty() {
                return Self { fields };
            }
            fields.extend(hides.into_iter().flat_map(|compared| compared.fields));
            open = rest;
        }
    }

    /// Whether a value that a search has chosen for this field may not be shown.
    pub fn has(&self, record: RecordName, name: &str) -> bool {
        self.fields.iter().any(|(known, field)| *known == record && **field == *name)
    }
}

/// The fields that one comparison reads.
#[derive(Default)]
struct ComparedFields {
    /// The fields that are not sensitive.
    fields: BTreeSet<FieldKey>,
    /// Whether something sensitive is read as well.
    sensitive: bool,
}

struct ComparisonCollector<'s> {
    schema: &'s Schema,
    action: ActionId,
    comparisons: Vec<ComparedFields>,
}

impl ComparisonCollector<'_> {
    /// Depth: that of conditions, here and below.
    fn condition(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) => {
                operands(expr).into_iter().for_each(|part| self.condition(part));
            }
            _ => {
                let mut compared = ComparedFields::default();
                self.operand(expr, &mut compared);
                self.comparisons.push(compared);
            }
        }
    }

    fn operand(&self, expr: &Expr, compared: &mut ComparedFields) {
        match chain_end(expr, self.schema, self.action) {
            // Whether something is there is no value of it.
            _ if matches!(expr.kind, ExprKind::Has(_)) => {}
            Some(end) => {
                match end {
                    ChainEnd::Sensitive => compared.sensitive = true,
                    ChainEnd::Open { record, field, ty } => {
                        compared.sensitive |= ty.kind.holds_sensitive();
                        compared.fields.insert((record, Arc::clone(field)));
                    }
                }
                chain_keys(expr).into_iter().for_each(|key| self.operand(key, compared));
            }
            None => operands(expr).into_iter().for_each(|operand| self.operand(operand, compared)),
        }
    }
}
