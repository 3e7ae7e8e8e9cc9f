// SPDX-License-Identifier: Apache-2.0
//! A broker behind a door for load generators: everybody may do everything.
//!
//! `bench_door ADDR SHARDS [kept] [tls DIR]` prints its address and runs until its input ends, then
//! prints its counters. `kept` gives messages to a log that says at once that they are durable;
//! `tls` writes `ca.pem`, `client.pem` and `client.key` into DIR and takes every certificate.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use async_trait::async_trait;
use hw_broker::{Broker, BrokerConfig, Deps, Keep};
use hw_gateway::mqtt_door::{DoorDeps, DoorSettings, MqttDoor, Security};
use hw_gateway::tls::ServerIdentity;
use hw_kernel::admission::PrincipalId;
use hw_kernel::port::clock::SystemClock;
use hw_kernel::port::log::{Done, LogError, LogStatus, Read, Stream};
use hw_kernel::port::position::Position;
use hw_kernel::record::batch::Batch;
use hw_kernel::{Admission, Event, EventSink, Log, Principal, Refusal};
use hw_model::AccountId;
use hw_policy::{Document, Named, PolicySet};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":
    {"Effect":"Allow","Action":"iot:*","Resource":"*"}}"#;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let addr = args.first().map_or("127.0.0.1:0", |addr| addr).parse()?;
    let shards = args.get(1).map_or("0", |shards| shards).parse()?;
    let keep = if args.iter().any(|arg| arg == "kept") {
        Keep::All
    } else {
        Keep::Off
    };
    let security = match args.iter().position(|arg| arg == "tls") {
        Some(at) => Security::Tls(certificates(Path::new(args.get(at + 1).ok_or("tls DIR")?))?),
        None => Security::Plain,
    };
    let clock = Arc::new(SystemClock::default());
    let (admission, events) = (Arc::new(Everybody::new()?), Arc::new(Nobody));
    let config = BrokerConfig {
        shards,
        keep,
        ..BrokerConfig::default()
    };
    let deps = Deps {
        log: Arc::new(NoLog),
        clock: clock.clone(),
        events: events.clone(),
        admission: admission.clone(),
    };
    let broker = Broker::start(config, deps)?;
    let deps = DoorDeps {
        broker: broker.clone(),
        admission,
        authorizing: None,
        events,
        clock,
    };
    let door = MqttDoor::bind(addr, security, DoorSettings::default(), deps)?;
    println!("{}", door.local_addr());
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    println!("{:#?}", broker.status());
    Ok(())
}

/// A CA, the server's certificate and a client's, all ECDSA P-256.
fn certificates(dir: &Path) -> Result<ServerIdentity, Failure> {
    let mut params = CertificateParams::new(vec![])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let (server_key, client_key) = (KeyPair::generate()?, KeyPair::generate()?);
    let server = CertificateParams::new(vec!["localhost".into()])?.signed_by(&server_key, &ca)?;
    let client = CertificateParams::new(vec!["client".into()])?.signed_by(&client_key, &ca)?;
    std::fs::create_dir_all(dir)?;
    std::fs::write(dir.join("ca.pem"), ca.pem())?;
    std::fs::write(dir.join("client.pem"), client.pem())?;
    std::fs::write(dir.join("client.key"), client_key.serialize_pem())?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
    Ok(ServerIdentity::new(vec![server.der().clone()], key)?)
}

struct Nobody;

impl EventSink for Nobody {
    fn emit(&self, _: Event) {}
}

struct Everybody {
    principal: Arc<Principal>,
    generation: AtomicU64,
}

impl Everybody {
    fn new() -> Result<Self, hw_policy::PolicyError> {
        let document = Arc::new(Document::parse(ALLOW_ALL)?);
        let named = Named {
            name: "all".into(),
            version: None,
            document,
        };
        let principal = Principal {
            account: AccountId::FIRST,
            id: PrincipalId::Anonymous,
            policies: Arc::new(PolicySet::new(vec![named])),
            things: vec![],
            certificate: None,
            region: "eu-central-1".into(),
            stale: AtomicBool::new(false),
        };
        Ok(Self {
            principal: Arc::new(principal),
            generation: AtomicU64::new(0),
        })
    }
}

impl Admission for Everybody {
    fn by_certificate(&self, _: &[u8], _: Option<&str>) -> Result<Arc<Principal>, Refusal> {
        Ok(self.principal.clone())
    }

    fn anonymous(&self) -> Result<Arc<Principal>, Refusal> {
        Ok(self.principal.clone())
    }

    fn current(&self, _: &Principal) -> Result<Arc<Principal>, Refusal> {
        Ok(self.principal.clone())
    }

    fn generation(&self) -> &AtomicU64 {
        &self.generation
    }

    fn on_change(&self, _: Box<dyn Fn() + Send + Sync>) {}
}

/// Says at once that all is durable.
struct NoLog;

#[async_trait]
impl Log for NoLog {
    fn append(&self, _: Batch, done: Done) {
        done(Ok(Position::start()));
    }

    async fn read(&self, _: &[Stream], _: &Position, _: usize) -> Result<Read, LogError> {
        Ok(Read::default())
    }

    fn end(&self) -> Position {
        Position::start()
    }

    async fn wait(&self, _: &Position) {
        std::future::pending().await
    }

    async fn trim(&self, _: Stream, _: &Position) -> Result<(), LogError> {
        Ok(())
    }

    fn status(&self) -> LogStatus {
        LogStatus::default()
    }
}
