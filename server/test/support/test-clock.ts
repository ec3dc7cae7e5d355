/** Time that a test moves: the service's uptime and the wall, apart from each other. */
import type { UptimeSource } from '../../src/service/service-clock.ts';

export type TestTime = {
  uptime: UptimeSource;
  wallMs(): number;
  /** Lets time pass: both clocks go on, as they do. */
  pass(ms: number): void;
  /** Sets the wall clock, and nothing else. */
  jumpWall(ms: number): void;
};

/** Real time, plus what the test added. */
export function createTestTime(bootId = 'test-boot'): TestTime {
  let passedMs = 0;
  let jumpedMs = 0;
  return {
    uptime: { bootId, uptimeMs: () => performance.now() + passedMs },
    wallMs: () => Date.now() + passedMs + jumpedMs,
    pass(ms) {
      passedMs += ms;
    },
    jumpWall(ms) {
      jumpedMs += ms;
    },
  };
}
