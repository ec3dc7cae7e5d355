/** A key for the `Idempotency-Key` header: unique, also on a page that came over plain HTTP. */
const KEY_BYTES = 16;

export function createIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
