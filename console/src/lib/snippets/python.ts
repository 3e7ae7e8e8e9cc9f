// SPDX-License-Identifier: Apache-2.0
import { literal } from '$lib/quoting';
import { certificates, type Facts, type Way } from './snippet';

function script(facts: Facts): string {
  const proof = facts.user === null
    ? 'client.tls_set("ca.pem", certfile="device.pem", keyfile="device.key")'
    : `client.tls_set("ca.pem")\nclient.username_pw_set(${literal(facts.user)}, ${literal(facts.password ?? '')})`;
  return `"""Publishes a value every five seconds."""
import json
import math
import time

import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=${literal(facts.thing)}, protocol=mqtt.MQTTv5)
${proof}
client.on_connect = lambda client, data, flags, reason, properties: print("connected:", reason)
client.connect(${literal(facts.host)}, ${facts.mqtts})
client.loop_start()
while True:
    value = {"temperature": round(20 + 5 * math.sin(time.time() / 60), 2)}
    client.publish(${literal(facts.topic)}, json.dumps(value), qos=1).wait_for_publish(10)
    print(value)
    time.sleep(5)
`;
}

export const python: Way = {
  id: 'python',
  label: 'Python',
  needs: ['certificate', 'password'],
  make(facts) {
    return {
      files: [...certificates(facts), { name: 'device.py', text: script(facts), secret: facts.password !== null }],
      steps: [
        { say: 'Download the script with its certificates and unpack it.', zip: true },
        { say: 'In that folder:', code: 'pip install paho-mqtt && python3 device.py' },
        { say: 'This is the script:', code: script(facts) },
      ],
    };
  },
};
