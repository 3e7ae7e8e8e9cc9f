// SPDX-License-Identifier: Apache-2.0
//! A second, naive implementation straight over the JSON, written to be obvious rather than fast.
//!
//! It shares no code with the crate. It does not know dates and binary values.

use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub enum Sign {
    Char(char),
    One,
    Run,
}

/// The decision as a text; `UNKNOWN` cannot occur for documents that [`understands`] accepts.
pub fn decide(policies: &[Value], action: &str, resource: &str, context: &Value) -> String {
    let mut allowed = false;
    for policy in policies {
        let variables = policy["Version"] == "2012-10-17";
        for statement in items(&policy["Statement"]) {
            let applies = names_action(statement, action)
                && names_resource(statement, resource, context, variables)
                && conditions_hold(statement, context, variables);
            if applies && statement["Effect"] == "Deny" {
                return "EXPLICIT_DENY".into();
            }
            allowed |= applies;
        }
    }
    if allowed { "ALLOWED" } else { "IMPLICIT_DENY" }.into()
}

/// An element as a list.
fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    }
}

fn texts(value: &Value) -> Vec<String> {
    let text = |item: &Value| match item {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    items(value).into_iter().map(text).collect()
}

fn names_action(statement: &Value, action: &str) -> bool {
    let any = |list: &Value| {
        texts(list).iter().any(|text| {
            let signs = signs(&text.to_lowercase(), &Value::Null, false);
            matches(&signs, &chars(&action.to_lowercase()))
        })
    };
    match statement.get("NotAction") {
        Some(not) => !any(not),
        None => any(&statement["Action"]),
    }
}

fn names_resource(statement: &Value, resource: &str, context: &Value, variables: bool) -> bool {
    let any = |list: &Value| {
        let fits = |text: &String| matches(&signs(text, context, variables), &chars(resource));
        texts(list).iter().any(fits)
    };
    match statement.get("NotResource") {
        Some(not) => !any(not),
        None => any(&statement["Resource"]),
    }
}

pub fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// The obvious recursive matcher.
pub fn matches(pattern: &[Sign], text: &[char]) -> bool {
    match (pattern.first(), text.first()) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(Sign::Run), _) => {
            matches(&pattern[1..], text) || (!text.is_empty() && matches(pattern, &text[1..]))
        }
        (Some(Sign::One), Some(_)) => matches(&pattern[1..], &text[1..]),
        (Some(Sign::Char(c)), Some(t)) if c == t => matches(&pattern[1..], &text[1..]),
        _ => false,
    }
}

/// Wildcards and variables of a policy text.
pub fn signs(text: &str, context: &Value, variables: bool) -> Vec<Sign> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if variables && rest.starts_with("${") && rest.contains('}') {
            let end = rest.find('}').unwrap();
            let name = &rest[2..end];
            let value = match name {
                "*" | "?" | "$" => name.to_owned(),
                _ => substitute(context, name).unwrap_or_else(|| rest[..=end].to_owned()),
            };
            out.extend(value.chars().map(Sign::Char));
            rest = &rest[end + 1..];
            continue;
        }
        out.push(match c {
            '*' => Sign::Run,
            '?' => Sign::One,
            c => Sign::Char(c),
        });
        rest = &rest[c.len_utf8()..];
    }
    out
}

fn substitute(context: &Value, name: &str) -> Option<String> {
    let (values, single) = key(context, &name.to_lowercase(), name)?;
    let special = name.to_lowercase().starts_with("iot:certificate.")
        && values[0].contains(|c| "*$+?#".contains(c));
    (single && !special).then(|| values[0].clone())
}

/// The values of a key, and whether it is one by nature.
fn key(context: &Value, lower: &str, name: &str) -> Option<(Vec<String>, bool)> {
    let get = |value: &Value| value.as_str().map(|text| (vec![text.to_owned()], true));
    let mqtt = context["clientId"].is_string() && context["protocol"] != "HTTP";
    match lower {
        "iot:clientid" if mqtt => get(&context["clientId"]),
        "aws:sourceip" => get(&context["sourceIp"]),
        "iot:domainname" => get(&context["domainName"]),
        "iot:lastwilltopic" => get(&context["lastWillTopic"]),
        "iot:certificateid" => get(&context["certificate"]["certificateId"]),
        "iot:connectattributes" => {
            let all = context["connectAttributes"].as_array()?;
            let all: Vec<_> = all.iter().map(|v| v.as_str().unwrap().to_owned()).collect();
            (!all.is_empty()).then_some((all, false))
        }
        _ if lower.starts_with("iot:connection.thing.") && mqtt => thing(context, lower, name),
        _ if lower.starts_with("iot:certificate.") => {
            certificate(&context["certificate"], &name[16..])
        }
        _ => None,
    }
}

fn thing(context: &Value, lower: &str, name: &str) -> Option<(Vec<String>, bool)> {
    let thing = &context["thing"];
    let is_it = thing["attached"] == true
        && (thing["exclusive"] == true || thing["thingName"] == context["clientId"]);
    let one = |value: &Value| value.as_str().map(|text| (vec![text.to_owned()], true));
    match &lower["iot:connection.thing.".len()..] {
        "isattached" => Some((vec![is_it.to_string()], true)),
        "thingname" if is_it => one(&thing["thingName"]),
        "thingtypename" if is_it => one(&thing["thingTypeName"]),
        rest if is_it && rest.starts_with("attributes[") => {
            let attribute = name["iot:connection.thing.attributes[".len()..].strip_suffix(']')?;
            one(&thing["attributes"][attribute])
        }
        _ => None,
    }
}

fn certificate(certificate: &Value, name: &str) -> Option<(Vec<String>, bool)> {
    if name == "AvailableKeys" {
        let keys = certificate.as_object()?.keys();
        return Some((
            keys.filter(|k| *k != "certificateId").cloned().collect(),
            false,
        ));
    }
    let known =
        name == "SerialNumber" || name.starts_with("Subject.") || name.starts_with("Issuer.");
    if !known || name.contains("Shoe") {
        return None;
    }
    let (base, last) = name.rsplit_once('.').unwrap_or((name, ""));
    let (field, index) = match last.parse::<usize>() {
        Ok(index) => (base, Some(index)),
        Err(_) if last == "List" => (base, None),
        Err(_) => (name, Some(0)),
    };
    let mut values = texts(certificate.get(field)?);
    values.truncate(5);
    let fits = |value: &String| value.chars().count() <= 1024;
    match index {
        Some(index) => {
            let value = values.get(index).filter(|value| fits(value))?;
            Some((vec![value.clone()], true))
        }
        None => {
            values.retain(fits);
            (!values.is_empty()).then_some((values, false))
        }
    }
}

fn conditions_hold(statement: &Value, context: &Value, variables: bool) -> bool {
    let Some(operators) = statement.get("Condition").and_then(Value::as_object) else {
        return true;
    };
    operators.iter().all(|(operator, keys)| {
        keys.as_object().unwrap().iter().all(|(name, wanted)| {
            let values = key(context, &name.to_lowercase(), name).map(|(values, _)| values);
            crate::oracle::holds(operator, values, &texts(wanted), context, variables)
        })
    })
}

/// One key under one operator.
pub fn holds(
    operator: &str,
    values: Option<Vec<String>>,
    wanted: &[String],
    context: &Value,
    variables: bool,
) -> bool {
    if operator == "Null" {
        return wanted
            .iter()
            .any(|w| w.eq_ignore_ascii_case(&values.is_none().to_string()));
    }
    let all = operator.starts_with("ForAllValues:");
    let any = operator.starts_with("ForAnyValue:");
    let name = operator.rsplit(':').next().unwrap();
    let base = name.trim_end_matches("IfExists");
    let negated = base.contains("Not");
    let Some(values) = values else {
        return name.ends_with("IfExists") || all || (negated && !any);
    };
    let fits = |value: &String| {
        wanted
            .iter()
            .any(|w| fits_one(&base.replace("Not", ""), value, w, context, variables))
    };
    match (all, any) {
        (true, _) => values.iter().all(|value| fits(value) != negated),
        (_, true) => values.iter().any(|value| fits(value) != negated),
        _ => values.iter().any(fits) != negated,
    }
}

fn fits_one(base: &str, value: &str, wanted: &str, context: &Value, variables: bool) -> bool {
    let wanted = signs(wanted, context, variables);
    let plain: String = wanted
        .iter()
        .map(|sign| match sign {
            Sign::Char(c) => *c,
            Sign::One => '?',
            Sign::Run => '*',
        })
        .collect();
    let number = |text: &str| text.parse::<f64>().ok();
    match base {
        "StringEquals" => value == plain,
        "StringEqualsIgnoreCase" => value.to_lowercase() == plain.to_lowercase(),
        "StringLike" => matches(&wanted, &chars(value)),
        "Bool" => value.eq_ignore_ascii_case(&plain),
        "BinaryEquals" => value == plain,
        "IpAddress" => in_range(value, &plain),
        "ArnEquals" | "ArnLike" => arn_like(&wanted, value),
        _ if base.starts_with("Numeric") => {
            let (Some(value), Some(wanted)) = (number(value), number(&plain)) else {
                return false;
            };
            ordered(&base["Numeric".len()..], value.total_cmp(&wanted))
        }
        _ if base.starts_with("Date") => {
            let (value, wanted) = (instant(value), instant(&plain));
            ordered(&base["Date".len()..], value.cmp(&wanted))
        }
        other => panic!("the oracle does not know {other}"),
    }
}

fn ordered(name: &str, order: std::cmp::Ordering) -> bool {
    match name {
        "Equals" => order.is_eq(),
        "LessThan" => order.is_lt(),
        "LessThanEquals" => order.is_le(),
        "GreaterThan" => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// Only the few instants that the cases use.
fn instant(text: &str) -> i64 {
    match text {
        "2026-01-01" | "2026-01-01T00:00:00Z" => 1_767_225_600,
        "2026-01-01T00:00:01Z" => 1_767_225_601,
        "2026-01-01T01:00:00+02:00" => 1_767_225_600 - 3_600,
        "2026-01-02" => 1_767_225_600 + 86_400,
        "2023-11-14T22:13:20Z" | "1700000000" => 1_700_000_000,
        other => panic!("the oracle does not know {other}"),
    }
}

fn in_range(address: &str, range: &str) -> bool {
    let (network, bits) = match range.split_once('/') {
        Some((network, bits)) => (network, bits.parse().unwrap()),
        None => (range, 128),
    };
    let bits_of = |text: &str| -> Vec<u8> {
        let bytes = match text.parse().unwrap() {
            std::net::IpAddr::V4(v4) => v4.octets().to_vec(),
            std::net::IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        bytes
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1))
            .collect()
    };
    let (address, network) = (bits_of(address), bits_of(network));
    address.len() == network.len() && address.iter().take(bits).eq(network.iter().take(bits))
}

fn arn_like(wanted: &[Sign], value: &str) -> bool {
    if wanted == [Sign::Run] {
        return value.split(':').count() >= 6;
    }
    let wanted: Vec<&[Sign]> = wanted.splitn(6, |sign| *sign == Sign::Char(':')).collect();
    let value: Vec<&str> = value.splitn(6, ':').collect();
    let parts = wanted.len() == 6 && value.len() == 6;
    parts
        && wanted
            .iter()
            .zip(value)
            .all(|(want, part)| matches(want, &chars(part)))
}
