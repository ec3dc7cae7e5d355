/**
 * The thread in which a server's transactions run. It does what it is asked, in order, and answers;
 * `threaded-store.ts` starts it, and sees to it that one transaction follows another.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteWriter } from './sqlite-driver.ts';
import { statementsOf } from './statements/all.ts';
import { type ThreadReply, type ThreadRequest, toFailure } from './thread-messages.ts';

type Methods = Readonly<Record<string, (...values: unknown[]) => Promise<unknown>>>;

const port = parentPort;
if (port === null) throw new Error('store-worker.ts runs as a worker thread only.');
const writer = openSqliteWriter(String(workerData));
const tx = statementsOf(writer.sql);

async function answer(request: ThreadRequest): Promise<unknown> {
  switch (request.kind) {
    case 'call': {
      if (request.isFirst) await writer.begin();
      // Called with what the port's own types let through on the other side.
      const methods = tx[request.store] as unknown as Methods;
      return methods[request.method]!(...request.values);
    }
    case 'commit':
      return writer.commit();
    case 'roll-back':
      return rollBackOrDie();
    case 'close':
      writer[Symbol.dispose]();
      // Ends the thread once this is answered.
      port!.unref();
      return;
    default:
      return request satisfies never;
  }
}

/** What cannot be undone must not become a part of the next transaction. */
async function rollBackOrDie(): Promise<void> {
  try {
    await writer.rollBack();
  } catch (error) {
    // Outside of any promise, so that it ends the thread, and with it the server.
    setImmediate(() => {
      throw error;
    });
    await new Promise(() => {});
  }
}

async function answerOrFail(request: ThreadRequest): Promise<ThreadReply> {
  try {
    return { kind: 'done', value: await answer(request) };
  } catch (error) {
    return { kind: 'failed', failure: toFailure(error) };
  }
}

port.on('message', async (request: ThreadRequest) => port.postMessage(await answerOrFail(request)));
