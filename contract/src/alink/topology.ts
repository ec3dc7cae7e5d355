/**
 * What a gateway device is told of its sub-devices when somebody else changed them: `thing/topo/change`
 * (vendor's page "notify gateway topology changes").
 *
 * Of the documented states, `created` (0) is missing: only a gateway's own `topo/add` makes an entry.
 */

/** What happened to sub-devices, and the number Alink has for it. */
export const TOPOLOGY_STATUS = { removed: 1, enabled: 2, disabled: 8 } as const;
export type TopologyStatus = keyof typeof TOPOLOGY_STATUS;

/** `id` is a number 0..4294967295 written as a string. Compact, in the documented member order. */
export function encodeTopologyChange(
  id: number,
  status: TopologyStatus,
  devices: readonly { productKey: string; deviceName: string }[],
): string {
  const subList = devices.map(({ productKey, deviceName }) => ({ productKey, deviceName }));
  const params = { status: TOPOLOGY_STATUS[status], subList };
  return JSON.stringify({ id: String(id), version: '1.0', params, method: 'thing.topo.change' });
}
