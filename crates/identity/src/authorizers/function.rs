// SPDX-License-Identifier: Apache-2.0
//! What stands in `authorizerFunctionArn`: a URL to ask, or rules for JWTs.

use crate::IdentityError;

/// Longest text, as on AWS IoT.
const FUNCTION_BYTES_MAX: usize = 2_048;

/// What an authorizer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Function {
    /// Asks a URL, with the JSON that a Lambda function would get.
    Url(String),
    /// Checks a JWT.
    Jwt(JwtRules),
}

/// Rules for JWTs: `jwt:?issuer=…&audience=…&jwks=…&policy=…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JwtRules {
    /// `iss` must be it.
    pub issuer: String,
    /// `aud` must be one of them.
    pub audiences: Vec<String>,
    /// Where the keys are: a URL, or `file:` and a path.
    pub key_set: String,
    /// The claim that is the principal's id; `sub` unless given.
    pub principal: String,
    /// The claim that the client id must be equal to.
    pub client_id: Option<String>,
    /// Policies of the account that hold.
    pub policies: Vec<String>,
}

impl Function {
    /// # Errors
    /// `Invalid`.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let wrong = |why: &str| {
            Err(IdentityError::Invalid(format!(
                "authorizerFunctionArn {why}"
            )))
        };
        if text.len() > FUNCTION_BYTES_MAX {
            return wrong("has at most 2048 bytes");
        }
        if let Some(query) = text.strip_prefix("jwt:?") {
            return JwtRules::parse(query).map(Self::Jwt);
        }
        match url::Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => {
                Ok(Self::Url(text.to_owned()))
            }
            _ => wrong(
                "is here the URL that is asked (https://…), or jwt:?issuer=…&audience=…&jwks=…&\
                 policy=…; there are no Lambda functions",
            ),
        }
    }
}

impl JwtRules {
    fn parse(query: &str) -> Result<Self, IdentityError> {
        let wrong = |why: String| Err(IdentityError::Invalid(format!("jwt: {why}")));
        let mut rules = Self {
            principal: "sub".into(),
            ..Self::default()
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match name.as_ref() {
                "issuer" => rules.issuer = value,
                "audience" => rules.audiences.push(value),
                "jwks" => rules.key_set = value,
                "principal" => rules.principal = value,
                "clientId" => rules.client_id = Some(value),
                "policy" => rules.policies.push(value),
                other => return wrong(format!("{other} is not one of its parameters")),
            }
        }
        let scheme = rules.key_set.split(':').next().unwrap_or_default();
        if !matches!(scheme, "https" | "http" | "file") {
            return wrong("jwks must be a URL".into());
        }
        let empty = rules.issuer.is_empty() || rules.audiences.iter().any(String::is_empty);
        if empty || rules.audiences.is_empty() || rules.principal.is_empty() {
            return wrong("issuer and audience are needed".into());
        }
        if rules.policies.is_empty() || rules.policies.len() > 10 {
            return wrong("1 to 10 policies are needed".into());
        }
        Ok(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_stand_there() {
        let jwt = "jwt:?issuer=https%3A%2F%2Fi&audience=a&audience=b&jwks=https://i/k&policy=p";
        let Ok(Function::Jwt(rules)) = Function::parse(jwt) else {
            panic!("it is good")
        };
        assert_eq!(
            (rules.issuer.as_str(), rules.principal.as_str()),
            ("https://i", "sub")
        );
        assert_eq!(rules.audiences, ["a", "b"]);
        assert!(Function::parse("https://a.example/x?y").is_ok());
        for bad in [
            "",
            "arn:aws:lambda:us-east-1:123456789012:function:f",
            "ftp://a/b",
            "https://",
            "jwt:?issuer=i&audience=a&jwks=https://k",
            "jwt:?issuer=i&jwks=https://k&policy=p",
            "jwt:?audience=a&jwks=https://k&policy=p",
            "jwt:?issuer=i&audience=a&policy=p",
            "jwt:?issuer=i&audience=a&jwks=ftp://k&policy=p",
            "jwt:?issuer=i&audience=a&jwks=https://k&policy=p&alg=none",
        ] {
            assert!(Function::parse(bad).is_err(), "{bad}");
        }
    }
}
