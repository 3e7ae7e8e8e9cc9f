// SPDX-License-Identifier: Apache-2.0
//! ListRetainedMessages: what is retained, by topic, in pages, without payloads.
//!
//! Source: AWS IoT API reference, data plane, `ListRetainedMessages`.

use hw_policy::Action;
use serde_json::{Value, json};

use super::may;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;
use crate::paging;

operation!("iotdata", "ListRetainedMessages", run);

const LIST: &str = "ListRetainedMessages";

/// Most messages of a page.
const PAGE_MAX: usize = 200;

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    may::may(&call, Action::ListRetainedMessages, "*").await?;
    let (after, count) = paging::next_topic(&call.input, LIST)?;
    if call.input.query("maxResults").is_some() && count > PAGE_MAX {
        let words = format!("maxResults must be between 1 and {PAGE_MAX}");
        return Err(AwsError::invalid(words));
    }
    let (store, account) = (call.deps.retained.clone(), call.caller.account);
    // It looks at all that the account has.
    let page = tokio::task::spawn_blocking(move || {
        store.retained(account, "#", after.as_deref(), count.min(PAGE_MAX))
    });
    let page = page.await.map_err(|error| AwsError::internal(&error))?;
    let page = page.map_err(|error| AwsError::invalid(error.to_string()))?;
    let topics: Vec<Value> = page
        .messages
        .iter()
        .map(|message| {
            json!({
                "topic": message.topic,
                "payloadSize": message.payload.len(),
                "qos": message.qos,
                "lastModifiedTime": message.since.0 / 1_000,
            })
        })
        .collect();
    let mut answer = json!({"retainedTopics": topics});
    if page.more
        && let Some(last) = page.messages.last()
    {
        answer["nextToken"] = paging::token(LIST, &last.topic).into();
    }
    Ok(Output::Json(answer))
}
