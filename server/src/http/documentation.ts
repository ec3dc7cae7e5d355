/** OpenAPI 3.1 at `/api/v1/openapi.json`, made from the routes' own schemas, and readable at `/docs`. */
import { createHash } from 'node:crypto';
import swagger from '@fastify/swagger';
import { Problem } from '@opencota/contract/http/common';
import scalar from '@scalar/fastify-api-reference';
import type { Api } from './api.ts';

const READER_PATH = '/docs';
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
        { name: 'server', description: 'The server itself' },
      ],
    },
    transform({ schema, url, route }) {
      const isPublic = route.config?.isPublic === true;
      // A body that is taken as bytes has no schema to check it by; here it is shown.
      const rawBody = schema?.consumes === undefined ? {} : { body: { description: 'The text itself' } };
      const response = withProblem(schema?.response);
      return { url, schema: { ...schema, ...rawBody, response, ...(isPublic ? { security: [] } : {}) } };
    },
  });
  await app.register(scalar, {
    routePrefix: READER_PATH,
    configuration: {
      url: '/api/v1/openapi.json',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const isReader = request.url.startsWith(READER_PATH) && typeof payload === 'string';
    if (isReader) reply.header('Content-Security-Policy', readerPolicy(payload));
    return payload;
  });
  return (api) => {
    api.get(
      '/openapi.json',
      { config: { isPublic: true }, schema: { hide: true } },
      async (_request, reply) => reply.header('Cache-Control', 'no-cache').send(app.swagger()),
    );
  };
}

const INLINE_SCRIPT = /<script[^>]*>([^<]+)<\/script>/g;

/** The reader is one page with inline style, one inline script and its own bundle; nothing comes from elsewhere. */
function readerPolicy(html: string): string {
  const hashes = [...html.matchAll(INLINE_SCRIPT)].map(
    ([, script]) => `'sha256-${createHash('sha256').update(script!).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

const SUCCESSES: Readonly<Record<string, string>> = {
  200: 'Done',
  201: 'Made',
  202: 'Begun',
  204: 'Done, with nothing to say',
};

function withProblem(response: unknown): Record<string, unknown> {
  const documented = typeof response === 'object' && response !== null ? response : {};
  const described = Object.entries(documented).map(([status, schema]) => [
    status,
    { description: SUCCESSES[status], ...schema },
  ]);
  return {
    ...Object.fromEntries(described),
    default: {
      description: 'A problem',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  };
}
