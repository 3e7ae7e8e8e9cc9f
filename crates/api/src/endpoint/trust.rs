// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/trust` and the files below it: the CA, for people who are to trust it on a computer
//! or phone. Open to all: what is told here, every TLS handshake tells.

mod profile;
mod qr;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderName;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use hw_identity::certificate_text::{self, CertificateText};
use hw_identity::host_names::{in_url, is_local};
use schemars::JsonSchema;
use serde::Serialize;

use super::reach::hosts;
use crate::auth::Door;
use crate::described::{Answer, Operation};
use crate::error::ApiError;
use crate::moment::Moment;

/// Most addresses of the page that are told.
const PAGES_MAX: usize = 8;

/// The CA, and where the page about it is opened from elsewhere.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Trust {
    /// As in `O=Headwater, CN=Headwater CA`.
    subject: String,
    /// SHA-256 of its DER, to be compared.
    sha256: String,
    not_before: Moment,
    not_after: Moment,
    /// The page's addresses as other computers and phones have it, the best first.
    pages: Vec<Page>,
}

/// An address of the page.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Page {
    host: String,
    url: String,
    qr: qr::Code,
}

/// How it is described.
pub(crate) const TRUST: Operation = Operation {
    id: "get_trust",
    tag: "server",
    summary: "The CA to trust: its fingerprint, and the page about it as phones find it",
    open: true,
    answers: &[Answer::json::<Trust>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn trust(State(door): State<Arc<Door>>) -> Result<Json<Trust>, ApiError> {
    let ca = certificate_text::read(&door.deps.authority.certificate_pem)?;
    Ok(Json(Trust {
        subject: ca.subject,
        sha256: ca.sha256.to_string(),
        not_before: ca.not_before.into(),
        not_after: ca.not_after.into(),
        pages: pages(&door)?,
    }))
}

fn pages(door: &Door) -> Result<Vec<Page>, ApiError> {
    let reach = door.deps.reach.reach();
    let Some(https) = reach.https.filter(|door| !door.ip().is_loopback()) else {
        return Ok(Vec::new());
    };
    let named = certificate_text::read(&reach.server_chain_pem)?.names;
    let hosts = hosts(&reach, &named).into_iter();
    let elsewhere = hosts.filter(|host| host.covered && !is_local(&host.name));
    let pages = elsewhere.filter_map(|host| {
        let url = format!("https://{}:{}/trust", in_url(&host.name), https.port());
        let qr = qr::Code::of(&url)?;
        Some(Page {
            host: host.name,
            url,
            qr,
        })
    });
    Ok(pages.take(PAGES_MAX).collect())
}

type File = ([(HeaderName, &'static str); 2], Vec<u8>);

fn file(kind: &'static str, disposition: &'static str, content: Vec<u8>) -> File {
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, disposition)];
    (headers, content)
}

fn ca(door: &Door) -> Result<(CertificateText, Vec<u8>), ApiError> {
    let text = certificate_text::read(&door.deps.authority.certificate_pem)?;
    let der = certificate_text::der(&text.pem)?;
    Ok((text, der))
}

/// How it is described.
pub(crate) const PEM: Operation = Operation {
    id: "get_ca_pem",
    tag: "server",
    summary: "The CA's certificate in PEM: for devices, Linux, Firefox",
    open: true,
    answers: &[Answer::text(200, "Done.", "application/x-pem-file")],
    ..Operation::PLAIN
};

pub(crate) async fn pem(State(door): State<Arc<Door>>) -> Result<File, ApiError> {
    let (text, _) = ca(&door)?;
    let name = "attachment; filename=\"headwater-ca.pem\"";
    Ok(file("application/x-pem-file", name, text.pem.into_bytes()))
}

/// How it is described.
pub(crate) const DER: Operation = Operation {
    id: "get_ca_crt",
    tag: "server",
    summary: "The CA's certificate in DER: for Android, Windows, macOS",
    open: true,
    answers: &[Answer::text(200, "Done.", "application/x-x509-ca-cert")],
    ..Operation::PLAIN
};

pub(crate) async fn der(State(door): State<Arc<Door>>) -> Result<File, ApiError> {
    let (_, der) = ca(&door)?;
    let name = "attachment; filename=\"headwater-ca.crt\"";
    Ok(file("application/x-x509-ca-cert", name, der))
}

/// How it is described.
pub(crate) const PROFILE: Operation = Operation {
    id: "get_ca_profile",
    tag: "server",
    summary: "The CA's certificate as a configuration profile: for iPhone, iPad and Mac",
    open: true,
    answers: &[Answer::text(
        200,
        "Done.",
        "application/x-apple-aspen-config",
    )],
    ..Operation::PLAIN
};

pub(crate) async fn profile(State(door): State<Arc<Door>>) -> Result<File, ApiError> {
    let (text, der) = ca(&door)?;
    let name = "attachment; filename=\"headwater-ca.mobileconfig\"";
    let profile = profile::of(&text.sha256.0, &der);
    let kind = "application/x-apple-aspen-config";
    Ok(file(kind, name, profile.into_bytes()))
}
