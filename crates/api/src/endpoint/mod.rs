// SPDX-License-Identifier: Apache-2.0
//! One file per group of endpoints; a line for each in the list, route and description at once.

pub(crate) mod accounts;
pub(crate) mod clients;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod flush;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod lost;
pub(crate) mod messages;
pub(crate) mod mqtt_users;
pub(crate) mod open;
pub(crate) mod openapi;
pub(crate) mod page;
pub(crate) mod password;
pub(crate) mod retained;
pub(crate) mod series;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod setup;
pub(crate) mod sql;
pub(crate) mod status;
pub(crate) mod stream;
pub(crate) mod things;
pub(crate) mod topics;
pub(crate) mod users;
pub(crate) mod workers;

use crate::routes::Routes;

/// Everything under `/api/v1`, and what watches over the process.
pub(crate) fn api() -> Routes {
    Routes::default()
        .get("/api/v1/things", things::list, things::LIST)
        .get("/api/v1/things/{name}", things::one, things::ONE)
        .get(
            "/api/v1/things/{name}/values",
            things::values,
            things::VALUES,
        )
        .get(
            "/api/v1/things/{name}/series",
            series::series,
            series::SERIES,
        )
        .get("/api/v1/messages", messages::list, messages::LIST)
        .get("/api/v1/events", events::list, events::LIST)
        .get("/api/v1/explain", explain::explain, explain::EXPLAIN)
        .post("/api/v1/sql", sql::answer, sql::ANSWER)
        .get("/api/v1/stream", stream::watch, stream::WATCH)
        .post("/api/v1/lake/flush", flush::flush, flush::FLUSH)
        .get("/api/v1/clients", clients::list, clients::LIST)
        .get("/api/v1/clients/{id}", clients::one, clients::ONE)
        .delete("/api/v1/clients/{id}", clients::kick, clients::KICK)
        .get("/api/v1/topics", topics::list, topics::LIST)
        .get("/api/v1/retained", retained::list, retained::LIST)
        .delete("/api/v1/retained", retained::clear, retained::CLEAR)
        .get("/api/v1/session", session::who, session::WHO)
        .post("/api/v1/session", session::begin, session::BEGIN)
        .delete("/api/v1/session", session::end, session::END)
        .get("/api/v1/sessions", sessions::list, sessions::LIST)
        .delete("/api/v1/sessions", sessions::end_all, sessions::END_ALL)
        .delete("/api/v1/sessions/{id}", sessions::end, sessions::END)
        .put("/api/v1/password", password::change, password::CHANGE)
        .post("/api/v1/setup", setup::setup, setup::SETUP)
        .post("/api/v1/setup-link", setup::make, setup::MAKE)
        .get("/api/v1/users", users::list, users::LIST)
        .post("/api/v1/users", users::create, users::CREATE)
        .patch("/api/v1/users/{name}", users::change, users::CHANGE)
        .delete("/api/v1/users/{name}", users::delete, users::DELETE)
        .post("/api/v1/users/{name}/link", users::link, users::LINK)
        .get("/api/v1/mqtt-users", mqtt_users::list, mqtt_users::LIST)
        .post("/api/v1/mqtt-users", mqtt_users::create, mqtt_users::CREATE)
        .put(
            "/api/v1/mqtt-users/{name}",
            mqtt_users::change,
            mqtt_users::CHANGE,
        )
        .put(
            "/api/v1/mqtt-users/{name}/password",
            mqtt_users::password,
            mqtt_users::PASSWORD,
        )
        .delete(
            "/api/v1/mqtt-users/{name}",
            mqtt_users::delete,
            mqtt_users::DELETE,
        )
        .get("/api/v1/keys", keys::list, keys::LIST)
        .post("/api/v1/keys", keys::create, keys::CREATE)
        .delete("/api/v1/keys/{id}", keys::revoke, keys::REVOKE)
        .post("/api/v1/links", links::create, links::CREATE)
        .get("/api/v1/accounts", accounts::list, accounts::LIST)
        .post("/api/v1/accounts", accounts::create, accounts::CREATE)
        .get("/api/v1/workers", workers::list, workers::LIST)
        .get("/api/v1/status", status::status, status::STATUS)
        .get("/api/v1/openapi.json", openapi::document, openapi::DOCUMENT)
        .get("/healthz", health::alive, health::ALIVE)
        .get("/readyz", health::ready, health::READY)
}
