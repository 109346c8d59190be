//! Rules, and the policy that they make.

use std::collections::HashMap;
use std::sync::Arc;

use actra_engine::ir::{Labels, Message, MessagePart, Mode, Origin, Policy, Rule};
use actra_engine::model::{ActionId, Effect, PolicyHash, limits};

use super::condition::{self, NOWHERE, domain, read_domain};
use super::io::{Reader, Writer};
use super::schema;
use super::value::{raw_map, read_raw_map};

const EFFECTS: [Effect; 3] = [Effect::Allow, Effect::RequireApproval, Effect::Block];

fn effect(out: &mut Writer, effect: Effect) {
    out.count(EFFECTS.iter().position(|known| *known == effect).unwrap_or(EFFECTS.len()));
}

fn read_effect(reader: &mut Reader<'_>) -> Option<Effect> {
    EFFECTS.get(usize::from(reader.byte()?)).copied()
}

pub(super) fn write(out: &mut Writer, policy: &Policy) {
    schema::write(out, &policy.schema);
    effect(out, policy.default);
    // A scope is written once and then by number.
    let mut scopes: HashMap<&[ActionId], u64> = HashMap::new();
    out.list(&policy.rules, |out, rule| {
        let next = scopes.len() as u64 + 1;
        match scopes.get(rule.actions.as_ref()) {
            Some(known) => out.unsigned(*known),
            None => {
                out.unsigned(0);
                scopes.insert(&rule.actions, next);
                let mut last = 0;
                out.list(rule.actions.iter(), |out, action| {
                    // Distances are shorter than numbers.
                    out.unsigned(u64::from(action.0 - last));
                    last = action.0;
                });
            }
        }
        write_rule(out, rule);
    });
}

fn write_rule(out: &mut Writer, rule: &Rule) {
    out.text(&rule.id);
    effect(out, rule.effect);
    out.flag(rule.mode == Mode::Shadow);
    condition::write(out, &rule.condition);
    out.option(rule.message.as_ref(), |out, message| {
        out.list(&message.parts, |out, part| match part {
            MessagePart::Text(text) => {
                out.byte(0);
                out.text(text);
            }
            MessagePart::Field(record, members) => {
                out.byte(1);
                domain(out, *record);
                out.list(members, |out, member| out.text(member));
            }
        });
    });
    out.list(&rule.required_actions, raw_map);
    out.option(rule.origin.description.as_deref(), Writer::text);
    let labels = rule.origin.labels();
    out.list(labels.tags.iter(), |out, tag| out.text(tag));
    out.list(labels.actors.iter(), |out, actor| out.text(actor));
    out.flag(labels.global);
}

pub(super) fn read(reader: &mut Reader<'_>, hash: PolicyHash) -> Option<Policy> {
    let schema = schema::read(reader)?;
    let default = read_effect(reader)?;
    let count = schema.actions.len();
    let mut scopes: Vec<Arc<[ActionId]>> = Vec::new();
    let rules = reader.list(|reader| {
        let number = usize::try_from(reader.unsigned()?).ok()?;
        let actions = match number.checked_sub(1) {
            Some(known) => Arc::clone(scopes.get(known)?),
            None => {
                let scope = read_scope(reader, count)?;
                scopes.push(Arc::clone(&scope));
                scope
            }
        };
        read_rule(reader, actions)
    })?;
    (rules.len() <= limits::RULES).then_some(Policy { schema, default, rules, hash })
}

/// Ascending, each once, at least one, all declared.
fn read_scope(reader: &mut Reader<'_>, count: usize) -> Option<Arc<[ActionId]>> {
    let mut last = None;
    let actions = reader.list(|reader| {
        let distance = u32::try_from(reader.unsigned()?).ok()?;
        let number = match last {
            None => distance,
            Some(last) if distance > 0 => distance.checked_add(last)?,
            Some(_) => return None,
        };
        last = Some(number);
        ((number as usize) < count).then_some(ActionId(number))
    })?;
    (!actions.is_empty()).then(|| actions.into())
}

fn read_rule(reader: &mut Reader<'_>, actions: Arc<[ActionId]>) -> Option<Rule> {
    let id = reader.text()?;
    let effect = read_effect(reader)?;
    let mode = if reader.flag()? { Mode::Shadow } else { Mode::Enforce };
    let condition = condition::read(reader)?;
    let message = reader.option(|reader| Some(Message { parts: reader.list(read_part)? }))?;
    let required_actions = reader.list(read_raw_map)?;
    let description = reader.option(Reader::text)?.map(|text| Box::from(&*text));
    let mut words = || reader.list(|reader| Some(Box::from(&*reader.text()?)));
    let (tags, actors) = (words()?.into(), words()?.into());
    let labels = Labels { tags, actors, global: reader.flag()? };
    let origin = Origin::new(NOWHERE, NOWHERE, description, labels);
    Some(Rule { id, actions, condition, effect, mode, message, required_actions, origin })
}

fn read_part(reader: &mut Reader<'_>) -> Option<MessagePart> {
    Some(match reader.byte()? {
        0 => MessagePart::Text(reader.text()?.to_string()),
        1 => MessagePart::Field(read_domain(reader)?, reader.list(Reader::text)?),
        _ => return None,
    })
}
