/** `/products`, `/products/{pk}`, its secret. */
import { Page, PageQuery, ProductKeyParam } from '@opencota/contract/http/common';
import * as products from '@opencota/contract/http/products';
import { Type } from 'typebox';
import type { LatestRollout, ProductSettings } from '../../domain/product.ts';
import type { ProductOverview } from '../../service/products.ts';
import {
  type Api,
  etagOf,
  isTextKey,
  pageOf,
  readPage,
  readRevision,
  type Services,
  time,
  timeOrNull,
} from '../api.ts';

export function productView({ product, standing }: ProductOverview): products.ProductView {
  return {
    productKey: product.productKey,
    name: product.name,
    enabled: product.isEnabled,
    coolDownSeconds: product.coolDownSeconds,
    doneWhen: product.doneWhen,
    requestPolicy: product.requestPolicy,
    configBytesMax: product.configBytesMax,
    attemptTimeoutSeconds: product.attemptTimeoutSeconds,
    deadlineSeconds: product.deadlineSeconds,
    registrationAllowed: product.isRegistrationAllowed,
    unknownDevicesAllowed: product.isUnknownDeviceAllowed,
    strongSignRequired: product.isStrongSignRequired,
    retentionVersions: product.retentionVersions,
    deviceCount: product.deviceCount,
    onlineCount: product.onlineCount,
    latestVersion: product.latestVersion,
    rolledOutVersion: product.rolledOutVersion,
    onRolledOutVersion: standing.onRolledOutVersion,
    latestRollout: latestRolloutView(standing.latestRollout),
    createdAt: time(product.createdAt),
  };
}

function latestRolloutView(rollout: LatestRollout | null): products.ProductView['latestRollout'] {
  if (rollout === null) return null;
  const { openCount, failedCount, createdAt, endedAt, ...same } = rollout;
  return {
    ...same,
    open: openCount,
    failed: failedCount,
    createdAt: time(createdAt),
    endedAt: timeOrNull(endedAt),
  };
}

function readPatch(patch: products.ProductPatch): Partial<ProductSettings> {
  const { enabled, registrationAllowed, unknownDevicesAllowed, strongSignRequired, ...same } = patch;
  return {
    ...same,
    ...(enabled === undefined ? {} : { isEnabled: enabled }),
    ...(registrationAllowed === undefined ? {} : { isRegistrationAllowed: registrationAllowed }),
    ...(unknownDevicesAllowed === undefined ? {} : { isUnknownDeviceAllowed: unknownDevicesAllowed }),
    ...(strongSignRequired === undefined ? {} : { isStrongSignRequired: strongSignRequired }),
  };
}

export function productRoutes(app: Api, services: Services): void {
  const tags = ['products'];
  app.get('/products', {
    schema: {
      tags,
      summary: 'List products',
      querystring: Type.Object(PageQuery),
      response: { 200: Page(products.ProductView) },
    },
    async handler({ actor, query }) {
      const page = readPage(query, isTextKey);
      return pageOf(
        await services.products.list(actor, page),
        page.limit,
        productView,
        ({ product }) => product.productKey,
      );
    },
  });
  app.post('/products', {
    schema: {
      tags,
      summary: 'Create a product; its switch is off',
      body: products.NewProductBody,
      response: { 201: products.NewProductView },
    },
    async handler({ actor, body }, reply) {
      const { productSecret, ...made } = await services.products.create(actor, body);
      const { product } = made;
      reply
        .header('ETag', etagOf(product.revision))
        .header('Location', `/api/v1/products/${product.productKey}`);
      return reply.code(201).send({ ...productView(made), productSecret });
    },
  });
  app.get('/products/:productKey', {
    schema: {
      tags,
      summary: 'One product, and what its devices run',
      params: ProductKeyParam,
      response: { 200: products.ProductDetail },
    },
    async handler({ actor, params }, reply) {
      const { usage, ...found } = await services.products.get(actor, params.productKey);
      return reply.header('ETag', etagOf(found.product.revision)).send({ ...productView(found), usage });
    },
  });
  app.patch('/products/:productKey', {
    schema: {
      tags,
      summary: 'Change settings, or the switch. If-Match is checked when given',
      params: ProductKeyParam,
      body: products.ProductPatch,
      response: { 200: products.ProductView },
    },
    async handler(request, reply) {
      const { actor, params, body } = request;
      const changed = await services.products.update(
        actor,
        params.productKey,
        readPatch(body),
        readRevision(request),
      );
      return reply.header('ETag', etagOf(changed.product.revision)).send(productView(changed));
    },
  });
  app.post('/products/:productKey/rotate-secret', {
    schema: {
      tags,
      summary: 'A new product secret, shown once',
      params: ProductKeyParam,
      response: { 200: products.ProductSecretView },
    },
    handler: ({ actor, params }) => services.products.rotateSecret(actor, params.productKey),
  });
}
