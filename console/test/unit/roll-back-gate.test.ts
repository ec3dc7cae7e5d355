import assert from 'node:assert/strict';
import { it } from 'node:test';
import { rollBackGate } from '../../src/pages/versions/roll-back-gate.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const LATER = '2026-01-01T13:00:00Z';
const gate = (enabled: boolean, nextAllowedAt: string | null, state?: 'running' | 'paused' | 'completed') =>
  rollBackGate({ preview: { enabled, nextAllowedAt }, latestRollout: state ? { state } : null }, NOW).kind;

it('a roll back is refused during the cool-down, but not while the rollout it ends is under way', () => {
  assert.equal(gate(true, LATER, 'completed'), 'coolDown');
  assert.equal(gate(true, LATER, 'running'), 'open');
  assert.equal(gate(true, LATER, 'paused'), 'open');
});

it('a roll back passes when the cool-down is over or there is none', () => {
  assert.equal(gate(true, '2026-01-01T11:59:59Z', 'completed'), 'open');
  assert.equal(gate(true, null), 'open');
});

it('a roll back is refused while remote configuration is off, whatever is under way', () => {
  assert.equal(gate(false, null, 'running'), 'switchOff');
});
