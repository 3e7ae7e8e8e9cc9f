// SPDX-License-Identifier: Apache-2.0
// The ways to connect a device, a file each. A new way is a file and a line here.
import type { Schema } from '$lib/api/client';
import type { TextFile } from '$lib/files/zip';
import { arduino } from './arduino';
import { awsSdk } from './aws-sdk';
import { curl } from './curl';
import { espIdf } from './esp-idf';
import { mosquitto } from './mosquitto';
import { node } from './node';
import { python } from './python';
import { simulate } from './simulate';

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

export const WAYS: readonly Way[] = [curl, mosquitto, python, node, espIdf, arduino, awsSdk, simulate];

export function facts(thing: string, made: Schema<'MadeCredentials'>, reach: Schema<'ReachShown'>, host: string): Facts {
  return {
    thing,
    topic: `devices/${thing}/telemetry`,
    host,
    // The MQTT port asks for a certificate, unless it is set to take passwords; the HTTPS port
    // speaks MQTT too, and takes both.
    mqtts: (made.password && !reach.mqtts_passwords ? reach.ports.https : reach.ports.mqtts) ?? 8883,
    https: reach.ports.https ?? 8443,
    ca: made.ca_pem,
    seesPublic: reach.hosts.some(({ name, public: shown }) => name === host && shown) && !reach.public_for_devices,
    region: reach.region,
    certificate: made.certificate?.pem ?? null,
    key: made.certificate?.private_key_pem ?? null,
    user: made.password?.user_name ?? null,
    password: made.password?.password ?? null,
  };
}

/** The files that every way by certificate has. */
export function certificates({ ca, certificate, key }: Facts): TextFile[] {
  return [
    { name: 'ca.pem', text: ca },
    ...(certificate === null ? [] : [{ name: 'device.pem', text: certificate }]),
    ...(key === null ? [] : [{ name: 'device.key', text: key, secret: true }]),
  ];
}

/** A text as a word of a POSIX shell. */
export function shell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A text as a literal of C, Python and JavaScript. */
export function literal(text: string): string {
  return JSON.stringify(text);
}

export const SAMPLE = '{"temperature": 21.5}';
