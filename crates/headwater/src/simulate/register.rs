// SPDX-License-Identifier: Apache-2.0
//! Registers virtual devices as people do: through the AWS API, with a certificate each and one
//! tight policy.

use std::io;

use http::Method;
use serde_json::{Value, json};

use super::identities::{Folder, Identity};
use super::policy;
use crate::client::aws::{Aws, AwsError, Call};

/// Why a device could not be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The server refused a call, or did not answer.
    #[error("{operation} for {name}: {source}")]
    Call {
        /// AWS operation.
        operation: &'static str,
        /// Of what.
        name: String,
        /// Why.
        source: AwsError,
    },
    /// An answer lacks what AWS documents.
    #[error("{operation} for {name}: the answer has no {field}")]
    Answer {
        /// AWS operation.
        operation: &'static str,
        /// Of what.
        name: String,
        /// What is missing.
        field: &'static str,
    },
    /// The account has another policy of that name.
    #[error(
        "the account has a policy {} that says something else; rename or delete it, so that \
         simulated meters get no more than they need",
        policy::NAME
    )]
    OtherPolicy,
    /// The folder of identities cannot be written.
    #[error("the new certificate can't be kept: {0}")]
    Folder(#[from] io::Error),
}

/// Registers devices in one account.
pub struct Registrar {
    aws: Aws,
    keep: Option<Folder>,
}

impl Registrar {
    /// Prepares the account: the policy is there when this returns. Identities are kept in `keep`.
    pub async fn prepare(aws: Aws, keep: Option<Folder>) -> Result<Self, RegisterError> {
        let registrar = Self { aws, keep };
        registrar.create_policy().await?;
        Ok(registrar)
    }

    /// A thing with a fresh certificate, active and attached.
    pub async fn register(&self, thing: &str) -> Result<Identity, RegisterError> {
        let path = format!("/things/{thing}");
        let create = self.request("CreateThing", thing, Method::POST, &path);
        match create.body(json!({})).send().await {
            // The same thing with other attributes is as good.
            Err(error) if error.is("ResourceAlreadyExistsException") => Value::Null,
            done => done?,
        };
        let create = self.request(
            "CreateKeysAndCertificate",
            thing,
            Method::POST,
            "/keys-and-certificate",
        );
        let made = create.query("setAsActive=true").send().await?;
        let field = |pointer: &str, field: &'static str| -> Result<String, RegisterError> {
            let found = made
                .pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned);
            let (operation, name) = ("CreateKeysAndCertificate", thing.to_owned());
            found.ok_or(RegisterError::Answer {
                operation,
                name,
                field,
            })
        };
        let arn = field("/certificateArn", "certificateArn")?;
        let attach = format!("/target-policies/{}", policy::NAME);
        let attach = self.request("AttachPolicy", thing, Method::PUT, &attach);
        attach.body(json!({"target": arn})).send().await?;
        let attach = format!("/things/{thing}/principals");
        let attach = self.request("AttachThingPrincipal", thing, Method::PUT, &attach);
        attach.header("x-amzn-principal", &arn).send().await?;
        let identity = Identity {
            thing: thing.to_owned(),
            certificate: field("/certificatePem", "certificatePem")?,
            private_key: field("/keyPair/PrivateKey", "keyPair.PrivateKey")?,
        };
        if let Some(keep) = &self.keep {
            keep.store(&identity)?;
        }
        Ok(identity)
    }

    async fn create_policy(&self) -> Result<(), RegisterError> {
        let (region, account) = self.aws.region_and_account();
        let document = policy::document(region, account);
        let path = format!("/policies/{}", policy::NAME);
        let create = self.request("CreatePolicy", policy::NAME, Method::POST, &path);
        match create
            .body(json!({"policyDocument": document}))
            .send()
            .await
        {
            Err(error) if error.is("ResourceAlreadyExistsException") => {}
            done => return done.map(drop),
        }
        let there = self
            .request("GetPolicy", policy::NAME, Method::GET, &path)
            .send()
            .await?;
        let same = there["policyDocument"].as_str() == Some(document.as_str());
        if same {
            Ok(())
        } else {
            Err(RegisterError::OtherPolicy)
        }
    }

    fn request<'a>(
        &'a self,
        operation: &'static str,
        name: &'a str,
        method: Method,
        path: &'a str,
    ) -> Pending<'a> {
        let (query, headers, body) = ("", Vec::new(), None);
        Pending {
            aws: &self.aws,
            operation,
            name,
            method,
            path,
            query,
            headers,
            body,
        }
    }
}

impl RegisterError {
    fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Call { source: AwsError::Refused { code, .. }, .. } if code == wanted)
    }
}

/// A call that is being put together.
struct Pending<'a> {
    aws: &'a Aws,
    operation: &'static str,
    name: &'a str,
    method: Method,
    path: &'a str,
    query: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: Option<Value>,
}

impl<'a> Pending<'a> {
    fn query(self, query: &'a str) -> Self {
        Self { query, ..self }
    }

    fn header(mut self, name: &'a str, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }

    fn body(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    async fn send(self) -> Result<Value, RegisterError> {
        let call = Call {
            method: self.method,
            path: self.path,
            query: self.query,
            headers: &self.headers,
            body: self.body,
        };
        let (operation, name) = (self.operation, self.name.to_owned());
        let done = self.aws.call(call).await;
        done.map_err(|source| RegisterError::Call {
            operation,
            name,
            source,
        })
    }
}
