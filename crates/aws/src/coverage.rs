// SPDX-License-Identifier: Apache-2.0
//! `docs/aws-coverage.md`, made from the code: what works and what is refused by name.

use std::fmt::Write;

use crate::model::{Binding, bindings};

/// The page, as Markdown.
pub fn markdown() -> String {
    let mut page = String::from(
        "# AWS API coverage\n\n\
         Made from the code by `headwater docs aws-coverage`; do not edit.\n\n\
         What works is called by unmodified boto3 and AWS CLI with `AWS_ENDPOINT_URL`. Any other\n\
         operation of these services is refused with `NotImplementedException` (501) and its name.\n\n\
         Requests are signed with SigV4 in their headers or in a presigned URL (for up to a week).\n\
         Clocks may differ by 5 minutes. Keys are lasting ones: a session token is refused. A\n\
         refused signature has a row in `events`, in its key's account; that of an unknown key\n\
         stands in the first account. Operations of `iotdata` (boto3's `iot-data`) take a client\n\
         certificate in a signature's place.\n\n\
         What is not kept is refused, not dropped: billing groups, dynamic thing groups, Cognito\n\
         identities, `mqtt5Configuration` of thing types. An error's `message` says what to do.\n\n\
         Policies of a thing group hold for a connection whose thing is in it or below it: the\n\
         attached thing that is named as the client id, or the only attached one.\n",
    );
    for service in ["iot", "iotdata", "sts"] {
        let all: Vec<_> = bindings()
            .filter(|binding| binding.service == service)
            .collect();
        let count = all.len();
        let works =
            |name: &str| crate::operations().any(|o| o.service == service && o.name == name);
        let (there, missing): (Vec<Binding>, Vec<Binding>) =
            all.into_iter().partition(|binding| works(binding.name));
        let _ = writeln!(
            page,
            "\n## {service}: {} of {} operations\n",
            there.len(),
            count
        );
        page += "| operation | binding |\n|---|---|\n";
        for binding in &there {
            let _ = writeln!(
                page,
                "| {} | `{} {}` |",
                binding.name, binding.method, binding.path
            );
        }
        let names: Vec<&str> = missing.iter().map(|binding| binding.name).collect();
        let _ = writeln!(page, "\nNot there yet: {}.", names.join(", "));
    }
    page
}
