/** `/products/{pk}/rollouts` and `/rollouts/{id}`. */
import { IdempotencyHeader, Page, PageQuery, ProductKeyParam } from '@opencota/contract/http/common';
import { DeliveryQuery, DeliveryView } from '@opencota/contract/http/devices';
import * as contract from '@opencota/contract/http/rollouts';
import { Type } from 'typebox';
import { DELIVERY_STATES } from '../../domain/delivery.ts';
import type { RolloutAction } from '../../domain/rollout.ts';
import type { DeliveryKey } from '../../domain/store-port.ts';
import { type Api, isNumberKey, pageOf, readOnce, readPage, type Services, time } from '../api.ts';
import { deliveryView } from './devices.ts';
import { pushContext, rolloutView } from './rollout-view.ts';
import { versionView } from './versions.ts';

const ACTIONS = ['pause', 'resume', 'cancel', 'retry-failed'] as const satisfies RolloutAction[];

export function rolloutRoutes(app: Api, { rollouts }: Services): void {
  const tags = ['rollouts'];
  app.get('/products/:productKey/rollouts', {
    schema: {
      tags,
      summary: 'Rollouts, newest first',
      params: ProductKeyParam,
      querystring: Type.Object(PageQuery),
      response: { 200: Page(contract.RolloutView) },
    },
    async handler({ actor, params, query }) {
      const page = readPage(query, isNumberKey);
      return pageOf(
        await rollouts.list(actor, params.productKey, page),
        page.limit,
        rolloutView,
        (view) => view.rollout.id,
      );
    },
  });
  app.post('/products/:productKey/rollouts/preview', {
    schema: {
      tags,
      summary: 'What a push would do',
      params: ProductKeyParam,
      body: contract.PreviewBody,
      response: { 200: contract.PreviewView },
    },
    async handler({ actor, params, body }) {
      const { version, devices, isEnabled, nextAllowedAt } = await rollouts.preview(
        actor,
        params.productKey,
        body.version,
      );
      return {
        version: versionView(version),
        devices,
        enabled: isEnabled,
        nextAllowedAt: nextAllowedAt === null ? null : time(nextAllowedAt),
      };
    },
  });
  app.post('/products/:productKey/rollouts', {
    schema: {
      tags,
      summary: 'Push a version to all devices of the product',
      params: ProductKeyParam,
      headers: IdempotencyHeader,
      body: contract.StartBody,
      response: { 202: contract.RolloutView },
    },
    async handler(request, reply) {
      const { actor, params, body } = request;
      const input = { ...body, note: body.note ?? '' };
      const view = await rollouts.start(
        actor,
        params.productKey,
        input,
        pushContext(request),
        readOnce(request),
      );
      return reply
        .code(202)
        .header('Location', `/api/v1/rollouts/${view.rollout.id}`)
        .send(rolloutView(view));
    },
  });
  app.get('/rollouts/:id', {
    schema: {
      tags,
      summary: 'State and counters',
      params: contract.RolloutParams,
      response: { 200: contract.RolloutView },
    },
    handler: async ({ actor, params }) => rolloutView(await rollouts.get(actor, Number(params.id))),
  });
  app.get('/rollouts/:id/deliveries', {
    schema: {
      tags,
      summary: 'Its deliveries, by state',
      params: contract.RolloutParams,
      querystring: DeliveryQuery,
      response: { 200: Page(DeliveryView) },
    },
    async handler({ actor, params, query: { state, ...rest } }) {
      const page = readPage(rest, isDeliveryKey);
      // The contract lists the very same states.
      const wanted = DELIVERY_STATES.find((each) => each === state);
      const found = await rollouts.listDeliveries(actor, Number(params.id), wanted, page);
      return pageOf(
        found,
        page.limit,
        deliveryView,
        ({ state: last, id }): DeliveryKey => ({ state: last, id }),
      );
    },
  });
  for (const action of ACTIONS) {
    app.post(`/rollouts/:id/actions/${action}`, {
      schema: {
        tags,
        summary: `${action} the rollout`,
        params: contract.RolloutParams,
        response: { 200: contract.RolloutView },
      },
      handler: async ({ actor, params }) => rolloutView(await rollouts.act(actor, Number(params.id), action)),
    });
  }
}

function isDeliveryKey(value: unknown): value is DeliveryKey {
  if (typeof value !== 'object' || value === null || !('state' in value) || !('id' in value)) return false;
  return typeof value.id === 'number' && DELIVERY_STATES.some((state) => state === value.state);
}
