/** `/products/{pk}/draft` and `/schema`: raw JSON text in and out, guarded by ETags (R4, R8). */
import { IfMatchHeader, ProductKeyParam } from '@opencota/contract/http/common';
import * as products from '@opencota/contract/http/products';
import { Type } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import { type Api, bodyBytes, demandRevision, etagOf, type Services, sendRaw, time } from '../api.ts';

/** What is sent and kept as it was written. */
const RawJson = Type.Unknown({ description: 'JSON text, byte for byte' });
const consumes = ['application/json'];

export function draftRoutes(app: Api, { drafts, schemas, versions }: Services): void {
  const tags = ['configurations'];
  app.get('/products/:productKey/draft', {
    schema: {
      tags,
      summary: 'The text in the editor. Empty with ETag "0" when nothing was written yet',
      params: ProductKeyParam,
      response: { 200: RawJson },
    },
    async handler({ actor, params }, reply) {
      const draft = await drafts.findDraft(actor, params.productKey);
      reply.header('ETag', etagOf(draft?.revision ?? 0));
      if (draft !== undefined) reply.header('Last-Modified', new Date(draft.updatedAt).toUTCString());
      return sendRaw(reply, draft?.content ?? new Uint8Array());
    },
  });
  app.put('/products/:productKey/draft', {
    schema: {
      tags,
      summary:
        'Write the draft. Any text is kept; the answer says what a save would refuse; whether it obeys the schema, POST …/validate says',
      consumes,
      params: ProductKeyParam,
      headers: IfMatchHeader,
      response: { 200: products.DraftWritten },
    },
    async handler(request, reply) {
      const revision = demandRevision(request, 'draft');
      const { draft, problems, warnings } = await drafts.putDraft(
        request.actor,
        request.params.productKey,
        bodyBytes(request),
        revision,
      );
      return reply.header('ETag', etagOf(draft.revision)).send({
        revision: draft.revision,
        size: draft.content.length,
        updatedAt: time(draft.updatedAt),
        updatedBy: draft.updatedBy,
        problems: [...problems],
        warnings: [...warnings],
      });
    },
  });
  app.get('/products/:productKey/schema', {
    schema: {
      tags,
      summary: 'The JSON Schema (2020-12) that versions must obey',
      params: ProductKeyParam,
      response: { 200: RawJson },
    },
    async handler({ actor, params }, reply) {
      const schema = await schemas.findSchema(actor, params.productKey);
      reply.header('ETag', etagOf(schema?.revision ?? 0));
      if (!schema?.content) throw new DomainError('not-found', 'This product has no schema.');
      return sendRaw(reply, schema.content);
    },
  });
  app.put('/products/:productKey/schema', {
    schema: {
      tags,
      summary: 'Set the schema',
      consumes,
      params: ProductKeyParam,
      headers: IfMatchHeader,
      response: { 200: products.SchemaWritten },
    },
    async handler(request, reply) {
      const { actor, params } = request;
      const ifRevision = demandRevision(request, 'schema');
      const { schema, notes } = await schemas.putSchema(
        actor,
        params.productKey,
        bodyBytes(request),
        ifRevision,
      );
      const { revision, updatedAt, updatedBy } = schema;
      return reply
        .header('ETag', etagOf(revision))
        .send({ revision, updatedAt: time(updatedAt), updatedBy, notes: [...notes] });
    },
  });
  app.delete('/products/:productKey/schema', {
    schema: {
      tags,
      summary: 'Remove the schema',
      params: ProductKeyParam,
      headers: IfMatchHeader,
      response: { 204: Type.Null() },
    },
    async handler(request, reply) {
      const { actor, params } = request;
      const ifRevision = demandRevision(request, 'schema');
      const { schema } = await schemas.putSchema(actor, params.productKey, null, ifRevision);
      return reply.code(204).header('ETag', etagOf(schema.revision)).send(null);
    },
  });
  app.post('/products/:productKey/validate', {
    schema: {
      tags,
      summary: 'What a save would say about this text',
      consumes,
      params: ProductKeyParam,
      response: { 200: Type.Object({ warnings: Type.Array(products.ConfigProblemView) }) },
    },
    async handler(request) {
      return {
        warnings: [
          ...(await versions.validate(request.actor, request.params.productKey, bodyBytes(request))),
        ],
      };
    },
  });
}
