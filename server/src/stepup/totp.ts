/**
 * Codes from an authenticator app (RFC 6238: SHA-1, six digits, steps of 30 seconds).
 *
 * A code stays right for about a minute and a half, so a right code is not enough: the caller stores the
 * time step of the last accepted one and hands it in, and that step and every earlier one are refused.
 * Storing it has to be conditional on it being higher than the stored one, or two requests at the same
 * moment could both use one code.
 */
import { generateSecret, generateURI, verifySync } from 'otplib';

const STEP_SECONDS = 30;
const TOLERANCE_STEPS = 1;
/** As RFC 4226 recommends for HMAC-SHA1. */
const SECRET_BYTES = 20;

export type TotpCheck = {
  /** Base32, as given by `createTotpSecret`. */
  secret: string;
  code: string;
  /** The time step of the last code that was accepted for this account, if there was one. */
  afterTimeStep: number | undefined;
  nowMs: number;
};

export type TotpResult = { ok: true; timeStep: number } | { ok: false };

/** A new secret in Base32. */
export function createTotpSecret(): string {
  return generateSecret({ length: SECRET_BYTES });
}

/** The `otpauth:` address that an authenticator app reads from a QR code. It contains the secret. */
export function totpUri(options: { secret: string; account: string; issuer: string }): string {
  return generateURI({ issuer: options.issuer, label: options.account, secret: options.secret });
}

/** A wrong, malformed or used code is an ordinary "no"; only an unusable secret throws. */
export function checkTotp(check: TotpCheck): TotpResult {
  const token = readCode(check.code);
  if (token === undefined) return { ok: false };
  const epoch = Math.floor(check.nowMs / 1000);
  const { afterTimeStep } = check;
  // The library takes a step beyond its window for a mistake of the caller. It is none: a clock can be set back.
  const latestStep = Math.floor(epoch / STEP_SECONDS) + TOLERANCE_STEPS;
  if (afterTimeStep !== undefined && afterTimeStep >= latestStep) return { ok: false };
  const result = verifySync({
    secret: check.secret,
    token,
    epoch,
    period: STEP_SECONDS,
    epochTolerance: STEP_SECONDS * TOLERANCE_STEPS,
    ...(afterTimeStep === undefined ? {} : { afterTimeStep }),
  });
  return result.valid && 'timeStep' in result ? { ok: true, timeStep: result.timeStep } : { ok: false };
}

/** Apps show a code as two groups of three, and people type what they see. */
function readCode(code: string): string | undefined {
  return /^\d{3} ?\d{3}$/.test(code) ? code.replace(' ', '') : undefined;
}
