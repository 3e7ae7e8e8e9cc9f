// SPDX-License-Identifier: Apache-2.0
// No device at hand: a shell loop that behaves like one.
import { certificates, shell, type Facts, type Way } from './ways';

function script(facts: Facts): string {
  const proof = facts.user === null
    ? '--cert device.pem --key device.key'
    : `-u ${shell(facts.user)} -P ${shell(facts.password ?? '')}`;
  return `#!/bin/sh
# Behaves like a device: a value each second, for as long as it runs (Ctrl-C ends it).
cd "$(dirname "$0")" || exit 1
awk 'BEGIN {
  for (t = 0; ; t++) {
    printf "{\\"temperature\\": %.2f, \\"humidity\\": %.1f, \\"battery\\": %.2f}\\n", 20 + 5 * sin(t / 30), 55 + 10 * cos(t / 45), 3.3 - t / 100000
    fflush()
    system("sleep 1")
  }
}' | mosquitto_pub -h ${shell(facts.host)} -p ${facts.mqtts} --cafile ca.pem ${proof} \\
    -i ${shell(facts.thing)} -q 1 -t ${shell(facts.topic)} -l
`;
}

export const simulate: Way = {
  id: 'simulate',
  label: 'Simulate',
  needs: ['certificate', 'password'],
  make(facts) {
    return {
      files: [...certificates(facts), { name: 'simulate.sh', text: script(facts), secret: facts.password !== null }],
      steps: [
        { say: 'No device at hand? Download a script that behaves like one, and unpack it.', zip: true },
        { say: 'In that folder (mosquitto_pub is in the package mosquitto-clients):', code: 'sh simulate.sh' },
      ],
    };
  },
};
