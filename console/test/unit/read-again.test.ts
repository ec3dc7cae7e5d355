import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { readAgain } from '../../src/api/read-again.ts';

describe('reading again what has changed', () => {
  it('does not take the answer of a first read from before the change', async () => {
    const client = new QueryClient();
    const answers: ((value: string) => void)[] = [];
    const queryFn = () => new Promise<string>((resolve) => answers.push(resolve));
    const observer = new QueryObserver(client, { queryKey: ['deliveries'], queryFn });
    const end = observer.subscribe(() => {});

    const again = readAgain(client, ['deliveries']);
    answers[0]!('sent');
    // The second read starts once the first is given up.
    for (let turn = 0; turn < 9 && answers.length < 2; turn++) await new Promise(setImmediate);
    answers[1]!('applied');
    await again;

    assert.equal(observer.getCurrentResult().data, 'applied');
    end();
    client.clear();
  });
});
