// SPDX-License-Identifier: Apache-2.0
import { literal } from '$lib/quoting';
import { certificates, type Facts, type Way } from './snippet';

function script(facts: Facts): string {
  const proof = facts.user === null
    ? 'cert: readFileSync("device.pem"),\n  key: readFileSync("device.key"),'
    : `username: ${literal(facts.user)},\n  password: ${literal(facts.password ?? '')},`;
  return `// Publishes a value every five seconds.
import { readFileSync } from "node:fs";
import mqtt from "mqtt";

const client = mqtt.connect({
  protocol: "mqtts",
  host: ${literal(facts.host)},
  port: ${facts.mqtts},
  clientId: ${literal(facts.thing)},
  protocolVersion: 5,
  ca: readFileSync("ca.pem"),
  ${proof}
});
client.on("connect", () => console.log("connected"));
client.on("error", (error) => console.error(error.message));
setInterval(() => {
  const value = { temperature: Number((20 + 5 * Math.sin(Date.now() / 60000)).toFixed(2)) };
  client.publish(${literal(facts.topic)}, JSON.stringify(value), { qos: 1 }, (error) => {
    console.log(error ? error.message : value);
  });
}, 5000);
`;
}

export const node: Way = {
  id: 'node',
  label: 'Node',
  needs: ['certificate', 'password'],
  make(facts) {
    return {
      files: [...certificates(facts), { name: 'device.mjs', text: script(facts), secret: facts.password !== null }],
      steps: [
        { say: 'Download the script with its certificates and unpack it.', zip: true },
        { say: 'In that folder:', code: 'npm install mqtt && node device.mjs' },
        { say: 'This is the script:', code: script(facts) },
      ],
    };
  },
};
