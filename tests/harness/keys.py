# SPDX-License-Identifier: Apache-2.0
"""What `headwater keys create --format env` prints, as a dictionary and as clients."""

import dataclasses
import shlex

import boto3
from botocore.config import Config

NAMES = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL",
    "AWS_CA_BUNDLE", "HEADWATER_API_KEY", "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE",
)


@dataclasses.dataclass(frozen=True)
class Keys:
    env: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> "Keys":
        """From lines of `export NAME=VALUE`, as a shell would read them."""
        env = {}
        for line in text.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] == "export":
                name, _, value = words[1].partition("=")
                env[name] = value
        missing = [name for name in NAMES if not env.get(name)]
        assert not missing, f"keys create did not print {missing}:\n{text}"
        return cls(env)

    @property
    def api_key(self) -> str:
        return self.env["HEADWATER_API_KEY"]

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}

    def client(self, service: str, secret: str | None = None):
        """An unmodified boto3 client that tries once, so that a refusal is seen as it is."""
        return boto3.client(
            service,
            endpoint_url=self.env["AWS_ENDPOINT_URL"],
            region_name=self.env["AWS_DEFAULT_REGION"],
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=secret or self.env["AWS_SECRET_ACCESS_KEY"],
            verify=self.env["AWS_CA_BUNDLE"],
            config=Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=20),
        )
