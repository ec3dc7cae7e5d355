/** What a person should look at first. */
import type { ProductView } from '@opencota/contract/http/products';

/** A rollout that stands still, or that devices refuse, or that ended without everyone. */
export function needsAttention({ latestRollout }: Pick<ProductView, 'latestRollout'>): boolean {
  if (latestRollout === null) return false;
  const { state, outcome, failed } = latestRollout;
  return state === 'paused' || failed > 0 || (state === 'completed' && outcome === 'incomplete');
}

const isRunning = ({ latestRollout }: ProductView) => latestRollout?.state === 'running';

/** Trouble first, then what is under way, then by name. */
export function byAttention(products: readonly ProductView[], language: string): ProductView[] {
  const rank = (product: ProductView) => (needsAttention(product) ? 0 : isRunning(product) ? 1 : 2);
  const { compare } = new Intl.Collator(language, { numeric: true });
  return [...products].sort((a, b) => rank(a) - rank(b) || compare(a.name, b.name));
}
