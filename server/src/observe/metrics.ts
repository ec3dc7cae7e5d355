/**
 * Prometheus metrics of one server. A registry of its own, not the library's global one: several servers
 * may live in one process (tests).
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `opencota_${name}`, help, labelNames, registers: [registry] });
  const gauge = (name: string, help: string, collect: () => number) =>
    new Gauge({
      name: `opencota_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(collect());
      },
    });
  return {
    registry,
    gauge,
    reports: counter('device_reports_total', 'Device reports stored.'),
    reportsDropped: counter(
      'device_reports_dropped_total',
      'Device reports dropped because the queue was full.',
    ),
    presences: counter('device_presences_total', 'Connects and disconnects stored.'),
    storeFailures: counter('store_failures_total', 'Batches that the store refused.'),
    rollouts: counter('rollouts_total', 'Rollouts started.'),
    pushes: counter('pushes_total', 'Configuration pushes, by what the connection did.', ['outcome']),
    requests: counter('config_requests_total', 'Configurations asked for by devices, by answer.', [
      'outcome',
    ]),
    downloads: counter('downloads_total', 'Downloads over links, by outcome.', ['outcome']),
    signIns: counter('device_sign_ins_total', 'Device sign-ins, by outcome.', ['outcome']),
    loopFailures: counter('loop_failures_total', 'Turns of background loops that failed.', ['loop']),
    httpFailures: counter('http_failures_total', 'HTTP requests that failed unexpectedly.'),
    gatewayEvents: counter('gateway_events_total', 'What the device gateway refused or limited.', ['event']),
  };
}
