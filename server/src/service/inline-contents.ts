/**
 * Small contents as the text that goes into messages, for devices that take them there.
 *
 * A version is escaped once and not for each of the devices it goes to. Whatever stands in the way, a message without
 * its content is still complete: the link is in it.
 */
import { encodeContent } from '@opencota/contract/alink/messages';
import { INLINE_BYTES_MAX } from '../domain/limits.ts';
import type { ConfigVersion } from '../domain/version.ts';
import type { ContentCache } from './content-cache.ts';

const INLINE_CONTENTS_KEPT_MAX = 1_000;

type Version = Pick<ConfigVersion, 'productId' | 'number' | 'bytes'>;

export interface InlineContents {
  /**
   * The content as JSON text. Undefined: too large, or not to be had; it goes by its link. A promise, which never
   * rejects, only while the content is not in memory.
   */
  find(version: Version): string | undefined | Promise<string | undefined>;
}

export function createInlineContents(contents: ContentCache): InlineContents {
  const kept = new Map<string, string>();
  const keep = (key: string, bytes: Uint8Array): string => {
    const text = kept.get(key) ?? encodeContent(bytes);
    kept.set(key, text);
    if (kept.size > INLINE_CONTENTS_KEPT_MAX) kept.delete(kept.keys().next().value!);
    return text;
  };
  return {
    find({ productId, number, bytes }) {
      if (bytes > INLINE_BYTES_MAX) return undefined;
      const key = `${productId} ${number}`;
      const known = kept.get(key);
      if (known !== undefined) return known;
      // A store that cannot be read now may be when the device downloads; that says what is wrong.
      return contents
        .get(productId, number)
        .then((content) => content && keep(key, content))
        .catch(() => undefined);
    },
  };
}
