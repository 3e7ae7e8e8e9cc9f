# SPDX-License-Identifier: Apache-2.0
"""A writer of the registry that knows, outside the server, what was acknowledged and when."""

import json
import threading
import time

from botocore.exceptions import BotoCoreError, ClientError

from . import policies
from .server import Server


# AWS allows a target ten.
ATTACHED_MAX = 5


class RegistryWriter(threading.Thread):
    """Makes things and policies, attaches the policies and detaches them again, over any number of
    crashes.

    Each entry of `written` is one acknowledged write and the moment its answer was read.
    """

    def __init__(self, server: Server, target: str, up: threading.Event, pause: float = 0.02):
        super().__init__(name="registry", daemon=True)
        self.server, self.target, self.up, self.pause = server, target, up, pause
        self.written: dict[tuple[str, str], float] = {}
        # What it has begun to detach: attached or not, both may be found.
        self.loosened: set[tuple[str, str]] = set()
        self.refusals: list[str] = []
        self.failure: BaseException | None = None
        self._ending = threading.Event()
        self._next = 0
        self._attached: list[str] = []

    def end(self):
        self._ending.set()

    def run(self):
        try:
            iot = self.server.keys.client("iot")
            while not self._ending.is_set():
                if self.up.wait(0.2):
                    self._one(iot)
                    time.sleep(self.pause)
        except BaseException as failure:
            self.failure = failure

    def _one(self, iot):
        self._next += 1
        name = f"registry-{self._next}"
        document = policies.document(policies.allow("iot:Connect", f"*client/{name}"))
        steps = (
            ("thing", lambda: iot.create_thing(
                thingName=name, attributePayload={"attributes": {"number": str(self._next)}})),
            ("policy", lambda: iot.create_policy(policyName=name, policyDocument=document)),
            ("attached", lambda: iot.attach_policy(policyName=name, target=self.target)),
        )
        for kind, step in steps:
            if kind == "attached":
                # Whether or not its answer comes: it may be attached then.
                self._attached.append(name)
            if not self._write(kind, name, step):
                break
        while len(self._attached) > ATTACHED_MAX and self.up.is_set():
            oldest = self._attached[0]
            self.loosened.add(("attached", oldest))
            if not self._write("detached", oldest, lambda: iot.detach_policy(
                    policyName=oldest, target=self.target)):
                break
            self._attached.pop(0)

    def _write(self, kind: str, name: str, step) -> bool:
        try:
            step()
        except ClientError as refused:
            self.refusals.append(json.dumps(refused.response["Error"]))
            return False
        except (BotoCoreError, OSError):
            return False
        self.written[kind, name] = time.monotonic()
        return True

    def written_before(self, before: float) -> set[tuple[str, str]]:
        """What must be found of a server that stopped at the moment `before`."""
        return {what for what, when in self.written.copy().items()
                if when < before and what not in self.loosened}


def found(server: Server, target: str) -> set[tuple[str, str]]:
    """What the registry has, by the API, in the terms of [`RegistryWriter.written`]."""
    iot = server.keys.client("iot")
    things = {thing["thingName"]: thing["attributes"] for page in
              iot.get_paginator("list_things").paginate() for thing in page["things"]}
    for name, attributes in things.items():
        if name.startswith("registry-"):
            assert attributes == {"number": name.removeprefix("registry-")}, (name, attributes)
    attached = {policy["policyName"] for page in
                iot.get_paginator("list_attached_policies").paginate(target=target)
                for policy in page["policies"]}
    made = set(attached)
    for name in set(things) - attached:
        try:
            iot.get_policy(policyName=name)
            made.add(name)
        except iot.exceptions.ResourceNotFoundException:
            pass
    return ({("thing", name) for name in things} | {("policy", name) for name in made}
            | {("attached", name) for name in attached}
            | {("detached", name) for name in made - attached})
