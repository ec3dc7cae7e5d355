/**
 * Counting in bounded memory: token buckets for rates, one-minute windows for failures.
 *
 * Every table here has a largest number of entries and drops the oldest when it is full, so a
 * stranger who invents names can neither fill memory nor lock anybody out for longer than a minute.
 */

const MINUTE_MS = 60_000;

/** Tokens left at a moment. Embedded in the object whose rate it limits, to keep that path free of lookups. */
export type Bucket = { tokens: number; refilledAtMs: number };

export function fullBucket(burst: number, nowMs: number): Bucket {
  return { tokens: burst, refilledAtMs: nowMs };
}

/** Takes one token and returns what is left; below zero means over the rate. Never falls below `-burst`. */
export function takeToken(bucket: Bucket, perSecond: number, burst: number, nowMs: number): number {
  refill(bucket, perSecond, burst, nowMs);
  bucket.tokens = Math.max(-burst, bucket.tokens - 1);
  return bucket.tokens;
}

function refill(bucket: Bucket, perSecond: number, burst: number, nowMs: number): void {
  const gained = ((nowMs - bucket.refilledAtMs) * perSecond) / 1000;
  bucket.tokens = Math.min(burst, bucket.tokens + gained);
  bucket.refilledAtMs = nowMs;
}

/** Counts per key within the current minute. */
export class MinuteCounter<Key extends string | number> {
  readonly #entriesMax: number;
  readonly #counts = new Map<Key, number>();
  #windowStartMs = 0;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** Counts one more and returns how many there were in this minute. */
  add(key: Key, nowMs: number): number {
    this.#turn(nowMs);
    const count = (this.#counts.get(key) ?? 0) + 1;
    if (count === 1) dropOldest(this.#counts, this.#entriesMax - 1);
    this.#counts.set(key, count);
    return count;
  }

  count(key: Key, nowMs: number): number {
    this.#turn(nowMs);
    return this.#counts.get(key) ?? 0;
  }

  #turn(nowMs: number): void {
    if (nowMs - this.#windowStartMs < MINUTE_MS) return;
    this.#windowStartMs = nowMs;
    this.#counts.clear();
  }
}

/** One bucket per key, for rates that must outlive a connection. Full buckets are forgotten. */
export class BucketTable<Key> {
  readonly #buckets = new Map<Key, Bucket>();
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #entriesMax: number;

  constructor(options: { perMinute: number; burst: number; entriesMax: number }) {
    this.#perSecond = options.perMinute / 60;
    this.#burst = options.burst;
    this.#entriesMax = options.entriesMax;
  }

  /** Takes a token. @returns 0, or after how many milliseconds the next one is there. */
  take(key: Key, nowMs: number): number {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      dropOldest(this.#buckets, this.#entriesMax - 1);
      bucket = fullBucket(this.#burst, nowMs);
      this.#buckets.set(key, bucket);
    }
    refill(bucket, this.#perSecond, this.#burst, nowMs);
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / this.#perSecond) * 1000);
    bucket.tokens -= 1;
    return 0;
  }

  /** Forgets buckets that have filled up again. */
  prune(nowMs: number): void {
    for (const [key, bucket] of this.#buckets) {
      refill(bucket, this.#perSecond, this.#burst, nowMs);
      if (bucket.tokens >= this.#burst) this.#buckets.delete(key);
    }
  }

  get size(): number {
    return this.#buckets.size;
  }
}

/** A Map keeps insertion order, so its first key is its oldest. */
function dropOldest<Key>(table: Map<Key, unknown>, sizeMax: number): void {
  for (const key of table.keys()) {
    if (table.size <= sizeMax) return;
    table.delete(key);
  }
}
