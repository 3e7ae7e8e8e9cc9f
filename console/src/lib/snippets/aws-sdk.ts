// SPDX-License-Identifier: Apache-2.0
import { literal } from '$lib/quoting';
import { certificates, SAMPLE, type Facts, type Way } from './snippet';

function script(facts: Facts): string {
  return `"""Publishes a value with the AWS IoT Device SDK for Python, unchanged but for the port."""
from awscrt import mqtt
from awsiot import mqtt_connection_builder

connection = mqtt_connection_builder.mtls_from_path(
    endpoint=${literal(facts.host)},
    port=${facts.mqtts},
    ca_filepath="ca.pem",
    cert_filepath="device.pem",
    pri_key_filepath="device.key",
    client_id=${literal(facts.thing)},
)
connection.connect().result(10)
sent, _ = connection.publish(${literal(facts.topic)}, ${literal(SAMPLE)}, mqtt.QoS.AT_LEAST_ONCE)
sent.result(10)
connection.disconnect().result(10)
print("published")
`;
}

export const awsSdk: Way = {
  id: 'aws-sdk',
  label: 'AWS SDK',
  needs: ['certificate'],
  make(facts) {
    return {
      files: [...certificates(facts), { name: 'device.py', text: script(facts) }],
      steps: [
        { say: 'Download the script with its certificates and unpack it.', zip: true },
        { say: 'In that folder:', code: 'pip install awsiotsdk && python3 device.py' },
        { say: 'This is the script:', code: script(facts) },
      ],
    };
  },
};
