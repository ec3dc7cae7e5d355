/** One message from a device with a session, and the way back to it. */
import { downlinkTopic } from '@opencota/contract/alink/topics';
import type { Connection, Session } from './connection.ts';
import { downlinkBit } from './topics-allowed.ts';

export type Uplink = {
  readonly connection: Connection;
  /** The device that speaks: the connection's own or a sub-device. */
  readonly session: Session;
  readonly topic: string;
  readonly text: string;
};

/**
 * Replies on `<topic>_reply`, without needing a subscription.
 *
 * Nothing is sent when the device has unsubscribed from the reply, or when its session ended or
 * moved to another connection while the answer was being made.
 */
export function replyTo(uplink: Uplink, payload: string): void {
  const { connection, session } = uplink;
  const topic = downlinkTopic.replyTo(uplink.topic);
  const { productKey, deviceName } = session.device;
  if (connection.sessionOf(productKey, deviceName) !== session) return;
  if (session.unsubscribedTopics !== 0 && session.unsubscribedTopics & downlinkBit(topic, session.device))
    return;
  connection.reply(topic, payload);
}
