// SPDX-License-Identifier: Apache-2.0
//! Meters with certificates: those of an earlier run, and new ones through the AWS API.

use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use hw_kernel::Clock;

use crate::cli::Failure;
use crate::client::aws::Aws;
use crate::client::{Client, Doors, Keys};
use crate::simulate::identities::Folder;
use crate::simulate::{Identity, RegisterError, Registrar, imei};

/// Meters that are registered at the same time.
const AT_ONCE: usize = 4;

/// What is asked for.
pub struct Enrolment<'a> {
    /// How many meters.
    pub meters: usize,
    /// Where identities are kept; in the server's folder if nothing is said.
    pub keep: Option<&'a Path>,
    /// Keys to register with; fresh ones are made if none are at hand.
    pub keys: Option<Keys>,
    /// For signatures.
    pub clock: Arc<dyn Clock>,
}

/// An identity for each meter, and the server's doors. `told` hears each new thing and how many
/// there are by then.
pub async fn enrol(
    client: &Client,
    ask: Enrolment<'_>,
    told: &(dyn Fn(&str, usize) + Sync),
) -> Result<(Vec<Identity>, Doors), Failure> {
    let doors = client.doors().await?;
    let default = client.folder().map(|data| data.join("simulate"));
    let keep = match ask.keep.or(default.as_deref()) {
        Some(path) => Some((
            path,
            Folder::open(path).map_err(|error| unusable(path, &error))?,
        )),
        None => None,
    };
    let mut identities = Vec::with_capacity(ask.meters);
    let mut missing = Vec::new();
    for index in 0..ask.meters {
        let known = match &keep {
            Some((path, folder)) => folder
                .load(&imei(index))
                .map_err(|error| unusable(path, &error))?,
            None => None,
        };
        match known {
            Some(identity) => identities.push((index, identity)),
            None => missing.push(index),
        }
    }
    if !missing.is_empty() {
        let keys = match ask.keys {
            Some(keys) => keys,
            None => client.create_keys("simulate water", "admin").await?,
        };
        let aws = Aws::new(&doors, keys, ask.clock)?;
        let registrar = Registrar::prepare(aws, keep.map(|(_, folder)| folder)).await?;
        let known = identities.len();
        let registered = stream::iter(missing).map(|index| {
            let registrar = &registrar;
            async move { Ok::<_, RegisterError>((index, registrar.register(&imei(index)).await?)) }
        });
        let mut registered = registered.buffer_unordered(AT_ONCE);
        let mut done = known;
        while let Some((index, identity)) = registered.try_next().await? {
            done += 1;
            told(&identity.thing, done);
            identities.push((index, identity));
        }
    }
    identities.sort_by_key(|(index, _)| *index);
    Ok((
        identities
            .into_iter()
            .map(|(_, identity)| identity)
            .collect(),
        doors,
    ))
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    let place = path.display();
    Failure::failed(format!(
        "the folder of identities {place} can't be used: {error}"
    ))
}

impl From<RegisterError> for Failure {
    fn from(error: RegisterError) -> Self {
        Failure::failed(error.to_string())
    }
}
