/** The virtual device of this person and product: found, made, removed. */
import { useQueryClient } from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { hasCode } from '../../api/problem.ts';
import { readAgain } from '../../api/read-again.ts';
import { useSession } from '../../app/rights.ts';
import { useAction } from '../../ui/use-action.ts';
import { addDeviceHere, findDeviceHere, forgetDeviceHere } from './devices-here.ts';
import type { Snapshot, VirtualDevice } from './virtual-device.ts';

export const NAME_PREFIX = 'browser-';
export const VIRTUAL_TAG = 'virtual';
const NAME_LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
const NAME_LETTERS_COUNT = 6;

export function useVirtualDevice(productKey: string) {
  const { t } = useTranslation('tryIt');
  const username = useSession().user?.username ?? '';
  const client = useQueryClient();
  const [device, setDevice] = useState(() => findDeviceHere(username, productKey));
  const create = useAction({
    run: () => api.devices.create(productKey, { deviceName: newName(), tags: [VIRTUAL_TAG] }),
    invalidates: [['product', productKey]],
    onDone: ({ deviceName, deviceSecret }) => {
      const made = addDeviceHere(username, { productKey, deviceName, deviceSecret });
      setDevice(made);
      void made.connect();
    },
  });
  const remove = async (gone: VirtualDevice) => {
    await removeDevice(productKey, gone.identity.deviceName);
    forgetDeviceHere(username, productKey);
    setDevice(undefined);
    await readAgain(client, ['product', productKey]);
  };
  const removal = useAction({ run: remove, done: t('removed', { name: device?.identity.deviceName ?? '' }) });
  return { device, create, removal };
}

export function useSnapshot(device: VirtualDevice): Snapshot {
  return useSyncExternalStore(device.subscribe, device.snapshot);
}

/** One that somebody removed already is removed. */
export async function removeDevice(productKey: string, deviceName: string): Promise<void> {
  await api.devices.remove(productKey, deviceName).catch((error: unknown) => {
    if (!hasCode(error, 'device-not-found')) throw error;
  });
}

function newName(): string {
  const drawn = crypto.getRandomValues(new Uint8Array(NAME_LETTERS_COUNT));
  return `${NAME_PREFIX}${[...drawn].map((byte) => NAME_LETTERS[byte % NAME_LETTERS.length]).join('')}`;
}
