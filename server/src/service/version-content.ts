/** Finding a version and its bytes, or the refusal that names it. */
import { DomainError } from '../domain/errors.ts';
import type { Product } from '../domain/product.ts';
import type { Tx } from '../domain/store-port.ts';
import type { ConfigVersion } from '../domain/version.ts';
import { getProduct } from './products.ts';

export async function getVersion(tx: Tx, product: Product, number: number): Promise<ConfigVersion> {
  const version = await tx.configs.findVersion(product.id, number);
  if (version === undefined) {
    const latest =
      product.latestVersion === 0 ? 'It has none yet.' : `Its latest is ${product.latestVersion}.`;
    throw new DomainError(
      'version-not-found',
      `Product ${product.productKey} has no version ${number}. ${latest}`,
    );
  }
  return version;
}

export async function readContent(
  tx: Tx,
  productKey: string,
  number: number,
): Promise<{ version: ConfigVersion; content: Uint8Array }> {
  const product = await getProduct(tx, productKey);
  const version = await getVersion(tx, product, number);
  const content = await tx.configs.findContent(product.id, number);
  if (content === undefined) throw new Error(`Version ${number} of ${productKey} has no content.`);
  return { version, content };
}

/** The author's bytes as text; a version's are always valid UTF-8. */
export function textOf(content: Uint8Array): string {
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString('utf8');
}
