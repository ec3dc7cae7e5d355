/**
 * The store of a server: its transactions run in a thread of their own.
 *
 * So no device and no operator waits for somebody else's fsync, and what a fleet reports is sorted into rows
 * beside the traffic (docs/decisions/0013). The methods of the port cross as calls and their answers; a
 * transaction begins with its first call. Reads stay here: they are short, and need no crossing.
 *
 * A thread that dies takes the process along, as nothing could be stored any more: whoever supervises the
 * server starts it again, and it goes on from the last commit.
 */
import { once } from 'node:events';
import type { Store, Tx } from '../domain/store-port.ts';
import { startWorker } from '../worker.ts';
import { openSqlite } from './sqlite-driver.ts';
import { statementsOf } from './statements/all.ts';
import { createStore, type TxRunner } from './store.ts';
import { type ThreadReply, type ThreadRequest, toError } from './thread-messages.ts';

/** Opens the embedded store. Throws `DomainError` that says what to do. */
export function openThreadedSqliteStore(path: string): Store {
  using opened = new DisposableStack();
  const file = opened.use(openSqlite(path));
  const reading = statementsOf(file.reader);
  const thread = startThread(path);
  const owned = opened.move();
  return createStore({
    reading,
    runner: {
      ...createRunner(thread.ask, reading),
      async [Symbol.asyncDispose]() {
        await thread[Symbol.asyncDispose]();
        owned[Symbol.dispose]();
      },
    },
    refresh: () => file.refresh(),
    backup: (target) => file.backup(target),
  });
}

type Ask = (request: ThreadRequest) => Promise<unknown>;
type Waiter = { resolve: (value: unknown) => void; reject: (error: Error) => void };

/** The thread answers in the order in which it is asked. */
function startThread(path: string): { ask: Ask } & AsyncDisposable {
  const worker = startWorker('store-worker', import.meta.url, { workerData: path });
  const waiting: Waiter[] = [];
  let isClosed = false;
  // With nothing to do, it must not keep the process from ending.
  worker.unref();
  worker.on('message', (reply: ThreadReply) => {
    const { resolve, reject } = waiting.shift()!;
    if (waiting.length === 0) worker.unref();
    if (reply.kind === 'done') resolve(reply.value);
    else reject(toError(reply.failure));
  });
  const ask: Ask = (request) =>
    new Promise((resolve, reject) => {
      if (isClosed) throw new Error('The store is closed.');
      // Throws what cannot cross; then nobody waits.
      worker.postMessage(request);
      waiting.push({ resolve, reject });
      worker.ref();
    });
  return {
    ask,
    async [Symbol.asyncDispose]() {
      if (isClosed) return;
      const ended = once(worker, 'exit');
      const closed = ask({ kind: 'close' });
      isClosed = true;
      await closed;
      worker.ref();
      await ended;
    },
  };
}

/** @param like whose methods the thread has, too. */
function createRunner(ask: Ask, like: Tx): Omit<TxRunner, typeof Symbol.asyncDispose> {
  let isOpen = false;
  const remote =
    (store: keyof Tx, method: string) =>
    (...values: unknown[]) => {
      const isFirst = !isOpen;
      isOpen = true;
      return ask({ kind: 'call', isFirst, store, method, values });
    };
  const remoteStore = (store: keyof Tx) =>
    Object.fromEntries(Object.keys(like[store]).map((method) => [method, remote(store, method)]));
  const stores = Object.keys(like) as (keyof Tx)[];
  return {
    // The same stores with the same methods: those of `like`.
    tx: Object.fromEntries(stores.map((store) => [store, remoteStore(store)])) as unknown as Tx,
    async begin() {},
    async commit() {
      if (!isOpen) return;
      await ask({ kind: 'commit' });
      isOpen = false;
    },
    async rollBack() {
      if (!isOpen) return;
      isOpen = false;
      await ask({ kind: 'roll-back' });
    },
  };
}
