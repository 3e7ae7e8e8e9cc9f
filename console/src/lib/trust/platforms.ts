// SPDX-License-Identifier: Apache-2.0
// How to trust the server's CA, system by system. A new system is an entry here.

export interface Platform {
  id: string;
  label: string;
  /** The file that it takes. */
  file: { href: string; label: string };
  steps: readonly string[];
  /** A command instead of the steps. */
  command?: string;
}

const PEM = { href: '/api/v1/trust/ca.pem', label: 'Download headwater-ca.pem' };
const CRT = { href: '/api/v1/trust/ca.crt', label: 'Download headwater-ca.crt' };
const PROFILE = { href: '/api/v1/trust/ca.mobileconfig', label: 'Download the profile' };

export const PLATFORMS: readonly Platform[] = [
  {
    id: 'ios',
    label: 'iPhone, iPad',
    file: PROFILE,
    steps: [
      'Open this page in Safari and download the profile; say “Allow”.',
      'Settings → Profile Downloaded → Install.',
      'Settings → General → About → Certificate Trust Settings: switch Headwater CA on.',
    ],
  },
  {
    id: 'android',
    label: 'Android',
    file: CRT,
    steps: [
      'Download the file.',
      'Settings → Security → More security settings → Encryption & credentials → Install a certificate → CA certificate. (Names differ a little; search the settings for “certificate”.)',
      'Say “Install anyway” and choose the file. Chrome trusts it then; most other apps do not.',
    ],
  },
  {
    id: 'windows',
    label: 'Windows',
    file: CRT,
    steps: [
      'Download and open the file; Install Certificate → Current User.',
      '“Place all certificates in the following store” → Browse → Trusted Root Certification Authorities.',
      'Finish, compare the thumbprint’s certificate with the fingerprint on this page, say Yes, and start the browser anew.',
    ],
  },
  {
    id: 'macos',
    label: 'macOS',
    file: CRT,
    steps: [
      'Download and open the file: Keychain Access adds it to “login”.',
      'Open Headwater CA there → Trust → When using this certificate: Always Trust.',
    ],
  },
  {
    id: 'firefox',
    label: 'Firefox',
    file: PEM,
    steps: [
      'Download the file. Settings → Privacy & Security → Certificates → View Certificates.',
      'Authorities → Import, choose the file, tick “Trust this CA to identify websites”.',
    ],
  },
  {
    id: 'linux',
    label: 'Linux',
    file: PEM,
    steps: ['Download the file and, in its folder, run this (Debian, Ubuntu). Firefox and Chromium have lists of their own: import it there, too.'],
    command: 'sudo cp headwater-ca.pem /usr/local/share/ca-certificates/headwater-ca.crt && sudo update-ca-certificates',
  },
];

/** The one that most likely is in one's hand. */
export function likely(agent: string): string {
  if (/iPhone|iPad/.test(agent)) return 'ios';
  if (/Android/.test(agent)) return 'android';
  if (/Firefox/.test(agent)) return 'firefox';
  if (/Windows/.test(agent)) return 'windows';
  if (/Mac OS X/.test(agent)) return 'macos';
  return 'linux';
}

/** A fingerprint as certificate viewers show it: AB:CD:… */
export function fingerprint(hex: string): string {
  return (hex.toUpperCase().match(/../g) ?? []).join(':');
}
