/**
 * What the server says of itself, so that a console need not ask an operator: where devices connect, what can be
 * sent, and since when it runs. The settings in force are for administrators.
 */
import type { Clock } from '../domain/clock.ts';
import { BULK_ROWS_MAX, CONFIG_BYTES_CEILING } from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { Storage } from '../observe/storage.ts';
import type { CodeChannels } from '../stepup/channels.ts';
import { demand } from './audited.ts';

/** A setting as an operator reads it: secrets are masked. */
export type SettingInForce = { name: string; value: string; default: string; meaning: string };

/** What is really open. Null: that one is not. */
export type ServerAddresses = { publicUrl: string; mqttPort: number | null; mqttsPort: number | null };

export type ServerFacts = ServerAddresses & {
  version: string;
  /** How codes go out besides authenticator apps. The log only where there is nothing else. */
  stepUpChannels: ('sms' | 'email' | 'log')[];
  limits: { configBytesMax: number; bulkRowsMax: number };
  /** Wall times. */
  startedAt: number;
  now: number;
  /** Undefined for everybody but administrators, as what follows. */
  settings: readonly SettingInForce[] | undefined;
  storage: Storage | undefined;
};

export interface ServerInfo {
  get(actor: Actor): ServerFacts;
}

export function createServerInfo(parts: {
  clock: Clock;
  channels: CodeChannels;
  version: string;
  settings: readonly SettingInForce[];
  storage(): Storage;
  addresses(): ServerAddresses;
}): ServerInfo {
  const { clock, channels, version, settings, storage, addresses } = parts;
  const startedAt = clock.now().wallMs;
  const configured = (['sms', 'email'] as const).filter((each) => channels[each] !== undefined);
  return {
    get(actor) {
      demand(actor, 'read');
      const isAdmin = actor.permissions.has('admin');
      return {
        ...addresses(),
        version,
        stepUpChannels: configured.length > 0 ? [...configured] : ['log'],
        limits: { configBytesMax: CONFIG_BYTES_CEILING, bulkRowsMax: BULK_ROWS_MAX },
        startedAt,
        now: clock.now().wallMs,
        settings: isAdmin ? settings : undefined,
        storage: isAdmin ? storage() : undefined,
      };
    },
  };
}
