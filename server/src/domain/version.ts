/**
 * Versions and drafts of a product's configuration (R3–R7).
 *
 * A version is immutable and its number only rises: going back is a new version with an old content.
 * The content is the author's bytes, never re-serialised.
 */
export type VersionOrigin =
  | { kind: 'editor' }
  /** "Roll back now": a new version with the content of an older one. */
  | { kind: 'rollback'; fromVersion: number };

export type ConfigVersion = {
  readonly productId: number;
  readonly number: number;
  /** What devices know the version by. Letters and digits only (`alink.md` 2.2). */
  readonly configId: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly author: string;
  readonly note: string;
  readonly origin: VersionOrigin;
  /** Wall time. */
  readonly createdAt: number;
};

/** The text in the editor: not valid for anyone. `revision` is its ETag and rises with every write. */
export type Draft = {
  readonly content: Uint8Array;
  readonly revision: number;
  readonly updatedAt: number;
  readonly updatedBy: string;
};
