// SPDX-License-Identifier: Apache-2.0
//! Why a policy variable has no value, for the explanation of a denial.

use std::fmt;

/// The cause that leaves a variable's text as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    NotAVariable,
    NoMqttClient,
    NoThing,
    NotAttached,
    ClientIdIsNotThingName,
    NoThingType,
    NoSuchAttribute,
    NoCertificate,
    NotInCertificate,
    NoSuchIndex,
    SpecialCharacter,
    TooLong,
    ManyValues,
    NotKnown,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Cause::NotAVariable => "AWS IoT has no variable of this name",
            Cause::NoMqttClient => "there is no MQTT client",
            Cause::NoThing => "no thing is attached",
            Cause::NotAttached => "no thing is attached: the certificate is not attached to it",
            Cause::ClientIdIsNotThingName => "the client id is not the name of the attached thing",
            Cause::NoThingType => "the thing has no type",
            Cause::NoSuchAttribute => "the thing has no such attribute",
            Cause::NoCertificate => "there is no certificate",
            Cause::NotInCertificate => "the certificate has no such attribute",
            Cause::NoSuchIndex => "the certificate has fewer values of this attribute",
            Cause::SpecialCharacter => "the value contains one of * $ + ? #",
            Cause::TooLong => "the value is longer than 1024 characters",
            Cause::ManyValues => "a list of values can only be used as a condition key",
            Cause::NotKnown => "its value is not known for this request",
        })
    }
}

/// A variable without a value in one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unresolved {
    pub(crate) variable: Box<str>,
    pub(crate) cause: Cause,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "variable ${{{}}} is unresolved because {}",
            self.variable, self.cause
        )
    }
}
