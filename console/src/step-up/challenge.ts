/** What the server says about a second factor: which push needs one, and why a code was not taken. */
import { hasCode } from '../api/problem.ts';

export const CHANNELS = ['totp', 'sms', 'email', 'log'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A push that was refused until a code is entered. */
export type Need = {
  /** Of the push; undefined: the session's last refused one. */
  version: number | undefined;
  /** How this person can be reached, best first. */
  channels: readonly Channel[];
};

/** From the refusal of a push. Undefined: it was refused for something else. */
export function needOfError(error: unknown): Need | undefined {
  return hasCode(error, 'step-up-required') ? needOf(error.members) : undefined;
}

/** From the answer of a roll back, which says inside a success that its push was refused. */
export function needOfAnswer(answer: unknown): Need | undefined {
  const refusal = memberOf(answer, 'refusal');
  return memberOf(refusal, 'code') === 'step-up-required' ? needOf(refusal) : undefined;
}

function needOf(members: unknown): Need {
  const version = memberOf(members, 'version');
  const channels = memberOf(members, 'channels');
  return {
    version: typeof version === 'number' ? version : undefined,
    channels: Array.isArray(channels) ? CHANNELS.filter((each) => channels.includes(each)) : [],
  };
}

export const FAILURES = ['wrong-code', 'no-attempts-left', 'expired', 'used', 'unknown'] as const;
export type Failure = {
  reason: (typeof FAILURES)[number];
  /** Undefined: the server does not say. */
  attemptsLeft: number | undefined;
  /** Whether only another code helps. */
  needsNewCode: boolean;
};

/** Why a code was not taken. Undefined: what went wrong is something else. */
export function failureOf(error: unknown): Failure | undefined {
  if (!hasCode(error, 'step-up-failed')) return undefined;
  const reason = FAILURES.find((each) => each === error.members.reason) ?? 'wrong-code';
  const left = error.members.attemptsLeft;
  const attemptsLeft = typeof left === 'number' ? left : undefined;
  return { reason, attemptsLeft, needsNewCode: reason !== 'wrong-code' || attemptsLeft === 0 };
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}

/** `4:05` */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
