// SPDX-License-Identifier: Apache-2.0
import { shell } from '$lib/quoting';
import { certificates, SAMPLE, type Way } from './snippet';

export const curl: Way = {
  id: 'curl',
  label: 'curl',
  needs: ['certificate'],
  make(facts) {
    const url = `https://${facts.host}:${facts.https}/topics/${encodeURI(facts.topic)}?qos=1`;
    // Without ALPN it is taken for a device, and shown the certificate of the CA that devices trust.
    const curl = facts.seesPublic ? 'curl --no-alpn' : 'curl';
    const code = [`${curl} --cacert ca.pem --cert device.pem --key device.key`, `${shell(url)} -d ${shell(SAMPLE)}`].join(' \\\n    ');
    return {
      files: certificates(facts),
      steps: [
        { say: 'Download the certificates and unpack them; the commands run in that folder.', zip: true },
        { say: 'Publish a value:', code },
      ],
    };
  },
};
