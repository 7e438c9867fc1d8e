//! A body each route takes, made from its schema.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::cast::Cast;

/// Members that a schema leaves out or not, where the route wants one of several.
const WANTED: [(&str, &str); 1] = [("invite", "account_id")];

/// The smallest body that `operation` takes; none where it takes none.
pub(super) fn sample(document: &Value, operation: &Value, cast: &Cast) -> Option<Value> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if schema.is_null() {
        return None;
    }
    let mut sample = value(document, schema, "", cast);
    for (_, member) in WANTED
        .iter()
        .filter(|(id, _)| operation["operationId"] == *id)
    {
        sample[*member] = known(member, cast).expect("a known member");
    }
    Some(sample)
}

fn value(document: &Value, schema: &Value, name: &str, cast: &Cast) -> Value {
    if let Some(known) = known(name, cast) {
        return known;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        let target = document.pointer(pointer).expect("a schema of the document");
        return value(document, target, name, cast);
    }
    if let Some(words) = schema["enum"].as_array() {
        return words[0].clone();
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(schemas) = schema[choice].as_array() {
            let first = schemas.iter().find(|one| one["type"] != "null");
            return value(document, first.expect("a choice"), name, cast);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds[0].as_str(),
        kind => kind.as_str(),
    };
    match kind.unwrap_or("object") {
        "string" => text(schema),
        "integer" | "number" => schema["minimum"].as_i64().unwrap_or(30).into(),
        "boolean" => json!(true),
        "array" => json!([value(document, &schema["items"], name, cast)]),
        _ => object(document, schema, cast),
    }
}

fn object(document: &Value, schema: &Value, cast: &Cast) -> Value {
    let required = schema["required"].as_array();
    let mut members = Map::new();
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        let schema = &schema["properties"][name];
        members.insert(name.to_owned(), value(document, schema, name, cast));
    }
    Value::Object(members)
}

fn text(schema: &Value) -> Value {
    match schema["format"].as_str() {
        Some("uuid") => json!("01900000-0000-7000-8000-000000000001"),
        Some("date") => json!("1984-03-09"),
        Some("date-time") => json!("2026-11-24T15:00:00Z"),
        _ => json!("x".repeat(schema["minLength"].as_u64().unwrap_or(4).max(4) as usize)),
    }
}

/// What a member of this name must hold to mean something here.
fn known(name: &str, cast: &Cast) -> Option<Value> {
    let later = || cast.now + SignedDuration::from_hours(24 * 7);
    Some(match name {
        "patient_id" => json!(cast.patient),
        "provider_id" => json!(cast.provider),
        "account_id" => json!(cast.colleague),
        "document_id" => json!(cast.document),
        "starts_at" => json!(later().to_string()),
        "email" => json!("nobody.yet@mail.example"),
        "password" => json!("a long walk by the quiet harbour"),
        "reason" => json!("Unconscious, and nobody else is here"),
        _ => return None,
    })
}
