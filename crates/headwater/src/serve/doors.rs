// SPDX-License-Identifier: Apache-2.0
//! Opens every door that the configuration names.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::Router;
use hw_api::{Access, ApiDeps, ApiLimits, ApiState, Explainer, Plug};
use hw_aws::AwsDeps;
use hw_broker::Broker;
use hw_gateway::http_door::{AdminSocket, Credential, HttpDoor, MqttHere, websocket};
use hw_gateway::mqtt_door::{Authorizing, DoorDeps, DoorSettings, MqttDoor, Security};
use hw_gateway::tls::HttpsTls;
use hw_kernel::{Clock, Crew, EventSink, Shutdown};
use hw_model::AccountId;
use hw_query::wire::{PgLimits, PgServer};
use tokio::task::JoinSet;

use super::credentials::{PeoplesKey, SignedUrl};
use super::folder::Folder;
use super::lake_flush::Flush;
use super::metrics::http::HttpCounts;
use super::people::People;
use super::pg_auth::KeyAuth;
use super::plug::Mains;
use super::reach::Facts;
use super::status::Status;
use super::tables::Tables;
use super::{Endpoints, ServeError, faces, https_tls, metrics};
use crate::config::Config;

/// What doors lead to.
pub(super) struct Parts<'a> {
    pub config: &'a Config,
    pub folder: &'a Folder,
    pub log: Arc<dyn hw_kernel::Log>,
    pub clock: Arc<dyn Clock>,
    pub events: Arc<dyn EventSink>,
    pub people: People,
    pub tables: Tables,
    pub broker: Arc<Broker>,
    pub crew: Arc<Crew>,
    pub backup: hw_backup::Source,
}

/// Open doors.
pub(super) struct Doors {
    pub endpoints: Endpoints,
    mqtt: Vec<MqttDoor>,
    tasks: JoinSet<()>,
}

impl Doors {
    /// Closes them; the shutdown they were opened with has begun.
    pub async fn close(mut self) {
        for door in &self.mqtt {
            door.close();
        }
        while self.tasks.join_next().await.is_some() {}
    }
}

fn listen(door: &'static str, addr: SocketAddr) -> impl FnOnce(std::io::Error) -> ServeError {
    move |source| ServeError::Listen { door, addr, source }
}

/// Opens all doors; the admin socket last.
pub(super) async fn open(parts: Parts<'_>, shutdown: Shutdown) -> Result<Doors, ServeError> {
    let listen_on = parts.config.listen;
    let (people, clock) = (&parts.people, parts.clock.clone());
    let tls = https_tls::config(people.server.clone(), &people.authority, clock)?;
    let mut doors = Doors {
        endpoints: closed(&parts),
        mqtt: Vec::new(),
        tasks: JoinSet::new(),
    };
    let server = parts.people.server.clone();
    open_mqtt(&parts, &mut doors, Security::Tls(server))?;
    let postgres = open_postgres(&parts, &mut doors, &shutdown).await?;
    let https = open_http("https", listen_on.https, Some(tls)).await?;
    let https = https.map(|(door, addr)| {
        let door = door.behind(parts.config.proxies.clone());
        let door = door.at_most_a_second(parts.config.accepts_per_second_max);
        (door, addr)
    });
    let http = open_http("http", listen_on.http, None).await?;
    doors.endpoints.https = https.as_ref().map(|(_, addr)| *addr);
    doors.endpoints.http = http.as_ref().map(|(_, addr)| *addr);
    let metrics = open_http("metrics", listen_on.metrics, None).await?;
    doors.endpoints.metrics = metrics.as_ref().map(|(_, addr)| *addr);
    let socket = parts.folder.admin_socket();
    let admin = AdminSocket::bind(&socket).map_err(|source| ServeError::Folder {
        path: socket,
        source,
    })?;
    let settings = DoorSettings {
        passwords: true,
        ..DoorSettings::default()
    };
    let mqtt = MqttHere::new(mqtt_deps(&parts), settings);
    let faces = routers(parts, &mqtt, &doors.endpoints, &shutdown);
    let opened = [
        (https, faces.https, Some(mqtt)),
        (http, faces.http, None),
        (metrics, faces.metrics, None),
    ];
    for (door, router, mqtt) in opened {
        if let Some((door, _)) = door {
            doors.tasks.spawn(door.run(router, mqtt, shutdown.clone()));
        }
    }
    doors.tasks.spawn(admin.run(faces.admin, shutdown));
    if let Some(run) = postgres {
        doors.tasks.spawn(run);
    }
    Ok(doors)
}

async fn open_http(
    name: &'static str,
    addr: Option<SocketAddr>,
    tls: Option<HttpsTls>,
) -> Result<Option<(HttpDoor, SocketAddr)>, ServeError> {
    let Some(addr) = addr else { return Ok(None) };
    let door = HttpDoor::bind(addr, tls)
        .await
        .map_err(listen(name, addr))?;
    let local = door.local_addr().map_err(listen(name, addr))?;
    Ok(Some((door, local)))
}

fn closed(parts: &Parts<'_>) -> Endpoints {
    Endpoints {
        ca: parts.folder.ca_file(),
        lake: parts.folder.lake(),
        pid: std::process::id(),
        ..Endpoints::default()
    }
}

fn mqtt_deps(parts: &Parts<'_>) -> DoorDeps {
    DoorDeps {
        broker: parts.broker.clone(),
        admission: parts.people.directory.clone(),
        authorizing: Some(Authorizing {
            authorizers: Arc::new(parts.people.authorizers.clone()),
            runtime: tokio::runtime::Handle::current(),
        }),
        events: parts.events.clone(),
        clock: parts.clock.clone(),
    }
}

fn open_mqtt(parts: &Parts<'_>, doors: &mut Doors, tls: Security) -> Result<(), ServeError> {
    let deps = mqtt_deps(parts);
    let settings = DoorSettings {
        proxies: parts.config.proxies.clone(),
        passwords: parts.config.mqtts_passwords,
        accepts_per_second_max: parts.config.accepts_per_second_max,
        ..DoorSettings::default()
    };
    if let Some(addr) = parts.config.listen.mqtts {
        let door = MqttDoor::bind(addr, tls, settings, deps.clone());
        let door = door.map_err(listen("mqtts", addr))?;
        doors.endpoints.mqtts = Some(door.local_addr());
        doors.mqtt.push(door);
    }
    if let Some(addr) = parts.config.listen.mqtt {
        let door = MqttDoor::bind(addr, Security::Plain, DoorSettings::default(), deps);
        let door = door.map_err(listen("mqtt", addr))?;
        doors.endpoints.mqtt = Some(door.local_addr());
        doors.mqtt.push(door);
    }
    Ok(())
}

type Running = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

async fn open_postgres(
    parts: &Parts<'_>,
    doors: &mut Doors,
    shutdown: &Shutdown,
) -> Result<Option<Running>, ServeError> {
    let Some(addr) = parts.config.listen.postgres else {
        return Ok(None);
    };
    let auth = Arc::new(KeyAuth {
        identity: parts.people.identity.clone(),
        events: parts.events.clone(),
    });
    let server = PgServer::bind(addr, parts.tables.engine.clone(), auth, PgLimits::default()).await;
    let server = server.map_err(listen("postgres", addr))?;
    doors.endpoints.postgres = Some(server.local_addr().map_err(listen("postgres", addr))?);
    Ok(Some(Box::pin(server.run(shutdown.clone()))))
}

struct Routers {
    https: Router,
    http: Router,
    admin: Router,
    metrics: Router,
}

/// What is behind each HTTP door and the admin socket.
fn routers(
    parts: Parts<'_>,
    mqtt: &MqttHere,
    endpoints: &Endpoints,
    shutdown: &Shutdown,
) -> Routers {
    let counts = Arc::<HttpCounts>::default();
    let metrics = metrics::router(&parts, &counts);
    let status = Status {
        renewal: parts.people.renewal.clone(),
        public: parts.people.public.public.clone(),
        expiry: parts.people.expiry.clone(),
        broker: parts.broker.clone(),
        crew: parts.crew,
        log: parts.log,
        region: parts.config.region.clone(),
        public_host: parts.config.public_host.clone(),
        demo: parts.config.demo,
        endpoints: OnceLock::from(endpoints.clone()),
    };
    let limits = ApiLimits {
        payload_bytes_max: parts.config.payload_bytes_max,
        ..ApiLimits::default()
    };
    let reach = Facts {
        names: parts.people.names.clone(),
        endpoints: endpoints.clone(),
        mqtts_passwords: parts.config.mqtts_passwords,
        renewal: parts.people.renewal.clone(),
        public: parts.people.public.public.clone(),
        public_for_devices: parts.config.certificates.server_for_devices,
    };
    let explain = Explainer {
        engine: parts.tables.engine.clone(),
        tables: parts.tables.lake.clone(),
        recall: parts.broker.clone(),
        identity: parts.people.identity.clone(),
        clock: parts.clock.clone(),
        blobs_folder: Some(parts.folder.blobs()),
    };
    let deps = Arc::new(ApiDeps {
        identity: parts.people.identity.clone(),
        authority: parts.people.authority.clone(),
        directory: parts.people.directory.clone(),
        fleet: parts.people.fleet.clone(),
        boards: parts.people.boards.clone(),
        engine: parts.tables.engine.clone(),
        explain: Arc::new(explain),
        live: parts.broker.clone(),
        clients: parts.broker.clone(),
        ingest: parts.broker.clone(),
        retained: parts.broker.clone(),
        flush: Arc::new(Flush(parts.tables.handle)),
        clock: parts.clock.clone(),
        events: parts.events.clone(),
        status: Arc::new(status),
        reach: Arc::new(reach),
        plug: parts.config.demo.then(|| Arc::new(Mains) as Arc<dyn Plug>),
        region: parts.config.region.as_str().into(),
        state: ApiState::new(&limits),
        limits,
        shutdown: shutdown.clone(),
    });
    let aws = Arc::new(AwsDeps {
        identity: parts.people.identity,
        authority: parts.people.authority,
        fleet: parts.people.fleet,
        directory: parts.people.directory.clone(),
        authorizers: parts.people.authorizers,
        ingest: parts.broker.clone(),
        retained: parts.broker.clone(),
        payload_bytes_max: parts.config.payload_bytes_max,
        clock: parts.clock,
        events: parts.events,
        public_host: parts.config.public_host.clone(),
    });
    let directory = parts.people.directory;
    let credentials: Vec<Arc<dyn Credential>> = vec![
        Arc::new(SignedUrl {
            aws: aws.clone(),
            directory: directory.clone(),
        }),
        Arc::new(PeoplesKey {
            api: deps.clone(),
            directory,
        }),
    ];
    let websocket = websocket(mqtt, credentials);
    let aws = counts.layer("aws", hw_aws::router(aws));
    let people = |https| {
        let router = hw_api::router(deps.clone(), Access::Keys { https });
        counts.layer("people", router)
    };
    Routers {
        https: faces::router(aws.clone(), people(true), websocket.clone()),
        http: faces::router(aws, people(false), websocket),
        // The API has a fallback; a path of its own goes before it.
        admin: super::backup::router(parts.backup)
            .merge(super::upkeep::router(parts.tables.upkeep))
            .fallback_service(hw_api::router(
                deps.clone(),
                Access::LocalAdmin(AccountId::FIRST),
            )),
        metrics,
    }
}
