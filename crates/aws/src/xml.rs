// SPDX-License-Identifier: Apache-2.0
//! The XML of the Query protocol: flat results and errors.

/// A result document.
pub(crate) fn result(
    operation: &str,
    namespace: &str,
    members: &[(&str, String)],
    request_id: &str,
) -> String {
    let members: String = members
        .iter()
        .map(|(name, value)| format!("<{name}>{}</{name}>", escape(value)))
        .collect();
    format!(
        "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{members}\
         </{operation}Result><ResponseMetadata><RequestId>{request_id}</RequestId>\
         </ResponseMetadata></{operation}Response>"
    )
}

/// An error document.
pub(crate) fn error(code: &str, message: &str, request_id: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error>\
         <RequestId>{request_id}</RequestId></ErrorResponse>",
        escape(code),
        escape(message),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
