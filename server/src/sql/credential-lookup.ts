/**
 * Device credentials at once, on a connection of its own: what a TLS handshake with a pre-shared key needs, which
 * cannot wait (docs/decisions/0009). Open only where that is switched on; it reads what is committed.
 */
import { DatabaseSync } from 'node:sqlite';
import type { CredentialLookup } from '../domain/store-port.ts';
import type { Row } from './sql.ts';
import { CREDENTIALS_QUERY, readCredentials } from './statements/credentials.ts';

const BUSY_TIMEOUT_MS = 50;

/** The store must be open already. */
export function openSqliteCredentialLookup(path: string): CredentialLookup {
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  const statement = database.prepare(CREDENTIALS_QUERY);
  return {
    findCredentials(productKey, deviceName) {
      // Integers are numbers unless bigint is asked for.
      const row = statement.get(productKey, deviceName) as Row | undefined;
      return row && readCredentials(row);
    },
    [Symbol.dispose]: () => database.close(),
  };
}
