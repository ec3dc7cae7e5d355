/** `/healthz`, `/readyz`, `/metrics`, outside the API, for machines; and `/`, where there is no console. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../../domain/errors.ts';
import type { Store } from '../../domain/store-port.ts';
import type { Metrics } from '../../observe/metrics.ts';
import { type Api, isForwarded } from '../api.ts';
import { WRITE_WAIT_MS_MAX } from '../limits.ts';

export type HealthParts = {
  store: Store;
  metrics: Metrics;
  metricsToken: string | null;
  hasConsole: boolean;
  isDraining(): boolean;
};

export function healthRoutes(app: Api, parts: HealthParts): void {
  const { store, metrics, metricsToken, hasConsole, isDraining } = parts;
  const config = { isPublic: true };
  const schema = { hide: true };
  if (!hasConsole) app.get('/', { config, schema, handler: (_request, reply) => reply.redirect('/docs/') });
  app.get('/healthz', { config, schema, handler: async () => ({ status: 'ok' }) });
  app.get('/readyz', {
    config,
    schema,
    async handler() {
      if (isDraining()) throw new DomainError('unavailable', 'The server is shutting down.');
      await store.read((tx) => tx.upkeep.findMeta('service-clock'));
      if (store.writeWaitMs() > WRITE_WAIT_MS_MAX)
        throw new DomainError('unavailable', 'The disk of the server has not taken a write for too long.');
      return { status: 'ready' };
    },
  });
  app.get('/metrics', {
    config,
    schema,
    async handler(request, reply) {
      demandMetricsReader(request, metricsToken);
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    },
  });
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

/** A token, or, without one, only this machine itself (ASVS 13.4.5). */
function demandMetricsReader(request: FastifyRequest, token: string | null): void {
  if (token === null) {
    if (LOOPBACK.test(request.ip) && !isForwarded(request)) return;
    throw new DomainError(
      'forbidden',
      'Metrics are readable from this machine only. Set OPENCOTA_METRICS_TOKEN to read them from elsewhere.',
    );
  }
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const given = (request.headers.authorization ?? '').replace(/^Bearer /i, '');
  if (!timingSafeEqual(digest(given), digest(token)))
    throw new DomainError('unauthenticated', 'Send the metrics token as a bearer token.');
}
