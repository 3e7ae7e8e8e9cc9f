// SPDX-License-Identifier: Apache-2.0
//! What policies may ask of a principal: its certificate and the thing of its connection.

use hw_policy::{Certificate, Context, Protocol, Thing};

use super::{AttachedThing, Principal, PrincipalId};

impl Principal {
    /// What its policies may ask of it as an MQTT client of this id, or without an MQTT client.
    /// Connection and will are the caller's to add.
    pub fn policy_context(&self, client_id: Option<&str>) -> Context {
        Context {
            client_id: client_id.map(str::to_owned),
            thing: self.thing_of(client_id).map(thing),
            certificate: self.policy_certificate(),
            protocol: match client_id {
                Some(_) => Protocol::Mqtt,
                None => Protocol::Http,
            },
            ..Context::default()
        }
    }

    /// The thing that policy variables speak of: the one whose name is the client id, else one that
    /// is attached exclusively; else any, so that an explanation can say why it does not count.
    fn thing_of(&self, client_id: Option<&str>) -> Option<&AttachedThing> {
        let things = &self.things;
        let named = things.iter().find(|thing| Some(&*thing.name) == client_id);
        named
            .or_else(|| things.iter().find(|thing| thing.exclusive))
            .or(things.first())
    }

    fn policy_certificate(&self) -> Option<Certificate> {
        let PrincipalId::Certificate(id) = &self.id else {
            return None;
        };
        let mut certificate = Certificate {
            certificate_id: Some(id.to_string()),
            ..Certificate::default()
        };
        if let Some(facts) = &self.certificate {
            certificate.fields = facts.fields.iter().cloned().collect();
            let serial = vec![facts.serial_number.clone()];
            certificate
                .fields
                .entry("SerialNumber".to_owned())
                .or_insert(serial);
        }
        Some(certificate)
    }
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
