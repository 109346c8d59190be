//! Rules in the body of a compiled policy, with their messages and labels, and the policy that they make.

use std::collections::HashMap;
use std::sync::Arc;

use actra_engine::ir::{Message, MessagePart, Policy, Rule, RuleMetadata, RuleMode, RuleTraits};
use actra_engine::model::{ActionId, Effect, Schema, limits};

use super::body::{BodyReader, BodyWriter};
use super::condition::{self, NOWHERE, read_record_name, record_name};
use super::schema;
use super::value::{raw_map, read_raw_map};

const EFFECTS: [Effect; 3] = [Effect::Allow, Effect::RequireApproval, Effect::Block];

fn number(effect: Effect) -> u8 {
    EFFECTS.iter().position(|known| *known == effect).unwrap_or(EFFECTS.len()) as u8
}

fn effect(number: u8) -> Option<Effect> {
    EFFECTS.get(usize::from(number)).copied()
}

pub(super) fn write(out: &mut BodyWriter, policy: &Policy) {
    schema::write(out, &policy.schema);
    out.byte(number(policy.default));
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

/// The bits of an effect.
const EFFECT: u8 = 0b11;

/// Flags for the optional parts of a rule, above the effect in the two lowest bits; most rules have none.
mod part {
    pub(super) const SHADOW: u8 = 1 << 2;
    pub(super) const MESSAGE: u8 = 1 << 3;
    pub(super) const REQUIRED_ACTIONS: u8 = 1 << 4;
    pub(super) const DESCRIPTION: u8 = 1 << 5;
    pub(super) const TRAITS: u8 = 1 << 6;
}

fn write_rule(out: &mut BodyWriter, rule: &Rule) {
    let traits = rule.metadata.traits();
    let parts = [
        (part::SHADOW, rule.mode == RuleMode::Shadow),
        (part::MESSAGE, rule.message.is_some()),
        (part::REQUIRED_ACTIONS, !rule.required_actions.is_empty()),
        (part::DESCRIPTION, rule.metadata.description.is_some()),
        (part::TRAITS, *traits != RuleTraits::default()),
    ];
    let there = parts.iter().filter(|(_, there)| *there).fold(0, |all, (part, _)| all | part);
    out.text(&rule.id);
    out.byte(number(rule.effect) | there);
    condition::write(out, &rule.condition);
    if let Some(message) = &rule.message {
        out.list(&message.parts, |out, part| match part {
            MessagePart::Text(text) => {
                out.byte(0);
                out.copied(text);
            }
            MessagePart::Field(record, members) => {
                out.byte(1);
                record_name(out, *record);
                out.list(members, |out, member| out.text(member));
            }
        });
    }
    if there & part::REQUIRED_ACTIONS != 0 {
        out.list(&rule.required_actions, raw_map);
    }
    if let Some(description) = &rule.metadata.description {
        out.copied(description);
    }
    if there & part::TRAITS != 0 {
        out.list(traits.tags.iter(), |out, tag| out.copied(tag));
        out.list(traits.actors.iter(), |out, actor| out.copied(actor));
        out.flag(traits.global);
    }
}

/// The head of a policy: the schema, the default, and the number of rules.
pub(super) fn read_head(reader: &mut BodyReader<'_>) -> Option<(Schema, Effect, usize)> {
    let schema = schema::read(reader)?;
    let default = effect(reader.byte()?)?;
    let count = reader.list_length().filter(|count| *count <= limits::RULES)?;
    Some((schema, default, count))
}

/// So many rules over this schema, each of which is looked at as soon as it is read.
pub(super) fn read_rules(
    reader: &mut BodyReader<'_>,
    schema: &Schema,
    count: usize,
    mut look: impl FnMut(&Rule),
) -> Option<Vec<Rule>> {
    let mut scopes: Vec<Arc<[ActionId]>> = Vec::new();
    reader.elements(count, |reader| {
        let number = usize::try_from(reader.unsigned()?).ok()?;
        let actions = match number.checked_sub(1) {
            Some(known) => Arc::clone(scopes.get(known)?),
            None => {
                let scope = read_scope(reader, schema.actions.len())?;
                scopes.push(Arc::clone(&scope));
                scope
            }
        };
        let rule = read_rule(reader, actions)?;
        look(&rule);
        Some(rule)
    })
}

/// Ascending, each once, at least one, all declared.
fn read_scope(reader: &mut BodyReader<'_>, count: usize) -> Option<Arc<[ActionId]>> {
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

fn read_rule(reader: &mut BodyReader<'_>, actions: Arc<[ActionId]>) -> Option<Rule> {
    let id = reader.text()?;
    let byte = reader.byte()?;
    let has = |part| byte & part != 0;
    let effect = effect(byte & EFFECT)?;
    let mode = if has(part::SHADOW) { RuleMode::Shadow } else { RuleMode::Enforce };
    let condition = condition::read(reader)?;
    let message = match has(part::MESSAGE) {
        true => Some(Message { parts: reader.list(read_part)? }),
        false => None,
    };
    let required_actions = if has(part::REQUIRED_ACTIONS) { reader.list(read_raw_map)? } else { Vec::new() };
    let description = if has(part::DESCRIPTION) { Some(reader.copied()?.into()) } else { None };
    let metadata = match has(part::TRAITS) {
        true => RuleMetadata::new(NOWHERE, NOWHERE, description, read_traits(reader)?),
        false => RuleMetadata::without_traits(NOWHERE, NOWHERE, description),
    };
    (byte < 1 << 7).then_some(Rule {
        id,
        actions,
        condition,
        effect,
        mode,
        message,
        required_actions,
        metadata,
    })
}

fn read_traits(reader: &mut BodyReader<'_>) -> Option<RuleTraits> {
    let mut words = || reader.list(|reader| Some(reader.copied()?.into()));
    let (tags, actors) = (words()?.into(), words()?.into());
    Some(RuleTraits { tags, actors, global: reader.flag()? })
}

fn read_part(reader: &mut BodyReader<'_>) -> Option<MessagePart> {
    Some(match reader.byte()? {
        0 => MessagePart::Text(reader.copied()?.to_owned()),
        1 => MessagePart::Field(read_record_name(reader)?, reader.list(BodyReader::text)?),
        _ => return None,
    })
}
