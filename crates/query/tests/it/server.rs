// SPDX-License-Identifier: Apache-2.0
//! A server over a world, and a client that speaks the protocol's bytes.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use hw_kernel::shutdown::{ShutdownSender, channel};
use hw_model::AccountId;
use hw_query::{PgAuth, PgLimits, PgServer};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

use crate::fake::{ONE, World, other};

pub const KEY: &str = "key-of-one";
pub const OTHER_KEY: &str = "key-of-two";

struct Keys;

#[async_trait]
impl PgAuth for Keys {
    async fn account_for(&self, _: &str, password: &str, _: IpAddr) -> Option<AccountId> {
        match password {
            KEY => Some(ONE),
            OTHER_KEY => Some(other()),
            _ => None,
        }
    }
}

/// A running server.
pub struct Server {
    #[allow(dead_code, reason = "it holds what the server reads")]
    pub world: World,
    pub addr: SocketAddr,
    shutdown: ShutdownSender,
    run: JoinHandle<()>,
}

impl Server {
    pub async fn start(world: World, limits: PgLimits) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = PgServer::bind(any, world.engine.clone(), Arc::new(Keys), limits).await;
        let server = server.expect("a free port");
        let addr = server.local_addr().expect("is bound");
        let (shutdown, told) = channel();
        Self {
            world,
            addr,
            shutdown,
            run: tokio::spawn(server.run(told)),
        }
    }

    /// A client with a key, and the task that moves its bytes.
    pub async fn connect(&self, key: &str) -> Result<Client, tokio_postgres::Error> {
        let mut config = tokio_postgres::Config::new();
        config
            .host("127.0.0.1")
            .port(self.addr.port())
            .user("ann")
            .password(key);
        config.ssl_mode(tokio_postgres::config::SslMode::Prefer);
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Ends it and waits until it has ended.
    pub async fn stop(self) {
        self.shutdown.begin();
        self.run.await.expect("ends without a panic");
    }
}
