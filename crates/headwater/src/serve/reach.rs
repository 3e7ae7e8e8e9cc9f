// SPDX-License-Identifier: Apache-2.0
//! Where devices and people reach this server, for the API.

use std::sync::Arc;

use hw_api::{PublicCertificate, Reach, ReachSource};
use hw_identity::public::Public;
use hw_identity::renewal::Renewal;

use super::Endpoints;
use super::names::Names;

/// What is known once every door is open.
pub(super) struct Facts {
    pub names: Names,
    pub endpoints: Endpoints,
    pub mqtts_passwords: bool,
    pub renewal: Arc<Renewal>,
    pub public: Option<Arc<Public>>,
    pub public_for_devices: bool,
}

impl ReachSource for Facts {
    fn reach(&self) -> Reach {
        let doors = &self.endpoints;
        Reach {
            public_host: self.names.public_host.clone(),
            mqtts: doors.mqtts,
            https: doors.https,
            mqtt: doors.mqtt,
            http: doors.http,
            postgres: doors.postgres,
            mqtts_passwords: self.mqtts_passwords,
            machine_names: self.names.machine(),
            addresses: self.names.addresses(),
            server_chain_pem: self.renewal.chain_pem(),
            public: self.public.as_ref().and_then(|public| {
                let shown = public.shown()?;
                Some(PublicCertificate {
                    source: public.source(),
                    chain_pem: shown.chain_pem,
                    names: shown.names,
                })
            }),
            public_for_devices: self.public_for_devices,
        }
    }
}
