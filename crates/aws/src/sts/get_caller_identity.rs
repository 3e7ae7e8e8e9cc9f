// SPDX-License-Identifier: Apache-2.0
//! GetCallerIdentity: whose key this is.

use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("sts", "GetCallerIdentity", run);

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let (account, key) = (call.caller.account, &call.caller.access_key_id);
    Ok(Output::Xml {
        operation: "GetCallerIdentity",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
        members: vec![
            ("Arn", format!("arn:aws:iam::{account}:user/{key}")),
            ("UserId", key.clone()),
            ("Account", account.to_string()),
        ],
    })
}
