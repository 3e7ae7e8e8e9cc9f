// SPDX-License-Identifier: Apache-2.0
//! What is told when something was made. A secret goes to stdout, this one time.

use serde_json::Value;

use crate::cli::{Failure, note, print_line, users};
use crate::client::Client;

/// What the answer to a creation has that is told no second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// Nothing.
    Plain,
    /// The link with which a person chooses a password.
    Link,
    /// A password, if it was made.
    Password,
    /// A certificate, for a request that was signed.
    Certificate,
}

impl Made {
    /// Tells it. `done` says what was made.
    pub(super) async fn tell(
        self,
        client: &Client,
        (sent, answer): (&Value, &Value),
        done: &str,
    ) -> Result<(), Failure> {
        note(done);
        match self {
            Self::Plain => Ok(()),
            Self::Link => users::print_link(client, &answer["link"]).await,
            Self::Password => {
                let Some(password) = answer["password"].as_str() else {
                    return Ok(());
                };
                print_line(password)?;
                note("This is its password; it is shown this once.");
                Ok(())
            }
            Self::Certificate => match (&sent["csr"], answer["pem"].as_str()) {
                (Value::String(_), Some(pem)) => Ok(print_line(pem.trim_end())?),
                _ => Ok(()),
            },
        }
    }
}
