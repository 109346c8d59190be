//! Fields whose values say something about sensitive ones, where a search chose them.
//!
//! Where a rule compares `action.to` with a sensitive `snapshot.owner.ssn`, the value of `action.to` that makes an
//! outcome milder is the secret, or what is next to it. So a value that analysis finds for a field is shown only if no
//! rule reads the field in one comparison with something sensitive, or with a field of which that is so.

use std::collections::BTreeSet;
use std::sync::Arc;

use actra_ir::{Expr, ExprKind, Policy, operands};
use actra_model::{ActionId, Domain, Schema, Type, TypeKind};

/// A field of a record.
type FieldKey = (Domain, Arc<str>);

/// The fields of an action's requests whose found values are not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entangled {
    fields: BTreeSet<FieldKey>,
}

impl Entangled {
    /// Those of the rules that cover an action, shadow rules too.
    ///
    /// Cost: linear in the conditions of these rules, times the length of the longest chain of comparisons.
    pub fn new(policy: &Policy, action: ActionId) -> Self {
        let mut reader = Reader { schema: &policy.schema, action, comparisons: Vec::new() };
        let covering = policy.rules.iter().filter(|rule| rule.actions.binary_search(&action).is_ok());
        covering.for_each(|rule| reader.condition(&rule.condition));
        let mut fields = BTreeSet::new();
        let mut open = reader.comparisons;
        loop {
            let (hides, rest): (Vec<Read>, Vec<Read>) =
                open.into_iter().partition(|read| read.sensitive || !read.fields.is_disjoint(&fields));
            if hides.is_empty() {
                return Self { fields };
            }
            fields.extend(hides.into_iter().flat_map(|read| read.fields));
            open = rest;
        }
    }

    /// Whether a found value of this field may not be shown.
    pub fn has(&self, domain: Domain, name: &str) -> bool {
        self.fields.iter().any(|(known, field)| *known == domain && **field == *name)
    }
}

/// What one comparison reads.
#[derive(Default)]
struct Read {
    /// The fields that are not sensitive.
    fields: BTreeSet<FieldKey>,
    /// Whether something sensitive is read as well.
    sensitive: bool,
}

/// What a chain of members and look-ups from a field ends at.
enum End<'s> {
    Sensitive,
    Open(FieldKey, &'s Type),
}

struct Reader<'s> {
    schema: &'s Schema,
    action: ActionId,
    comparisons: Vec<Read>,
}

impl<'s> Reader<'s> {
    /// Depth: that of conditions, here and below.
    fn condition(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) => {
                operands(expr).into_iter().for_each(|part| self.condition(part));
            }
            _ => {
                let mut read = Read::default();
                self.operand(expr, &mut read);
                self.comparisons.push(read);
            }
        }
    }

    fn operand(&self, expr: &Expr, read: &mut Read) {
        match self.end(expr) {
            // Whether something is there is no value of it.
            _ if matches!(expr.kind, ExprKind::Has(_)) => {}
            Some(end) => {
                match end {
                    End::Sensitive => read.sensitive = true,
                    End::Open(field, ty) => {
                        read.sensitive |= ty.kind.holds_sensitive();
                        read.fields.insert(field);
                    }
                }
                self.keys(expr, read);
            }
            None => operands(expr).into_iter().for_each(|operand| self.operand(operand, read)),
        }
    }

    /// `None` for what is no such chain.
    fn end(&self, expr: &Expr) -> Option<End<'s>> {
        match &expr.kind {
            ExprKind::Field { domain, name } => {
                let field = self.schema.field(*domain, self.action, name)?;
                Some(match field.sensitive {
                    true => End::Sensitive,
                    false => End::Open((*domain, Arc::clone(name)), &field.ty),
                })
            }
            ExprKind::Member { operand, name, .. } => match self.end(operand)? {
                End::Open(field, ty) => match &ty.kind {
                    TypeKind::Object(members) => {
                        let member = members.get(name)?;
                        Some(if member.sensitive { End::Sensitive } else { End::Open(field, &member.ty) })
                    }
                    _ => Some(End::Open(field, ty)),
                },
                End::Sensitive => Some(End::Sensitive),
            },
            ExprKind::Lookup { operand, .. } => match self.end(operand)? {
                End::Open(field, ty) => match &ty.kind {
                    TypeKind::List(inner) | TypeKind::Map(inner) => Some(End::Open(field, inner)),
                    _ => Some(End::Open(field, ty)),
                },
                End::Sensitive => Some(End::Sensitive),
            },
            ExprKind::Convert { operand, .. } => self.end(operand),
            _ => None,
        }
    }

    /// The keys of the look-ups in a chain.
    fn keys(&self, expr: &Expr, read: &mut Read) {
        match &expr.kind {
            ExprKind::Member { operand, .. } | ExprKind::Convert { operand, .. } => self.keys(operand, read),
            ExprKind::Lookup { operand, key, .. } => {
                self.keys(operand, read);
                self.operand(key, read);
            }
            _ => {}
        }
    }
}
