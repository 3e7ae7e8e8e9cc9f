// SPDX-License-Identifier: Apache-2.0
// No device at hand: the server's own binary behaves like one, or a shell loop where it is not installed.
import { shell } from '$lib/quoting';
import { certificates, type Facts, type Way } from './snippet';

function command(facts: Facts): string {
  const proof = facts.user === null
    ? '--cert device.pem --key device.key'
    : `--user ${shell(facts.user)} --password-file password`;
  return [
    `headwater simulate device --name ${shell(facts.thing)} --host ${shell(facts.host)} --port ${facts.mqtts}`,
    `--ca ca.pem ${proof}`,
  ].join(' \\\n    ');
}

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
    const password = facts.password === null ? [] : [{ name: 'password', text: `${facts.password}\n`, secret: true }];
    return {
      files: [...certificates(facts), ...password, { name: 'simulate.sh', text: script(facts), secret: facts.password !== null }],
      steps: [
        { say: 'No device at hand? Download what one would have, and unpack it.', zip: true },
        { say: 'In that folder, with the server’s own binary, which behaves like a device:', code: command(facts) },
        { say: 'Where it is not installed, a script does the same with mosquitto_pub (package mosquitto-clients):', code: 'sh simulate.sh' },
      ],
    };
  },
};
