/** `/step-up`: the second factor before a push (R10). */
import * as people from '@opencota/contract/http/people';
import { Type } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import type { Actor } from '../../domain/people.ts';
import type { PushIntent } from '../../service/push-intent.ts';
import { type Api, type Services, time } from '../api.ts';
import { setBrowserCookie } from '../identity.ts';

export function stepUpRoutes(app: Api, services: Services): void {
  const { stepUp } = services;
  app.post('/step-up', {
    schema: {
      tags: ['people'],
      summary: 'Send a challenge for a push',
      body: Type.Optional(people.StepUpBody),
      response: { 201: people.ChallengeView },
    },
    async handler({ actor, body }, reply) {
      const intent = await readIntent(services, actor, body ?? {});
      const sent = await stepUp.send(actor, { intent, channel: body?.channel });
      const { challengeId, channel, address, expiresAt } = sent;
      return reply
        .code(201)
        .send({ challengeId, channel, address: address ?? '', expiresAt: time(expiresAt) });
    },
  });
  app.post('/step-up/:challengeId', {
    schema: {
      tags: ['people'],
      summary: 'Answer a challenge; then repeat the push',
      params: Type.Object({ challengeId: Type.String({ maxLength: 64 }) }),
      body: people.CodeBody,
      response: { 200: people.VerifiedView },
    },
    async handler(request, reply) {
      const { code, trustBrowser = false } = request.body;
      const { verifiedUntil, trustedBrowser } = await stepUp.verify(
        request.actor,
        request.params.challengeId,
        code,
        { trustBrowser },
      );
      if (trustedBrowser !== undefined)
        setBrowserCookie(request, reply, trustedBrowser.token, trustedBrowser.expiresAt);
      return { verified: true as const, verifiedUntil: time(verifiedUntil) };
    },
  });
}

async function readIntent(
  { versions }: Services,
  actor: Actor,
  body: { productKey?: string; version?: number },
): Promise<PushIntent | undefined> {
  const { productKey, version } = body;
  if (productKey === undefined && version === undefined) return undefined;
  if (productKey === undefined || version === undefined) {
    throw new DomainError(
      'invalid-request',
      'Give both productKey and version, or neither for the push that was last refused.',
    );
  }
  const { sha256 } = await versions.getVersion(actor, productKey, version);
  return { productKey, version, sha256, target: 'all' };
}
