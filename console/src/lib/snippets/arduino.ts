// SPDX-License-Identifier: Apache-2.0
// Arduino core for ESP32, library PubSubClient 2.8.
import { literal } from '$lib/quoting';
import { SAMPLE, type Facts, type Way } from './snippet';

function raw(name: string, text: string): string {
  return `static const char ${name}[] PROGMEM = R"PEM(${text.trimEnd()}\n)PEM";`;
}

function sketch(facts: Facts): string {
  const constants = [
    raw('CA', facts.ca),
    ...(facts.certificate ? [raw('CERTIFICATE', facts.certificate)] : []),
    ...(facts.key ? [raw('KEY', facts.key)] : []),
  ].join('\n\n');
  const proof = facts.user === null ? '\n  net.setCertificate(CERTIFICATE);\n  net.setPrivateKey(KEY);' : '';
  const login = facts.user === null ? '' : `, ${literal(facts.user)}, ${literal(facts.password ?? '')}`;
  return `// Publishes a value every five seconds from an ESP32.
#include <PubSubClient.h>
#include <WiFi.h>
#include <WiFiClientSecure.h>
#include <time.h>

static const char WIFI_NAME[] = "…";
static const char WIFI_PASSWORD[] = "…";

${constants}

WiFiClientSecure net;
PubSubClient mqtt(net);

void setup() {
  Serial.begin(115200);
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
  while (WiFi.status() != WL_CONNECTED) delay(200);
  // Certificates are checked against the time.
  configTime(0, 0, "pool.ntp.org");
  while (time(nullptr) < 1700000000) delay(200);
  net.setCACert(CA);${proof}
  mqtt.setServer(${literal(facts.host)}, ${facts.mqtts});
}

void loop() {
  while (!mqtt.connected()) {
    if (mqtt.connect(${literal(facts.thing)}${login})) break;
    Serial.printf("not connected: %d\\n", mqtt.state());
    delay(2000);
  }
  mqtt.publish(${literal(facts.topic)}, ${literal(SAMPLE)});
  mqtt.loop();
  delay(5000);
}
`;
}

export const arduino: Way = {
  id: 'arduino',
  label: 'Arduino',
  needs: ['certificate', 'password'],
  make(facts) {
    return {
      files: [{ name: 'device.ino', text: sketch(facts), secret: true }],
      steps: [
        { say: 'The whole sketch for an ESP32, with the certificates in it; library PubSubClient:', code: sketch(facts) },
        { say: 'Or as a file:', zip: true },
      ],
    };
  },
};
