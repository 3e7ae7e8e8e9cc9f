// SPDX-License-Identifier: Apache-2.0
// The ways to connect a device, a file each. A new way is a file and a line here.
import type { Schema } from '$lib/api/client';
import { arduino } from './arduino';
import { awsSdk } from './aws-sdk';
import { curl } from './curl';
import { espIdf } from './esp-idf';
import { mosquitto } from './mosquitto';
import { node } from './node';
import { python } from './python';
import { simulate } from './simulate';
import type { Facts, Way } from './snippet';

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
