// SPDX-License-Identifier: Apache-2.0
//! Identities: the first account, the CA and the server's certificate, the directory of principals.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hw_boards::Boards;
use hw_fleet::Fleet;
use hw_gateway::tls::ServerIdentity;
use hw_identity::authority::Authority;
use hw_identity::authorizers::AuthorizerDoor;
use hw_identity::expiry::ExpiryWorker;
use hw_identity::key_pool::{KeyMaker, KeyPool};
use hw_identity::outbound::Outbound;
use hw_identity::renewal::Renewal;
use hw_identity::server_certificate::ServerCertificate;
use hw_identity::{Directory, Identity, MasterKey};
use hw_kernel::{Clock, Crew, EventSink};
use hw_model::AccountId;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::runtime::Handle;

use super::folder::Folder;
use super::names::Names;
use super::public_certificate::{self, PublicCertificate};
use super::storage::Storage;
use super::{ServeError, anonymous, https_tls};
use crate::config::Config;

/// Environment variable with the master key, for those who keep it elsewhere.
const MASTER_KEY_VARIABLE: &str = "HEADWATER_MASTER_KEY";

/// Name of the systemd credential with the master key.
const MASTER_KEY_CREDENTIAL: &str = "headwater-master-key";

/// The master key in a folder.
const MASTER_KEY_FILE: &str = "secrets/master.key";

/// Who is who.
pub(super) struct People {
    pub identity: Identity,
    pub fleet: Fleet,
    pub boards: Boards,
    pub directory: Arc<Directory>,
    pub authority: Authority,
    pub authorizers: AuthorizerDoor,
    /// What every TLS door shows.
    pub server: ServerIdentity,
    /// Keeps it valid.
    pub renewal: Arc<Renewal>,
    /// What it is for.
    pub names: Names,
    /// The certificate that somebody else has signed.
    pub public: PublicCertificate,
    /// Warns before certificates end.
    pub expiry: Arc<ExpiryWorker>,
}

/// Opens identities, making what a fresh folder needs.
pub(super) async fn open(
    config: &Config,
    folder: &Folder,
    storage: &Storage,
    clock: &Arc<dyn Clock>,
    events: &Arc<dyn EventSink>,
    crew: &mut Crew,
) -> Result<People, ServeError> {
    const BROKEN: &str = "identities can't be opened";
    let region: Arc<str> = config.region.as_str().into();
    let catalog = storage.catalog.clone();
    let directory = Arc::new(Directory::new(
        catalog.clone(),
        clock.clone(),
        region.clone(),
        Handle::current(),
        anonymous::principal(config)?,
    ));
    let master_key = Arc::new(master_key(folder.root())?);
    let identity = Identity::new(
        catalog.clone(),
        clock.clone(),
        master_key,
        directory.clone(),
        region,
    );
    let keys = Arc::new(KeyPool::new(config.device_keys));
    crew.hire(Arc::new(KeyMaker::new(keys.clone(), clock.clone())));
    let identity = identity.with_keys(keys);
    identity
        .ensure_account(AccountId::FIRST, "first")
        .await
        .map_err(ServeError::part(BROKEN))?;
    let authority = identity
        .authority()
        .await
        .map_err(ServeError::part(BROKEN))?;
    write_ca(&folder.ca_file(), &authority.certificate_pem)?;
    let names = Names::of(config);
    let certificate = identity.server_certificate(&authority, &names.all()).await;
    let certificate = certificate.map_err(ServeError::part(BROKEN))?;
    let server = https_tls::identity(&certificate)?;
    let renewal = renewal(&identity, names.clone(), certificate, server.clone());
    crew.hire(renewal.clone());
    let ground = public_certificate::Ground {
        config,
        identity: &identity,
        server: &server,
        clock,
        events,
    };
    let public = public_certificate::open(ground, crew).await?;
    let expiry = Arc::new(ExpiryWorker::new(
        identity.clone(),
        events.clone(),
        renewal.clone(),
        public.public.clone(),
    ));
    crew.hire(expiry.clone());
    let authorizers = authorizers(config, &identity).await?;
    let boards = Boards::new(catalog.clone(), clock.clone());
    let fleet = Fleet::new(catalog, clock.clone(), directory.clone());
    Ok(People {
        identity,
        fleet,
        boards,
        directory,
        authority,
        authorizers,
        server,
        renewal,
        names,
        public,
        expiry,
    })
}

/// Who lets in clients without a certificate.
async fn authorizers(config: &Config, identity: &Identity) -> Result<AuthorizerDoor, ServeError> {
    const BROKEN: &str = "authorizers can't be asked";
    let pem = config.authorizers_ca.as_deref().unwrap_or_default();
    let more = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<Vec<_>, _>>();
    let more = more.map_err(ServeError::part("authorizers.ca_file is not PEM"))?;
    let outbound = Outbound::new(more, config.authorizers_private_allowed);
    let outbound = outbound.map_err(ServeError::part(BROKEN))?;
    identity
        .look_for_authorizers()
        .await
        .map_err(ServeError::part(BROKEN))?;
    identity
        .look_for_mqtt_users()
        .await
        .map_err(ServeError::part("MQTT users can't be looked up"))?;
    Ok(AuthorizerDoor::new(identity.clone(), outbound))
}

/// Makes the certificate anew in time, for all doors.
fn renewal(
    identity: &Identity,
    names: Names,
    current: ServerCertificate,
    server: ServerIdentity,
) -> Arc<Renewal> {
    let install = move |made: &ServerCertificate| {
        https_tls::replace(&server, made).map_err(|error| error.to_string())
    };
    let names = Box::new(move || names.all());
    let renewal = Renewal::new(identity.clone(), names, current, Box::new(install));
    Arc::new(renewal)
}

/// Whether there is a master key for a folder that has been served before.
pub fn master_key_is_there(root: &Path) -> bool {
    std::env::var_os(MASTER_KEY_VARIABLE).is_some()
        || credential().is_some()
        || root.join(MASTER_KEY_FILE).exists()
}

/// The systemd credential, if one is given.
fn credential() -> Option<PathBuf> {
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY")?;
    let path = Path::new(&credentials).join(MASTER_KEY_CREDENTIAL);
    path.exists().then_some(path)
}

/// The master key of a folder; made if there is none yet.
pub fn master_key(root: &Path) -> Result<MasterKey, ServeError> {
    const BROKEN: &str = "the master key can't be used";
    if let Ok(text) = std::env::var(MASTER_KEY_VARIABLE) {
        return MasterKey::from_hex(&text).map_err(ServeError::part(BROKEN));
    }
    if let Some(path) = credential() {
        let text = std::fs::read_to_string(path).map_err(ServeError::part(BROKEN))?;
        return MasterKey::from_hex(&text).map_err(ServeError::part(BROKEN));
    }
    MasterKey::from_file(&root.join(MASTER_KEY_FILE)).map_err(ServeError::part(BROKEN))
}

fn write_ca(path: &Path, pem: &str) -> Result<(), ServeError> {
    if std::fs::read_to_string(path).is_ok_and(|known| known == pem) {
        return Ok(());
    }
    std::fs::write(path, pem).map_err(|source| ServeError::Folder {
        path: path.to_owned(),
        source,
    })
}
