//! Policy sets as data, and as YAML.

use std::fmt::Write;

use actra_model::Effect;

use super::field::{Field, Record};
use super::tree::Tree;

/// A schema with the action `pay`, and `ship` beside it where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaSpec {
    pub fields: Vec<Field>,
    pub ship: Ship,
    pub typed_actor: bool,
    pub extra_reject: bool,
    pub invalid_reject: bool,
}

/// The second action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ship {
    Missing,
    /// It has no fields.
    Bare,
    /// It has the fields of `pay`.
    Alike,
    /// It has one that no value satisfies, so that no request of it is valid.
    Vacant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Pay,
    Ship,
    Both,
    Group,
    Glob,
    Global,
    /// Any action, by actors of type `agent`.
    Agents,
}

impl Scope {
    pub fn yaml(self) -> &'static str {
        match self {
            Scope::Pay => "{ action: pay }",
            Scope::Ship => "{ action: ship }",
            Scope::Both => "{ action: [pay, ship] }",
            Scope::Group => "{ group: every }",
            Scope::Glob => "{ action: \"*\" }",
            Scope::Global => "{ global: true }",
            Scope::Agents => "{ action: pay, actor: agent }",
        }
    }

    /// The keys of `prove --for`.
    pub fn keys(self) -> Vec<(String, String)> {
        let pairs: &[(&str, &str)] = match self {
            Scope::Pay => &[("action", "pay")],
            Scope::Ship => &[("action", "ship")],
            Scope::Both => &[("action", "pay"), ("action", "ship")],
            Scope::Group => &[("group", "every")],
            Scope::Glob => &[("action", "*")],
            Scope::Global => &[("global", "true")],
            Scope::Agents => &[("action", "pay"), ("actor", "agent")],
        };
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn is_for_pay_alone(self) -> bool {
        matches!(self, Scope::Pay | Scope::Agents)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSpec {
    pub id: String,
    pub scope: Scope,
    pub when: Tree,
    pub unless: Option<Tree>,
    pub effect: Effect,
    pub shadow: bool,
    /// A required action of this type.
    pub required: Option<&'static str>,
    /// Whether its condition stands among the definitions.
    pub defined: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetSpec {
    pub schema: SchemaSpec,
    pub default: Effect,
    pub rules: Vec<RuleSpec>,
}

impl SchemaSpec {
    pub fn yaml(&self) -> String {
        let lines = |record: Record, indent: &str| -> String {
            let own = self.fields.iter().filter(|field| field.record == record);
            own.map(|field| format!("{indent}{}\n", field.yaml())).collect()
        };
        let action = lines(Record::Action, "      ");
        let mut text = format!("version: 1\nactions:\n  pay:\n    fields:\n{action}");
        match self.ship {
            Ship::Missing => {}
            Ship::Bare => text.push_str("  ship: {}\n"),
            Ship::Vacant => text.push_str("  ship: { fields: { z: { type: string, pattern: 'b^a' } } }\n"),
            Ship::Alike => {
                let _ = write!(text, "  ship:\n    fields:\n{action}");
            }
        }
        text.push_str("groups: { every: [\"*\"] }\n");
        let kind = if self.typed_actor { "    type: string\n" } else { "" };
        let _ = write!(text, "actor:\n  fields:\n{kind}{}", lines(Record::Actor, "    "));
        let _ = write!(text, "snapshot:\n  fields:\n{}", lines(Record::Snapshot, "    "));
        for (key, reject) in [("extra_fields", self.extra_reject), ("invalid_fields", self.invalid_reject)] {
            if reject {
                let _ = writeln!(text, "{key}: reject");
            }
        }
        text
    }

    /// Whether a rule with these conditions may have the scope.
    pub fn takes(&self, scope: Scope, text: &str) -> bool {
        let reads_action =
            self.fields.iter().any(|field| field.record == Record::Action && field.is_in(text));
        match scope {
            Scope::Agents => self.typed_actor,
            Scope::Pay => true,
            Scope::Ship | Scope::Both if self.ship == Ship::Missing => false,
            scope => {
                scope.is_for_pay_alone() || !matches!(self.ship, Ship::Bare | Ship::Vacant) || !reads_action
            }
        }
    }
}

impl RuleSpec {
    pub fn text(&self) -> String {
        let unless = self.unless.as_ref().map_or_else(String::new, Tree::show);
        format!("{} {unless}", self.when.show())
    }

    fn yaml(&self) -> String {
        let when = if self.defined { format!("d_{}", self.id) } else { self.when.show() };
        let mut text =
            format!("  - id: {}\n    scope: {}\n    when: {}\n", self.id, self.scope.yaml(), quoted(&when));
        if let Some(unless) = &self.unless {
            let _ = writeln!(text, "    unless: {}", quoted(&unless.show()));
        }
        let _ = writeln!(text, "    effect: {}", self.effect);
        if self.shadow {
            text.push_str("    mode: shadow\n");
        }
        if let Some(required) = self.required {
            let _ = writeln!(text, "    required_actions: [{{ type: {required} }}]");
        }
        text
    }
}

/// A text in single quotes, as YAML has it.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl SetSpec {
    /// The files of the set.
    pub fn files(&self) -> Vec<(String, String)> {
        vec![("schema.yaml".to_owned(), self.schema.yaml()), ("policy.yaml".to_owned(), self.policy())]
    }

    fn policy(&self) -> String {
        let mut text = format!(
            "version: 1\ndefault: {}\nconstants: {{ limit: 2, few: [1, 2], names: [a, ab] }}\n",
            self.default
        );
        let defined: Vec<&RuleSpec> = self.rules.iter().filter(|rule| rule.defined).collect();
        if !defined.is_empty() {
            text.push_str("definitions:\n");
        }
        for rule in defined {
            let _ = writeln!(text, "  d_{}: {}", rule.id, quoted(&rule.when.show()));
        }
        if self.rules.is_empty() {
            return text + "rules: []\n";
        }
        text.push_str("rules:\n");
        self.rules.iter().for_each(|rule| text.push_str(&rule.yaml()));
        text
    }
}
