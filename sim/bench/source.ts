/**
 * From where a load process connects.
 *
 * The first leaves it to the system. The others bind to an address of their own, and then also choose
 * the port: asked for any port of an address, Linux looks through those that are still closing, which
 * takes milliseconds after some thousand connections.
 */
export type Source = () => { localAddress?: string; localPort?: number };

/** Below the range that Linux gives out by itself. */
const PORT_MIN = 10_000;
const PORT_COUNT = 22_000;

/** Ports of one address to one other are used in turn, so that the one used again has closed long ago. */
export function createSource(address: string | null): Source {
  if (address === null) return () => ({});
  let used = 0;
  return () => ({ localAddress: address, localPort: PORT_MIN + (used++ % PORT_COUNT) });
}
