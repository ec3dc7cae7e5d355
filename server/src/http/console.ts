/**
 * The web console: files that were built beforehand, served at `/`.
 *
 * Scripts and styles have their digest in their name, so browsers keep them for good; the page itself is made
 * anew each time, because it carries the nonce by which its policy knows its own styles. Any address
 * that a person opens and nothing else answers is the console's: it finds its page by the address.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import serveFiles from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Api } from './api.ts';

/** Where `npm run build:console` puts it. */
export const CONSOLE_DIRECTORY = fileURLToPath(new URL('../../../console/dist/', import.meta.url));

const ASSETS_PATH = '/assets/';
const ASSETS_MAX_AGE_SECONDS = 365 * 86_400;
const NONCE_BYTES = 16;
/** What the build writes where the nonce belongs. */
const NONCE_PLACE = '__CSP_NONCE__';
/** Addresses of programs: what is wrong there is said as a problem, never as a page. */
const PROGRAM_PATHS = ['/api/', '/assets/', '/auth/', '/d/', '/docs/', '/mqtt'];

const policy = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

export type ConsolePages = {
  /** Whether this request is a person opening an address. */
  isFor(request: FastifyRequest): boolean;
  send(reply: FastifyReply): FastifyReply;
};

/** @returns undefined when the console was not built: then the API is all there is. */
export async function serveConsole(app: Api, directory: string): Promise<ConsolePages | undefined> {
  const page = readPage(directory);
  if (page === undefined) return undefined;
  await app.register(serveFiles, {
    root: `${directory}/assets`,
    prefix: ASSETS_PATH,
    decorateReply: false,
    preCompressed: true,
    index: false,
    // What a build or an editor may leave there by mistake.
    dotfiles: 'ignore',
    allowedPath: (path) => !path.endsWith('.map'),
    schemaHide: true,
    cacheControl: false,
    setHeaders: (reply) =>
      void reply.header('Cache-Control', `public, max-age=${ASSETS_MAX_AGE_SECONDS}, immutable`),
  });
  app.get('/favicon.svg', {
    config: { isPublic: true },
    schema: { hide: true },
    handler: (_request, reply) =>
      reply.type('image/svg+xml').header('Cache-Control', 'public, max-age=86400').send(page.icon),
  });
  return {
    isFor: ({ method, url, headers: { accept = '*/*' } }) =>
      (method === 'GET' || method === 'HEAD') &&
      (accept.includes('text/html') || (isFront(url) && accept.includes('*/*'))) &&
      !PROGRAM_PATHS.some((path) => url.startsWith(path)),
    send(reply) {
      const nonce = randomBytes(NONCE_BYTES).toString('base64');
      return reply
        .code(200)
        .type('text/html; charset=utf-8')
        .header('Content-Security-Policy', policy(nonce))
        .send(page.html.replaceAll(NONCE_PLACE, nonce));
    },
  };
}

/** There is one thing to get there, so whoever takes anything, such as curl, gets it. */
const isFront = (url: string) => url.split('?')[0] === '/';

function readPage(directory: string): { html: string; icon: Buffer } | undefined {
  try {
    return {
      html: readFileSync(`${directory}/index.html`, 'utf8'),
      icon: readFileSync(`${directory}/favicon.svg`),
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
