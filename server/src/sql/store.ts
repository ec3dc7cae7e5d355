/**
 * The store over SQL: reads on a connection of their own, transactions one after another.
 *
 * Which engine is the driver's matter, and where its transactions run is the runner's: here in this thread,
 * for a moment's work and for tests; `threaded-store.ts` has the one for a server.
 */
import type { Store, Tx } from '../domain/store-port.ts';
import { openSqlite, openSqliteWriter } from './sqlite-driver.ts';
import { statementsOf } from './statements/all.ts';

/** Where transactions run. One is open at a time. */
export interface TxRunner extends AsyncDisposable {
  readonly tx: Tx;
  begin(): Promise<void>;
  commit(): Promise<void>;
  /** Also after a commit that failed; nothing happens where no transaction is open. */
  rollBack(): Promise<void>;
}

/** Opens the embedded store. Throws `DomainError` that says what to do. */
export function openSqliteStore(path: string): Store {
  using opened = new DisposableStack();
  const file = opened.use(openSqlite(path));
  const writer = opened.use(openSqliteWriter(path));
  const owned = opened.move();
  return createStore({
    reading: statementsOf(file.reader),
    runner: {
      tx: statementsOf(writer.sql),
      begin: () => writer.begin(),
      commit: () => writer.commit(),
      rollBack: () => writer.rollBack(),
      [Symbol.asyncDispose]: async () => owned[Symbol.dispose](),
    },
    refresh: () => file.refresh(),
    backup: (target) => file.backup(target),
  });
}

export type StoreParts = {
  reading: Tx;
  /** What is read from here on is of now. */
  refresh(): void;
  runner: TxRunner;
  backup: Store['backup'];
};

export function createStore({ reading, refresh, runner, backup }: StoreParts): Store {
  let tail: Promise<unknown> = Promise.resolve();
  // When each work that is not done was asked for, the oldest first.
  const askedAt: number[] = [];
  const transact = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    await runner.begin();
    try {
      const result = await work(runner.tx);
      await runner.commit();
      refresh();
      return result;
    } catch (error) {
      await runner.rollBack();
      throw error;
    }
  };
  return {
    read: (work) => work(reading),
    write(work) {
      askedAt.push(performance.now());
      const turn = tail.then(() => transact(work)).finally(() => askedAt.shift());
      tail = turn.catch(() => undefined);
      return turn;
    },
    writeWaitMs: () => (askedAt[0] === undefined ? 0 : performance.now() - askedAt[0]),
    backup,
    async [Symbol.asyncDispose]() {
      // What was asked before is done before.
      await tail;
      await runner[Symbol.asyncDispose]();
    },
  };
}
