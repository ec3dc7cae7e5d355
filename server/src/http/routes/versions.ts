/** `/products/{pk}/versions`: save, look, compare, restore, roll back (R5–R7). */
import {
  IdempotencyHeader,
  IfMatchHeader,
  Page,
  ProductKeyParam,
  VERSIONS_LIMIT_DEFAULT,
  VersionsQuery,
} from '@opencota/contract/http/common';
import * as products from '@opencota/contract/http/products';
import { RollBackBody, RolledBackView } from '@opencota/contract/http/rollouts';
import { Type } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import type { ConfigVersion } from '../../domain/version.ts';
import {
  type Api,
  etagOf,
  isNumberKey,
  pageOf,
  readOnce,
  readPage,
  readRevision,
  type Services,
  sendRaw,
  time,
} from '../api.ts';
import { pushContext, rolloutView } from './rollout-view.ts';

export function versionView(version: ConfigVersion): products.VersionView {
  return {
    number: version.number,
    configId: version.configId,
    size: version.bytes,
    sha256: version.sha256,
    author: version.author,
    note: version.note,
    origin: version.origin,
    createdAt: time(version.createdAt),
  };
}

export function versionRoutes(app: Api, services: Services): void {
  const { versions, drafts } = services;
  const tags = ['configurations'];
  app.get('/products/:productKey/versions', {
    schema: {
      tags,
      summary: 'Versions, newest first',
      params: ProductKeyParam,
      querystring: Type.Object(VersionsQuery),
      response: { 200: Page(products.VersionView) },
    },
    async handler({ actor, params, query }) {
      const page = readPage(query, isNumberKey, VERSIONS_LIMIT_DEFAULT);
      return pageOf(
        await versions.listVersions(actor, params.productKey, page),
        page.limit,
        versionView,
        (version) => version.number,
      );
    },
  });
  app.post('/products/:productKey/versions', {
    schema: {
      tags,
      summary: 'Save the draft as the next version. Sends nothing',
      params: ProductKeyParam,
      headers: IdempotencyHeader,
      body: products.SaveBody,
      response: { 201: products.SavedView },
    },
    async handler(request, reply) {
      const { actor, params, body } = request;
      const { version, warnings } = await versions.saveDraft(
        actor,
        params.productKey,
        body.note ?? '',
        readOnce(request),
      );
      reply.header('Location', `/api/v1/products/${params.productKey}/versions/${version.number}`);
      return reply.code(201).send({ ...versionView(version), warnings: [...warnings] });
    },
  });
  app.get('/products/:productKey/versions/:number', {
    schema: {
      tags,
      summary: 'One version',
      params: products.VersionParams,
      response: { 200: products.VersionView },
    },
    handler: async ({ actor, params }) =>
      versionView(await versions.getVersion(actor, params.productKey, Number(params.number))),
  });
  app.get('/products/:productKey/versions/:number/content', {
    schema: {
      tags,
      summary: 'Its content, byte for byte',
      params: products.VersionParams,
      response: { 200: Type.Unknown({ description: 'JSON text' }) },
    },
    async handler({ actor, params }, reply) {
      const { version, content } = await versions.getContent(actor, params.productKey, Number(params.number));
      return sendRaw(reply.header('ETag', `"${version.sha256}"`), content);
    },
  });
  app.post('/products/:productKey/versions/:number/restore', {
    schema: {
      tags,
      summary:
        "Put its content into the draft; changes nothing else. If-Match is checked when given, and needed to replace somebody else's text that is not saved",
      params: products.VersionParams,
      headers: IfMatchHeader,
      response: { 200: products.DraftRestored },
    },
    async handler(request, reply) {
      const { actor, params } = request;
      const draft = await drafts.restore(
        actor,
        params.productKey,
        Number(params.number),
        readRevision(request),
      );
      const { revision, updatedAt, updatedBy } = draft;
      return reply.header('ETag', etagOf(revision)).send({ revision, updatedAt: time(updatedAt), updatedBy });
    },
  });
  app.get('/products/:productKey/versions/diff', {
    schema: {
      tags,
      summary: 'Compare two versions',
      params: ProductKeyParam,
      querystring: products.DiffQuery,
      response: { 200: products.DiffView },
    },
    async handler({ actor, params, query }) {
      const diff = await versions.diff(actor, params.productKey, Number(query.from), Number(query.to));
      const { changes, truncated, isTextOnly } = diff.semantic;
      return {
        from: versionView(diff.from),
        to: versionView(diff.to),
        text: diff.text,
        changes: changes.map(({ isCut, ...change }) => ({ ...change, cut: isCut })),
        truncated,
        textOnly: isTextOnly,
      };
    },
  });
  rollBackRoute(app, services);
}

/**
 * "Roll back now": an old content becomes a new version, and its rollout starts through the same gates as
 * any other. When a gate refuses, the version is there all the same and the answer says which gate: the
 * push is then repeated with `POST …/rollouts`, or this request with the same Idempotency-Key.
 */
function rollBackRoute(app: Api, services: Services): void {
  const { versions, rollouts } = services;
  app.post('/products/:productKey/roll-back', {
    schema: {
      tags: ['rollouts'],
      summary: 'Save an old content as a new version and push it',
      params: ProductKeyParam,
      headers: IdempotencyHeader,
      body: RollBackBody,
      response: { 201: RolledBackView },
    },
    async handler(request, reply) {
      const { actor, params, body } = request;
      const note = body.note ?? `Back to version ${body.toVersion}`;
      const once = readOnce(request);
      // Two things are made, so the key is remembered for each.
      const saveOnce = once && { ...once, key: `${once.key} version` };
      const input = { fromVersion: body.toVersion, note, once: saveOnce };
      const { version } = await versions.saveRollback(actor, params.productKey, input);
      try {
        const push = { version: version.number, note };
        const view = await rollouts.start(actor, params.productKey, push, pushContext(request), once);
        return await reply.code(201).send({ version: versionView(version), rollout: rolloutView(view) });
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        return reply.code(201).send({
          version: versionView(version),
          rollout: null,
          refusal: { code: error.code, detail: error.message, ...error.detail },
        });
      }
    },
  });
}
