// SPDX-License-Identifier: Apache-2.0
// What a way to connect a device is made of, and what it says.
import type { TextFile } from '$lib/files/zip';

/** What a snippet is made of. */
export interface Facts {
  thing: string;
  topic: string;
  host: string;
  mqtts: number;
  https: number;
  ca: string;
  /** Whether a browser is shown another certificate under this host than devices are. */
  seesPublic: boolean;
  region: string;
  certificate: string | null;
  key: string | null;
  user: string | null;
  password: string | null;
}

export interface Step {
  say: string;
  code?: string;
  /** Whether the step is to download the files. */
  zip?: boolean;
}

export interface Text {
  steps: Step[];
  files: TextFile[];
  /** Why it can't work as the server stands. */
  missing?: string;
}

export interface Way {
  id: string;
  label: string;
  needs: readonly ('certificate' | 'password')[];
  make(facts: Facts): Text;
}

/** The files that every way by certificate has. */
export function certificates({ ca, certificate, key }: Facts): TextFile[] {
  return [
    { name: 'ca.pem', text: ca },
    ...(certificate === null ? [] : [{ name: 'device.pem', text: certificate }]),
    ...(key === null ? [] : [{ name: 'device.key', text: key, secret: true }]),
  ];
}

export const SAMPLE = '{"temperature": 21.5}';
