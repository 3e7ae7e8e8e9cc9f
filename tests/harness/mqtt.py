# SPDX-License-Identifier: Apache-2.0
"""paho as a device uses it, with every wait on an event and with a limit."""

import queue
import threading
import time

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from .device import Device
from .server import Server

SECONDS_MAX = 10
X509_V_FLAG_NO_CHECK_TIME = 0x200000


class Refused(Exception):
    """The connection was not accepted; `code` is the CONNACK's, or None when there was none."""

    def __init__(self, code):
        super().__init__(f"refused: {code}")
        self.code = code


class Client:
    """A connection that is never made anew by itself: a cut shows."""

    def __init__(self, server: Server, device: Device, client_id: str | None = None, v5=False,
                 any_time=False):
        version = MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311
        self.paho = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id or device.name, protocol=version,
            reconnect_on_failure=False,
        )
        context = device.context()
        if any_time:
            # The server's clock is elsewhere, and its certificate with it.
            context.verify_flags |= X509_V_FLAG_NO_CHECK_TIME
        self.paho.tls_set_context(context)
        self.port = server.address("mqtts")[1]
        self.messages: queue.Queue[paho.MQTTMessage] = queue.Queue()
        self.cut = threading.Event()
        self.cut_code = None
        self._answers: queue.Queue = queue.Queue()
        self.paho.on_connect = lambda _c, _u, _f, code, props: self._answers.put((code, props))
        self.paho.on_subscribe = lambda _c, _u, _m, codes, _p: self._answers.put(codes)
        self.paho.on_unsubscribe = lambda _c, _u, _m, codes, _p: self._answers.put(codes)
        self.paho.on_message = lambda _c, _u, message: self.messages.put(message)
        self.paho.on_disconnect = self._on_disconnect
        self.properties = None

    def __enter__(self) -> "Client":
        return self.connect()

    def __exit__(self, *_):
        self.close()

    def _on_disconnect(self, _client, _userdata, _flags, code, _properties):
        # paho calls twice: for the DISCONNECT packet, and again for the closed socket.
        if not self.cut.is_set():
            self.cut_code = code
        self.cut.set()
        self._answers.put(None)

    def _answer(self):
        try:
            return self._answers.get(timeout=SECONDS_MAX)
        except queue.Empty:
            raise AssertionError(f"no answer in {SECONDS_MAX} s") from None

    def connect(self, keep_alive: int = 60) -> "Client":
        try:
            self.paho.connect("localhost", self.port, keep_alive)
        except OSError as error:
            raise Refused(None) from error
        self.paho.loop_start()
        answer = self._answer()
        if answer is None or answer[0].is_failure:
            self.close()
            raise Refused(answer and answer[0])
        self.properties = answer[1]
        return self

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()

    def subscribe(self, *filters: str, qos: int = 1) -> list[int]:
        """The codes of the SUBACK."""
        self.paho.subscribe([(one, qos) for one in filters])
        codes = self._answer()
        assert codes is not None, f"cut while subscribing to {filters}"
        return [code.value for code in codes]

    def publish(self, topic: str, payload: bytes | str, qos: int = 1):
        """Returns when a QoS 1 message is acknowledged."""
        sent = self.paho.publish(topic, payload, qos)
        if qos:
            sent.wait_for_publish(SECONDS_MAX)
            assert sent.is_published(), f"no PUBACK for {topic} in {SECONDS_MAX} s"

    def send(self, topic: str, payload: bytes | str = b"x", qos: int = 1):
        """Publishes without waiting for the answer."""
        self.paho.publish(topic, payload, qos)

    def receive(self, seconds: float = SECONDS_MAX) -> paho.MQTTMessage:
        return self.messages.get(timeout=seconds)

    def seconds_to_cut(self, limit: float = SECONDS_MAX) -> float:
        """How long it takes from now until the server ends the connection."""
        began = time.monotonic()
        assert self.cut.wait(limit), f"still connected after {limit} s"
        return time.monotonic() - began
