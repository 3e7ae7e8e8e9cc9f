// SPDX-License-Identifier: Apache-2.0
//! One object out of PEM text.

use super::Refused;

/// Most characters of a certificate's PEM text, as on AWS IoT.
pub const PEM_CHARACTERS_MAX: usize = 65_536;

/// The DER of the one object under one of `labels` in `text`. Text before it (as `openssl x509
/// -text` writes) is passed over; a second object is refused, because which one counts would be a
/// guess.
pub(super) fn one(text: &str, labels: &[&str], characters_max: usize) -> Result<Vec<u8>, Refused> {
    let what = labels[0];
    if text.len() > characters_max {
        return Err(Refused::because(format!(
            "the {what} has more than {characters_max} characters"
        )));
    }
    let mut found = None;
    for pem in x509_parser::pem::Pem::iter_from_buffer(text.as_bytes()) {
        let pem = pem.map_err(|_| Refused::because(format!("this is not a PEM encoded {what}")))?;
        if !labels.contains(&pem.label.as_str()) {
            return Err(Refused::because(format!(
                "a {what} is expected, and this is a {}",
                pem.label.chars().take(40).collect::<String>()
            )));
        }
        if found.replace(pem.contents).is_some() {
            return Err(Refused::because(format!(
                "there is more than one {what} in the text; send one"
            )));
        }
    }
    found.ok_or_else(|| Refused::because(format!("this is not a PEM encoded {what}")))
}
