// SPDX-License-Identifier: Apache-2.0
//! What policies may ask of a connection, from its principal and its CONNECT.

use hw_kernel::admission::{AttachedThing, PrincipalId};
use hw_policy::{Certificate, Context, Protocol, Thing};

use super::arns::Arns;
use super::auth::Auth;

/// The context of a connection's policies.
pub fn context(auth: &Auth, arns: &Arns) -> Context {
    let asked = auth.asked.as_ref();
    let will_topic = asked.and_then(|asked| asked.will_topic.as_deref());
    let persistent = asked.is_some_and(|asked| asked.persistent);
    let attributes = [
        persistent.then_some("PersistentConnect"),
        will_topic.map(|_| "LastWill"),
    ];
    Context {
        client_id: Some(auth.client_id.to_string()),
        thing: thing_of(auth).map(thing),
        certificate: certificate(auth),
        source_ip: Some(auth.peer.to_string()),
        connect_attributes: attributes
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect(),
        last_will_topic: will_topic.map(|topic| format!("{}{topic}", arns.topic)),
        protocol: Protocol::Mqtt,
        domain_name: auth.server_name.as_deref().map(str::to_owned),
    }
}

/// The thing that policy variables speak of: the one whose name is the client id, else one that is
/// attached exclusively; else any, so that an explanation can say why it does not count.
fn thing_of(auth: &Auth) -> Option<&AttachedThing> {
    let things = &auth.principal.things;
    let named = things.iter().find(|thing| *thing.name == *auth.client_id);
    named
        .or_else(|| things.iter().find(|thing| thing.exclusive))
        .or(things.first())
}

fn thing(attached: &AttachedThing) -> Thing {
    Thing {
        thing_name: attached.name.clone(),
        attached: true,
        exclusive: attached.exclusive,
        thing_type_name: attached.thing_type.clone(),
        attributes: attached.attributes.iter().cloned().collect(),
    }
}

fn certificate(auth: &Auth) -> Option<Certificate> {
    let PrincipalId::Certificate(id) = &auth.principal.id else {
        return None;
    };
    let mut certificate = Certificate {
        certificate_id: Some(id.to_string()),
        ..Certificate::default()
    };
    if let Some(facts) = &auth.principal.certificate {
        certificate.fields = facts.fields.iter().cloned().collect();
        let serial = vec![facts.serial_number.clone()];
        certificate
            .fields
            .entry("SerialNumber".to_owned())
            .or_insert(serial);
    }
    Some(certificate)
}
