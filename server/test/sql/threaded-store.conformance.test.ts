/** The embedded store keeps every promise of the port, with its transactions in a thread of their own. */
import { openThreadedSqliteStore } from '../../src/sql/threaded-store.ts';
import { testSqliteStore } from './sqlite-conformance.ts';

testSqliteStore('SQLite in a thread', openThreadedSqliteStore);
