/** Where devices find this server, as their programmers need it. */
import type { ServerView } from '@opencota/contract/http/server';

export type Addresses = {
  /** For MQTT and downloads alike. */
  host: string;
  mqttPort: number | null;
  tlsPort: number | null;
  webSocketUrl: string;
  /** Scheme, host and port that download links begin with. */
  downloadUrl: string;
  downloadPort: number;
  /** Only programs on the server's own machine get there. */
  isLoopback: boolean;
  /** C Link SDKs are told the port of downloads by their program, not by the link. */
  isPortUnusual: boolean;
};

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;
const USUAL_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

export function addressesOf({ publicUrl, mqtt }: Pick<ServerView, 'publicUrl' | 'mqtt'>): Addresses {
  const url = new URL(publicUrl);
  const usual = USUAL_PORTS[url.protocol] ?? 80;
  const downloadPort = url.port === '' ? usual : Number(url.port);
  return {
    host: url.hostname,
    mqttPort: mqtt.port,
    tlsPort: mqtt.tlsPort,
    webSocketUrl: `${url.protocol === 'https:' ? 'wss:' : 'ws:'}//${url.host}${mqtt.webSocketPath}`,
    downloadUrl: publicUrl.replace(/\/+$/, ''),
    downloadPort,
    isLoopback: LOOPBACK.test(url.hostname),
    isPortUnusual: downloadPort !== usual,
  };
}
