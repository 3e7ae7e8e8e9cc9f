// SPDX-License-Identifier: Apache-2.0
//! One file per group of endpoints; a line for each in the list, route and description at once.

pub(crate) mod accounts;
pub(crate) mod authorities;
pub(crate) mod authorizations;
pub(crate) mod certificates;
pub(crate) mod clients;
pub(crate) mod dashboards;
pub(crate) mod documents;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod flush;
pub(crate) mod groups;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod lost;
pub(crate) mod messages;
pub(crate) mod mqtt_users;
pub(crate) mod open;
pub(crate) mod openapi;
pub(crate) mod password;
pub(crate) mod places;
pub(crate) mod plug;
pub(crate) mod policies;
pub(crate) mod publish;
pub(crate) mod queries;
pub(crate) mod reach;
pub(crate) mod retained;
pub(crate) mod series;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod setup;
pub(crate) mod sql;
pub(crate) mod status;
pub(crate) mod stream;
pub(crate) mod tables;
pub(crate) mod things;
pub(crate) mod topics;
pub(crate) mod trust;
pub(crate) mod types;
pub(crate) mod units;
pub(crate) mod users;
pub(crate) mod workers;

use crate::routes::Routes;

/// Everything under `/api/v1`, and what watches over the process.
pub(crate) fn api() -> Routes {
    let routes = things(Routes::default());
    people(policies(devices(broker(routes))))
        .get("/api/v1/workers", workers::list, workers::LIST)
        .get("/api/v1/status", status::status, status::STATUS)
        .get("/api/v1/reach", reach::reach, reach::REACH)
        .post("/api/v1/demo/plug", plug::pull, plug::PULL)
        .get("/api/v1/authorities", authorities::list, authorities::LIST)
        .get("/api/v1/trust", trust::trust, trust::TRUST)
        .get("/api/v1/trust/ca.pem", trust::pem, trust::PEM)
        .get("/api/v1/trust/ca.crt", trust::der, trust::DER)
        .get(
            "/api/v1/trust/ca.mobileconfig",
            trust::profile,
            trust::PROFILE,
        )
        .get("/api/v1/openapi.json", openapi::document, openapi::DOCUMENT)
        .get("/healthz", health::alive, health::ALIVE)
        .get("/readyz", health::ready, health::READY)
}

/// Things, and what they and others say.
fn things(routes: Routes) -> Routes {
    use dashboards::Dashboard;
    use queries::SavedQuery;
    use things::{credentials, principals, write};
    routes
        .get("/api/v1/things", things::list, things::LIST)
        .post("/api/v1/things", write::create, write::CREATE)
        .get("/api/v1/things/{name}", things::one, things::ONE)
        .patch("/api/v1/things/{name}", write::change, write::CHANGE)
        .delete("/api/v1/things/{name}", write::delete, write::DELETE)
        .get(
            "/api/v1/things/{name}/principals",
            principals::list,
            principals::LIST,
        )
        .post(
            "/api/v1/things/{name}/credentials",
            credentials::create,
            credentials::CREATE,
        )
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
        .post("/api/v1/messages", publish::publish, publish::PUBLISH)
        .get("/api/v1/events", events::list, events::LIST)
        .get("/api/v1/explain", explain::explain, explain::EXPLAIN)
        .post("/api/v1/sql", sql::answer, sql::ANSWER)
        .get("/api/v1/types", types::list, types::LIST)
        .post("/api/v1/types", types::create, types::CREATE)
        .get("/api/v1/types/{name}", types::one, types::ONE)
        .put("/api/v1/types/{name}", types::change, types::CHANGE)
        .delete("/api/v1/types/{name}", types::delete, types::DELETE)
        .get("/api/v1/groups", groups::list, groups::LIST)
        .post("/api/v1/groups", groups::create, groups::CREATE)
        .get("/api/v1/groups/{name}", groups::one, groups::ONE)
        .put("/api/v1/groups/{name}", groups::change, groups::CHANGE)
        .delete("/api/v1/groups/{name}", groups::delete, groups::DELETE)
        .put(
            "/api/v1/groups/{name}/things/{thing}",
            groups::add,
            groups::ADD,
        )
        .delete(
            "/api/v1/groups/{name}/things/{thing}",
            groups::remove,
            groups::REMOVE,
        )
        .put(
            "/api/v1/groups/{name}/policies/{policy}",
            groups::policies::attach,
            groups::policies::ATTACH,
        )
        .delete(
            "/api/v1/groups/{name}/policies/{policy}",
            groups::policies::detach,
            groups::policies::DETACH,
        )
        .get("/api/v1/dashboards", dashboards::list, dashboards::LIST)
        .post(
            "/api/v1/dashboards",
            documents::create::<Dashboard>,
            dashboards::CREATE,
        )
        .get(
            "/api/v1/dashboards/{id}",
            documents::one::<Dashboard>,
            dashboards::ONE,
        )
        .put(
            "/api/v1/dashboards/{id}",
            documents::change::<Dashboard>,
            dashboards::CHANGE,
        )
        .delete(
            "/api/v1/dashboards/{id}",
            documents::delete::<Dashboard>,
            dashboards::DELETE,
        )
        .get("/api/v1/queries", queries::list, queries::LIST)
        .post(
            "/api/v1/queries",
            documents::create::<SavedQuery>,
            queries::CREATE,
        )
        .get(
            "/api/v1/queries/{id}",
            documents::one::<SavedQuery>,
            queries::ONE,
        )
        .put(
            "/api/v1/queries/{id}",
            documents::change::<SavedQuery>,
            queries::CHANGE,
        )
        .delete(
            "/api/v1/queries/{id}",
            documents::delete::<SavedQuery>,
            queries::DELETE,
        )
        .get("/api/v1/places", places::list, places::LIST)
        .get("/api/v1/units", units::list, units::LIST)
        .put("/api/v1/units", units::change, units::CHANGE)
        .get("/api/v1/tables", tables::list, tables::LIST)
        .post("/api/v1/lake/flush", flush::flush, flush::FLUSH)
}

/// Who is connected, and what passes.
fn broker(routes: Routes) -> Routes {
    routes
        .get("/api/v1/clients", clients::list, clients::LIST)
        .get("/api/v1/clients/{id}", clients::one, clients::ONE)
        .delete("/api/v1/clients/{id}", clients::kick, clients::KICK)
        .get("/api/v1/stream", stream::watch, stream::WATCH)
        .get("/api/v1/topics", topics::list, topics::LIST)
        .get("/api/v1/retained", retained::list, retained::LIST)
        .delete("/api/v1/retained", retained::clear, retained::CLEAR)
}

/// What devices come in with.
fn devices(routes: Routes) -> Routes {
    use certificates::attached;
    routes
        .get(
            "/api/v1/certificates",
            certificates::list,
            certificates::LIST,
        )
        .post(
            "/api/v1/certificates",
            certificates::create,
            certificates::CREATE,
        )
        .get(
            "/api/v1/certificates/{id}",
            certificates::one,
            certificates::ONE,
        )
        .patch(
            "/api/v1/certificates/{id}",
            certificates::change,
            certificates::CHANGE,
        )
        .delete(
            "/api/v1/certificates/{id}",
            certificates::delete,
            certificates::DELETE,
        )
        .put(
            "/api/v1/certificates/{id}/policies/{policy}",
            attached::attach_policy,
            attached::ATTACH_POLICY,
        )
        .delete(
            "/api/v1/certificates/{id}/policies/{policy}",
            attached::detach_policy,
            attached::DETACH_POLICY,
        )
        .put(
            "/api/v1/certificates/{id}/things/{thing}",
            attached::attach_thing,
            attached::ATTACH_THING,
        )
        .delete(
            "/api/v1/certificates/{id}/things/{thing}",
            attached::detach_thing,
            attached::DETACH_THING,
        )
        .get("/api/v1/mqtt-users", mqtt_users::list, mqtt_users::LIST)
        .post("/api/v1/mqtt-users", mqtt_users::create, mqtt_users::CREATE)
        .get(
            "/api/v1/mqtt-users/{name}",
            mqtt_users::one,
            mqtt_users::ONE,
        )
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
}

/// What devices may.
fn policies(routes: Routes) -> Routes {
    use policies::{check, write};
    routes
        .get("/api/v1/policies", policies::list, policies::LIST)
        .post("/api/v1/policies", write::create, write::CREATE)
        .post("/api/v1/policy-check", check::check, check::CHECK)
        .get("/api/v1/policies/{name}", policies::one, policies::ONE)
        .put("/api/v1/policies/{name}", write::replace, write::REPLACE)
        .delete("/api/v1/policies/{name}", write::delete, write::DELETE)
        .put(
            "/api/v1/policies/{name}/default",
            write::set_default,
            write::SET_DEFAULT,
        )
        .get(
            "/api/v1/policies/{name}/versions/{version}",
            policies::version,
            policies::VERSION,
        )
        .post(
            "/api/v1/authorizations",
            authorizations::ask,
            authorizations::ASK,
        )
}

/// People, their keys, and accounts.
fn people(routes: Routes) -> Routes {
    routes
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
        .get("/api/v1/users/{name}", users::one, users::ONE)
        .patch("/api/v1/users/{name}", users::change, users::CHANGE)
        .delete("/api/v1/users/{name}", users::delete, users::DELETE)
        .post("/api/v1/users/{name}/link", users::link, users::LINK)
        .get("/api/v1/keys", keys::list, keys::LIST)
        .post("/api/v1/keys", keys::create, keys::CREATE)
        .delete("/api/v1/keys/{id}", keys::revoke, keys::REVOKE)
        .post("/api/v1/links", links::create, links::CREATE)
        .get("/api/v1/accounts", accounts::list, accounts::LIST)
        .post("/api/v1/accounts", accounts::create, accounts::CREATE)
        .post(
            "/api/v1/accounts/{account}/link",
            accounts::link,
            accounts::LINK,
        )
}
