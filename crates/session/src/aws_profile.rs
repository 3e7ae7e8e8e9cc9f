// SPDX-License-Identifier: Apache-2.0
//! The limits and quirks of AWS IoT Core, as a profile.
//!
//! Source: AWS general reference, `iot-core`, message broker and protocol limits; AWS IoT developer
//! guide, `mqtt`.

use std::time::Duration;

use crate::settings::{Limits, PrincipalLimits, Quirks};

impl Limits {
    /// Those of AWS IoT Core. What AWS does not say is as without the profile.
    pub fn aws() -> Self {
        const DAY_SECONDS: u32 = 86_400;
        Self {
            packet_bytes_max: 149_504,
            payload_bytes_max: 128 * 1024,
            client_id_bytes_max: 128,
            topic_bytes_max: 256,
            topic_slashes_max: 7,
            share_name_bytes_max: 128,
            filters_per_subscribe_max: 8,
            subscriptions_max: 50,
            inflight_messages_max: 100,
            topic_aliases_max: 8,
            qos_max: 1,
            publishes_per_second_max: 100,
            bytes_per_second_max: 512 * 1024,
            connects_per_client_id_per_second_max: 1,
            keep_alive_seconds_min: 30,
            keep_alive_seconds_max: 1_200,
            session_expiry_seconds_v311: 3_600,
            session_expiry_seconds_max: 7 * DAY_SECONDS,
            message_expiry_seconds_max: 7 * DAY_SECONDS,
            will_grace: Duration::from_secs(30),
            // AWS bounds an account; more than all of it no principal of it can use.
            principal: PrincipalLimits {
                connections_max: 500_000,
                connects_per_second_max: 500,
                subscriptions_max: 500_000,
                publishes_per_second_max: 20_000,
                bytes_per_second_max: 0,
            },
            quirks: Quirks {
                hash_spares_parent: true,
                retained_for_exact_filters_only: true,
                no_subscription_identifiers: true,
                denied_subscribe_says_so: true,
                no_dollar_client_ids: true,
                keep_alive_bounds_v311: true,
                versions_have_own_sessions: true,
            },
            ..Self::default()
        }
    }
}
