// SPDX-License-Identifier: Apache-2.0
//! What a policy can be attached to.

use hw_kernel::admission::Touched;
use hw_model::arn::{Kind, iot};
use hw_model::{AccountId, CertificateId};

/// A target of policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A certificate.
    Certificate(CertificateId),
    /// A static group of things: it holds for the principals of the things in it and below it.
    Group(String),
}

impl From<CertificateId> for Target {
    fn from(id: CertificateId) -> Self {
        Self::Certificate(id)
    }
}

impl Target {
    /// From kind and name as they are stored; `None` for targets that have no ARN.
    pub fn parse(kind: &str, name: &str) -> Option<Self> {
        match kind {
            "cert" => name.parse().ok().map(Self::Certificate),
            "thinggroup" => Some(Self::Group(name.to_owned())),
            _ => None,
        }
    }

    /// As ARNs spell its kind, and as it is stored.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Certificate(_) => Kind::Cert,
            Self::Group(_) => Kind::ThingGroup,
        }
    }

    /// Its name: a certificate's id, a group's name.
    pub fn name(&self) -> String {
        match self {
            Self::Certificate(id) => id.to_string(),
            Self::Group(name) => name.clone(),
        }
    }

    /// Its ARN in an account.
    pub fn arn(&self, region: &str, account: AccountId) -> String {
        iot(region, account, self.kind(), &self.name())
    }

    /// Whom a change of its policies touches.
    pub(super) fn touched(&self) -> Touched {
        match self {
            Self::Certificate(id) => Touched::Certificate(*id),
            Self::Group(name) => Touched::Group(name.clone()),
        }
    }
}
