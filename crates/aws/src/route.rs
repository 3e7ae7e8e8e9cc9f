// SPDX-License-Identifier: Apache-2.0
//! From service, method and raw path to an operation. Labels are decoded after matching, so that
//! an encoded slash stays inside its label.

use percent_encoding::percent_decode_str;

use crate::error::AwsError;
use crate::model::{Binding, bindings};
use crate::operation::Operation;

/// Labels of a path, decoded, by name.
pub type Labels = Vec<(&'static str, String)>;

/// An operation and the labels of the path that led to it.
pub type Found = (&'static Operation, Labels);

/// Where a request goes.
pub struct Route {
    operation: Option<&'static Operation>,
    binding: Binding,
}

/// All routes, made once at start.
pub struct Routes(Vec<Route>);

impl Routes {
    /// Joins the model with what is implemented.
    pub fn new() -> Self {
        let find = |binding: &Binding| {
            crate::operations().find(|o| (o.service, o.name) == (binding.service, binding.name))
        };
        Self(
            bindings()
                .map(|binding| Route {
                    operation: find(&binding),
                    binding,
                })
                .collect(),
        )
    }

    /// The operation of a REST request and the labels of its path.
    pub fn rest(&self, service: &str, method: &str, path: &str) -> Result<Found, AwsError> {
        let of_service = self.0.iter().filter(|r| r.binding.service == service);
        let mut known = false;
        for route in of_service.filter(|route| route.binding.method == method) {
            known = true;
            let Some(labels) = labels(route.binding.path, path) else {
                continue;
            };
            let operation = route.operation;
            let operation =
                operation.ok_or_else(|| AwsError::unsupported(service, route.binding.name))?;
            return Ok((operation, labels));
        }
        let what = if known { "path" } else { "service" };
        let message = format!(
            "no {what} {method} {path} of {service} is known here; \
             docs/aws-coverage.md lists what is"
        );
        Err(AwsError::new("UnknownOperationException", 404, message))
    }

    /// The operation of a Query request, by its `Action`.
    pub fn query(&self, service: &str, action: &str) -> Result<&'static Operation, AwsError> {
        let mut of_service = self.0.iter().filter(|r| r.binding.service == service);
        match of_service.find(|route| route.binding.name == action) {
            Some(Route {
                operation: Some(operation),
                ..
            }) => Ok(operation),
            Some(_) => Err(AwsError::unsupported(service, action)),
            None => Err(AwsError::new(
                "InvalidAction",
                400,
                format!("Could not find operation {action}"),
            )),
        }
    }
}

impl Default for Routes {
    fn default() -> Self {
        Self::new()
    }
}

/// Labels of `path` under `pattern`, if it fits. A literal part wins over a label because the
/// model lists no two patterns of one method that fit the same path but by a literal; those are
/// told apart here: a label never takes an empty part.
fn labels(pattern: &'static str, path: &str) -> Option<Labels> {
    let decode = |part: &str| {
        percent_decode_str(part)
            .decode_utf8()
            .ok()
            .map(|s| s.into_owned())
    };
    let mut found = Vec::new();
    let path = path.strip_prefix('/').unwrap_or(path);
    // A topic may begin and end with a slash.
    let path = match pattern.ends_with("+}") {
        true => path,
        false => path.trim_matches('/'),
    };
    let mut rest = path.split('/');
    for wanted in pattern.trim_matches('/').split('/') {
        let label = wanted
            .strip_prefix('{')
            .and_then(|label| label.strip_suffix('}'));
        match label.map(|label| label.strip_suffix('+').ok_or(label)) {
            None => {
                let part = rest.next()?;
                (part == wanted).then_some(())?;
            }
            Some(Err(label)) => {
                let part = rest.next().filter(|part| !part.is_empty())?;
                found.push((label, decode(part)?));
            }
            Some(Ok(label)) => {
                let parts: Vec<&str> = rest.by_ref().collect();
                (!parts.is_empty()).then_some(())?;
                found.push((label, decode(&parts.join("/"))?));
            }
        }
    }
    rest.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_decoded_after_matching() {
        let routes = Routes::new();
        let (operation, labels) = routes.rest("iot", "GET", "/things/a%2Fb").expect("a route");
        assert_eq!(
            (operation.name, labels),
            ("DescribeThing", vec![("thingName", "a/b".to_owned())])
        );
        assert_eq!(
            routes
                .rest("iot", "GET", "/things")
                .expect("a route")
                .0
                .name,
            "ListThings"
        );
    }

    #[test]
    fn topics_are_encoded_or_not() {
        let routes = Routes::new();
        for (path, topic) in [
            ("/topics/a%2Fb", "a/b"),
            ("/topics/a/b", "a/b"),
            ("/topics//a//b/", "/a//b/"),
            ("/topics/%2Fa%2F", "/a/"),
            ("/topics/%24aws/x+y%20z", "$aws/x+y z"),
            ("/topics/", ""),
        ] {
            let (operation, labels) = routes.rest("iotdata", "POST", path).expect("a route");
            assert_eq!(
                (operation.name, labels),
                ("Publish", vec![("topic", topic.to_owned())])
            );
        }
        assert!(routes.rest("iotdata", "POST", "/topics").is_err());
        assert!(routes.rest("iotdata", "POST", "/topics/%ff").is_err());
    }

    #[test]
    fn what_is_missing_says_so_by_name() {
        let routes = Routes::new();
        let error = routes
            .rest("iot", "PUT", "/jobs/x")
            .err()
            .expect("not there yet");
        assert_eq!((error.code, error.status), ("NotImplementedException", 501));
        assert!(error.message.contains("iot:CreateJob"), "{error}");
        assert_eq!(
            routes
                .rest("iot", "GET", "/nothing/here")
                .err()
                .map(|e| e.status),
            Some(404)
        );
        assert_eq!(
            routes.query("sts", "Nope").err().map(|e| e.code),
            Some("InvalidAction")
        );
    }

    #[test]
    fn every_operation_is_in_the_model() {
        for operation in crate::operations() {
            let known =
                bindings().any(|b| (b.service, b.name) == (operation.service, operation.name));
            assert!(known, "{}:{}", operation.service, operation.name);
        }
    }
}
