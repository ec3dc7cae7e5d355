/**
 * Who asks: a bearer token or the session cookie, on every route that is not marked public.
 *
 * A cookie is sent by a browser whoever wrote the page, so a change that rides on one must come from our
 * own pages (RFC 9110 Origin, Fetch Metadata). A bearer token is never sent unasked.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../domain/people.ts';
import type { Identity } from '../service/identify.ts';
import type { Api } from './api.ts';
import { HttpRefusal } from './problems.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, looked up anew: for answers that take long, such as a stream. */
    identify(): Promise<Actor>;
  }
  interface FastifyContextConfig {
    /** Needs no sign-in. */
    isPublic?: boolean;
  }
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const SESSION_COOKIE = 'opencota-session';
const BROWSER_COOKIE = 'opencota-browser';

/** Over https the name itself makes browsers refuse the cookie from anywhere else (RFC 6265bis). */
const cookieName = (request: FastifyRequest, name: string) =>
  request.protocol === 'https' ? `__Host-${name}` : name;

export function identifyRequests(app: Api, identity: Identity): void {
  app.decorateRequest('actor');
  app.decorateRequest('identify');
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.isPublic === true) return;
    const bearer = readBearer(request);
    const cookie = request.cookies[cookieName(request, SESSION_COOKIE)];
    if (bearer === undefined && cookie !== undefined && !SAFE_METHODS.has(request.method))
      demandSameOrigin(request);
    const remoteAddress = request.ip;
    request.identify = () => identity.identify({ bearer, cookie, remoteAddress });
    request.actor = await request.identify();
  });
}

function readBearer(request: FastifyRequest): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1];
}

function demandSameOrigin(request: FastifyRequest): void {
  if (!isOwnPage(request)) {
    throw new HttpRefusal(
      'cross-origin',
      'This request came from a page of another site. Use the console, or a bearer token.',
    );
  }
}

/** Browsers of today say where a request comes from; of older ones the Origin is compared. */
function isOwnPage(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin } = request.headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === request.host);
}

type CookieOptions = { name: string; value: string; expiresAt: number };

function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, value, expiresAt }: CookieOptions,
): void {
  reply.setCookie(cookieName(request, name), value, {
    ...cookieOptions(request),
    expires: new Date(expiresAt),
  });
}

const cookieOptions = (request: FastifyRequest) =>
  ({ path: '/', httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' }) as const;

export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  value: string,
  expiresAt: number,
): void {
  setCookie(request, reply, { name: SESSION_COOKIE, value, expiresAt });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  // A `__Host-` cookie is only let go by a header that is as strict as the one that set it.
  reply.clearCookie(cookieName(request, SESSION_COOKIE), cookieOptions(request));
}

export function setBrowserCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  value: string,
  expiresAt: number,
): void {
  setCookie(request, reply, { name: BROWSER_COOKIE, value, expiresAt });
}

/** The token of a browser that was trusted after a second factor. */
export function readBrowserCookie(request: FastifyRequest): string | undefined {
  return request.cookies[cookieName(request, BROWSER_COOKIE)];
}
