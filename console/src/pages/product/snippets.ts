/** Programs to start from, with this server's address and this product's key in their places. */
import type { Addresses } from './addresses.ts';

export type SnippetKind = 'device' | 'node' | 'c' | 'check';
export type Snippet = { kind: SnippetKind; name: string; text: string };

/** What the programs print with; this page itself prints nothing. */
const OUTPUT = 'console';
/** Stand for what the reader has of a device. */
const DEVICE_NAME = 'DEVICE_NAME';
const DEVICE_SECRET = 'DEVICE_SECRET';

export function snippetsFor(addresses: Addresses, productKey: string): Snippet[] {
  return [
    { kind: 'device', name: '@opencota/device', text: ourSdk(addresses, productKey) },
    { kind: 'node', name: 'Link SDK Node.js', text: linkNode(addresses, productKey) },
    { kind: 'c', name: 'Link SDK C', text: linkC(addresses, productKey) },
    { kind: 'check', name: '', text: quickCheck(addresses, productKey) },
  ];
}

const portOf = ({ mqttPort, tlsPort }: Addresses) => mqttPort ?? tlsPort ?? 1883;
const isTlsOnly = ({ mqttPort, tlsPort }: Addresses) => mqttPort === null && tlsPort !== null;
const brokerUrl = (addresses: Addresses) =>
  `${isTlsOnly(addresses) ? 'mqtts' : 'mqtt'}://${addresses.host}:${portOf(addresses)}`;

function ourSdk(addresses: Addresses, productKey: string): string {
  return `import { createDevice } from '@opencota/device';

const device = createDevice({
  host: '${brokerUrl(addresses)}',
  productKey: '${productKey}',
  deviceName: '${DEVICE_NAME}',
  deviceSecret: '${DEVICE_SECRET}',
  dir: './config', // the last good configuration is kept here
});

device.onConfig(async (config) => {
  ${OUTPUT}.log(config.version, config.json); // throw to refuse it
});`;
}

function linkNode(addresses: Addresses, productKey: string): string {
  return `const iot = require('alibabacloud-iot-device-sdk');

const device = iot.device({
  productKey: '${productKey}',
  deviceName: '${DEVICE_NAME}',
  deviceSecret: '${DEVICE_SECRET}',
  brokerUrl: '${brokerUrl(addresses)}',
});

const take = async ({ url }) => ${OUTPUT}.log(await (await fetch(url)).text());

device.onConfig((push) => take(push.params));
device.on('connect', () => {
  device.getConfig((reply) => (reply.code === 200 ? take(reply.data) : ${OUTPUT}.log(reply)));
});`;
}

function linkC(addresses: Addresses, productKey: string): string {
  return `char *host = "${bareHost(addresses)}";
uint16_t port = ${portOf(addresses)};
aiot_sysdep_network_cred_t cred;
memset(&cred, 0, sizeof(cred));
${credential(isTlsOnly(addresses))}

void *mqtt = aiot_mqtt_init();
aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_HOST, (void *)host);
aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_PORT, (void *)&port);
aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_NETWORK_CRED, (void *)&cred);
aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_PRODUCT_KEY, (void *)"${productKey}");
aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_DEVICE_NAME, (void *)"${DEVICE_NAME}");
aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_DEVICE_SECRET, (void *)"${DEVICE_SECRET}");

/* As in the SDK's OTA demo; the handler gets AIOT_OTARECV_COTA. */
void *ota = aiot_ota_init();
aiot_ota_setopt(ota, AIOT_OTAOPT_MQTT_HANDLE, mqtt);
aiot_ota_setopt(ota, AIOT_OTAOPT_RECV_HANDLER, on_ota_message);

/* In the handler, for the download: */
uint16_t download_port = ${addresses.downloadPort};
aiot_download_setopt(download, AIOT_DLOPT_NETWORK_PORT, (void *)&download_port);
${
  addresses.downloadUrl.startsWith('https:')
    ? '/* and AIOT_DLOPT_NETWORK_CRED with the certificate of your authority */'
    : 'aiot_download_setopt(download, AIOT_DLOPT_NETWORK_CRED, (void *)&cred);'
}

aiot_mqtt_connect(mqtt);`;
}

function credential(isTls: boolean): string {
  if (!isTls) return 'cred.option = AIOT_SYSDEP_NETWORK_CRED_NONE; /* plain TCP */';
  return `cred.option = AIOT_SYSDEP_NETWORK_CRED_SVRCERT_CA;
cred.x509_server_cert = ca_certificate; /* of your authority, PEM */
cred.x509_server_cert_len = strlen(ca_certificate);`;
}

/** From the machine that a device will stand beside; needs Node and nothing else. */
function quickCheck(addresses: Addresses, productKey: string): string {
  const host = bareHost(addresses);
  const port = portOf(addresses);
  const simulation = `npm run opencota -- simulate ${productKey} --devices 3 --mqtt ${brokerUrl(addresses)}`;
  return `node -e "require('net').connect(${port}, '${host}').on('connect', () => { ${OUTPUT}.log('MQTT port reached'); process.exit() }).on('error', (e) => ${OUTPUT}.log(e.message))"
node -e "fetch('${addresses.downloadUrl}/healthz').then((r) => ${OUTPUT}.log('HTTP', r.status), (e) => ${OUTPUT}.log(e.cause?.message ?? e.message))"${isTlsOnly(addresses) ? '' : `\n\n${simulation}`}`;
}

/** An IPv6 address is in brackets in a URL only. */
const bareHost = ({ host }: Addresses) => host.replace(/^\[|\]$/g, '');

/** The topics of remote configuration (MQTT 3.1.1). `out`: the device says it. */
export function topicsFor(productKey: string): { topic: string; direction: 'out' | 'in' }[] {
  const at = `/sys/${productKey}/\${deviceName}/thing/config`;
  return [
    { topic: `${at}/get`, direction: 'out' },
    { topic: `${at}/get_reply`, direction: 'in' },
    { topic: `${at}/push`, direction: 'in' },
    { topic: `${at}/push_reply`, direction: 'out' },
  ];
}
