# SPDX-License-Identifier: Apache-2.0
"""A client with a session that outlives its connections, over any number of crashes."""

import queue
import threading
import time

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from .device import Device
from .server import Server

SECONDS_MAX = 15


class Lasting:
    """paho with Clean Session 0 (3.1.1) or a Session Expiry Interval (5)."""

    def __init__(self, server: Server, device: Device, v5=False, expiry=3600):
        self.server, self.v5, self.expiry = server, v5, expiry
        version = MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311
        clean = {} if v5 else {"clean_session": False}
        self.paho = paho.Client(CallbackAPIVersion.VERSION2, client_id=device.name,
                                protocol=version, reconnect_on_failure=False, **clean)
        self.paho.tls_set_context(device.context())
        self.paho.max_inflight_messages_set(50)
        self.payloads: queue.Queue[str] = queue.Queue()
        self.present = False
        self._up, self._subscribed = threading.Event(), threading.Event()
        self.lost = threading.Event()
        self.paho.on_connect = self._on_connect
        self.paho.on_disconnect = lambda *_: (self.lost.set(), self._up.clear())
        self.paho.on_subscribe = lambda *_: self._subscribed.set()
        self.paho.on_message = lambda _c, _u, message: self.payloads.put(message.payload.decode())

    def _on_connect(self, _client, _userdata, flags, code, _properties):
        if not code.is_failure:
            self.present = flags.session_present
            self.lost.clear()
            self._up.set()

    def connect(self) -> "Lasting":
        more = {}
        if self.v5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = self.expiry
            more = {"clean_start": False, "properties": properties}
        self.paho.connect("localhost", self.server.address("mqtts")[1], 60, **more)
        self.paho.loop_start()
        assert self._up.wait(SECONDS_MAX), "no CONNACK"
        return self

    def subscribe(self, topic: str, qos: int):
        self._subscribed.clear()
        self.paho.subscribe(topic, qos)
        assert self._subscribed.wait(SECONDS_MAX), "no SUBACK"

    def drop(self):
        """Ends the connection without a goodbye, and what the library keeps of it stays."""
        self.paho.loop_stop()
        if socket := self.paho.socket():
            socket.close()
        self.paho._sock_close()
        self._up.clear()

    def leave(self):
        self.paho.disconnect()
        self.paho.loop_stop()

    def take(self, count: int) -> list[str]:
        return [self.payloads.get(timeout=SECONDS_MAX) for _ in range(count)]

    def some(self, count: int) -> list[str]:
        """So many, or fewer if nothing comes for long."""
        got: list[str] = []
        while len(got) < count:
            try:
                got.append(self.payloads.get(timeout=SECONDS_MAX))
            except queue.Empty:
                break
        return got

    def everything(self, silence: float) -> list[str]:
        """All that comes until nothing has come for so many seconds."""
        got = []
        while True:
            try:
                got.append(self.payloads.get(timeout=silence))
            except queue.Empty:
                return got


class Sender(threading.Thread):
    """Publishes at QoS 2, each payload once; its library sends again what was not answered."""

    def __init__(self, session: Lasting, up: threading.Event, topic: str, pause: float = 0.002):
        super().__init__(daemon=True)
        self.session, self.up, self.topic, self.pause = session, up, topic, pause
        self.sent: list = []
        # Payload, and when its exchange was seen to be over.
        self.done: dict[str, float] = {}
        self.ending = threading.Event()
        self._numbers: dict[int, str] = {}
        session.paho.on_publish = self._on_publish

    def _on_publish(self, _client, _userdata, mid, _code, _properties):
        # The number of the message may not be known yet: the answer can be faster.
        self._numbers.setdefault(mid, "")
        payload = self._numbers.pop(mid)
        if payload:
            self.done[payload] = time.monotonic()

    def run(self):
        while not self.ending.is_set():
            if not self.up.is_set():
                time.sleep(0.01)
                continue
            if sum(not it.is_published() for it in self.sent[-60:]) < 40:
                number = len(self.sent)
                message = self.session.paho.publish(self.topic, str(number), 2)
                if message.rc == paho.MQTT_ERR_NO_CONN:
                    # Cut off just now: it is queued, and goes out with the next connection.
                    message.rc = paho.MQTT_ERR_SUCCESS
                self._numbers[message.mid] = str(number)
                self.sent.append(message)
            time.sleep(self.pause)
