// SPDX-License-Identifier: Apache-2.0
//! Retained messages for those who run the server.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use hw_kernel::admission::{NamedPrincipal, PrincipalId};
use hw_kernel::retained::{RetainedMessage, RetainedPage, RetainedStore};
use hw_kernel::{Ingest, IngestError, Principal, Submission};
use hw_model::AccountId;
use hw_model::topic::{self, BadTopic};
use hw_policy::{Document, Named, PolicySet};
use hw_session::Retained;

use crate::Broker;

/// What somebody may do who runs the server.
const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;

#[async_trait]
impl RetainedStore for Broker {
    fn retained(
        &self,
        account: AccountId,
        filter: &str,
        after: Option<&str>,
        max: usize,
    ) -> Result<RetainedPage, BadTopic> {
        topic::check_filter(filter)?;
        let mut found = Vec::new();
        let now = self.shared.now();
        let retained = &self.shared.retained;
        retained.matching(account, filter, now.wall, &mut found);
        let total = found.len() as u64;
        found.retain(|it| after.is_none_or(|after| &*it.topic > after));
        found.sort_unstable_by(|one, other| one.topic.cmp(&other.topic));
        let more = found.len() > max;
        found.truncate(max);
        Ok(RetainedPage {
            messages: found.iter().map(|it| shown(it)).collect(),
            more,
            total,
        })
    }

    async fn clear(&self, account: AccountId, topic: &str, by: &str) -> Result<(), IngestError> {
        let submission = Submission {
            principal: Arc::new(operator(account, by)?),
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            server_name: None,
            topic: topic.to_owned(),
            payload: Default::default(),
            properties: Vec::new(),
            wait: true,
            retain: true,
        };
        self.publish(submission).await.map(drop)
    }
}

fn shown(retained: &Retained) -> RetainedMessage {
    RetainedMessage {
        topic: retained.topic.to_string(),
        payload: retained.payload.to_vec(),
        properties: retained.properties.to_vec(),
        qos: retained.qos,
        since: retained.since,
        trace: retained.trace,
    }
}

/// Somebody who was let in by another door, and may do everything.
fn operator(account: AccountId, by: &str) -> Result<Principal, IngestError> {
    let document = Document::parse(EVERYTHING);
    let document = document.map_err(|error| IngestError::Invalid(error.to_string()))?;
    let named = Named {
        name: "operator".into(),
        version: None,
        document: Arc::new(document),
    };
    Ok(Principal {
        account,
        id: PrincipalId::Named(NamedPrincipal {
            name: by.into(),
            proof: "".into(),
        }),
        policies: Arc::new(PolicySet::new(vec![named])),
        things: Vec::new(),
        certificate: None,
        region: "".into(),
        stale: AtomicBool::new(false),
    })
}
