//! The operations of an OpenAPI 3 document.

use actra_model::{Description, RawMap, RawValue};

use crate::convert::{ImportedField, ImportedType, Importer, first_text, pointer_token};
use crate::{ImportError, LossEffect};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
/// What is given beside operations, and in them, that no argument depends on.
const NOT_OPERATIONS: [&str; 5] = ["summary", "description", "parameters", "servers", "$ref"];

pub(crate) fn import<'d>(importer: &mut Importer<'d>, document: &'d RawValue) -> Result<(), ImportError> {
    let wrong = |message: &str| ImportError::WrongKind(message.to_owned());
    let RawValue::Map(members) = document else { return Err(wrong("an OpenAPI document must be an object")) };
    match members.get("openapi") {
        Some(RawValue::String(version)) if version.starts_with("3.") => {}
        _ => return Err(wrong("only OpenAPI 3.0 and 3.1 can be imported")),
    }
    let paths = match members.get("paths") {
        Some(RawValue::Map(paths)) => paths,
        _ => return Err(wrong("there are no `paths` in it")),
    };
    if members.contains_key("webhooks") {
        importer.report_loss("/webhooks", LossEffect::Note, "callbacks from the service are left out");
    }
    for (path, item) in paths {
        let at = format!("/paths/{}", pointer_token(path));
        let Some(RawValue::Map(item)) = importer.resolve(item) else {
            importer.report_loss(
                &at,
                LossEffect::Narrower,
                "this is not a path with operations, and is left out",
            );
            continue;
        };
        for (key, value) in item {
            let at = format!("{at}/{}", pointer_token(key));
            match value {
                RawValue::Map(operation) if METHODS.contains(&key.as_str()) => {
                    import_operation(importer, operation, item, &format!("{key}:{path}"), &at);
                }
                _ if NOT_OPERATIONS.contains(&key.as_str()) || key.starts_with("x-") => {}
                _ => importer.report_loss(
                    &at,
                    LossEffect::Note,
                    "this is not a known key of a path, and is not read",
                ),
            }
        }
    }
    Ok(())
}

fn import_operation<'d>(
    importer: &mut Importer<'d>,
    operation: &'d RawMap,
    item: &'d RawMap,
    name: &str,
    at: &str,
) {
    let mut fields = parameters(importer, operation, item, at);
    if let Some(body) = operation.get("requestBody") {
        for (name, field) in self::body(importer, body, &format!("{at}/requestBody")) {
            if fields.iter().any(|(known, _)| *known == name) {
                let message = format!("`{name}` is also a parameter; the one in the body is left out");
                importer.report_loss(&format!("{at}/requestBody"), LossEffect::Wider, &message);
            } else {
                fields.push((name, field));
            }
        }
    }
    let name = match operation.get("operationId") {
        Some(RawValue::String(id)) if !id.is_empty() => id.as_str(),
        _ => name,
    };
    let description =
        first_text(operation, &["description", "summary"]).map(Description::from).unwrap_or_default();
    importer.action(name, description, fields, at);
}

/// The parameters of an operation and of its path.
fn parameters<'d>(
    importer: &mut Importer<'d>,
    operation: &'d RawMap,
    item: &'d RawMap,
    at: &str,
) -> Vec<(String, ImportedField)> {
    // A name may stand once in the path, once in the query, and so on.
    let mut found: Vec<(String, Option<&RawValue>, ImportedField, String)> = Vec::new();
    for (holder, at) in [(item, at.rsplit_once('/').map_or(at, |(path, _)| path)), (operation, at)] {
        let Some(RawValue::List(parameters)) = holder.get("parameters") else { continue };
        for (idx, parameter) in parameters.iter().enumerate() {
            let at = format!("{at}/parameters/{idx}");
            let place = match importer.resolve(parameter) {
                Some(RawValue::Map(members)) => members.get("in"),
                _ => None,
            };
            if let Some((name, field)) = self::parameter(importer, parameter, &at) {
                // Those of an operation override those of its path.
                found.retain(|(known, other, ..)| *known != name || *other != place);
                found.push((name, place, field, at));
            }
        }
    }
    let mut fields: Vec<(String, ImportedField)> = Vec::new();
    for (name, _, field, at) in found {
        if fields.iter().any(|(known, _)| *known == name) {
            let message =
                format!("`{name}` is the name of two parameters; the one that stands here is left out");
            importer.report_loss(&at, LossEffect::Wider, &message);
        } else {
            fields.push((name, field));
        }
    }
    fields
}

fn parameter<'d>(
    importer: &mut Importer<'d>,
    parameter: &'d RawValue,
    at: &str,
) -> Option<(String, ImportedField)> {
    let Some(RawValue::Map(members)) = importer.resolve(parameter) else {
        importer.report_loss(at, LossEffect::Wider, "a parameter that cannot be found is left out");
        return None;
    };
    let Some(RawValue::String(name)) = members.get("name") else {
        importer.report_loss(at, LossEffect::Wider, "a parameter without a name is left out");
        return None;
    };
    let required = matches!(members.get("required"), Some(RawValue::Bool(true)));
    let schema = match (members.get("schema"), members.get("content")) {
        (Some(schema), _) => Some((schema, format!("{at}/schema"))),
        (None, Some(RawValue::Map(content))) => {
            let media = content.iter().next();
            media.and_then(|(media, value)| match value {
                RawValue::Map(value) => {
                    Some((value.get("schema")?, format!("{at}/content/{}/schema", pointer_token(media))))
                }
                _ => None,
            })
        }
        _ => None,
    };
    let mut field = match schema {
        Some((schema, at)) => importer.member(name, schema, required, &at),
        None => {
            importer.report_loss(at, LossEffect::Wider, "a parameter without a schema may be anything");
            ImportedField::new(ImportedType::any(), true)
        }
    };
    if let Some(text) = first_text(members, &["description"]) {
        field.description = text.into();
    }
    Some((name.clone(), field))
}

fn body<'d>(importer: &mut Importer<'d>, body: &'d RawValue, at: &str) -> Vec<(String, ImportedField)> {
    let Some(RawValue::Map(members)) = importer.resolve(body) else {
        importer.report_loss(at, LossEffect::Wider, "a body that cannot be found is left out");
        return Vec::new();
    };
    let required = matches!(members.get("required"), Some(RawValue::Bool(true)));
    let Some(RawValue::Map(content)) = members.get("content") else { return Vec::new() };
    let json = content.iter().find(|(media, _)| media.contains("json")).or_else(|| content.iter().next());
    let Some((media, value)) = json else { return Vec::new() };
    for (other, _) in content.iter().filter(|(other, _)| *other != media) {
        let at = format!("{at}/content/{}", pointer_token(other));
        importer.report_loss(
            &at,
            LossEffect::Narrower,
            "only one kind of body is imported, JSON if it is there",
        );
    }
    let at = format!("{at}/content/{}", pointer_token(media));
    let schema = match value {
        RawValue::Map(value) => value.get("schema"),
        _ => None,
    };
    let Some(schema) = schema else {
        importer.report_loss(&at, LossEffect::Wider, "a body without a schema is left out");
        return Vec::new();
    };
    let at = format!("{at}/schema");
    if importer.is_object(schema) {
        let mut fields = importer.members_of(schema, &at).unwrap_or_else(|why| {
            let message = format!("the members of the body are not declared: {why}");
            importer.report_loss(&at, LossEffect::Wider, &message);
            Vec::new()
        });
        if !required && fields.iter().any(|(_, field)| !field.optional) {
            importer.report_loss(
                &at,
                LossEffect::Wider,
                "the body may be missing, so all of its fields may be",
            );
            fields.iter_mut().for_each(|(_, field)| field.optional = true);
        }
        return fields;
    }
    importer.report_loss(&at, LossEffect::Note, "the body is not an object; it is the field `body`");
    vec![("body".to_owned(), importer.member("body", schema, required, &at))]
}
