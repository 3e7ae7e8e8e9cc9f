// SPDX-License-Identifier: Apache-2.0
//! The catalog and the master key: whether this program reads the one, and the other opens what is
//! sealed in it. A copy of the catalog is opened, so that nothing is changed and a newer one is
//! only refused.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use hw_identity::{Directory, Identity};
use hw_kernel::port::clock::SystemClock;
use hw_kernel::{Catalog, Clock};
use hw_model::Timestamp;
use serde_json::Value;

use super::certificates::{CHECK as CERTIFICATES, DAYS_OF_ACME, DAYS_OF_SERVER, until, validity};
use super::{Finding, Ground, Level};
use crate::serve::names::Names;
use crate::serve::people;

const CHECK: &str = "secrets";

/// A larger catalog is not copied for a look.
const CATALOG_BYTES_MAX: u64 = 1 << 30;

pub(super) async fn look(ground: &Ground) -> Vec<Finding> {
    let catalog = ground.file("catalog.db");
    let Ok(facts) = fs::metadata(&catalog) else {
        return Vec::new();
    };
    if let Some(status) = &ground.running {
        let opened = Finding::ok(CHECK, "the running server has opened its secrets");
        return [opened].into_iter().chain(shown(ground, status)).collect();
    }
    if !people::master_key_is_there(&ground.config.data) {
        return vec![Finding::fail(
            CHECK,
            "the master key is missing, and the folder has secrets that only it opens",
            "put back DIR/secrets/master.key from a backup (mode 600), or name the key in \
             HEADWATER_MASTER_KEY or a systemd credential headwater-master-key",
        )];
    }
    if facts.len() > CATALOG_BYTES_MAX {
        return vec![Finding::ok(
            CHECK,
            "the catalog is too large to be copied for a look",
        )];
    }
    match opened(ground, &catalog).await {
        Ok(found) => found,
        Err(text) => {
            let cure = "a newer folder needs the newer program; a damaged one a backup; and the \
                        master key must be the one that the folder was made with";
            vec![Finding::fail(CHECK, text, cure)]
        }
    }
}

/// The certificates that the running server shows, and what it has counted of devices'.
fn shown(ground: &Ground, status: &Value) -> Vec<Finding> {
    let certificate = &status["certificate"];
    let end = |name: &str| certificate[name].as_i64().map(Timestamp);
    let own = end("not_after_us").map(|end| {
        let cure = "worker identity.certificate makes a new one 30 days before: see its last error \
                    in headwater workers";
        let what = "the server's certificate";
        until(what, end, ground.now, DAYS_OF_SERVER, cure)
    });
    let public = public(ground, certificate, end("public_not_after_us"));
    let devices = devices(certificate);
    [own, public, devices].into_iter().flatten().collect()
}

/// The one that somebody else has signed.
fn public(ground: &Ground, certificate: &Value, end: Option<Timestamp>) -> Option<Finding> {
    let source = certificate["public_source"].as_str()?;
    let acme = source == "acme";
    let cure = match acme {
        true => {
            "worker identity.acme gets a new one when a third of its life is left: see its last \
             error in headwater workers"
        }
        false => "put a new one into the file of certificates.server_chain_file",
    };
    let Some(end) = end else {
        let text =
            "there is no certificate by ACME yet: browsers are shown that of the server's CA";
        return Some(Finding::warn(CERTIFICATES, text, cure));
    };
    let days = if acme { DAYS_OF_ACME } else { DAYS_OF_SERVER };
    let what = "the public certificate";
    Some(browsers(until(what, end, ground.now, days, cure)))
}

/// Without the public certificate devices still connect: it is no more than a warning.
fn browsers(finding: Finding) -> Finding {
    match finding.level {
        Level::Fail => {
            let text = finding
                .text
                .replace("nobody can connect", "browsers refuse");
            Finding::warn(CERTIFICATES, text, finding.cure.unwrap_or_default())
        }
        _ => finding,
    }
}

/// Certificates of devices that end soon.
fn devices(certificate: &Value) -> Option<Finding> {
    let count = |name: &str| certificate[name].as_u64().unwrap_or(0);
    let (ended, soon) = (count("devices_ended"), count("devices_within_30_days"));
    let cure = "give these devices new certificates before: the console's Certificates page and \
                `headwater sql` on table events name them";
    if ended > 0 {
        let text = format!("{ended} ACTIVE certificates of devices have ended: they can't connect");
        return Some(Finding::warn(CERTIFICATES, text, cure));
    }
    if soon > 0 {
        let text = format!("{soon} certificates of devices end within 30 days");
        return Some(Finding::warn(CERTIFICATES, text, cure));
    }
    None
}

async fn opened(ground: &Ground, catalog: &Path) -> Result<Vec<Finding>, String> {
    let copy = tempfile::tempdir().map_err(|error| error.to_string())?;
    for suffix in ["", "-wal"] {
        let from = format!("{}{suffix}", catalog.display());
        let to = copy.path().join(format!("catalog.db{suffix}"));
        if Path::new(&from).exists() {
            fs::copy(&from, to).map_err(|error| format!("{from} can't be read: {error}"))?;
        }
    }
    let url = format!("sqlite://{}", copy.path().join("catalog.db").display());
    let catalog: Arc<dyn Catalog> = hw_catalog::open_url(&url)
        .await
        .map_err(|error| format!("the catalog can't be opened: {error}"))?;
    let key = people::master_key(&ground.config.data).map_err(|error| error.to_string())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let region: Arc<str> = ground.config.region.as_str().into();
    let runtime = tokio::runtime::Handle::current();
    let directory = Directory::new(
        catalog.clone(),
        clock.clone(),
        region.clone(),
        runtime,
        None,
    );
    let identity = Identity::new(catalog, clock, Arc::new(key), Arc::new(directory), region);
    let authority = identity
        .authority()
        .await
        .map_err(|error| error.to_string())?;
    let mut found = vec![Finding::ok(CHECK, "the master key opens what is sealed")];
    found.extend(same_authority(ground, &authority.certificate_pem));
    // Made anew in the copy if its names or its time are over, as the next start will.
    let names = Names::of(&ground.config).all();
    let server = identity.server_certificate(&authority, &names).await;
    let server = server.map_err(|error| error.to_string())?;
    let what = format!("the server's certificate for {}", names.join(", "));
    let renew = "start the server: it makes a new one 30 days before, also while it runs";
    let (pem, now) = (&server.chain_pem, ground.now);
    found.push(validity(&what, pem, now, DAYS_OF_SERVER, renew));
    Ok(found)
}

fn same_authority(ground: &Ground, pem: &str) -> Option<Finding> {
    let file = fs::read_to_string(ground.file("ca.pem")).ok()?;
    (file != pem).then(|| {
        let text = "ca.pem is not the authority that signs here: devices that get it can't connect";
        Finding::fail(
            CERTIFICATES,
            text,
            "remove ca.pem: the next start writes the right one",
        )
    })
}
