/**
 * One function per business event: it writes the log line and moves the counter, so that the two never
 * drift apart. `error` means that someone must act; labels stay few.
 */
import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';

export interface Events {
  recorded(batch: { reports: number; presences: number }): void;
  recordingFailed(failure: { error: unknown; waiting: number }): void;
  reportDropped(): void;
  rolloutStarted(rollout: {
    id: number;
    productKey: string;
    version: number;
    devices: number;
    by: string;
  }): void;
  rolloutDecided(rollout: { id: number; productKey: string; reason: string; kind: string }): void;
  rolloutEnded(rollout: {
    id: number;
    productKey: string;
    state: string;
    counts: Record<string, number>;
  }): void;
  pushed(count: number): void;
  pushNotTaken(count: number): void;
  configRequested(outcome: string): void;
  downloaded(): void;
  linkRefused(code: string): void;
  deviceSignedIn(): void;
  deviceRefused(refusal: {
    productKey: string;
    deviceName: string;
    remoteAddress: string;
    reason: string;
  }): void;
  versionFloorRaised(product: { productKey: string; version: number; deviceName: string }): void;
  loopFailed(failure: { loop: string; error: unknown }): void;
  httpFailed(failure: { requestId: string; method: string; url: string; error: unknown }): void;
}

export function createEvents(log: Logger, metrics: Metrics): Events {
  return {
    recorded({ reports, presences }) {
      metrics.reports.inc(reports);
      metrics.presences.inc(presences);
    },
    recordingFailed({ error, waiting }) {
      metrics.storeFailures.inc();
      log.error({ err: error, waiting }, 'device reports cannot be stored; they wait and are tried again');
    },
    reportDropped() {
      metrics.reportsDropped.inc();
    },
    rolloutStarted(rollout) {
      metrics.rollouts.inc();
      log.info(rollout, 'rollout started');
    },
    rolloutDecided(decision) {
      log.info(decision, 'rollout decision');
    },
    rolloutEnded(rollout) {
      log.info(rollout, 'rollout ended');
    },
    pushed(count) {
      metrics.pushes.inc({ outcome: 'handed-over' }, count);
    },
    pushNotTaken(count) {
      metrics.pushes.inc({ outcome: 'not-taken' }, count);
    },
    configRequested(outcome) {
      metrics.requests.inc({ outcome });
    },
    downloaded() {
      metrics.downloads.inc({ outcome: 'ok' });
    },
    linkRefused(code) {
      metrics.downloads.inc({ outcome: code });
    },
    deviceSignedIn() {
      metrics.signIns.inc({ outcome: 'ok' });
    },
    deviceRefused(refusal) {
      metrics.signIns.inc({ outcome: 'refused' });
      log.warn(refusal, 'device refused');
    },
    versionFloorRaised(product) {
      log.warn(
        product,
        'a device runs a higher version than this store knows (an older backup?); the next version will be above it',
      );
    },
    loopFailed({ loop, error }) {
      metrics.loopFailures.inc({ loop });
      log.error({ loop, err: error }, 'a background loop failed and will try again');
    },
    httpFailed({ requestId, method, url, error }) {
      metrics.httpFailures.inc();
      log.error({ requestId, method, url, err: error }, 'a request failed unexpectedly');
    },
  };
}
