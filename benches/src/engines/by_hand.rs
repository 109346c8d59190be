//! What somebody would write in Rust instead of a policy: an `if`, a `match`, a map from keys to thresholds.
//!
//! It knows one question only, checks nothing and explains nothing. Requests are `serde_json` values, as untyped as
//! a host has them, or JSON read into a struct.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Answer, Engine};
use crate::request::Request;
use crate::scenarios::Scenario;
use crate::workload::Workload;

/// The rules, as code or as maps.
pub enum ByHand {
    /// (a)
    OneRule,
    /// (b)
    TwentyRules,
    /// (c): thresholds by action and role.
    Scoped(HashMap<String, HashMap<String, i64>>),
    /// (d): thresholds by tenant.
    Tenants(HashMap<String, i64>),
}

/// Rules as somebody would keep them in a table of his own.
pub struct Table {
    scenario: Scenario,
    rows: Vec<(Option<String>, String, i64)>,
}

impl Engine for ByHand {
    type Text = Table;
    type Native = Json;
    type Worker<'a> = ();
    const NAME: &'static str = "by hand";

    fn text(workload: &Workload) -> Option<Table> {
        let row = |rule: &crate::rule::Rule| {
            let (key, limit) = super::limit(&rule.condition)?;
            Some((rule.action.clone(), key.to_owned(), limit))
        };
        let table = |rows| Some(Table { scenario: workload.scenario, rows });
        match workload.scenario {
            Scenario::OneRule | Scenario::TwentyRules => table(Vec::new()),
            Scenario::Scoped | Scenario::Tenants => table(workload.rules.iter().filter_map(row).collect()),
            Scenario::Thresholds | Scenario::Memberships => None,
        }
    }

    fn load(text: &Table) -> anyhow::Result<Self> {
        let rows = text.rows.iter().cloned();
        match text.scenario {
            Scenario::OneRule => Ok(ByHand::OneRule),
            Scenario::TwentyRules => Ok(ByHand::TwentyRules),
            Scenario::Scoped => {
                let mut actions = HashMap::<String, HashMap<String, i64>>::new();
                for (action, role, limit) in rows {
                    actions.entry(action.unwrap_or_default()).or_default().insert(role, limit);
                }
                Ok(ByHand::Scoped(actions))
            }
            Scenario::Tenants => {
                Ok(ByHand::Tenants(rows.map(|(_, tenant, limit)| (tenant, limit)).collect()))
            }
            Scenario::Thresholds | Scenario::Memberships => anyhow::bail!("not written"),
        }
    }

    fn blocks_undecided() -> bool {
        false
    }

    fn native(&self, request: &Request) -> anyhow::Result<Json> {
        Ok(serde_json::from_str(&request.json())?)
    }

    fn worker(&self) -> anyhow::Result<()> {
        Ok(())
    }

    fn decide(&self, (): &mut (), request: &Json) -> anyhow::Result<Answer> {
        Ok(Answer::blocked(self.blocks(&Untyped(request)).unwrap_or(false)))
    }

    fn decide_json(&self, (): &mut (), request: &[u8], out: &mut Vec<u8>) -> anyhow::Result<()> {
        let blocked = match self {
            ByHand::TwentyRules => self.blocks(&serde_json::from_slice::<Full>(request)?),
            _ => self.blocks(&serde_json::from_slice::<Payment>(request)?),
        };
        out.extend_from_slice(Answer::blocked(blocked.unwrap_or(false)).bytes());
        Ok(())
    }
}

/// A request's fields by name.
trait Fields {
    fn action(&self) -> Part<'_>;
    fn actor(&self) -> Part<'_>;
    fn snapshot(&self) -> Part<'_>;
}

/// The fields of a record, each read when asked for.
enum Part<'a> {
    Untyped(Option<&'a Json>),
    Payment(&'a PaymentAction<'a>),
    Payer(&'a Payer<'a>),
    Action(&'a Action<'a>),
    Actor(&'a Actor<'a>),
    Snapshot(&'a Snapshot),
    Nothing,
}

impl ByHand {
    fn blocks(&self, request: &impl Fields) -> Option<bool> {
        let (action, actor) = (request.action(), request.actor());
        match self {
            ByHand::OneRule => Some(action.text("type")? == "refund" && action.number("amount")? > 1000),
            ByHand::TwentyRules => twenty_rules(&action, &actor, &request.snapshot()),
            ByHand::Scoped(actions) => {
                let limit = actions.get(action.text("type")?)?.get(actor.text("role")?)?;
                Some(action.number("amount")? > *limit)
            }
            ByHand::Tenants(tenants) => Some(action.number("amount")? > *tenants.get(actor.text("tenant")?)?),
        }
    }
}

fn twenty_rules(action: &Part, actor: &Part, snapshot: &Part) -> Option<bool> {
    let role = actor.text("role")?;
    let global = || {
        let fraud = || snapshot.flag("fraud_flag");
        let frozen = snapshot.flag("frozen")? && role != "manager";
        Some(frozen || role == "guest" && (!actor.flag("verified")? || fraud()?))
    };
    let level = || actor.number("level");
    let spent = || snapshot.number("spent_today");
    let scoped = match action.text("type")? {
        "refund" => {
            action.number("amount")? > 1000 && role != "manager"
                || spent()? > 9000
                || action.text("currency")? == "GBP" && level()? < 2
        }
        "payout" => {
            action.number("amount")? > 5000
                || matches!(action.text("country")?, "KP" | "IR" | "SY")
                || snapshot.flag("fraud_flag")?
                || spent()? >= 8000
        }
        "delete_user" => {
            action.flag("hard")? && level()? < 3 || action.text("user_id")?.starts_with("admin-")
        }
        "export_data" => {
            action.number("rows")? > 10_000 || action.text("format")? == "raw" && role != "analyst"
        }
        "deploy" => {
            action.text("environment")? == "production" && !action.flag("canary")?
                || action.text("service")?.starts_with("billing-") && level()? < 4
        }
        "send_email" => {
            action.number("recipients")? > 100 || action.flag("external")? && !actor.flag("verified")?
        }
        "change_plan" => {
            action.number("discount")? > 30 && role != "manager"
                || action.text("plan")? == "enterprise" && level()? < 2
        }
        "query" => {
            let table = action.text("table")?;
            action.flag("write")? && matches!(table, "users" | "payments")
                || matches!(table, "audit" | "secrets")
        }
        _ => false,
    };
    Some(scoped || global()?)
}

impl<'a> Part<'a> {
    #[inline(always)]
    fn text(&self, name: &str) -> Option<&'a str> {
        match (self, name) {
            (Part::Untyped(record), _) => record.as_ref()?.get(name)?.as_str(),
            (Part::Payment(action), "type") => Some(action.kind),
            (Part::Payer(actor), "role") => actor.role,
            (Part::Payer(actor), "tenant") => actor.tenant,
            (Part::Action(action), "type") => Some(action.kind),
            (Part::Action(action), "currency") => action.currency,
            (Part::Action(action), "country") => action.country,
            (Part::Action(action), "user_id") => action.user_id,
            (Part::Action(action), "format") => action.format,
            (Part::Action(action), "service") => action.service,
            (Part::Action(action), "environment") => action.environment,
            (Part::Action(action), "plan") => action.plan,
            (Part::Action(action), "table") => action.table,
            (Part::Actor(actor), "role") => Some(actor.role),
            _ => None,
        }
    }

    #[inline(always)]
    fn number(&self, name: &str) -> Option<i64> {
        match (self, name) {
            (Part::Untyped(record), _) => record.as_ref()?.get(name)?.as_i64(),
            (Part::Payment(action), "amount") => Some(action.amount),
            (Part::Action(action), "amount") => action.amount,
            (Part::Action(action), "rows") => action.rows,
            (Part::Action(action), "recipients") => action.recipients,
            (Part::Action(action), "discount") => action.discount,
            (Part::Actor(actor), "level") => Some(actor.level),
            (Part::Snapshot(snapshot), "spent_today") => Some(snapshot.spent_today),
            _ => None,
        }
    }

    #[inline(always)]
    fn flag(&self, name: &str) -> Option<bool> {
        match (self, name) {
            (Part::Untyped(record), _) => record.as_ref()?.get(name)?.as_bool(),
            (Part::Action(action), "hard") => action.hard,
            (Part::Action(action), "canary") => action.canary,
            (Part::Action(action), "external") => action.external,
            (Part::Action(action), "write") => action.write,
            (Part::Actor(actor), "verified") => Some(actor.verified),
            (Part::Snapshot(snapshot), "fraud_flag") => Some(snapshot.fraud_flag),
            (Part::Snapshot(snapshot), "frozen") => Some(snapshot.frozen),
            _ => None,
        }
    }
}

struct Untyped<'a>(&'a Json);

impl Fields for Untyped<'_> {
    fn action(&self) -> Part<'_> {
        Part::Untyped(self.0.get("action"))
    }

    fn actor(&self) -> Part<'_> {
        Part::Untyped(self.0.get("actor"))
    }

    fn snapshot(&self) -> Part<'_> {
        Part::Untyped(self.0.get("snapshot"))
    }
}

/// What (a), (c) and (d) read.
#[derive(Deserialize)]
struct Payment<'a> {
    #[serde(borrow)]
    action: PaymentAction<'a>,
    #[serde(borrow)]
    actor: Payer<'a>,
}

#[derive(Deserialize)]
struct PaymentAction<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    amount: i64,
}

#[derive(Deserialize)]
struct Payer<'a> {
    role: Option<&'a str>,
    tenant: Option<&'a str>,
}

impl Fields for Payment<'_> {
    fn action(&self) -> Part<'_> {
        Part::Payment(&self.action)
    }

    fn actor(&self) -> Part<'_> {
        Part::Payer(&self.actor)
    }

    fn snapshot(&self) -> Part<'_> {
        Part::Nothing
    }
}

/// What (b) reads.
#[derive(Deserialize)]
struct Full<'a> {
    #[serde(borrow)]
    action: Action<'a>,
    #[serde(borrow)]
    actor: Actor<'a>,
    snapshot: Snapshot,
}

#[derive(Deserialize)]
struct Action<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    amount: Option<i64>,
    currency: Option<&'a str>,
    country: Option<&'a str>,
    user_id: Option<&'a str>,
    hard: Option<bool>,
    rows: Option<i64>,
    format: Option<&'a str>,
    service: Option<&'a str>,
    environment: Option<&'a str>,
    canary: Option<bool>,
    recipients: Option<i64>,
    external: Option<bool>,
    plan: Option<&'a str>,
    discount: Option<i64>,
    table: Option<&'a str>,
    write: Option<bool>,
}

#[derive(Deserialize)]
struct Actor<'a> {
    role: &'a str,
    verified: bool,
    level: i64,
}

#[derive(Deserialize)]
struct Snapshot {
    fraud_flag: bool,
    frozen: bool,
    spent_today: i64,
}

impl Fields for Full<'_> {
    fn action(&self) -> Part<'_> {
        Part::Action(&self.action)
    }

    fn actor(&self) -> Part<'_> {
        Part::Actor(&self.actor)
    }

    fn snapshot(&self) -> Part<'_> {
        Part::Snapshot(&self.snapshot)
    }
}
