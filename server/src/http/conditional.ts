/**
 * A reader who names the ETag of what it has gets no second copy (RFC 9110 13.1.2).
 *
 * The work of reading is done all the same: what is saved is the way over the network.
 */
import type { Api } from './api.ts';

export function answerConditionalReads(app: Api): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const etag = reply.getHeader('etag');
    if (request.method !== 'GET' || reply.statusCode !== 200 || typeof etag !== 'string') return payload;
    if (!isKnown(request.headers['if-none-match'], etag)) return payload;
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    return null;
  });
}

/** `If-None-Match` names one ETag or several, or `*` for whatever is there. Weak ones are as good for a read. */
function isKnown(header: string | undefined, etag: string): boolean {
  const known = (header ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}
