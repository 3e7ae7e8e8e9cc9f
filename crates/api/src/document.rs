// SPDX-License-Identifier: Apache-2.0
//! The OpenAPI 3.1 document: what the routes say of themselves, and what holds for all of them:
//! how callers are known, and the one shape of errors.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::described::{Content, Operation};
use crate::endpoint::api;
use crate::routes::Described;
use crate::shape::PARQUET;

const DESCRIPTION: &str = "\
The people's side of Headwater: things and what they say, SQL, live messages, devices and what they \
may, people and keys.

Programs send an API key: `Authorization: Bearer hw_…`. Pages of this site use a session cookie; \
what changes something must then come from this site (`Origin` or `Sec-Fetch-Site`). What is done \
is done in the account of the key or session; nothing in a request can name another.

Errors have one shape, whose `message` says what to do. When there is no free place (429, 503), \
`Retry-After` says when to try again. Times are RFC 3339 in UTC.";

/// (status, when).
const REFUSALS: &[(&str, &str)] = &[
    (
        "400",
        "The request is wrong; the message says how to mend it.",
    ),
    (
        "401",
        "No key or session, or one that is unknown, wrong or inactive.",
    ),
    ("403", "The role, or the kind of caller, does not allow it."),
    (
        "404",
        "There is no such thing, key, user or session in this account.",
    ),
    (
        "409",
        "It is there already, or something else is in the way.",
    ),
    ("413", "The body is larger than `body_bytes_max`."),
    ("415", "The body is not JSON."),
    (
        "422",
        "It would cost more than the limits allow; the same request fails again.",
    ),
    (
        "429",
        "No place is free, or too many tries failed: see `Retry-After`.",
    ),
    ("500", "The server failed; its log has the details."),
    ("503", "Not now: see `Retry-After`."),
    ("507", "The disk is full."),
];

/// The document as it is checked in and sent: indented, with a line break at its end.
pub fn text() -> String {
    of(&api().described)
}

/// Schemas of what is read and of what is written: the same type may differ, as in fields that
/// may be left out.
struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }
}

pub(crate) fn of(routes: &[Described]) -> String {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for route in routes {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method] = operation(&route.operation, &mut schemas);
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Headwater",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "security": [{ "api_key": [] }, { "session": [] }, { "session_plain": [] }],
        "tags": [
            { "name": "data", "description": "Things, messages, series, events, SQL." },
            { "name": "devices", "description": "Things, what devices come in with, and what they may." },
            { "name": "broker", "description": "Who is connected, what is retained, publishing." },
            { "name": "boards", "description": "Dashboards and saved queries." },
            { "name": "people", "description": "Signing in, users, keys." },
            { "name": "server", "description": "The server itself." },
            { "name": "health", "description": "For whoever watches over the process." },
        ],
        "paths": paths,
        "components": { "schemas": {}, "responses": {}, "securitySchemes": schemes() },
    });
    let components = &mut document["components"];
    for generator in [&mut schemas.read, &mut schemas.written] {
        for (name, schema) in generator.take_definitions(true) {
            components["schemas"][name] = schema;
        }
    }
    components["schemas"]["Error"] = error_schema();
    for (status, when) in REFUSALS {
        components["responses"][format!("Refused{status}")] = json!({
            "description": when,
            "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/Error" } } },
        });
    }
    // Indenting what was made of text can't fail.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn operation(described: &Operation, schemas: &mut Schemas) -> Value {
    let mut operation = json!({
        "operationId": described.id,
        "tags": [described.tag],
        "summary": described.summary,
    });
    if !described.description.is_empty() {
        operation["description"] = described.description.into();
    }
    if described.open {
        operation["security"] = json!([]);
    }
    let parameters = parameters(described, schemas);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = described.body {
        let schema = body(&mut schemas.read);
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": schema } },
        });
    }
    let mut responses = Map::new();
    for answer in described.answers {
        let mut response = json!({ "description": answer.description });
        let content = content(answer.content, schemas);
        if let Some(content) = content {
            response["content"] = content;
        }
        responses.insert(answer.status.to_string(), response);
    }
    // Each may refuse in each way; what watches over the process tells nothing.
    if described.tag != "health" {
        for (status, _) in REFUSALS {
            let reference = json!({ "$ref": format!("#/components/responses/Refused{status}") });
            responses.entry(*status).or_insert(reference);
        }
    }
    operation["responses"] = responses.into();
    operation
}

fn parameters(described: &Operation, schemas: &mut Schemas) -> Vec<Value> {
    let mut parameters: Vec<Value> = described
        .path
        .iter()
        .map(|(name, meaning)| {
            json!({ "name": name, "in": "path", "required": true, "description": meaning,
                "schema": { "type": "string" } })
        })
        .collect();
    let Some(query) = described.query else {
        return parameters;
    };
    let schema = query(&mut schemas.read).to_value();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let mut schema = schema.clone();
        let description = schema
            .as_object_mut()
            .and_then(|schema| schema.remove("description"));
        // A parameter that is left out is not null.
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|kind| kind != "null");
            if let [only] = types.as_slice() {
                schema["type"] = only.clone();
            }
        }
        parameters.push(json!({ "name": name, "in": "query",
            "required": required.iter().any(|required| required == name),
            "description": description, "schema": schema }));
    }
    parameters
}

fn content(content: Content, schemas: &mut Schemas) -> Option<Value> {
    match content {
        Content::Nothing => None,
        Content::Json(schema) => {
            let schema = schema(&mut schemas.written);
            Some(json!({ "application/json": { "schema": schema } }))
        }
        Content::JsonOrCsv(schema) => {
            let schema = schema(&mut schemas.written);
            Some(json!({
                "application/json": { "schema": schema },
                "text/csv": { "schema": { "type": "string" } },
            }))
        }
        Content::JsonOrFile(schema) => {
            let schema = schema(&mut schemas.written);
            Some(json!({
                "application/json": { "schema": schema },
                "text/csv": { "schema": { "type": "string" } },
                (PARQUET): { "schema": { "type": "string", "format": "binary" } },
            }))
        }
        Content::Object => Some(json!({ "application/json": { "schema": { "type": "object" } } })),
        Content::Text(kind) => Some(json!({ (kind): { "schema": { "type": "string" } } })),
    }
}

fn schemes() -> Value {
    json!({
        "api_key": {
            "type": "http", "scheme": "bearer", "bearerFormat": "hw_ID_SECRET",
            "description": "An API key, as `headwater keys create` makes them.",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": "__Host-headwater",
            "description": "The session of a browser, over HTTPS.",
        },
        "session_plain": {
            "type": "apiKey", "in": "cookie", "name": "headwater",
            "description": "The session of a browser, over plain HTTP on this machine.",
        },
    })
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "description": "Why a request was refused.",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["kind", "message"],
            "properties": {
                "kind": {
                    "type": "string",
                    "description": "What a program can act on.",
                    "enum": ["invalid", "unauthenticated", "denied", "not_found", "conflict",
                        "limit", "full", "unavailable", "damaged", "unsupported", "internal"],
                },
                "message": {
                    "type": "string",
                    "description": "For people: what is wrong and what to do.",
                },
                "sqlstate": {
                    "type": "string",
                    "description": "PostgreSQL's code, for refused statements.",
                },
            },
        } },
        "example": { "error": { "kind": "not_found", "message": "thing pump-1 does not exist" } },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// All types share one list of names. A second one of the same name gets a digit, or takes the
    /// first one's place.
    #[test]
    fn each_schema_is_one_type() {
        let mut schemas = Schemas::new();
        for route in &api().described {
            operation(&route.operation, &mut schemas);
        }
        let read = schemas.read.take_definitions(true);
        let written = schemas.written.take_definitions(true);
        let names = read.keys().chain(written.keys());
        let twice: Vec<_> = names
            .filter(|name| name.ends_with(|last: char| last.is_ascii_digit()))
            .collect();
        assert!(twice.is_empty(), "give these types other names: {twice:?}");
        let fields = |schema: &Value| -> BTreeSet<String> {
            let fields = schema["properties"].as_object();
            fields.map_or_else(BTreeSet::new, |all| all.keys().cloned().collect())
        };
        for (name, schema) in &read {
            let other = written.get(name).map(fields);
            assert!(
                other.is_none_or(|other| other == fields(schema)),
                "two types are called {name}: one that is read, one that is written"
            );
        }
    }
}
