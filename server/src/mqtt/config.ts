/**
 * `thing/config/get` and `thing/config/push_reply` (`alink.md` 1.2).
 *
 * A `get` is answered at QoS 0 on `get_reply`; a lost reply is asked for again. A `push_reply` is
 * the device's own word about a configuration and is acknowledged only when the core has stored it.
 */
import { ALINK_CODE } from '@opencota/contract/alink/codes';
import {
  type ConfigGet,
  encodeConfigGetRefusal,
  parseConfigGet,
  parseConfigPushReply,
} from '@opencota/contract/alink/messages';
import type { GatewayParts } from './parts.ts';
import { replyTo, type Uplink } from './uplink.ts';

export function handleConfigGet(parts: GatewayParts, uplink: Uplink): Promise<void> | undefined {
  const { device } = uplink.session;
  const request = parseConfigGet(uplink.text);
  const waitMs = parts.gets.take(device.id, parts.clock());
  if (waitMs > 0) {
    parts.events.limitReached({
      remoteAddress: uplink.connection.remoteAddress,
      device,
      limit: 'getsPerMinute',
    });
    refuse(uplink, request, ALINK_CODE.tooManyRequests, 'too many requests', Math.ceil(waitMs / 1000));
    return undefined;
  }
  parts.counters.getsAnswered++;
  const answer = parts.core.requestConfig(device, request);
  if (answer === undefined) return undefined;
  if (typeof answer === 'string') {
    replyTo(uplink, answer);
    return undefined;
  }
  return answer.then(
    (text) => {
      if (text !== undefined) replyTo(uplink, text);
    },
    (error: unknown) => {
      parts.events.uplinkFailed({ device, topic: uplink.topic, error });
      refuse(uplink, request, ALINK_CODE.serverError, 'server error');
    },
  );
}

export async function handleConfigPushReply(parts: GatewayParts, uplink: Uplink): Promise<void> {
  await parts.core.reportReply(uplink.session.device, parseConfigPushReply(uplink.text));
  parts.counters.uplinksStored++;
}

/** Honours `sys.ack: 0`. `retryAfterSeconds` belongs to 429. */
function refuse(
  uplink: Uplink,
  request: ConfigGet | undefined,
  code: number,
  message: string,
  retryAfterSeconds?: number,
): void {
  if (request?.isReplyWanted === false) return;
  replyTo(uplink, encodeConfigGetRefusal(request?.id ?? '', code, message, retryAfterSeconds));
}
