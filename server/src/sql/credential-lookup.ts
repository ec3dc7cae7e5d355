/**
 * Device credentials at once, on a connection of its own: what a TLS handshake with a pre-shared key needs, which
 * cannot wait (docs/decisions/0009). Open only where that is switched on; it reads what is committed.
 */
import { DatabaseSync } from 'node:sqlite';
import type { CredentialLookup } from '../domain/store-port.ts';
import { bytes, flag, number, numberOrNull, type Row } from './sql.ts';

const BUSY_TIMEOUT_MS = 50;

/** The store must be open already. */
export function openSqliteCredentialLookup(path: string): CredentialLookup {
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  const statement = database.prepare(
    `SELECT d.id, d.product_id, d.is_enabled, d.secret_sealed, d.previous_secret_sealed, d.previous_secret_until
     FROM product p JOIN device d ON d.product_id = p.id WHERE p.product_key = ? AND d.device_name = ?`,
  );
  return {
    findCredentials(productKey, deviceName) {
      // Integers are numbers unless bigint is asked for.
      const row = statement.get(productKey, deviceName) as Row | undefined;
      if (row === undefined) return undefined;
      return {
        deviceId: number(row, 'id'),
        productId: number(row, 'product_id'),
        isEnabled: flag(row, 'is_enabled'),
        secretSealed: bytes(row, 'secret_sealed'),
        previousSecretSealed:
          row.previous_secret_sealed === null ? null : bytes(row, 'previous_secret_sealed'),
        previousUntil: numberOrNull(row, 'previous_secret_until'),
      };
    },
    [Symbol.dispose]: () => database.close(),
  };
}
