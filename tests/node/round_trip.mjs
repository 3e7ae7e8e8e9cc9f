// SPDX-License-Identifier: Apache-2.0
// One client of Node: connects, subscribes, publishes 20 messages to itself, prints "ok".
// The first argument is JSON: client (mqttjs or sdk), and what that client is told.
import { readFileSync } from "node:fs";

const how = JSON.parse(process.argv[2]);
const topic = `node/${how.clientId}`;
const count = 20;
const payload = (number) => `${number}:`.padEnd(number * 500 + 10, "x");

async function mqttjs() {
  const { default: mqtt } = await import("mqtt");
  const client = await mqtt.connectAsync(how.url, {
    clientId: how.clientId,
    protocolVersion: how.version,
    reconnectPeriod: 0,
    connectTimeout: 8000,
    ca: how.ca && readFileSync(how.ca),
    cert: how.cert && readFileSync(how.cert),
    key: how.key && readFileSync(how.key),
    wsOptions: { ca: how.ca && readFileSync(how.ca), headers: how.headers,
      cert: how.cert && readFileSync(how.cert), key: how.key && readFileSync(how.key) },
  });
  const got = [];
  const all = new Promise((resolve) => client.on("message", (_topic, bytes) => {
    got.push(bytes.toString());
    if (got.length === count) resolve();
  }));
  await client.subscribeAsync(topic, { qos: 1 });
  for (let number = 0; number < count; number++) {
    await client.publishAsync(topic, payload(number), { qos: 1 });
  }
  await all;
  await client.endAsync();
  return got;
}

async function sdk() {
  const { mqtt5, iot, auth } = await import("aws-iot-device-sdk-v2");
  const builder = how.cert
    ? iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromPath("localhost", how.cert, how.key)
    : iot.AwsIotMqtt5ClientConfigBuilder.newWebsocketMqttBuilderWithSigv4Auth("localhost", {
      region: how.region,
      credentialsProvider: auth.AwsCredentialsProvider.newStatic(how.access, how.secret),
    });
  builder.withPort(how.port);
  builder.withCertificateAuthorityFromPath(undefined, how.ca);
  builder.withConnectProperties({ clientId: how.clientId, keepAliveIntervalSeconds: 30 });
  const client = new mqtt5.Mqtt5Client(builder.build());
  const got = [];
  const all = new Promise((resolve) => client.on("messageReceived", (event) => {
    got.push(Buffer.from(event.message.payload).toString());
    if (got.length === count) resolve();
  }));
  const connected = new Promise((resolve, reject) => {
    client.on("connectionSuccess", resolve);
    client.on("connectionFailure", (event) => reject(new Error(event.error.toString())));
  });
  const stopped = new Promise((resolve) => client.on("stopped", resolve));
  client.start();
  await connected;
  await client.subscribe({ subscriptions: [{ topicFilter: topic, qos: mqtt5.QoS.AtLeastOnce }] });
  for (let number = 0; number < count; number++) {
    await client.publish({ topicName: topic, qos: mqtt5.QoS.AtLeastOnce, payload: payload(number) });
  }
  await all;
  client.stop();
  await stopped;
  client.close();
  return got;
}

const got = await { mqttjs, sdk }[how.client]();
for (let number = 0; number < count; number++) {
  if (got[number] !== payload(number)) throw new Error(`message ${number} is ${got[number]}`);
}
console.log("ok");
process.exit(0);
