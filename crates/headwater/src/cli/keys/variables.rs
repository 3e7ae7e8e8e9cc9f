// SPDX-License-Identifier: Apache-2.0
//! The environment variables that make aws, boto3, psql and `headwater` find a server.

use hw_identity::host_names::in_url;

use crate::cli::shell::quoted;
use crate::client::{Doors, Keys};

/// Name and value. Variables of a closed door are left out, and those of AWS for keys that only
/// read: AWS APIs take no such keys.
pub(super) fn all(keys: &Keys, doors: &Doors) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    if let (Some(id), Some(secret)) = (&keys.access_key_id, &keys.secret_access_key) {
        all.push(("AWS_ACCESS_KEY_ID", id.clone()));
        all.push(("AWS_SECRET_ACCESS_KEY", secret.expose().clone()));
        all.push(("AWS_DEFAULT_REGION", keys.region.clone()));
        if let Some(url) = doors.aws_url() {
            all.push(("AWS_ENDPOINT_URL", url));
        }
        all.push(("AWS_CA_BUNDLE", doors.ca.display().to_string()));
    }
    all.push(("HEADWATER_API_KEY", keys.api_key.expose().clone()));
    if let Some(http) = &doors.http {
        let host = in_url(&http.host);
        all.push(("HEADWATER_URL", format!("http://{host}:{}", http.port)));
    }
    if let Some(postgres) = &doors.postgres {
        all.push(("PGHOST", postgres.host.clone()));
        all.push(("PGPORT", postgres.port.to_string()));
        all.push(("PGUSER", "headwater".to_owned()));
        all.push(("PGPASSWORD", keys.api_key.expose().clone()));
        all.push(("PGDATABASE", "headwater".to_owned()));
    }
    all
}

/// Lines for `eval` in any POSIX shell.
pub(super) fn export_lines(variables: &[(&'static str, String)]) -> String {
    let line = |(name, value): &(&str, String)| format!("export {name}={}\n", quoted(value));
    variables.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::client::HostPort;

    fn keys() -> Keys {
        Keys {
            api_key: "hw_abc".into(),
            access_key_id: Some("AKIAX".into()),
            secret_access_key: Some("s/e+c".into()),
            region: "us-east-1".into(),
            account: "000000000001".into(),
        }
    }

    fn door(port: u16) -> Option<HostPort> {
        Some(HostPort {
            host: "127.0.0.1".into(),
            port,
        })
    }

    #[test]
    fn lines_for_a_shell() {
        let doors = Doors {
            server_name: "localhost".into(),
            mqtts: door(8883),
            https: door(8443),
            http: door(8080),
            postgres: door(5433),
            ca: PathBuf::from("/my data/it's/ca.pem"),
        };
        let expected = r"export AWS_ACCESS_KEY_ID=AKIAX
export AWS_SECRET_ACCESS_KEY=s/e+c
export AWS_DEFAULT_REGION=us-east-1
export AWS_ENDPOINT_URL=https://localhost:8443
export AWS_CA_BUNDLE='/my data/it'\''s/ca.pem'
export HEADWATER_API_KEY=hw_abc
export HEADWATER_URL=http://127.0.0.1:8080
export PGHOST=127.0.0.1
export PGPORT=5433
export PGUSER=headwater
export PGPASSWORD=hw_abc
export PGDATABASE=headwater
";
        assert_eq!(export_lines(&all(&keys(), &doors)), expected);
    }

    #[test]
    fn closed_doors_are_left_out() {
        let doors = Doors {
            server_name: "localhost".into(),
            mqtts: None,
            https: None,
            http: None,
            postgres: None,
            ca: PathBuf::from("ca.pem"),
        };
        let names: Vec<&str> = all(&keys(), &doors)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert!(
            !names.contains(&"PGHOST") && !names.contains(&"AWS_ENDPOINT_URL"),
            "{names:?}"
        );
    }
}
