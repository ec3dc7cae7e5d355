/** The embedded store keeps every promise of the port. */
import { openSqliteStore } from '../../src/sql/store.ts';
import { testSqliteStore } from './sqlite-conformance.ts';

testSqliteStore('SQLite', openSqliteStore);
