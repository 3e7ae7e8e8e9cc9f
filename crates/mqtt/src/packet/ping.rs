// SPDX-License-Identifier: Apache-2.0
//! PINGREQ and PINGRESP (MQTT 5, sections 3.12 and 3.13): two bytes each, nothing inside.

use crate::error::DecodeError;
use crate::packet_type::PacketType;
use crate::read::Reader;

/// A client's sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PingReq;

/// The server's answer to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PingResp;

pub(crate) fn read_request(body: &[u8]) -> Result<PingReq, DecodeError> {
    Reader::new(PacketType::PingReq, body)
        .end()
        .map(|()| PingReq)
}

pub(crate) fn read_response(body: &[u8]) -> Result<PingResp, DecodeError> {
    Reader::new(PacketType::PingResp, body)
        .end()
        .map(|()| PingResp)
}
