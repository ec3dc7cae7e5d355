/** Which versions the devices of a product have, as parts of one whole that add up to all of them. */
import type { ProductDetail } from '@opencota/contract/http/products';
import type { Static } from 'typebox';

export type UsagePart =
  | { kind: 'version'; version: number; count: number; isNewest: boolean; isPushed: boolean }
  /** More versions than are worth a colour of their own. */
  | { kind: 'older'; count: number }
  /** The server stops naming versions: what is left may be either. */
  | { kind: 'olderOrNone'; count: number }
  | { kind: 'none'; count: number };

type Usage = Pick<
  Static<typeof ProductDetail>,
  'usage' | 'deviceCount' | 'latestVersion' | 'rolledOutVersion'
>;

const VERSIONS_SHOWN_MAX = 5;
/** The server names so many versions at most, from the newest down. */
const VERSIONS_TOLD_MAX = 20;

/** Newest first. */
export function usageParts({ usage, deviceCount, latestVersion, rolledOutVersion }: Usage): UsagePart[] {
  const told = [...usage].sort((a, b) => b.version - a.version);
  const parts: UsagePart[] = told.slice(0, VERSIONS_SHOWN_MAX).map(({ version, deviceCount: count }) => ({
    kind: 'version',
    version,
    count,
    isNewest: version === latestVersion,
    isPushed: version === rolledOutVersion,
  }));
  const olderTold = sum(told.slice(VERSIONS_SHOWN_MAX));
  // Two numbers of a moving fleet may differ by a device for a moment.
  const rest = Math.max(0, deviceCount - sum(told));
  if (told.length >= VERSIONS_TOLD_MAX)
    return withPart(parts, { kind: 'olderOrNone', count: olderTold + rest });
  return withPart(withPart(parts, { kind: 'older', count: olderTold }), { kind: 'none', count: rest });
}

function sum(usage: Usage['usage']): number {
  return usage.reduce((total, { deviceCount }) => total + deviceCount, 0);
}

function withPart(parts: UsagePart[], part: UsagePart): UsagePart[] {
  return part.count > 0 ? [...parts, part] : parts;
}

const OLDER_COLOURS = [
  'var(--state-sent)',
  'var(--state-unreached)',
  'var(--state-reverted)',
  'var(--state-timed-out)',
];

/** The newest stands out; what has nothing is pale. */
export function usageColour(part: UsagePart, index: number): string {
  if (part.kind === 'none') return 'var(--state-pending)';
  if (part.kind !== 'version') return 'var(--state-superseded)';
  if (part.isNewest) return 'var(--ant-color-primary)';
  return OLDER_COLOURS[index % OLDER_COLOURS.length]!;
}
