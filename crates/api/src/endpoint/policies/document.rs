// SPDX-License-Identifier: Apache-2.0
//! Policy documents in JSON: as they are, so that what was written stays as it was written, and a
//! key that stands twice is found.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::error::ApiError;

/// The text of a document that was sent as an object, or as a string that holds its text.
pub(crate) fn text(sent: &RawValue) -> Cow<'_, str> {
    match serde_json::from_str::<String>(sent.get()) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(sent.get()),
    }
}

/// A stored document.
pub(super) fn shown(stored: &str) -> Result<Box<RawValue>, ApiError> {
    RawValue::from_string(stored.to_owned()).map_err(|error| ApiError::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_and_its_text_are_the_same() {
        for sent in [r#"{"a":  1}"#, r#""{\"a\":  1}""#] {
            let sent: Box<RawValue> = serde_json::from_str(sent).expect("JSON");
            assert_eq!(text(&sent), r#"{"a":  1}"#);
        }
        assert_eq!(shown("{ }").expect("JSON").get(), "{ }");
        assert!(shown("{").is_err());
    }
}
