/** What a device proves itself with, read the same way by the store and by the lookup of TLS handshakes. */
import type { DeviceCredentials } from '../../domain/store-port.ts';
import { bytes, flag, number, numberOrNull, type Row } from '../sql.ts';

/** Values: the product's key and the device's name. */
export const CREDENTIALS_QUERY = `SELECT d.id, d.product_id, d.is_enabled, d.secret_sealed, d.previous_secret_sealed, d.previous_secret_until
  FROM product p JOIN device d ON d.product_id = p.id WHERE p.product_key = ? AND d.device_name = ?`;

export function readCredentials(row: Row): DeviceCredentials {
  return {
    deviceId: number(row, 'id'),
    productId: number(row, 'product_id'),
    isEnabled: flag(row, 'is_enabled'),
    secretSealed: bytes(row, 'secret_sealed'),
    previousSecretSealed: row.previous_secret_sealed === null ? null : bytes(row, 'previous_secret_sealed'),
    previousUntil: numberOrNull(row, 'previous_secret_until'),
  };
}
