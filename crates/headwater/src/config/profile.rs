// SPDX-License-Identifier: Apache-2.0
//! The named sets of limits and quirks of MQTT, and what a file changes in them.

use hw_session::Limits;

use super::ConfigError;
use super::file::LimitsSection;

/// A named set of limits and quirks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// The full standard of MQTT.
    #[default]
    Standard,
    /// What AWS IoT Core allows, and how it differs from the standard.
    Aws,
}

impl Profile {
    /// Reads the setting.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        match text {
            "standard" => Ok(Self::Standard),
            "aws" => Ok(Self::Aws),
            other => {
                let detail = format!("{other:?} is not a profile; give standard or aws");
                Err(ConfigError::value("profile", detail))
            }
        }
    }

    /// Its limits of a connection, with what the settings change in them.
    pub(super) fn limits(
        self,
        payload_bytes_max: usize,
        keep_alive_max_s: u16,
        changes: &LimitsSection,
    ) -> Limits {
        /// Room for the topic, properties and header beside the payload.
        const BESIDE_PAYLOAD_BYTES: usize = 64 << 10;
        let mut limits = match self {
            Self::Standard => Limits {
                packet_bytes_max: payload_bytes_max + BESIDE_PAYLOAD_BYTES,
                payload_bytes_max,
                ..Limits::default()
            },
            Self::Aws => Limits::aws(),
        };
        limits.keep_alive_seconds_max = keep_alive_max_s;
        let set = |limit: &mut u32, change: Option<u32>| *limit = change.unwrap_or(*limit);
        set(
            &mut limits.publishes_per_second_max,
            changes.publishes_per_second_max,
        );
        set(
            &mut limits.bytes_per_second_max,
            changes.bytes_per_second_max,
        );
        set(
            &mut limits.connects_per_client_id_per_second_max,
            changes.connects_per_second_max,
        );
        let (all, changes_of_all) = (&mut limits.principal, &changes.principal);
        for (limit, change) in [
            (&mut all.connections_max, changes_of_all.connections_max),
            (
                &mut all.connects_per_second_max,
                changes_of_all.connects_per_second_max,
            ),
            (&mut all.subscriptions_max, changes_of_all.subscriptions_max),
            (
                &mut all.publishes_per_second_max,
                changes_of_all.publishes_per_second_max,
            ),
            (
                &mut all.bytes_per_second_max,
                changes_of_all.bytes_per_second_max,
            ),
        ] {
            set(limit, change);
        }
        if let Some(subscriptions) = changes.subscriptions_max {
            limits.subscriptions_max = subscriptions as usize;
        }
        if let Some(messages) = changes.session_messages_max {
            limits.session_messages_max = messages as usize;
        }
        if let Some(messages) = changes.all_sessions_messages_max {
            limits.all_sessions_messages_max = messages as usize;
        }
        limits
    }
}
