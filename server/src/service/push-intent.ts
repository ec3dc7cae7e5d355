/**
 * What exactly a second factor is asked for (R10).
 *
 * A code is good for one push only: this version, with these bytes, of this product, to these devices.
 * All of it goes into the binding that a challenge is stored under, so a changed draft or target needs a
 * new code.
 */

export type PushIntent = {
  productKey: string;
  version: number;
  /** Of the version's bytes. */
  sha256: string;
  /** Which devices: `all`. */
  target: string;
};

/** Keeps the purpose within what a text message shows. */
const NAME_CHARS_MAX = 48;

/** The canonical text of an intent. Two intents are the same exactly when their bindings are. */
export function bindingOf({ productKey, version, sha256, target }: PushIntent): string {
  return JSON.stringify([productKey, version, sha256, target]);
}

/** The intent of a binding made by `bindingOf`. */
export function intentOf(binding: string): PushIntent {
  // Only bindings that were written by this file are stored.
  const [productKey, version, sha256, target] = JSON.parse(binding) as [string, number, string, string];
  return { productKey, version, sha256, target };
}

/** What the message with the code says it is for. */
export function purposeOf(intent: PushIntent, productName: string, language: 'en' | 'zh'): string {
  const name = [...productName].slice(0, NAME_CHARS_MAX).join('');
  const product = `${name} (${intent.productKey})`;
  switch (language) {
    case 'en': {
      const devices = intent.target === 'all' ? 'all its devices' : intent.target;
      return `push version ${intent.version} of product ${product} to ${devices}`;
    }
    case 'zh': {
      const devices = intent.target === 'all' ? '全部设备' : ` ${intent.target}`;
      return `将产品 ${product} 的版本 ${intent.version} 推送到${devices}`;
    }
    default:
      return language satisfies never;
  }
}
