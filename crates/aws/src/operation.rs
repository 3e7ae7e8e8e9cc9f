// SPDX-License-Identifier: Apache-2.0
//! What an operation is: a name, where it is bound, and a function.

use std::future::Future;
use std::pin::Pin;

use crate::AwsDeps;
use crate::caller::Caller;
use crate::error::AwsError;
use crate::input::Input;
use crate::output::Output;

/// An answer on its way.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Output, AwsError>> + Send + 'a>>;

/// Everything an operation works with.
pub struct Call<'a> {
    /// Identity, fleet and so on.
    pub deps: &'a AwsDeps,
    /// Who calls.
    pub caller: &'a Caller,
    /// What was sent.
    pub input: Input,
}

/// An operation of a service. Method and path come from the service's model, by name.
pub struct Operation {
    /// Service, as in `iot`.
    pub service: &'static str,
    /// Name, as in `CreateThing`.
    pub name: &'static str,
    /// What it does.
    pub run: for<'a> fn(Call<'a>) -> Answer<'a>,
}

/// Declares an operation from an `async fn(Call<'_>) -> Result<Output, AwsError>`.
macro_rules! operation {
    ($service:literal, $name:literal, $run:ident) => {
        /// This file's operation.
        pub(crate) const OPERATION: &crate::Operation = &crate::Operation {
            service: $service,
            name: $name,
            run: |call| Box::pin($run(call)),
        };
    };
}
pub(crate) use operation;
