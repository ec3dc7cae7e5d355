/** `/products/{pk}/devices`: register, list, look, change. */
import { Page, PageQuery, ProductKeyParam } from '@opencota/contract/http/common';
import * as devices from '@opencota/contract/http/devices';
import { type Static, Type } from 'typebox';
import { DELIVERY_STATES } from '../../domain/delivery.ts';
import type { Device } from '../../domain/device.ts';
import type { DeliveryView } from '../../domain/store-port.ts';
import type { DeviceWithDelivery } from '../../service/devices.ts';
import {
  type Api,
  bodyBytes,
  isNumberKey,
  isTextKey,
  pageOf,
  readPage,
  type Services,
  time,
  timeOrNull,
} from '../api.ts';
import { stringifyInTurns } from '../json-in-turns.ts';

export function deviceView(device: Device, productKey: string): devices.DeviceView {
  return {
    deviceName: device.deviceName,
    productKey,
    tags: [...device.tags],
    enabled: device.isEnabled,
    online: device.isOnline,
    createdAt: time(device.createdAt),
    lastSeenAt: timeOrNull(device.lastSeenAt),
    downloadedVersion: device.downloadedVersion,
    downloadedAt: timeOrNull(device.downloadedAt),
    confirmedVersion: device.confirmedVersion,
    confirmedAt: timeOrNull(device.confirmedAt),
    lastError: device.lastError === null ? null : { ...device.lastError, at: time(device.lastError.at) },
  };
}

export function deliveryView(delivery: DeliveryView): Static<typeof devices.DeliveryView> {
  return {
    rolloutId: delivery.rolloutId,
    deviceName: delivery.deviceName,
    wave: delivery.wave,
    version: delivery.version,
    sha256: delivery.sha256,
    state: delivery.state,
    open: delivery.isOpen,
    attempt: delivery.attempt,
    code: delivery.code,
    message: delivery.message,
    sentAt: timeOrNull(delivery.sentAt),
    receivedAt: timeOrNull(delivery.receivedAt),
    downloadedAt: timeOrNull(delivery.downloadedAt),
    appliedAt: timeOrNull(delivery.appliedAt),
    endedAt: timeOrNull(delivery.endedAt),
  };
}

function detailView(device: DeviceWithDelivery, productKey: string): Static<typeof devices.DeviceDetailView> {
  return {
    ...deviceView(device, productKey),
    wantedVersion: device.wantedVersion,
    latestDelivery: device.latestDelivery === null ? null : deliveryView(device.latestDelivery),
  };
}

function readTags(tags: readonly string[] | Readonly<Record<string, string>>): string[] {
  // `isArray` does not narrow a readonly array on its own.
  const isList = (value: typeof tags): value is readonly string[] => Array.isArray(value);
  const list = isList(tags)
    ? tags
    : Object.entries(tags).map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return [...new Set(list)];
}

export function deviceRoutes(app: Api, services: Services): void {
  const tags = ['devices'];
  app.get('/products/:productKey/devices', {
    schema: {
      tags,
      summary: 'List devices, by name',
      params: ProductKeyParam,
      querystring: devices.DeviceQuery,
      response: { 200: Page(devices.DeviceListView) },
    },
    async handler({ actor, params, query }) {
      const { search, tag, online, version, enabled, state, ...rest } = query;
      // The contract lists the very same states.
      const deliveryState = DELIVERY_STATES.find((each) => each === state);
      const page = readPage(rest, isTextKey);
      const filter = {
        ...(search === undefined ? {} : { namePrefix: search }),
        ...(tag === undefined ? {} : { tag }),
        ...(online === undefined ? {} : { isOnline: online === 'true' }),
        ...(version === undefined ? {} : { version: Number(version) }),
        ...(enabled === undefined ? {} : { isEnabled: enabled === 'true' }),
        ...(deliveryState === undefined ? {} : { deliveryState }),
      };
      const found = await services.devices.list(actor, params.productKey, filter, page);
      return pageOf(
        found,
        page.limit,
        (device) => ({
          ...deviceView(device, params.productKey),
          deliveryState: device.deliveryState,
        }),
        (device) => device.deviceName,
      );
    },
  });
  app.post('/products/:productKey/devices', {
    schema: {
      tags,
      summary: 'Register a device; its secret is shown once',
      params: ProductKeyParam,
      body: devices.NewDeviceBody,
      response: { 201: devices.NewDeviceView },
    },
    async handler({ actor, params, body }, reply) {
      const { deviceName, deviceSecret: given } = body;
      const input = { deviceName, tags: readTags(body.tags ?? []), deviceSecret: given };
      const { device, deviceSecret } = await services.devices.create(actor, params.productKey, input);
      return reply.code(201).send({ ...deviceView(device, params.productKey), deviceSecret });
    },
  });
  app.get('/products/:productKey/devices/:deviceName', {
    schema: {
      tags,
      summary: 'One device',
      params: devices.DeviceParams,
      response: { 200: devices.DeviceDetailView },
    },
    async handler({ actor, params }) {
      const { productKey, deviceName } = params;
      return detailView(await services.devices.get(actor, productKey, deviceName), productKey);
    },
  });
  app.patch('/products/:productKey/devices/:deviceName', {
    schema: {
      tags,
      summary: 'Change tags, or disable; works at once',
      params: devices.DeviceParams,
      body: devices.DevicePatch,
      response: { 200: devices.DeviceView },
    },
    async handler({ actor, params, body }) {
      const change = {
        ...(body.tags === undefined ? {} : { tags: readTags(body.tags) }),
        ...(body.enabled === undefined ? {} : { isEnabled: body.enabled }),
      };
      return deviceView(
        await services.devices.update(actor, params.productKey, params.deviceName, change),
        params.productKey,
      );
    },
  });
  app.delete('/products/:productKey/devices/:deviceName', {
    schema: {
      tags,
      summary: 'Remove a device',
      params: devices.DeviceParams,
      response: { 204: Type.Null() },
    },
    async handler({ actor, params }, reply) {
      await services.devices.remove(actor, params.productKey, params.deviceName);
      return reply.code(204).send(null);
    },
  });
  app.post('/products/:productKey/devices/:deviceName/rotate-secret', {
    schema: {
      tags,
      summary: 'A new secret, shown once; the old one stays good for a day',
      params: devices.DeviceParams,
      body: devices.RotateBody,
      response: { 200: devices.DeviceSecretView },
    },
    handler: ({ actor, params, body }) =>
      services.devices.rotateSecret(actor, params.productKey, params.deviceName, body.immediate ?? false),
  });
  deliveryRoutes(app, services);
}

/** What is on its way to one device, and bringing it there. */
function deliveryRoutes(app: Api, services: Services): void {
  const tags = ['devices'];
  app.get('/products/:productKey/devices/:deviceName/deliveries', {
    schema: {
      tags,
      summary: 'Its deliveries, newest first',
      params: devices.DeviceParams,
      querystring: Type.Object(PageQuery),
      response: { 200: Page(devices.DeliveryView) },
    },
    async handler({ actor, params, query }) {
      const page = readPage(query, isNumberKey);
      const found = await services.devices.listDeliveries(actor, params.productKey, params.deviceName, page);
      return pageOf(found, page.limit, deliveryView, (delivery) => delivery.rolloutId);
    },
  });
  app.post('/products/:productKey/devices/:deviceName/send', {
    schema: {
      tags,
      summary:
        'Send the newest rollout to this device now: a failed delivery is opened again, the next try of a pending one brought forward. Not a new push',
      params: devices.DeviceParams,
      response: { 200: devices.DeviceDetailView },
    },
    async handler({ actor, params }) {
      const { productKey, deviceName } = params;
      return detailView(await services.sendAgain.send(actor, productKey, deviceName), productKey);
    },
  });
}

/** Registered apart: its body is CSV, not JSON. */
export function deviceImportRoutes(app: Api, { deviceImport }: Services): void {
  app.post('/products/:productKey/devices/bulk', {
    schema: {
      tags: ['devices'],
      summary:
        'Register many: CSV with deviceName, tags (separated by ;) and deviceSecret (of devices that have one). The answer has a row each, with secrets, shown once',
      consumes: ['text/csv'],
      params: ProductKeyParam,
      response: { 200: devices.ImportView },
    },
    async handler(request, reply) {
      const text = Buffer.from(bodyBytes(request)).toString('utf8');
      const rows = await deviceImport.import(request.actor, request.params.productKey, text);
      const created = rows.filter(({ status }) => status === 'created').length;
      const view = { created, refused: rows.length - created, rows };
      const json = await stringifyInTurns(rows);
      const counts = `"created":${view.created},"refused":${view.refused}`;
      return reply
        .type('application/json; charset=utf-8')
        .serializer(() => `{${counts},"rows":${json}}`)
        .send(view);
    },
  });
}
