// SPDX-License-Identifier: Apache-2.0
//! Typed getters: each walks the raw bytes, and looks only into the property that it wants.

use crate::property::value::number;
use crate::property::{Properties, Property, PropertyId, Walk};

impl<'a> Properties<'a> {
    /// The first property of that kind.
    pub fn get(self, id: PropertyId) -> Option<Property<'a>> {
        Walk::new(self.raw)
            .find(|raw| raw.id == id)
            .and_then(|raw| Property::from_raw(raw).ok())
    }

    #[inline]
    fn number(self, id: PropertyId) -> Option<u32> {
        Walk::new(self.raw).find(|raw| raw.id == id).map(number)
    }

    fn flag(self, id: PropertyId) -> Option<bool> {
        self.number(id).map(|number| number != 0)
    }

    fn text(self, id: PropertyId) -> Option<&'a str> {
        let raw = Walk::new(self.raw).find(|raw| raw.id == id)?;
        simdutf8::basic::from_utf8(raw.value).ok()
    }

    fn binary(self, id: PropertyId) -> Option<&'a [u8]> {
        Walk::new(self.raw)
            .find(|raw| raw.id == id)
            .map(|raw| raw.value)
    }

    /// Whether the payload is said to be UTF-8 text.
    pub fn payload_format_indicator(self) -> Option<bool> {
        self.flag(PropertyId::PayloadFormatIndicator)
    }

    /// Seconds.
    pub fn message_expiry_interval(self) -> Option<u32> {
        self.number(PropertyId::MessageExpiryInterval)
    }

    /// The publisher's description of the payload, mostly a MIME type.
    pub fn content_type(self) -> Option<&'a str> {
        self.text(PropertyId::ContentType)
    }

    /// The topic to answer on.
    pub fn response_topic(self) -> Option<&'a str> {
        self.text(PropertyId::ResponseTopic)
    }

    /// What the answer is to carry, so that it can be told to which request it belongs.
    pub fn correlation_data(self) -> Option<&'a [u8]> {
        self.binary(PropertyId::CorrelationData)
    }

    /// The first subscription identifier: the only one of a SUBSCRIBE.
    pub fn subscription_identifier(self) -> Option<u32> {
        self.number(PropertyId::SubscriptionIdentifier)
    }

    /// All subscription identifiers. A server refuses a PUBLISH from a client that has one
    /// [MQTT-3.3.4-6].
    pub fn subscription_identifiers(self) -> impl Iterator<Item = u32> + Clone + use<'a> {
        Walk::new(self.raw)
            .filter(|raw| raw.id == PropertyId::SubscriptionIdentifier)
            .map(number)
    }

    /// Seconds; `u32::MAX` is for ever.
    pub fn session_expiry_interval(self) -> Option<u32> {
        self.number(PropertyId::SessionExpiryInterval)
    }

    /// The client identifier that the server chose.
    pub fn assigned_client_identifier(self) -> Option<&'a str> {
        self.text(PropertyId::AssignedClientIdentifier)
    }

    /// Seconds; it replaces the client's own keep alive.
    pub fn server_keep_alive(self) -> Option<u16> {
        self.number(PropertyId::ServerKeepAlive)
            .map(|number| number as u16)
    }

    /// The name of the enhanced authentication in use.
    pub fn authentication_method(self) -> Option<&'a str> {
        self.text(PropertyId::AuthenticationMethod)
    }

    /// What the method exchanges.
    pub fn authentication_data(self) -> Option<&'a [u8]> {
        self.binary(PropertyId::AuthenticationData)
    }

    /// Whether reason strings and user properties are wanted on failures; if absent, they are.
    pub fn request_problem_information(self) -> Option<bool> {
        self.flag(PropertyId::RequestProblemInformation)
    }

    /// Seconds.
    pub fn will_delay_interval(self) -> Option<u32> {
        self.number(PropertyId::WillDelayInterval)
    }

    /// Whether the client asks for Response Information.
    pub fn request_response_information(self) -> Option<bool> {
        self.flag(PropertyId::RequestResponseInformation)
    }

    /// A basis for response topics.
    pub fn response_information(self) -> Option<&'a str> {
        self.text(PropertyId::ResponseInformation)
    }

    /// The server to use instead.
    pub fn server_reference(self) -> Option<&'a str> {
        self.text(PropertyId::ServerReference)
    }

    /// Words for people.
    pub fn reason_string(self) -> Option<&'a str> {
        self.text(PropertyId::ReasonString)
    }

    /// How many publications at QoS 1 and 2 may be unacknowledged; 65,535 if absent.
    pub fn receive_maximum(self) -> Option<u16> {
        self.number(PropertyId::ReceiveMaximum)
            .map(|number| number as u16)
    }

    /// The highest topic alias accepted; none if absent.
    pub fn topic_alias_maximum(self) -> Option<u16> {
        self.number(PropertyId::TopicAliasMaximum)
            .map(|number| number as u16)
    }

    /// The number that stands for the topic from now on.
    pub fn topic_alias(self) -> Option<u16> {
        self.number(PropertyId::TopicAlias)
            .map(|number| number as u16)
    }

    /// Whether the server takes QoS 1; if absent, it takes all.
    pub fn maximum_qos(self) -> Option<crate::Qos> {
        self.number(PropertyId::MaximumQos)
            .and_then(|number| crate::Qos::from_bits(number as u8))
    }

    /// Whether the server keeps retained messages; if absent, it does.
    pub fn retain_available(self) -> Option<bool> {
        self.flag(PropertyId::RetainAvailable)
    }

    /// The pairs of all user properties, in their order.
    pub fn user_properties(self) -> impl Iterator<Item = (&'a str, &'a str)> + Clone + use<'a> {
        Walk::new(self.raw)
            .filter(|raw| raw.id == PropertyId::UserProperty)
            .map_while(|raw| {
                let key = simdutf8::basic::from_utf8(raw.value).ok()?;
                Some((key, simdutf8::basic::from_utf8(raw.second).ok()?))
            })
    }

    /// Bytes of a whole packet that the sender takes; no limit of its own if absent.
    pub fn maximum_packet_size(self) -> Option<u32> {
        self.number(PropertyId::MaximumPacketSize)
    }

    /// Whether wildcard subscriptions are taken; if absent, they are.
    pub fn wildcard_subscription_available(self) -> Option<bool> {
        self.flag(PropertyId::WildcardSubscriptionAvailable)
    }

    /// Whether subscription identifiers are taken; if absent, they are.
    pub fn subscription_identifier_available(self) -> Option<bool> {
        self.flag(PropertyId::SubscriptionIdentifierAvailable)
    }

    /// Whether shared subscriptions are taken; if absent, they are.
    pub fn shared_subscription_available(self) -> Option<bool> {
        self.flag(PropertyId::SharedSubscriptionAvailable)
    }
}
