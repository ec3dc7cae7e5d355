/** OpenAPI 3.1 at `/api/v1/openapi.json`, made from the routes' own schemas, and readable at `/docs`. */
import swagger from '@fastify/swagger';
import { Problem } from '@opencota/contract/http/common';
import scalar from '@scalar/fastify-api-reference';
import type { Api } from './api.ts';

export const API_VERSION = '0.1.0';

/** Registers the documentation. @returns what registers the document's own route inside `/api/v1`. */
export async function documentApi(app: Api): Promise<(api: Api) => void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'OpenCOTA',
        version: API_VERSION,
        description:
          'Remote configuration for fleets of IoT devices. Errors are RFC 9457 problems with a stable `code`; docs/errors.md lists them.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'A session token from POST /session, or an API token',
          },
        },
        // A TypeBox schema is a JSON Schema, which is what OpenAPI 3.1 takes.
        schemas: { Problem: Problem as never },
      },
      security: [{ bearer: [] }],
      tags: [
        { name: 'products', description: 'Products and the switch' },
        { name: 'configurations', description: 'Drafts, schemas, versions' },
        { name: 'devices', description: 'Devices and their deliveries' },
        { name: 'rollouts', description: 'Pushes' },
        { name: 'people', description: 'Sessions, users, tokens, step-up, audit' },
      ],
    },
    transform({ schema, url, route }) {
      const isPublic = route.config?.isPublic === true;
      return {
        url,
        schema: { ...schema, response: withProblem(schema?.response), ...(isPublic ? { security: [] } : {}) },
      };
    },
  });
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '/api/v1/openapi.json',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
    },
    hooks: {
      onRequest(_request, reply, done) {
        // The reader is one page with inline style and its own bundle; nothing of it comes from elsewhere.
        reply.header(
          'Content-Security-Policy',
          "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
        );
        done();
      },
    },
  });
  return (api) => {
    api.get(
      '/openapi.json',
      { config: { isPublic: true }, schema: { hide: true } },
      async (_request, reply) => reply.header('Cache-Control', 'no-cache').send(app.swagger()),
    );
  };
}

function withProblem(response: unknown): Record<string, unknown> {
  const documented = typeof response === 'object' && response !== null ? response : {};
  return {
    ...documented,
    default: {
      description: 'A problem',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  };
}
