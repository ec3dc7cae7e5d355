/** `/sign-in-codes`: a program signs in by a code that a person confirms in a browser. */
import * as people from '@opencota/contract/http/people';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type Api, type Services, time } from '../api.ts';
import { sessionView } from './people.ts';

/** The page of the console where a code is confirmed. */
const PAGE_PATH = '/sign-in-code';

const CodeParam = Type.Object({ code: Type.String({ minLength: 1, maxLength: 32 }) });
const askerOf = (request: FastifyRequest) => ({
  remoteAddress: request.ip,
  userAgent: request.headers['user-agent'] ?? '',
});

export function signInCodeRoutes(app: Api, { signInCodes }: Services): void {
  const tags = ['people'];
  app.post('/sign-in-codes', {
    config: { isPublic: true },
    schema: {
      tags,
      summary: 'Begin a sign-in that a person confirms in a browser',
      response: { 201: people.SignInCodeBegun },
    },
    async handler(request, reply) {
      const { code, secret, expiresAt, intervalSeconds } = signInCodes.begin(askerOf(request));
      const path = `${PAGE_PATH}?code=${code}`;
      return reply.code(201).send({ code, secret, path, expiresAt: time(expiresAt), intervalSeconds });
    },
  });
  app.post('/sign-in-codes/claim', {
    config: { isPublic: true },
    schema: {
      tags,
      summary: 'Ask for the session; there is none while nobody has confirmed it',
      body: people.ClaimBody,
      response: { 200: people.ClaimView },
    },
    async handler(request) {
      const signedIn = await signInCodes.claim(request.body.secret, askerOf(request));
      return { session: signedIn === undefined ? null : sessionView(signedIn) };
    },
  });
  app.get('/sign-in-codes/:code', {
    schema: {
      tags,
      summary: 'Who asks to be signed in by this code',
      params: CodeParam,
      response: { 200: people.SignInCodeView },
    },
    async handler({ actor, params }) {
      const { createdAt, ...asker } = signInCodes.find(actor, params.code);
      return { ...asker, createdAt: time(createdAt) };
    },
  });
  app.post('/sign-in-codes/:code/decision', {
    schema: {
      tags,
      summary: 'Allow or deny it; it then has your rights',
      params: CodeParam,
      body: people.SignInDecision,
      response: { 204: Type.Null() },
    },
    async handler({ actor, params, body }, reply) {
      await signInCodes.decide(actor, params.code, body.allow);
      return reply.code(204).send(null);
    },
  });
}
