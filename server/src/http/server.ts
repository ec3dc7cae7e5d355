/**
 * The HTTP server: Fastify for people and programs, bare node:http for devices, `upgrade` for MQTT over
 * WebSocket.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, BlockList } from 'node:net';
import type { Duplex } from 'node:stream';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { DomainError } from '../domain/errors.ts';
import type { Store } from '../domain/store-port.ts';
import type { Events } from '../observe/events.ts';
import { LINK_PATH } from '../service/links.ts';
import { type Api, isForwarded, type Services } from './api.ts';
import { answerBroken, refuseUpgrade } from './broken-requests.ts';
import { answerConditionalReads } from './conditional.ts';
import { CONSOLE_DIRECTORY, serveConsole } from './console.ts';
import { watchCrowding } from './crowding.ts';
import { createRegistrationEndpoint, REGISTRATION_PATH } from './device-registration.ts';
import { documentApi } from './documentation.ts';
import { createDownloads, isDownload } from './downloads.ts';
import { identifyRequests } from './identity.ts';
import {
  CLOSE_IDLE_EVERY_MS,
  CLOSE_WITHIN_MS,
  CONNECTIONS_MAX,
  CSV_BYTES_MAX,
  HEADER_BYTES_MAX,
  JSON_BYTES_MAX,
  KEEP_ALIVE_MS,
  PATH_PART_CHARS_MAX,
  RAW_BYTES_MAX,
  REQUEST_CHECK_EVERY_MS,
  REQUEST_MS,
} from './limits.ts';
import { collectMethods } from './methods.ts';
import { isEncryptedBy, type Sender, senderOf, toBlockList } from './networks.ts';
import { createErrorHandler, HttpRefusal } from './problems.ts';
import { deviceImportRoutes, deviceRoutes } from './routes/devices.ts';
import { draftRoutes } from './routes/drafts.ts';
import { healthRoutes } from './routes/health.ts';
import { auditRoutes, sessionRoutes, tokenRoutes, userRoutes } from './routes/people.ts';
import { productRoutes } from './routes/products.ts';
import { rolloutEventRoutes } from './routes/rollout-events.ts';
import { rolloutRoutes } from './routes/rollouts.ts';
import { serverRoutes } from './routes/server.ts';
import { signInCodeRoutes } from './routes/sign-in-codes.ts';
import { stepUpRoutes } from './routes/step-up.ts';
import { versionRoutes } from './routes/versions.ts';

export type HttpTimeouts = {
  /** For a whole request to arrive, and for a connection on which nothing moves. */
  requestMs: number;
  /** How often requests that take too long are looked for. */
  checkEveryMs: number;
};
const TIMEOUTS: HttpTimeouts = { requestMs: REQUEST_MS, checkEveryMs: REQUEST_CHECK_EVERY_MS };

export type HttpParts = {
  services: Services;
  store: Store;
  events: Events;
  trustedProxies: string[];
  trustedNetworks: BlockList;
  /** Dynamic registration over requests that were not encrypted. By default it is. */
  isPlainRegistrationAllowed?: boolean;
  metricsToken: string | null;
  /** Where the built console is; another one for tests. */
  consoleDirectory?: string;
  /** Fewer where there are not enough descriptors. */
  connectionsMax?: number;
  /** Shorter ones for tests. */
  timeouts?: HttpTimeouts;
  isDraining(): boolean;
  /** MQTT over WebSocket. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, said: Sender): void;
};

export interface HttpServer extends AsyncDisposable {
  readonly app: Api;
  listen(address: { host: string; port: number }): Promise<{ port: number }>;
}

/** The second is what browsers' clients of the managed service have as their default. */
const WEBSOCKET_PATHS = new Set(['/mqtt', '/']);

export async function createHttpServer(parts: HttpParts): Promise<HttpServer> {
  const { app, server } = buildApp(parts);
  const proxies = toBlockList(parts.trustedProxies);
  server.on('upgrade', (request, socket, head) => {
    if (WEBSOCKET_PATHS.has(pathOf(request)))
      parts.handleUpgrade(request, socket, head, {
        remoteAddress: senderOf(proxies, request),
        isEncrypted: isEncryptedBy(proxies, request),
      });
    else refuseUpgrade(socket);
  });
  await registerEverything(app, parts);
  await app.ready();
  return {
    app,
    async listen(address) {
      await app.listen(address);
      // A TCP listener's address has a port.
      return { port: (server.address() as AddressInfo).port };
    },
    async [Symbol.asyncDispose]() {
      await close(app, server);
    },
  };
}

function buildApp(parts: HttpParts): { app: Api; server: Server } {
  const { services, events, trustedProxies, timeouts = TIMEOUTS } = parts;
  const onError = createErrorHandler(events, services.audit);
  let server: Server | undefined;
  const app = fastify({
    logger: false,
    genReqId: () => randomUUID(),
    trustProxy: trustedProxies.length > 0 ? trustedProxies : false,
    bodyLimit: JSON_BYTES_MAX,
    routerOptions: { maxParamLength: PATH_PART_CHARS_MAX },
    forceCloseConnections: 'idle',
    // An address that cannot be routed.
    frameworkErrors: onError,
    clientErrorHandler: answerBroken,
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false },
    },
    serverFactory(handler) {
      server = openServer(parts, timeouts, handler);
      return server;
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setErrorHandler(onError);
  // Answers are what the handlers made, not what a schema lets through; tests hold them to the schema.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  return { app, server: server! };
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0]!;
}

function openServer(
  {
    services,
    events,
    trustedProxies,
    isPlainRegistrationAllowed = true,
    connectionsMax = CONNECTIONS_MAX,
  }: HttpParts,
  timeouts: HttpTimeouts,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const download = createDownloads(services.links, (error, requestId) =>
    events.httpFailed({ requestId, method: 'GET', url: LINK_PATH, error }),
  );
  const proxies = toBlockList(trustedProxies);
  const register = createRegistrationEndpoint(
    services.registration,
    (error) => events.httpFailed({ requestId: '', method: 'POST', url: REGISTRATION_PATH, error }),
    {
      mayRegister: (request) => isPlainRegistrationAllowed || isEncryptedBy(proxies, request),
      senderOf: (request) => senderOf(proxies, request),
    },
  );
  const server = createServer(
    {
      connectionsCheckingInterval: timeouts.checkEveryMs,
      maxHeaderSize: HEADER_BYTES_MAX,
      // Other upgrades are ignored, as RFC 9110 allows: Java's client asks for h2c on every first request.
      shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
    },
    (request, response) => {
      // As to a proxy, which a server must understand as well (RFC 9112, 3.2.2).
      if (!request.url!.startsWith('/')) request.url = request.url!.replace(/^https?:\/\/[^/?]*/i, '');
      if (isDownload(request.url!)) {
        if (isCrowded()) response.shouldKeepAlive = false;
        void download(request, response);
      } else if (pathOf(request) === REGISTRATION_PATH) void register(request, response);
      else handler(request, response);
    },
  );
  server.maxConnections = connectionsMax;
  const isCrowded = watchCrowding(server);
  server.requestTimeout = timeouts.requestMs;
  server.headersTimeout = timeouts.requestMs;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.setTimeout(timeouts.requestMs);
  return server;
}

async function registerEverything(app: Api, parts: HttpParts): Promise<void> {
  const { services, store, trustedNetworks } = parts;
  const methodsOf = collectMethods(app);
  app.decorateRequest('isTrustedNetwork', false);
  app.addHook('onRequest', async (request, reply) => {
    demandOneHost(request, reply);
    request.isTrustedNetwork = isInside(trustedNetworks, request);
    reply.header('X-Request-Id', request.id).header('Cache-Control', 'no-store');
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginEmbedderPolicy: false,
  });
  await app.register(cookie);
  const pages = await serveConsole(app, parts.consoleDirectory ?? CONSOLE_DIRECTORY);
  app.setNotFoundHandler((request, reply) => {
    if (pages?.isFor(request)) return pages.send(reply);
    const methods = methodsOf(request.url);
    if (methods.length > 0) {
      reply.header('Allow', methods.join(', '));
      throw new HttpRefusal('method-not-allowed', `This address takes ${methods.join(', ')}.`);
    }
    const detail = `Nothing answers ${request.method} at this address.`;
    throw Object.assign(new Error(detail), { statusCode: 404 });
  });
  const documentation = await documentApi(app);
  await app.register(async (scope) =>
    healthRoutes(scope.withTypeProvider<TypeBoxTypeProvider>(), {
      store,
      metrics: services.metrics,
      metricsToken: parts.metricsToken,
      hasConsole: pages !== undefined,
      isDraining: parts.isDraining,
    }),
  );
  await app.register(
    async (scope) => {
      const api = scope.withTypeProvider<TypeBoxTypeProvider>();
      identifyRequests(api, services.identity);
      answerConditionalReads(api);
      documentation(api);
      await api.register(async (inner) =>
        jsonRoutes(inner.withTypeProvider<TypeBoxTypeProvider>(), services),
      );
      await api.register(async (inner) =>
        rawRoutes(inner.withTypeProvider<TypeBoxTypeProvider>(), RAW_BYTES_MAX, (routes) =>
          draftRoutes(routes, services),
        ),
      );
      await api.register(async (inner) =>
        rawRoutes(inner.withTypeProvider<TypeBoxTypeProvider>(), CSV_BYTES_MAX, (routes) =>
          deviceImportRoutes(routes, services),
        ),
      );
    },
    { prefix: '/api/v1' },
  );
}

/** Two hosts are read differently by different servers, and Node takes the first (RFC 9112 3.2). */
function demandOneHost(request: FastifyRequest, reply: FastifyReply): void {
  if ((request.raw.headersDistinct.host?.length ?? 0) < 2) return;
  reply.header('Connection', 'close');
  throw new DomainError('invalid-request', 'The request has more than one Host header.');
}

/** Whether the request comes from one of the networks, by an address that can be believed. */
function isInside(networks: BlockList, request: FastifyRequest): boolean {
  // `ips` has more than the connection's own address when a trusted proxy named one.
  const isHidden = isForwarded(request) && (request.ips?.length ?? 1) < 2;
  return !isHidden && networks.check(request.ip, request.ip.includes(':') ? 'ipv6' : 'ipv4');
}

const JSON_TYPES = ['application/json', 'application/merge-patch+json'];

/** Routes whose body is JSON. A missing body is an empty object, so that the answer names the missing member. */
function jsonRoutes(api: Api, services: Services): void {
  const parse = api.getDefaultJsonParser('error', 'error');
  api.removeAllContentTypeParsers();
  api.addContentTypeParser(JSON_TYPES, { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, {});
    // `parseAs` made it a text.
    else parse(request, body as string, done);
  });
  // Clients name a type also where they send nothing.
  api.addContentTypeParser('*', (request, _body, done) => {
    if (request.headers['content-length'] === '0') done(null, {});
    else
      done(new HttpRefusal('unsupported-media-type', 'Send JSON, with the Content-Type application/json.'));
  });
  api.addHook('preValidation', async (request) => {
    request.body ??= {};
  });
  sessionRoutes(api, services);
  signInCodeRoutes(api, services);
  stepUpRoutes(api, services);
  userRoutes(api, services);
  tokenRoutes(api, services);
  auditRoutes(api, services);
  productRoutes(api, services);
  versionRoutes(api, services);
  deviceRoutes(api, services);
  rolloutRoutes(api, services);
  rolloutEventRoutes(api, services);
  serverRoutes(api, services);
}

/** Routes whose body is kept as bytes, whatever its type says: only a form is no file. */
function rawRoutes(api: Api, bodyLimit: number, register: (api: Api) => void): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser('multipart/form-data', (_request, _body, done) =>
    done(
      new HttpRefusal('unsupported-media-type', 'Send the text itself as the body, not a form with a file.'),
    ),
  );
  api.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
  register(api);
}

/** Answers what is under way, then closes; whatever still hangs is cut off. */
async function close(app: Api, server: Server): Promise<void> {
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
  const hard = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(hard);
  }
}
