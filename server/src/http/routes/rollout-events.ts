/**
 * `/rollouts/{id}/events`: progress as server-sent events, from now until the rollout ends.
 *
 * Each event is the whole rollout, so a client that reconnects has missed nothing that matters. A slow
 * reader gets the newest state when it catches up, not a queue of old ones. Who listens is looked up anew for
 * each event, so that a disabled user hears no more.
 */
import type { ServerResponse } from 'node:http';
import * as contract from '@opencota/contract/http/rollouts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import { isActive } from '../../domain/rollout.ts';
import type { Api, Services } from '../api.ts';
import {
  STREAM_EVENT_INTERVAL_MS,
  STREAM_HEARTBEAT_MS,
  STREAM_LOOK_EVERY_MS,
  STREAMS_MAX,
} from '../limits.ts';
import { rolloutView } from './rollout-view.ts';

export function rolloutEventRoutes(app: Api, services: Services): void {
  const streams = new Set<ServerResponse>();
  // An open stream must not keep a server from stopping; its client connects again, to the next one.
  app.addHook('preClose', async () => {
    for (const raw of streams) raw.end();
  });
  app.get('/rollouts/:id/events', {
    exposeHeadRoute: false,
    schema: {
      tags: ['rollouts'],
      summary: 'Progress (SSE): events "progress", then "end"',
      params: contract.RolloutParams,
      response: {
        200: {
          description: 'Each event is the whole rollout',
          content: { 'text/event-stream': { schema: Type.String() } },
        },
      },
    },
    async handler(request, reply) {
      const id = Number(request.params.id);
      // Refused here, as a problem, while an answer can still be one.
      await services.rollouts.get(request.actor, id);
      // Behind the last wait, so that many who ask at once are counted one by one.
      if (streams.size >= STREAMS_MAX)
        throw new DomainError('unavailable', 'Too many progress streams are open. Try again later.');
      streams.add(reply.raw);
      reply.raw.once('close', () => streams.delete(reply.raw));
      stream(services, id, request, reply);
      return reply;
    },
  });
}

function stream(
  { rollouts, reconciler }: Services,
  id: number,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply.hijack();
  const { raw } = reply;
  // What every answer says, which a hijacked one would not.
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    // A proxy that gathers answers would hold the events back.
    'X-Accel-Buffering': 'no',
  });
  let last = '';
  let lastAt = 0;
  let isSending = false;
  let timer: NodeJS.Timeout | undefined;

  const send = async () => {
    timer = undefined;
    // The reader has not taken the last event yet: the next turn sends what is newest then.
    if (isSending || raw.destroyed || raw.writableNeedDrain) return;
    isSending = true;
    try {
      const view = rolloutView(await rollouts.get(await request.identify(), id));
      const data = JSON.stringify(view);
      const isNew = data !== last;
      if (isNew || performance.now() - lastAt >= STREAM_HEARTBEAT_MS) {
        raw.write(isNew ? `event: progress\ndata: ${data}\n\n` : ': still here\n\n');
        lastAt = performance.now();
      }
      last = data;
      if (!isActive(view) && view.open === 0) raw.end(`event: end\ndata: ${data}\n\n`);
    } catch {
      // The store did not answer, or the listener may not listen any more: the client reconnects and is told why.
      raw.end();
    } finally {
      isSending = false;
    }
  };
  const schedule = (rolloutId: number) => {
    if (rolloutId === id) timer ??= setTimeout(send, STREAM_EVENT_INTERVAL_MS);
  };
  const unsubscribe = reconciler.onProgress(schedule);
  const look = setInterval(send, STREAM_LOOK_EVERY_MS);
  raw.once('close', () => {
    unsubscribe();
    clearInterval(look);
    clearTimeout(timer);
  });
  void send();
}
