// SPDX-License-Identifier: Apache-2.0
//! A certificate for one run: made with a policy of its own, and gone when the run is over.

use std::sync::Arc;

use http::Method;
use hw_kernel::Clock;
use serde_json::{Value, json};

use crate::client::aws::{Aws, AwsError, Call};
use crate::client::{Client, ClientError, Doors};
use crate::simulate::Identity;

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum TemporaryError {
    /// The server refused a call, or did not answer.
    #[error("{operation}: {source}")]
    Call {
        /// AWS operation.
        operation: &'static str,
        /// Why.
        source: AwsError,
    },
    /// The same, of our own API.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An answer lacks what AWS documents.
    #[error("CreateKeysAndCertificate: the answer has no {0}")]
    Answer(&'static str),
}

/// A certificate, its policy, and the keys that made them.
pub struct Temporary {
    aws: Aws,
    /// Ids of the keys.
    keys: Vec<String>,
    /// Name of the policy.
    name: String,
    certificate_id: String,
    certificate_arn: String,
    /// For TLS.
    pub identity: Identity,
}

impl Temporary {
    /// Makes it for clients whose ids begin with `name`, and topics below `topic`.
    ///
    /// # Errors
    /// What was made by then is named by the run, so that it can be found.
    pub async fn make(
        client: &Client,
        doors: &Doors,
        clock: Arc<dyn Clock>,
        name: &str,
        topic: &str,
    ) -> Result<Self, TemporaryError> {
        let made = client.create_keys(name, "admin").await?;
        let api_key_id = made.api_key.expose().split('_').nth(1).map(str::to_owned);
        let keys = api_key_id.into_iter().chain(made.access_key_id.clone());
        let keys = keys.collect();
        let aws = Aws::new(doors, made, clock)?;
        let (region, account) = aws.region_and_account();
        let document = policy(region, account, name, topic);
        let path = format!("/policies/{name}");
        let body = json!({"policyDocument": document});
        call(&aws, "CreatePolicy", Method::POST, &path, ("", Some(body))).await?;
        let (operation, path) = ("CreateKeysAndCertificate", "/keys-and-certificate");
        let query = ("setAsActive=true", None);
        let made = call(&aws, operation, Method::POST, path, query).await?;
        let field = |pointer: &str, name: &'static str| -> Result<String, TemporaryError> {
            let found = made.pointer(pointer).and_then(Value::as_str);
            found.map(str::to_owned).ok_or(TemporaryError::Answer(name))
        };
        let temporary = Self {
            certificate_id: field("/certificateId", "certificateId")?,
            certificate_arn: field("/certificateArn", "certificateArn")?,
            identity: Identity {
                thing: name.to_owned(),
                certificate: field("/certificatePem", "certificatePem")?,
                private_key: field("/keyPair/PrivateKey", "keyPair.PrivateKey")?,
            },
            keys,
            name: name.to_owned(),
            aws,
        };
        temporary.attach(Method::PUT, "AttachPolicy").await?;
        Ok(temporary)
    }

    /// Removes all of it.
    ///
    /// # Errors
    /// Something could not be removed.
    pub async fn remove(self, client: &Client) -> Result<(), TemporaryError> {
        let aws = &self.aws;
        self.attach(Method::POST, "DetachPolicy").await?;
        let certificate = format!("/certificates/{}", self.certificate_id);
        let query = ("newStatus=INACTIVE", None);
        call(aws, "UpdateCertificate", Method::PUT, &certificate, query).await?;
        let nothing = ("", None);
        call(
            aws,
            "DeleteCertificate",
            Method::DELETE,
            &certificate,
            nothing,
        )
        .await?;
        let policy = format!("/policies/{}", self.name);
        let nothing = ("", None);
        call(aws, "DeletePolicy", Method::DELETE, &policy, nothing).await?;
        for key in &self.keys {
            let path = format!("/api/v1/keys/{key}");
            client.ask(Method::DELETE, &path, None).await?;
        }
        Ok(())
    }

    async fn attach(
        &self,
        method: Method,
        operation: &'static str,
    ) -> Result<Value, TemporaryError> {
        let path = format!("/target-policies/{}", self.name);
        let body = json!({"target": self.certificate_arn});
        call(&self.aws, operation, method, &path, ("", Some(body))).await
    }
}

async fn call(
    aws: &Aws,
    operation: &'static str,
    method: Method,
    path: &str,
    (query, body): (&str, Option<Value>),
) -> Result<Value, TemporaryError> {
    let call = Call {
        method,
        path,
        query,
        headers: &[],
        body,
    };
    let done = aws.call(call).await;
    done.map_err(|source| TemporaryError::Call { operation, source })
}

/// What clients of the run may do, and nothing else.
fn policy(region: &str, account: &str, name: &str, topic: &str) -> String {
    let arn = |kind: &str, name: &str| format!("arn:aws:iot:{region}:{account}:{kind}/{name}");
    let topics = format!("{topic}/{name}/*");
    let allow = |action: &str, resources: &[String]| json!({"Effect": "Allow", "Action": action, "Resource": resources});
    json!({
        "Version": "2012-10-17",
        "Statement": [
            allow("iot:Connect", &[arn("client", &format!("{name}-*"))]),
            allow("iot:Publish", &[arn("topic", &topics)]),
            allow("iot:Receive", &[arn("topic", &topics)]),
            allow("iot:Subscribe", &[
                arn("topicfilter", &topics),
                arn("topicfilter", &format!("$share/{name}/{topics}")),
            ]),
        ],
    })
    .to_string()
}
