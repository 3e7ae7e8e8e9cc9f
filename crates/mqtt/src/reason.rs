// SPDX-License-Identifier: Apache-2.0
//! Reason codes of MQTT 5 (section 2.4) and return codes of MQTT 3.1.1, with words for people.
//!
//! The constants are those of MQTT 5; codes of the two versions share no meaning.

use crate::packet_type::PacketType;

mod allowed;
mod connack_v311;

pub use allowed::{allowed, allowed_v311};
pub use connack_v311::ConnackCode;

/// Success (also "Normal disconnection" and "Granted QoS 0").
pub const SUCCESS: u8 = 0x00;
/// DISCONNECT: normal disconnection, the will is not sent.
pub const NORMAL_DISCONNECTION: u8 = 0x00;
/// SUBACK: QoS 0 is granted.
pub const GRANTED_QOS_0: u8 = 0x00;
/// SUBACK: at most QoS 1 is granted.
pub const GRANTED_QOS_1: u8 = 0x01;
/// SUBACK: QoS 2 is granted.
pub const GRANTED_QOS_2: u8 = 0x02;
/// DISCONNECT: the client leaves and wants its will sent.
pub const DISCONNECT_WITH_WILL: u8 = 0x04;
/// PUBACK, PUBREC: accepted, but nobody subscribes to the topic.
pub const NO_MATCHING_SUBSCRIBERS: u8 = 0x10;
/// UNSUBACK: there was no such subscription.
pub const NO_SUBSCRIPTION_EXISTED: u8 = 0x11;
/// AUTH: go on with another step.
pub const CONTINUE_AUTHENTICATION: u8 = 0x18;
/// AUTH: authenticate again.
pub const RE_AUTHENTICATE: u8 = 0x19;
/// No reason is given; in a SUBACK of MQTT 3.1.1: Failure.
pub const UNSPECIFIED_ERROR: u8 = 0x80;
/// The bytes cannot be parsed.
pub const MALFORMED_PACKET: u8 = 0x81;
/// The bytes parse and break a rule.
pub const PROTOCOL_ERROR: u8 = 0x82;
/// Valid, but not accepted by this implementation.
pub const IMPLEMENTATION_SPECIFIC_ERROR: u8 = 0x83;
/// CONNACK: the protocol level is not supported.
pub const UNSUPPORTED_PROTOCOL_VERSION: u8 = 0x84;
/// CONNACK: the client identifier is not allowed.
pub const CLIENT_IDENTIFIER_NOT_VALID: u8 = 0x85;
/// CONNACK: user name or password are not accepted.
pub const BAD_USER_NAME_OR_PASSWORD: u8 = 0x86;
/// Not authorized.
pub const NOT_AUTHORIZED: u8 = 0x87;
/// CONNACK: the server is not available.
pub const SERVER_UNAVAILABLE: u8 = 0x88;
/// The server is busy; try later.
pub const SERVER_BUSY: u8 = 0x89;
/// CONNACK: banned by administrative action.
pub const BANNED: u8 = 0x8A;
/// DISCONNECT: the server shuts down.
pub const SERVER_SHUTTING_DOWN: u8 = 0x8B;
/// The authentication method is not supported, or not the one in use.
pub const BAD_AUTHENTICATION_METHOD: u8 = 0x8C;
/// DISCONNECT: nothing came within 1.5 keep alive intervals.
pub const KEEP_ALIVE_TIMEOUT: u8 = 0x8D;
/// DISCONNECT: another connection uses the client identifier.
pub const SESSION_TAKEN_OVER: u8 = 0x8E;
/// The topic filter is well formed and not accepted.
pub const TOPIC_FILTER_INVALID: u8 = 0x8F;
/// The topic name is well formed and not accepted.
pub const TOPIC_NAME_INVALID: u8 = 0x90;
/// The packet identifier is already in use.
pub const PACKET_IDENTIFIER_IN_USE: u8 = 0x91;
/// PUBREL, PUBCOMP: the packet identifier is not known.
pub const PACKET_IDENTIFIER_NOT_FOUND: u8 = 0x92;
/// DISCONNECT: more unacknowledged publications than Receive Maximum.
pub const RECEIVE_MAXIMUM_EXCEEDED: u8 = 0x93;
/// DISCONNECT: the topic alias is 0, unknown or above the maximum.
pub const TOPIC_ALIAS_INVALID: u8 = 0x94;
/// The packet is larger than the receiver takes.
pub const PACKET_TOO_LARGE: u8 = 0x95;
/// DISCONNECT: messages come too fast.
pub const MESSAGE_RATE_TOO_HIGH: u8 = 0x96;
/// An implementation or administrative limit is exceeded.
pub const QUOTA_EXCEEDED: u8 = 0x97;
/// DISCONNECT: closed by administrative action.
pub const ADMINISTRATIVE_ACTION: u8 = 0x98;
/// The payload does not match its Payload Format Indicator.
pub const PAYLOAD_FORMAT_INVALID: u8 = 0x99;
/// Retained messages are not supported.
pub const RETAIN_NOT_SUPPORTED: u8 = 0x9A;
/// The QoS is above Maximum QoS.
pub const QOS_NOT_SUPPORTED: u8 = 0x9B;
/// Use another server for now.
pub const USE_ANOTHER_SERVER: u8 = 0x9C;
/// Use another server from now on.
pub const SERVER_MOVED: u8 = 0x9D;
/// Shared subscriptions are not supported.
pub const SHARED_SUBSCRIPTIONS_NOT_SUPPORTED: u8 = 0x9E;
/// Connections come too fast.
pub const CONNECTION_RATE_EXCEEDED: u8 = 0x9F;
/// DISCONNECT: the connection has lasted as long as it may.
pub const MAXIMUM_CONNECT_TIME: u8 = 0xA0;
/// Subscription identifiers are not supported.
pub const SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED: u8 = 0xA1;
/// Wildcard subscriptions are not supported.
pub const WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED: u8 = 0xA2;

/// What a reason code of MQTT 5 says, in the standard's words. 0 to 2 depend on the packet:
/// see [`describe_in`].
pub const fn describe(code: u8) -> &'static str {
    match code {
        SUCCESS => "Success",
        GRANTED_QOS_1 => "Granted QoS 1",
        GRANTED_QOS_2 => "Granted QoS 2",
        DISCONNECT_WITH_WILL => "Disconnect with Will Message",
        NO_MATCHING_SUBSCRIBERS => "No matching subscribers",
        NO_SUBSCRIPTION_EXISTED => "No subscription existed",
        CONTINUE_AUTHENTICATION => "Continue authentication",
        RE_AUTHENTICATE => "Re-authenticate",
        UNSPECIFIED_ERROR => "Unspecified error",
        MALFORMED_PACKET => "Malformed Packet",
        PROTOCOL_ERROR => "Protocol Error",
        IMPLEMENTATION_SPECIFIC_ERROR => "Implementation specific error",
        UNSUPPORTED_PROTOCOL_VERSION => "Unsupported Protocol Version",
        CLIENT_IDENTIFIER_NOT_VALID => "Client Identifier not valid",
        BAD_USER_NAME_OR_PASSWORD => "Bad User Name or Password",
        NOT_AUTHORIZED => "Not authorized",
        SERVER_UNAVAILABLE => "Server unavailable",
        SERVER_BUSY => "Server busy",
        BANNED => "Banned",
        SERVER_SHUTTING_DOWN => "Server shutting down",
        BAD_AUTHENTICATION_METHOD => "Bad authentication method",
        KEEP_ALIVE_TIMEOUT => "Keep Alive timeout",
        SESSION_TAKEN_OVER => "Session taken over",
        TOPIC_FILTER_INVALID => "Topic Filter invalid",
        TOPIC_NAME_INVALID => "Topic Name invalid",
        PACKET_IDENTIFIER_IN_USE => "Packet Identifier in use",
        PACKET_IDENTIFIER_NOT_FOUND => "Packet Identifier not found",
        RECEIVE_MAXIMUM_EXCEEDED => "Receive Maximum exceeded",
        TOPIC_ALIAS_INVALID => "Topic Alias invalid",
        PACKET_TOO_LARGE => "Packet too large",
        MESSAGE_RATE_TOO_HIGH => "Message rate too high",
        QUOTA_EXCEEDED => "Quota exceeded",
        ADMINISTRATIVE_ACTION => "Administrative action",
        PAYLOAD_FORMAT_INVALID => "Payload format invalid",
        RETAIN_NOT_SUPPORTED => "Retain not supported",
        QOS_NOT_SUPPORTED => "QoS not supported",
        USE_ANOTHER_SERVER => "Use another server",
        SERVER_MOVED => "Server moved",
        SHARED_SUBSCRIPTIONS_NOT_SUPPORTED => "Shared Subscriptions not supported",
        CONNECTION_RATE_EXCEEDED => "Connection rate exceeded",
        MAXIMUM_CONNECT_TIME => "Maximum connect time",
        SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED => "Subscription Identifiers not supported",
        WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED => "Wildcard Subscriptions not supported",
        _ => "Unknown reason code",
    }
}

/// What a reason code of MQTT 5 says in that packet.
pub const fn describe_in(packet: PacketType, code: u8) -> &'static str {
    match (packet, code) {
        (PacketType::Disconnect, NORMAL_DISCONNECTION) => "Normal disconnection",
        (PacketType::SubAck, GRANTED_QOS_0) => "Granted QoS 0",
        _ => describe(code),
    }
}

/// Whether a code of MQTT 5 says that something failed.
pub const fn is_failure(code: u8) -> bool {
    code >= 0x80
}
