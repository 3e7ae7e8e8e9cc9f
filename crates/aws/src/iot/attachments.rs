// SPDX-License-Identifier: Apache-2.0
//! What lists of attachments may be narrowed to.

use hw_fleet::principals::{Attachment, AttachmentQuery};

use crate::error::AwsError;
use crate::operation::Call;

/// `thingPrincipalType` of the query.
pub(crate) fn kind(call: &Call<'_>) -> Result<Option<Attachment>, AwsError> {
    let parse = |text| {
        Attachment::parse(text).ok_or_else(|| {
            AwsError::invalid("thingPrincipalType is EXCLUSIVE_THING or NON_EXCLUSIVE_THING")
        })
    };
    call.input
        .query("thingPrincipalType")
        .map(parse)
        .transpose()
}

/// A page of attachments, of one kind if the query names one (V2).
pub(crate) fn query<'a>(
    call: &Call<'_>,
    after: Option<&'a str>,
    count: usize,
) -> Result<AttachmentQuery<'a>, AwsError> {
    let how = kind(call)?;
    Ok(AttachmentQuery { how, after, count })
}
