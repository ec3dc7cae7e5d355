import type { Device, DeviceError } from '../../domain/device.ts';
import { flag, json, number, numberOrNull, type Row, text } from '../sql.ts';

/** Of `device d`. */
export const DEVICE_COLUMNS = `d.id, d.product_id, d.device_name, d.tags, d.is_enabled, d.created_at, d.last_seen_at, d.downloaded_version,
  d.downloaded_at, d.confirmed_version, d.confirmed_at, d.error, d.is_online`;

export function toDevice(row: Row): Device {
  return {
    id: number(row, 'id'),
    productId: number(row, 'product_id'),
    deviceName: text(row, 'device_name'),
    // Written by devices.ts from string lists.
    tags: json(row, 'tags') as string[],
    isEnabled: flag(row, 'is_enabled'),
    isOnline: flag(row, 'is_online'),
    createdAt: number(row, 'created_at'),
    lastSeenAt: numberOrNull(row, 'last_seen_at'),
    downloadedVersion: number(row, 'downloaded_version'),
    downloadedAt: numberOrNull(row, 'downloaded_at'),
    confirmedVersion: number(row, 'confirmed_version'),
    confirmedAt: numberOrNull(row, 'confirmed_at'),
    // Written by reports.ts.
    lastError: row.error === null ? null : (json(row, 'error') as DeviceError),
  };
}
