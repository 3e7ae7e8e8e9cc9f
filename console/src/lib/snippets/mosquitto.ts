// SPDX-License-Identifier: Apache-2.0
import { shell } from '$lib/quoting';
import { certificates, SAMPLE, type Way } from './snippet';

export const mosquitto: Way = {
  id: 'mosquitto',
  label: 'mosquitto_pub',
  needs: ['certificate', 'password'],
  make(facts) {
    const proof = facts.user === null
      ? '--cert device.pem --key device.key'
      : `-u ${shell(facts.user)} -P ${shell(facts.password ?? '')}`;
    const code = [
      `mosquitto_pub -h ${shell(facts.host)} -p ${facts.mqtts} --cafile ca.pem ${proof}`,
      `-i ${shell(facts.thing)} -q 1 -t ${shell(facts.topic)} -m ${shell(SAMPLE)}`,
    ].join(' \\\n    ');
    return {
      files: certificates(facts),
      steps: [
        { say: facts.user === null ? 'Download the certificates and unpack them; the command runs in that folder.' : 'Download the server’s CA and unpack it; the command runs in that folder.', zip: true },
        { say: 'Publish a value:', code },
      ],
    };
  },
};
