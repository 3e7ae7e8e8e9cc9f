// SPDX-License-Identifier: Apache-2.0
//! Settings of the server's certificates: names of its own one, and another that somebody else has
//! signed, from files or by ACME.

use std::path::PathBuf;

use hw_model::Secret;
use serde::Deserialize;

use super::args::ServeArgs;
use super::{ConfigError, host, read_text};

/// Settings of certificates.
#[derive(Debug, Clone, Default)]
pub struct CertificatesConfig {
    /// More names and addresses for the certificate that this server's own CA signs.
    pub names: Vec<String>,
    /// A certificate that somebody else has signed.
    pub server: Option<PublicSource>,
    /// Whether devices see that one, too.
    pub server_for_devices: bool,
}

/// Where a certificate comes from that somebody else has signed.
#[derive(Debug, Clone)]
pub enum PublicSource {
    /// Two files in PEM.
    Files {
        /// The server's certificate, and its issuers behind it.
        chain: PathBuf,
        /// The key of the first one.
        key: PathBuf,
    },
    /// ACME (RFC 8555).
    Acme(AcmeConfig),
}

/// Settings of ACME.
#[derive(Debug, Clone)]
pub struct AcmeConfig {
    /// The ACME server's directory.
    pub directory_url: String,
    /// Whom it may write to, as in `mailto:ops@example.com`.
    pub contact: Vec<String>,
    /// The names that the certificate is to be for.
    pub names: Vec<String>,
    /// Key id and key (base64url) of an account that the ACME server's operator has given out.
    pub eab: Option<(String, Secret)>,
    /// What a private ACME server is trusted by, in PEM.
    pub ca_pem: Option<String>,
}

/// `[certificates]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CertificatesSection {
    pub device_keys: Option<String>,
    pub names: Option<Vec<String>>,
    pub server_chain_file: Option<PathBuf>,
    pub server_key_file: Option<PathBuf>,
    pub server_for_devices: Option<bool>,
    pub acme: Option<AcmeSection>,
}

/// `[certificates.acme]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AcmeSection {
    pub directory_url: Option<String>,
    #[serde(default)]
    pub contact: Vec<String>,
    pub names: Option<Vec<String>>,
    pub eab_key_id: Option<String>,
    pub eab_key_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
}

impl CertificatesConfig {
    pub(super) fn resolve(
        args: &ServeArgs,
        file: CertificatesSection,
        public_host: &str,
    ) -> Result<Self, ConfigError> {
        let names = args.certificates_names.clone().or(file.names);
        let names = names.unwrap_or_default();
        for name in &names {
            host("certificates.names", name)?;
        }
        let files = match (file.server_chain_file, file.server_key_file) {
            (Some(chain), Some(key)) => Some(PublicSource::Files { chain, key }),
            (None, None) => None,
            (Some(_), None) => return Err(missing("certificates.server_key_file")),
            (None, Some(_)) => return Err(missing("certificates.server_chain_file")),
        };
        let acme = file
            .acme
            .map(|acme| acme.resolve(public_host))
            .transpose()?;
        let server = match (files, acme) {
            (Some(_), Some(_)) => {
                let detail = "the server's certificate comes from files or by ACME, not both";
                return Err(ConfigError::value("certificates.acme", detail));
            }
            (files, acme) => files.or(acme.map(PublicSource::Acme)),
        };
        Ok(Self {
            names,
            server,
            server_for_devices: file.server_for_devices.unwrap_or_default(),
        })
    }

    /// What the own certificate is for beside public host and machine: the names that were given,
    /// and those of ACME, so that devices that trust the own CA can use them, too.
    pub fn more_names(&self) -> Vec<String> {
        let mut names = self.names.clone();
        if let Some(PublicSource::Acme(acme)) = &self.server {
            names.extend(acme.names.iter().cloned());
        }
        names
    }
}

fn missing(name: &str) -> ConfigError {
    ConfigError::value(name, "chain and key are given both or not at all")
}

impl AcmeSection {
    fn resolve(self, public_host: &str) -> Result<AcmeConfig, ConfigError> {
        let wrong = |name: &str, detail: &str| ConfigError::value(name, detail);
        let directory_url = self.directory_url.unwrap_or_default();
        if !directory_url.starts_with("https://") {
            let name = "certificates.acme.directory_url";
            let detail = "give the https URL of the ACME server's directory, as in \
                          https://acme-v02.api.letsencrypt.org/directory";
            return Err(wrong(name, detail));
        }
        let names = self.names.unwrap_or_else(|| vec![public_host.to_owned()]);
        let is_name = |name: &String| {
            let is_address = name.parse::<std::net::IpAddr>().is_ok();
            host("", name).is_ok() && !is_address
        };
        if names.is_empty() || !names.iter().all(is_name) {
            let detail = "give names that the ACME server can look up, without addresses and \
                          wildcards; without the setting it is public_host";
            return Err(wrong("certificates.acme.names", detail));
        }
        for contact in &self.contact {
            if !contact.contains(':') {
                let detail = format!("{contact:?} is no URL; give mailto:{contact}");
                return Err(wrong("certificates.acme.contact", &detail));
            }
        }
        let key = self.eab_key_file.as_deref().map(read_text).transpose()?;
        let eab = match (self.eab_key_id, key) {
            (Some(id), Some(key)) => Some((id, Secret::new(key.trim().to_owned()))),
            (None, None) => None,
            _ => {
                let detail = "an external account has both, eab_key_id and eab_key_file";
                return Err(wrong("certificates.acme.eab_key_id", detail));
            }
        };
        let ca_pem = self.ca_file.as_deref().map(read_text).transpose()?;
        let names = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Ok(AcmeConfig {
            directory_url,
            contact: self.contact,
            names,
            eab,
            ca_pem,
        })
    }
}
