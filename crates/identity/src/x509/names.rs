// SPDX-License-Identifier: Apache-2.0
//! Distinguished names that can be told apart by everyone who reads them.

use x509_parser::oid_registry::OID_X509_COMMON_NAME;
use x509_parser::x509::X509Name;

use super::Refused;

/// Longest attribute value of a name, in bytes.
const VALUE_BYTES_MAX: usize = 1_024;

/// Most attributes of a name.
const ATTRIBUTES_MAX: usize = 50;

/// Refuses a name with control characters (programs in C end a string at NUL), with a second common
/// name (which one counts differs from program to program), and one that can't be read as text.
pub(super) fn check(what: &str, name: &X509Name<'_>) -> Result<(), Refused> {
    if name.iter_attributes().count() > ATTRIBUTES_MAX {
        return Err(Refused::because(format!(
            "the {what} has more than {ATTRIBUTES_MAX} attributes"
        )));
    }
    let mut common_names = 0;
    for attribute in name.iter_attributes() {
        common_names += usize::from(*attribute.attr_type() == OID_X509_COMMON_NAME);
        let bytes = attribute.as_slice();
        if bytes.len() > VALUE_BYTES_MAX {
            return Err(Refused::because(format!(
                "an attribute of the {what} has more than {VALUE_BYTES_MAX} bytes"
            )));
        }
        let text = attribute.as_str();
        let control = match text {
            Ok(text) => text.chars().any(char::is_control),
            Err(_) => bytes.contains(&0),
        };
        if control {
            return Err(Refused::because(format!(
                "the {what} has a NUL or another control character in it"
            )));
        }
    }
    if common_names > 1 {
        return Err(Refused::because(format!(
            "the {what} has more than one common name (CN)"
        )));
    }
    Ok(())
}
