// SPDX-License-Identifier: Apache-2.0
//! Policy documents, parsed once for all who have the same: a fleet of thousands has a handful.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Weak};

use hw_policy::Document;
use parking_lot::Mutex;

use crate::IdentityError;

/// By their texts; those that nobody holds are forgotten.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// Texts that are kept before it is looked which are of use still.
const SWEEP_AT_MIN: usize = 256;

#[derive(Default)]
struct Known {
    documents: HashMap<Box<str>, Weak<Document>>,
    sweep_at: usize,
}

/// The document that a stored policy's text is.
pub(crate) fn parse(text: &str) -> Result<Arc<Document>, IdentityError> {
    if let Some(known) = KNOWN.lock().documents.get(text).and_then(Weak::upgrade) {
        return Ok(known);
    }
    let parsed =
        Document::parse(text).map_err(|error| IdentityError::MalformedPolicy(error.to_string()))?;
    Ok(KNOWN.lock().keep(text, Arc::new(parsed)))
}

impl Known {
    /// The one of this text: another thread may have come first.
    fn keep(&mut self, text: &str, parsed: Arc<Document>) -> Arc<Document> {
        if let Some(known) = self.documents.get(text).and_then(Weak::upgrade) {
            return known;
        }
        if self.documents.len() >= self.sweep_at {
            self.documents.retain(|_, weak| weak.strong_count() > 0);
            self.sweep_at = (self.documents.len() * 2).max(SWEEP_AT_MIN);
        }
        self.documents.insert(text.into(), Arc::downgrade(&parsed));
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_the_same_document_and_is_forgotten_with_its_last_holder() {
        let text = |n: usize| {
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"S0","Effect":"Allow",
                "Action":"iot:Connect","Resource":"*"}]}"#
                .replace("S0", &format!("S{n}"))
        };
        let first = parse(&text(0)).expect("is one");
        assert!(Arc::ptr_eq(&first, &parse(&text(0)).expect("is one")));
        assert!(!Arc::ptr_eq(&first, &parse(&text(1)).expect("is one")));
        for n in 0..4 * SWEEP_AT_MIN {
            parse(&text(n)).expect("is one");
        }
        let kept = KNOWN.lock().documents.len();
        assert!(kept <= SWEEP_AT_MIN + 1, "{kept}");
        assert!(Arc::ptr_eq(&first, &parse(&text(0)).expect("is one")));
        assert!(parse("{").is_err());
    }
}
