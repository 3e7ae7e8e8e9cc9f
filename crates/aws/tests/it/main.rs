// SPDX-License-Identifier: Apache-2.0
//! The AWS door over a real catalog, called as an SDK calls it: signed HTTP requests.

mod groups;
mod isolation;
mod signatures;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use hw_aws::AwsDeps;
use hw_fleet::Fleet;
use hw_identity::access_keys::AccessKey;
use hw_identity::authorizers::AuthorizerDoor;
use hw_identity::outbound::Outbound;
use hw_identity::{Directory, Identity, MasterKey};
use hw_kernel::port::clock::SystemClock;
use hw_kernel::retained::RetainedPage;
use hw_kernel::{Clock, Event, EventSink, Ingest, IngestError, RetainedStore, Submission};
use hw_model::topic::BadTopic;
use hw_model::{AccountId, TraceId};
use hw_sigv4::Credentials;
use parking_lot::Mutex;
use serde_json::Value;
use tower::ServiceExt;

/// Takes no message in.
struct Nowhere;

#[async_trait::async_trait]
impl Ingest for Nowhere {
    async fn publish(&self, _: Submission) -> Result<TraceId, IngestError> {
        Err(IngestError::Busy("nobody is there".into()))
    }
}

#[async_trait::async_trait]
impl RetainedStore for Nowhere {
    fn retained(
        &self,
        _: AccountId,
        _: &str,
        _: Option<&str>,
        _: usize,
    ) -> Result<RetainedPage, BadTopic> {
        Ok(RetainedPage::default())
    }

    async fn clear(&self, _: AccountId, _: &str, _: &str) -> Result<(), IngestError> {
        Err(IngestError::Busy("nobody is there".into()))
    }
}

const HOST: &str = "localhost:8443";
const REGION: &str = "eu-west-1";

/// Keeps events for the test to look at.
#[derive(Default)]
struct Kept(Mutex<Vec<Event>>);

impl EventSink for Kept {
    fn emit(&self, event: Event) {
        self.0.lock().push(event);
    }
}

/// A door with two accounts behind it.
struct House {
    _folder: tempfile::TempDir,
    router: Router,
    clock: Arc<dyn Clock>,
    events: Arc<Kept>,
    ours: AccessKey,
    theirs: AccessKey,
}

/// An answer: status, error name, body.
#[derive(Debug)]
struct Answer {
    status: u16,
    error: Option<String>,
    body: Value,
    text: String,
}

async fn house() -> House {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}", folder.path().join("catalog.db").display());
    let catalog = hw_catalog::open_url(&url).await.expect("a catalog");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let runtime = tokio::runtime::Handle::current();
    let directory = Arc::new(Directory::new(
        catalog.clone(),
        clock.clone(),
        REGION.into(),
        runtime,
        None,
    ));
    let key = MasterKey::from_file(&folder.path().join("master.key")).expect("a key");
    let identity = Identity::new(
        catalog.clone(),
        clock.clone(),
        Arc::new(key),
        directory.clone(),
        REGION.into(),
    );
    let mut keys = Vec::new();
    for account in [AccountId::FIRST, AccountId::MAX] {
        identity
            .ensure_account(account, "a")
            .await
            .expect("an account");
        let key = identity.create_access_key(account, "test", "test").await;
        keys.push(key.expect("a key"));
    }
    let events = Arc::new(Kept::default());
    let router = hw_aws::router(AwsDeps {
        authority: identity.authority().await.expect("a CA"),
        fleet: Fleet::new(catalog, clock.clone(), directory.clone()),
        directory,
        authorizers: AuthorizerDoor::new(
            identity.clone(),
            Outbound::new(Vec::new(), false).expect("TLS"),
        ),
        ingest: Arc::new(Nowhere),
        retained: Arc::new(Nowhere),
        payload_bytes_max: 1_024,
        identity,
        clock: clock.clone(),
        events: events.clone(),
        public_host: "localhost".into(),
    });
    let [ours, theirs] = <[AccessKey; 2]>::try_from(keys).ok().expect("two keys");
    House {
        _folder: folder,
        router,
        clock,
        events,
        ours,
        theirs,
    }
}

fn credentials(key: &AccessKey) -> Credentials<'_> {
    Credentials {
        access_key_id: &key.access_key_id,
        secret_access_key: key.secret_access_key.expose(),
        region: REGION,
        service: "iot",
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Default)]
struct Ask<'a> {
    method: &'a str,
    /// Path and query.
    path: &'a str,
    header: Option<(&'a str, &'a str)>,
    body: &'a str,
}

impl House {
    fn now(&self) -> i64 {
        self.clock.now().0.div_euclid(1_000_000)
    }

    /// Signs and sends.
    async fn send(&self, key: &AccessKey, ask: Ask<'_>) -> Answer {
        let (path, query) = ask.path.split_once('?').unwrap_or((ask.path, ""));
        let mut headers = vec![("host", HOST)];
        headers.extend(ask.header);
        let plain = hw_sigv4::Request {
            method: ask.method,
            path,
            query,
            headers: &headers,
            body: ask.body.as_bytes(),
        };
        let extra = hw_sigv4::sign(&plain, &credentials(key), self.now());
        let mut request = Request::builder().method(ask.method).uri(ask.path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in &extra {
            request = request.header(name, value);
        }
        let body = Body::from(ask.body.to_owned());
        self.raw(request.body(body).expect("a request")).await
    }

    /// Sends as it is.
    async fn raw(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await;
        read(answer.expect("an answer")).await
    }
}

async fn read(answer: Response<Body>) -> Answer {
    let error = answer.headers().get("x-amzn-errortype");
    let error = error.map(|name| name.to_str().expect("ASCII").to_owned());
    let status = answer.status().as_u16();
    let bytes = answer
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    Answer {
        status,
        error,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}
