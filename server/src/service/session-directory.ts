/**
 * Who is connected here: name and abilities of each device with a session on this replica.
 * Filled by the device core as sessions open and close; a dispatch reads it instead of the store.
 */
import type { SignedInDevice } from '../domain/gateway-port.ts';

export interface SessionDirectory {
  opened(device: SignedInDevice): void;
  closed(device: SignedInDevice): void;
  find(deviceId: number): SignedInDevice | undefined;
}

export function createSessionDirectory(): SessionDirectory {
  const devices = new Map<number, SignedInDevice>();
  return {
    opened(device) {
      devices.set(device.id, device);
    },
    closed(device) {
      if (devices.get(device.id) === device) devices.delete(device.id);
    },
    find: (deviceId) => devices.get(deviceId),
  };
}
