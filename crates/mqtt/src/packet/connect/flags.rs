// SPDX-License-Identifier: Apache-2.0
//! The connect flags (MQTT 5, section 3.1.2.3), read and written.

use crate::error::DecodeErrorKind;
use crate::packet::connect::Connect;
use crate::version::{Qos, Version};

pub(crate) struct Flags {
    pub(crate) clean_start: bool,
    /// QoS and Retain of the will, if there is one.
    pub(crate) will: Option<(Qos, bool)>,
    pub(crate) user_name: bool,
    pub(crate) password: bool,
}

impl Flags {
    pub(crate) fn read(bits: u8, version: Version) -> Result<Flags, DecodeErrorKind> {
        let refuse = |why| Err(DecodeErrorKind::ConnectFlags { why });
        let has = |bit: u8| bits & 1 << bit != 0;
        let (will, will_retain, password, user_name) = (has(2), has(5), has(6), has(7));
        if has(0) && version != Version::V31 {
            return refuse("the reserved bit is set");
        }
        let Some(will_qos) = Qos::from_bits(bits >> 3 & 0b11) else {
            return Err(DecodeErrorKind::QosReserved { field: "will QoS" });
        };
        if !will && (will_qos != Qos::AtMostOnce || will_retain) {
            return refuse("will QoS or will retain without a will");
        }
        if !version.is_5() && password && !user_name {
            return refuse("a password without a user name");
        }
        Ok(Flags {
            clean_start: has(1),
            will: will.then_some((will_qos, will_retain)),
            user_name,
            password,
        })
    }

    pub(crate) fn bits(connect: &Connect<'_>) -> u8 {
        let will = connect.will.map_or(0, |will| {
            1 << 2 | (will.qos as u8) << 3 | u8::from(will.retain) << 5
        });
        will | u8::from(connect.clean_start) << 1
            | u8::from(connect.password.is_some()) << 6
            | u8::from(connect.user_name.is_some()) << 7
    }
}
