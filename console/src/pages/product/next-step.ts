/** What a product needs next: one step, the first that is missing on the way from a text to all devices. */
import type { ProductView } from '@opencota/contract/http/products';
import type { Right } from '../../app/rights.ts';

export type NextStep =
  | { kind: 'write' | 'save' | 'addDevice' | 'switchOn' | 'edit' }
  | { kind: 'push'; version: number }
  | { kind: 'watch' | 'resume'; rolloutId: number; version: number }
  | { kind: 'failures'; rolloutId: number; version: number; count: number };

/** Who may take the step. */
export const RIGHT_OF: Readonly<Record<NextStep['kind'], Right>> = {
  write: 'configs:write',
  save: 'configs:write',
  edit: 'configs:write',
  addDevice: 'devices:write',
  switchOn: 'products:switch',
  push: 'rollouts:write',
  resume: 'rollouts:write',
  watch: 'read',
  failures: 'read',
};

type Standing = Pick<
  ProductView,
  'enabled' | 'deviceCount' | 'latestVersion' | 'rolledOutVersion' | 'latestRollout'
>;

/** @param hasDraft whether the editor holds a text; asked only while nothing was ever saved. */
export function nextStep(product: Standing, hasDraft: boolean): NextStep {
  const { enabled, deviceCount, latestVersion, rolledOutVersion, latestRollout: rollout } = product;
  if (latestVersion === 0) return { kind: hasDraft ? 'save' : 'write' };
  if (deviceCount === 0) return { kind: 'addDevice' };
  if (!enabled) return { kind: 'switchOn' };
  const about = rollout !== null && { rolloutId: rollout.id, version: rollout.version };
  if (about && rollout.state === 'paused') return { kind: 'resume', ...about };
  if (latestVersion > rolledOutVersion) return { kind: 'push', version: latestVersion };
  if (about && rollout.state === 'running') return { kind: 'watch', ...about };
  if (about && rollout.failed > 0) return { kind: 'failures', ...about, count: rollout.failed };
  return { kind: 'edit' };
}
