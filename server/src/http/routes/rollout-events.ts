/**
 * `/rollouts/{id}/events`: progress as server-sent events, from now until the rollout ends.
 *
 * Each event is the whole rollout, so a client that reconnects has missed nothing that matters. A slow
 * reader gets the newest state when it catches up, not a queue of old ones.
 */
import * as contract from '@opencota/contract/http/rollouts';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import type { Actor } from '../../domain/people.ts';
import { isActive } from '../../domain/rollout.ts';
import type { Api, Services } from '../api.ts';
import { rolloutView } from './rollout-view.ts';

const STREAMS_MAX = 500;
/** The shortest time between two events of one stream. */
const EVENT_INTERVAL_MS = 200;
/** A comment keeps proxies from closing a quiet stream, and carries changes that no turn announced. */
const HEARTBEAT_MS = 5_000;

export function rolloutEventRoutes(app: Api, services: Services): void {
  let streams = 0;
  app.get('/rollouts/:id/events', {
    schema: {
      tags: ['rollouts'],
      summary: 'Progress (SSE): events "progress", then "end"',
      params: contract.RolloutParams,
      response: { 200: Type.String() },
    },
    async handler(request, reply) {
      if (streams >= STREAMS_MAX)
        throw new DomainError('unavailable', 'Too many progress streams are open. Try again later.');
      const id = Number(request.params.id);
      // Refused here, as a problem, while an answer can still be one.
      await services.rollouts.get(request.actor, id);
      streams += 1;
      reply.raw.once('close', () => {
        streams -= 1;
      });
      stream(services, { actor: request.actor, id, reply });
      return reply;
    },
  });
}

function stream(
  { rollouts, reconciler }: Services,
  { actor, id, reply }: { actor: Actor; id: number; reply: FastifyReply },
): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    Connection: 'keep-alive',
  });
  let last = '';
  let isSending = false;
  let timer: NodeJS.Timeout | undefined;

  const send = async () => {
    timer = undefined;
    // The reader has not taken the last event yet: the next turn sends what is newest then.
    if (isSending || raw.destroyed || raw.writableNeedDrain) return;
    isSending = true;
    try {
      const view = rolloutView(await rollouts.get(actor, id));
      const data = JSON.stringify(view);
      if (data !== last) raw.write(`event: progress\ndata: ${data}\n\n`);
      else raw.write(': still here\n\n');
      last = data;
      if (!isActive(view) && view.open === 0) raw.end(`event: end\ndata: ${data}\n\n`);
    } catch {
      // The store did not answer, or the rollout is gone: the client reconnects and is told why.
      raw.end();
    } finally {
      isSending = false;
    }
  };
  const schedule = (rolloutId: number) => {
    if (rolloutId === id) timer ??= setTimeout(send, EVENT_INTERVAL_MS);
  };
  const unsubscribe = reconciler.onProgress(schedule);
  const heartbeat = setInterval(send, HEARTBEAT_MS);
  raw.once('close', () => {
    unsubscribe();
    clearInterval(heartbeat);
    clearTimeout(timer);
  });
  void send();
}
