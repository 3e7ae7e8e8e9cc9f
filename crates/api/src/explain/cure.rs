// SPDX-License-Identifier: Apache-2.0
//! What to do about a refusal: a text for each cause that the server gives.

use super::arns::Arns;

/// What is known of an event.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    pub cause: &'a str,
    pub client_id: Option<&'a str>,
    pub principal: Option<&'a str>,
    pub topic: Option<&'a str>,
}

/// (Part of the cause, what to do). The first that fits counts.
const BY_CAUSE: &[(&str, &str)] = &[
    (
        "certificate expired",
        "make the device a new certificate (aws iot create-keys-and-certificate \
      --set-as-active), attach its policy and thing, and install it on the device",
    ),
    (
        "certificate not valid yet",
        "compare the clocks of this machine and of the one that signed \
      the certificate; `headwater doctor` looks at this one",
    ),
    (
        "no certificate",
        "the device must present its certificate and key in the TLS handshake: give \
      the client both files",
    ),
    (
        "anonymous MQTT is off",
        "connect by TLS with a certificate, or name a policy for anonymous \
      clients in HEADWATER_MQTT_ANONYMOUS_POLICY",
    ),
    (
        "taken over by a newer connection",
        "two clients use this client id: give each its own",
    ),
    (
        "keep-alive",
        "nothing came from the device for 1.5 times its keep-alive: look at its power \
      and network, or let it ask for a longer keep-alive",
    ),
    (
        "the member of a shared subscription",
        "keep another member of the group connected that reads as fast as messages come, or \
      let members have sessions that last (Session Expiry)",
    ),
    (
        "from one principal",
        "all clients with this certificate (or key) send too much together: let each send \
      less, give them certificates of their own, or raise the limit in [limits.principal]",
    ),
    (
        "a principal ",
        "too many clients share this certificate (or key): give them certificates of their \
      own, or raise the limit in [limits.principal]",
    ),
    (
        "messages a second",
        "let the device send less often, or several values in one message; or raise \
      publishes_per_second_max in [limits]",
    ),
    (
        "times a second",
        "let the client wait longer before it connects again, and give each client its own \
      client id; or raise connects_per_second_max in [limits]",
    ),
    (
        "the session is owed",
        "connect the client, or end its session (connect once with Clean Start); or let it \
      expire sooner, or raise session_messages_max or all_sessions_messages_max in [limits]",
    ),
    (
        "the greatest QoS is",
        "use QoS 1: the profile aws has no QoS 2",
    ),
    (
        "reserved topic",
        "publish to a topic that does not begin with $",
    ),
    (
        "QoS 1 messages are unacknowledged",
        "the client must keep to the Receive Maximum of CONNACK: \
      wait for PUBACKs before it publishes more",
    ),
    (
        "topic alias",
        "the client may use only aliases up to the Topic Alias Maximum of CONNACK, and \
      must have named the topic once",
    ),
    (
        "iot:Receive is not allowed",
        "add iot:Receive on this topic to a policy of the receiver",
    ),
    (
        "Maximum Packet Size",
        "the receiver announced a smaller Maximum Packet Size than the message \
      has: raise it in the client, or publish smaller messages",
    ),
    (
        "reads too slowly",
        "the receiver can't follow: subscribe it to less, use QoS 1 for short \
      bursts, or look at its network",
    ),
    (
        "the disk is full",
        "free space, or raise the size of the volume; `headwater doctor` shows how \
      much is needed",
    ),
    (
        "writing failed",
        "the disk gave an error: look at the system's log, then start the server \
      again; nothing that was acknowledged is lost",
    ),
    (
        "starts like JSON but is not",
        "the device sends broken JSON: see the payload in table \
      messages; the message is kept, but gives no rows in telemetry",
    ),
    ("values in a payload", "send fewer values in one message"),
    ("levels deep", "send flatter JSON"),
    ("names of more than", "use shorter names in the JSON"),
    (
        "Session Expiry",
        "do not raise the Session Expiry Interval in DISCONNECT",
    ),
    (
        "a client id has",
        "give the client a shorter client id, and none that is empty with Clean \
      Session 0",
    ),
    (
        "an empty client id",
        "give the client a client id, or let it ask for Clean Session 1",
    ),
    (
        "enhanced authentication",
        "use a certificate; AUTH is not supported",
    ),
    (
        "subscriptions",
        "subscribe to fewer filters, with wildcards",
    ),
    (
        "connection lost",
        "the network or the device ended the connection without DISCONNECT",
    ),
    (
        "TLS",
        "check that the client trusts the server's authority (ca.pem) and speaks TLS 1.2 or \
      1.3",
    ),
    ("API key", "make a key: headwater keys create"),
    (
        "access key unknown",
        "make keys: headwater keys create --format env",
    ),
    (
        "signature does not match",
        "use the secret that belongs to the access key id; a proxy must not \
      change Host, path or query",
    ),
    (
        "compare the client's clock",
        "set the clock of the client (and look at this machine's: \
      headwater doctor)",
    ),
    (
        "signature incomplete",
        "sign with an AWS SDK or the AWS CLI (Signature Version 4)",
    ),
    (
        "only the reserve left",
        "free space, or enlarge the volume: messages are taken again by \
      themselves",
    ),
    (
        "server shuts down",
        "the client may connect again when the server is back",
    ),
];

/// What to do; `None` if nothing has to be done, or nothing is known.
pub(crate) fn cure(about: &About<'_>, arns: &Arns<'_>) -> Option<String> {
    by_certificate(about)
        .or_else(|| by_policy(about, arns))
        .or_else(|| {
            let known = BY_CAUSE.iter().find(|(part, _)| about.cause.contains(part));
            known.map(|(_, cure)| one_line(cure))
        })
}

/// Texts above are broken for the file's width.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn by_certificate(about: &About<'_>) -> Option<String> {
    let id = about.principal.unwrap_or("CERTIFICATE_ID");
    let status = about.cause.strip_prefix("certificate ")?;
    match status {
        "INACTIVE" | "PENDING_ACTIVATION" => Some(format!(
            "aws iot update-certificate --certificate-id {id} --new-status ACTIVE"
        )),
        "REVOKED" => Some(format!(
            "it was revoked on purpose; make the device a new one (aws iot \
             create-keys-and-certificate --set-as-active), or take it back: aws iot \
             update-certificate --certificate-id {id} --new-status ACTIVE"
        )),
        "unknown" => Some(
            "no account has this certificate: make one here (aws iot create-keys-and-certificate \
             --set-as-active), or register it (aws iot register-certificate-without-ca \
             --certificate-pem file://device.pem --status ACTIVE)"
                .to_owned(),
        ),
        _ => None,
    }
}

fn by_policy(about: &About<'_>, arns: &Arns<'_>) -> Option<String> {
    let cause = about.cause;
    if cause.contains("no policy is attached") {
        let id = about.principal.unwrap_or("CERTIFICATE_ID");
        let Arns { region, account } = arns;
        return Some(format!(
            "aws iot attach-policy --policy-name NAME --target \
             arn:aws:iot:{region}:{account}:cert/{id}"
        ));
    }
    if let Some((statement, _)) = cause.split_once(" denies iot:") {
        return Some(format!(
            "{statement} says Deny, and no Allow can help: change or remove it (aws iot \
             create-policy-version --set-as-default)"
        ));
    }
    let action = denied_action(cause)?;
    let resource = resource(action, about, arns);
    let mut statements = vec![statement(action, &resource)];
    if action == "iot:Subscribe" {
        // Who may subscribe wants to receive too.
        let topic = resource.replace(":topicfilter/", ":topic/");
        statements.push(statement("iot:Receive", &topic.replace(['+', '#'], "*")));
    }
    Some(format!(
        "add to a policy of this certificate: {} (aws iot create-policy-version --set-as-default)",
        statements.join(", ")
    ))
}

/// The action that no Allow names or reaches.
fn denied_action(cause: &str) -> Option<&str> {
    let missing = ["no Allow applies to ", " names iot:", " allows iot:"];
    if !missing.iter().any(|part| cause.contains(part)) {
        return None;
    }
    let at = cause.find("iot:")?;
    let end = cause[at + 4..].find(|c: char| !c.is_ascii_alphanumeric());
    Some(&cause[at..end.map_or(cause.len(), |end| at + 4 + end)])
}

fn resource(action: &str, about: &About<'_>, arns: &Arns<'_>) -> String {
    // The cause names the resource where a statement came near.
    if let Some((_, rest)) = about.cause.split_once(" on arn:") {
        let end = rest.find(": ").or(rest.find(' ')).unwrap_or(rest.len());
        if about.cause.starts_with("no Allow applies") {
            return format!("arn:{}", &rest[..end]);
        }
    }
    let Arns { region, account } = arns;
    let (kind, name) = match action {
        "iot:Connect" => ("client", about.client_id.unwrap_or("CLIENT_ID")),
        "iot:Subscribe" => ("topicfilter", about.topic.unwrap_or("FILTER")),
        _ => ("topic", about.topic.unwrap_or("TOPIC")),
    };
    format!("arn:aws:iot:{region}:{account}:{kind}/{name}")
}

fn statement(action: &str, resource: &str) -> String {
    serde_json::json!({ "Effect": "Allow", "Action": action, "Resource": resource }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hw_model::AccountId;

    fn of(about: About<'_>) -> Option<String> {
        let arns = Arns {
            region: "us-east-1",
            account: AccountId::FIRST,
        };
        cure(&about, &arns)
    }

    #[test]
    fn an_inactive_certificate_is_activated() {
        let about = About {
            cause: "certificate INACTIVE",
            principal: Some("ab12"),
            ..About::default()
        };
        let cure = of(about).expect("a cure");
        assert_eq!(
            cure,
            "aws iot update-certificate --certificate-id ab12 --new-status ACTIVE"
        );
    }

    #[test]
    fn a_missing_allow_is_written_out() {
        let about = About {
            cause: "none of the 2 Allow statements of the attached policy names iot:Publish",
            topic: Some("a/\"b"),
            ..About::default()
        };
        let cure = of(about).expect("a cure");
        let wanted = r#"{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:us-east-1:000000000001:topic/a/\"b"}"#;
        assert!(cure.contains(wanted), "{cure}");
        let near = About {
            cause: "no Allow applies to iot:Subscribe on arn:aws:iot:us-east-1:000000000001:\
                    topicfilter/a/#: policy p statement 0 allows iot:Subscribe only on x",
            topic: Some("a/#"),
            ..About::default()
        };
        let cure = of(near).expect("a cure");
        assert!(cure.contains(
            r#""iot:Subscribe","Resource":"arn:aws:iot:us-east-1:000000000001:topicfilter/a/#""#
        ));
        assert!(cure.contains(
            r#""iot:Receive","Resource":"arn:aws:iot:us-east-1:000000000001:topic/a/*""#
        ));
    }

    #[test]
    fn a_deny_names_its_statement() {
        let about = About {
            cause: "policy p version 2 statement 1 denies iot:Publish on arn:aws:iot:x",
            ..About::default()
        };
        let cure = of(about).expect("a cure");
        assert!(
            cure.starts_with("policy p version 2 statement 1 says Deny"),
            "{cure}"
        );
    }

    #[test]
    fn what_nobody_knows_has_none() {
        let about = About {
            cause: "something else",
            ..About::default()
        };
        assert_eq!(of(about), None);
        assert!(
            BY_CAUSE
                .iter()
                .all(|(_, cure)| !one_line(cure).contains("  "))
        );
    }
}
