// SPDX-License-Identifier: Apache-2.0
// ESP-IDF 5: component esp-mqtt (docs.espressif.com, "ESP-MQTT").
import { literal } from '$lib/quoting';
import { SAMPLE, type Facts, type Way } from './snippet';

/** PEM as a C literal, line by line. */
function pem(text: string): string {
  return text.trimEnd().split('\n').map((line) => `    ${literal(`${line}\n`)}`).join('\n');
}

function program(facts: Facts): string {
  const constants = [
    `static const char CA[] =\n${pem(facts.ca)};`,
    ...(facts.certificate ? [`static const char CERTIFICATE[] =\n${pem(facts.certificate)};`] : []),
    ...(facts.key ? [`static const char KEY[] =\n${pem(facts.key)};`] : []),
  ].join('\n\n');
  const proof = facts.user === null
    ? '.authentication = { .certificate = CERTIFICATE, .key = KEY },'
    : `.authentication.password = ${literal(facts.password ?? '')},\n            .username = ${literal(facts.user)},`;
  return `// main.c: publishes a value every five seconds. Wi-Fi comes from "idf.py menuconfig",
// Example Connection Configuration.
#include "esp_event.h"
#include "esp_netif.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "mqtt_client.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"

${constants}

void app_main(void)
{
    ESP_ERROR_CHECK(nvs_flash_init());
    ESP_ERROR_CHECK(esp_netif_init());
    ESP_ERROR_CHECK(esp_event_loop_create_default());
    ESP_ERROR_CHECK(example_connect());

    const esp_mqtt_client_config_t config = {
        .broker = {
            .address.uri = ${literal(`mqtts://${facts.host}:${facts.mqtts}`)},
            .verification.certificate = CA,
        },
        .credentials = {
            .client_id = ${literal(facts.thing)},
            ${proof}
        },
    };
    esp_mqtt_client_handle_t client = esp_mqtt_client_init(&config);
    ESP_ERROR_CHECK(esp_mqtt_client_start(client));
    while (true) {
        esp_mqtt_client_publish(client, ${literal(facts.topic)}, ${literal(SAMPLE)}, 0, 1, 0);
        vTaskDelay(pdMS_TO_TICKS(5000));
    }
}
`;
}

export const espIdf: Way = {
  id: 'esp-idf',
  label: 'ESP-IDF',
  needs: ['certificate', 'password'],
  make(facts) {
    return {
      files: [{ name: 'main.c', text: program(facts), secret: true }],
      steps: [
        { say: 'The whole main.c, with the certificates in it:', code: program(facts) },
        { say: 'Or as a file:', zip: true },
        { say: 'In a project that has protocol_examples_common (examples/common_components):', code: 'idf.py set-target esp32 && idf.py menuconfig && idf.py flash monitor' },
      ],
    };
  },
};
