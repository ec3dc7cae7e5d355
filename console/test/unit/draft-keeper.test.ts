import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDraftKeeper, type ServerDraft, type Written } from '../../src/pages/config/draft-keeper.ts';

type Answer = (written: Written | Error) => void;

/** A keeper with a server that answers when the test says so, and a clock that stands still. */
function start(server: ServerDraft = { text: 'old', etag: '"1"' }) {
  const sent: ServerDraft[] = [];
  const answers: Answer[] = [];
  let timer: { run: () => void; afterMs: number } | undefined;
  let remembered: ServerDraft | null = null;
  const keeper = createDraftKeeper({
    server,
    write: (draft) =>
      new Promise((resolve, reject) => {
        sent.push(draft);
        answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
      }),
    mayRetry: (error) => error instanceof Error && error.message === 'offline',
    remember: (draft) => {
      remembered = draft;
    },
    setTimer: (run, afterMs) => {
      timer = { run, afterMs };
      return () => {
        timer = undefined;
      };
    },
  });
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    keeper,
    sent,
    remembered: () => remembered,
    waitsMs: () => timer?.afterMs,
    passTime: () => timer?.run(),
    async answer(written: Written | Error) {
      answers.shift()!(written);
      await settled();
    },
    state: () => keeper.snapshot().state,
  };
}

const NOTHING = { problems: [], warnings: [] };
const written = (etag: string): Written => ({
  kind: 'written',
  etag,
  at: '2026-01-01T00:00:00Z',
  findings: NOTHING,
});
const conflict = (text: string, etag: string): Written => ({
  kind: 'conflict',
  theirs: { text, etag, by: 'bob', at: undefined },
});

describe('a draft that is typed', () => {
  it('is kept in the browser at once and written after a pause, once', async () => {
    const { keeper, sent, remembered, passTime, answer, state } = start();
    keeper.edit('a');
    keeper.edit('ab');
    assert.deepEqual(remembered(), { text: 'ab', etag: '"1"' });
    assert.deepEqual(sent, []);
    passTime();
    assert.deepEqual(sent, [{ text: 'ab', etag: '"1"' }]);
    await answer(written('"2"'));
    assert.equal(state().kind, 'clean');
    assert.equal(remembered(), null);
  });

  it('goes on from the new ETag when more was typed during the write', async () => {
    const { keeper, sent, remembered, passTime, answer, state } = start();
    keeper.edit('a');
    passTime();
    keeper.edit('ab');
    await answer(written('"2"'));
    assert.equal(state().kind, 'changed');
    assert.deepEqual(remembered(), { text: 'ab', etag: '"2"' });
    passTime();
    assert.deepEqual(sent[1], { text: 'ab', etag: '"2"' });
  });

  it('is not written when it became again what the server has', () => {
    const { keeper, remembered, waitsMs, state } = start();
    keeper.edit('a');
    keeper.edit('old');
    assert.equal(waitsMs(), undefined);
    assert.equal(state().kind, 'clean');
    assert.equal(remembered(), null);
  });

  it('is tried again, ever more slowly, while the server cannot be reached', async () => {
    const { keeper, sent, passTime, answer, state, waitsMs, remembered } = start();
    keeper.edit('a');
    passTime();
    await answer(new Error('offline'));
    assert.deepEqual({ ...state(), error: undefined }, { kind: 'failed', error: undefined, willRetry: true });
    assert.equal(waitsMs(), 2_000);
    passTime();
    await answer(new Error('offline'));
    assert.equal(waitsMs(), 5_000);
    assert.deepEqual(remembered(), { text: 'a', etag: '"1"' });
    passTime();
    await answer(written('"2"'));
    assert.equal(sent.length, 3);
    assert.equal(state().kind, 'clean');
  });

  it('waits for a change after the server refused it', async () => {
    const { keeper, passTime, answer, state, waitsMs } = start();
    keeper.edit('a');
    passTime();
    await answer(new Error('too large'));
    assert.equal(state().kind, 'failed');
    assert.equal(waitsMs(), undefined);
    keeper.edit('b');
    assert.equal(waitsMs(), 800);
    assert.equal(state().kind, 'failed');
  });

  it('is on the server when flush says so, with what was typed last', async () => {
    const { keeper, sent, passTime, answer } = start();
    keeper.edit('a');
    passTime();
    keeper.edit('ab');
    const flushed = keeper.flush();
    await answer(written('"2"'));
    await answer(written('"3"'));
    assert.equal(await flushed, true);
    assert.deepEqual(sent.at(-1), { text: 'ab', etag: '"2"' });
  });

  it('is written unchanged when asked for: the first draft of a product', async () => {
    const { keeper, sent, answer } = start({ text: '{}', etag: '"0"' });
    const flushed = keeper.flush({ always: true });
    await new Promise<void>((resolve) => setImmediate(resolve));
    await answer(written('"1"'));
    assert.equal(await flushed, true);
    assert.deepEqual(sent, [{ text: '{}', etag: '"0"' }]);
  });
});

describe('two editors of one draft', () => {
  it('stop writing until a person has looked, and lose nothing', async () => {
    const { keeper, sent, passTime, answer, state, remembered } = start();
    keeper.edit('mine');
    passTime();
    await answer(conflict('theirs', '"7"'));
    assert.equal(state().kind, 'conflict');
    keeper.edit('mine too');
    passTime();
    assert.equal(await keeper.flush(), false);
    assert.equal(sent.length, 1);
    assert.deepEqual(remembered(), { text: 'mine too', etag: '"1"' });
  });

  it('write the chosen text over the one that was looked at, and over no other', async () => {
    const { keeper, sent, passTime, answer, state } = start();
    keeper.edit('mine');
    passTime();
    await answer(conflict('theirs', '"7"'));
    keeper.resolve('both', { text: 'theirs', etag: '"7"' });
    assert.deepEqual(sent[1], { text: 'both', etag: '"7"' });
    await answer(conflict('a third', '"8"'));
    assert.equal(state().kind, 'conflict');
  });

  it('write nothing when theirs is taken', async () => {
    const { keeper, sent, passTime, answer, state, remembered } = start();
    keeper.edit('mine');
    passTime();
    await answer(conflict('theirs', '"7"'));
    keeper.resolve('theirs', { text: 'theirs', etag: '"7"' });
    assert.equal(sent.length, 1);
    assert.equal(state().kind, 'clean');
    assert.equal(remembered(), null);
  });

  it('are not two when the answer to a write was lost: the text on the server is ours', async () => {
    const { keeper, sent, passTime, answer, state } = start();
    keeper.edit('mine');
    passTime();
    await answer(new Error('offline'));
    keeper.edit('mine and more');
    passTime();
    await answer(conflict('mine', '"2"'));
    assert.equal(state().kind, 'changed');
    passTime();
    assert.deepEqual(sent.at(-1), { text: 'mine and more', etag: '"2"' });
  });
});
