// SPDX-License-Identifier: Apache-2.0
//! A house around the API: real identity, catalog and SQL engine; tables, taps and the rest are
//! made up in memory. Also what the example `page` lives in.

#![allow(dead_code, reason = "tests and the example each use a part")]

pub mod blobs;
pub mod broker;
pub mod live;
pub mod recall;
pub mod tables;

use std::sync::Arc;

use async_trait::async_trait;
use hw_api::{
    ApiDeps, ApiLimits, ApiState, Explainer, LakeFlush, Reach, ReachSource, StatusSource,
};
use hw_catalog::SqliteCatalog;
use hw_identity::api_keys::Role;
use hw_identity::authority::Authority;
use hw_identity::{Directory, Identity, MasterKey};
use hw_kernel::shutdown::{self, ShutdownSender};
use hw_kernel::{Clock, Event, EventSink};
use hw_model::AccountId;
use hw_query::{Engine, Limits};
use parking_lot::Mutex;

use live::Taps;
use tables::MemoryTables;

pub const ACCOUNT: AccountId = AccountId::FIRST;

/// The parts, and handles on the made-up ones.
pub struct House {
    pub deps: Arc<ApiDeps>,
    pub tables: Arc<MemoryTables>,
    pub live: Arc<Taps>,
    pub events: Arc<Events>,
    pub inbox: Arc<broker::Inbox>,
    pub flush: Arc<Flush>,
    pub shutdown: ShutdownSender,
    pub admin_key: String,
    pub read_key: String,
    catalog: Arc<SqliteCatalog>,
    _folder: tempfile::TempDir,
}

impl House {
    /// From now on every look-up of a key fails.
    pub async fn close_catalog(&self) {
        self.catalog.close().await.expect("closes");
    }
}

/// Events, kept.
#[derive(Default)]
pub struct Events(Mutex<Vec<Event>>);

impl Events {
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock())
    }
}

impl EventSink for Events {
    fn emit(&self, event: Event) {
        self.0.lock().push(event);
    }
}

/// Notes whose tables were to be flushed.
pub struct Flush {
    answer: Result<(), String>,
    pub asked: Mutex<Vec<Option<AccountId>>>,
}

#[async_trait]
impl LakeFlush for Flush {
    async fn flush(&self, account: Option<AccountId>) -> Result<(), String> {
        self.asked.lock().push(account);
        self.answer.clone()
    }
}

struct Status;

impl StatusSource for Status {
    fn status(&self) -> serde_json::Value {
        serde_json::json!({ "messages": 7 })
    }

    fn server(&self) -> serde_json::Value {
        serde_json::json!({ "log": {} })
    }

    fn devices_ending(&self, _account: AccountId) -> hw_identity::expiry::DevicesEnding {
        hw_identity::expiry::DevicesEnding {
            within_90: 3,
            ..Default::default()
        }
    }

    fn workers(&self) -> Vec<hw_kernel::worker::WorkerStatus> {
        Vec::new()
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Doors that stand still.
struct Doors(Reach);

impl ReachSource for Doors {
    fn reach(&self) -> Reach {
        self.0.clone()
    }
}

/// MQTT on all addresses, plain HTTP on this machine alone.
async fn doors(identity: &Identity, authority: &Authority) -> Doors {
    let names = ["iot.example", "localhost"].map(str::to_owned);
    let certificate = identity.server_certificate(authority, &names).await;
    Doors(Reach {
        public_host: "iot.example".to_owned(),
        mqtts: Some(([0, 0, 0, 0], 8883).into()),
        http: Some(([127, 0, 0, 1], 8080).into()),
        server_chain_pem: certificate.expect("a certificate").chain_pem,
        ..Reach::default()
    })
}

/// A house with a clock, limits, and what a flush answers.
pub async fn house(clock: Arc<dyn Clock>, limits: ApiLimits, flush: Result<(), String>) -> House {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let catalog = SqliteCatalog::open(&folder.path().join("catalog.db")).await;
    let catalog = Arc::new(catalog.expect("a catalog"));
    let region: Arc<str> = "eu-central-1".into();
    let runtime = tokio::runtime::Handle::current();
    let directory = Directory::new(
        catalog.clone(),
        clock.clone(),
        region.clone(),
        runtime,
        None,
    );
    let master = MasterKey::from_hex(&"07".repeat(32)).expect("64 digits");
    let directory = Arc::new(directory);
    let boards = hw_boards::Boards::new(catalog.clone(), clock.clone());
    let fleet = hw_fleet::Fleet::new(catalog.clone(), clock.clone(), directory.clone());
    let identity = Identity::new(
        catalog.clone(),
        clock.clone(),
        Arc::new(master),
        directory.clone(),
        region.clone(),
    );
    identity
        .ensure_account(ACCOUNT, "first")
        .await
        .expect("an account");
    let admin_key = identity
        .create_api_key(ACCOUNT, "test", Role::Admin, "test")
        .await
        .expect("a key")
        .expose()
        .clone();
    let read_key = identity
        .create_api_key(ACCOUNT, "test", Role::Read, "test")
        .await
        .expect("a key")
        .expose()
        .clone();
    let (tables, live) = (Arc::new(MemoryTables::default()), Arc::new(Taps::default()));
    let events = Arc::new(Events::default());
    let inbox = Arc::new(broker::Inbox::default());
    let authority = identity.authority().await.expect("a CA");
    let reach = Arc::new(doors(&identity, &authority).await);
    let engine = Engine::new(tables.clone(), Arc::new(blobs::NoBlobs), Limits::default());
    let flush = Arc::new(Flush {
        answer: flush,
        asked: Mutex::default(),
    });
    let (sender, shutdown) = shutdown::channel();
    let state = ApiState::new(&limits);
    let engine = engine.expect("an engine");
    let explain = Explainer {
        engine: engine.clone(),
        tables: tables.clone(),
        recall: Arc::new(recall::Nothing),
        identity: identity.clone(),
        clock: clock.clone(),
        blobs_folder: None,
    };
    let deps = ApiDeps {
        identity,
        authority,
        directory,
        fleet,
        boards,
        engine,
        explain: Arc::new(explain),
        live: live.clone(),
        clients: Arc::new(broker::NoClients),
        ingest: inbox.clone(),
        retained: Arc::new(broker::NothingRetained),
        flush: flush.clone(),
        clock,
        events: events.clone(),
        status: Arc::new(Status),
        reach,
        plug: None,
        region,
        limits,
        shutdown,
        state,
    };
    House {
        deps: Arc::new(deps),
        tables,
        live,
        events,
        inbox,
        flush,
        shutdown: sender,
        admin_key,
        read_key,
        catalog,
        _folder: folder,
    }
}
