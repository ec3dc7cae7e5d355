/** Every screen, in both languages and themes: readable for everybody, and nothing wider than a telephone. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import type { AxeResults, RunOnly } from 'axe-core';
import type { Page } from 'playwright-core';
import { startTestServer } from '../../../server/test/support/test-server.ts';
import { addressesOf, ENTRY_ADDRESSES } from '../support/addresses.ts';
import { type OpenOptions, TELEPHONE, useBench } from '../support/bench.ts';
import { WITHOUT_CHROMIUM } from '../support/chromium.ts';
import { type LivelyFleet, seedLivelyFleet } from '../support/lively-fleet.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SETTLED_WITHIN_MS = 10_000;
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** The rules that another theme or language can break; the rest of a page is the same in both. */
const LOOKS = [
  'color-contrast',
  'link-in-text-block',
  'target-size',
  'html-lang-valid',
  'valid-lang',
  'button-name',
  'link-name',
  'label',
];

describe('every screen', { skip: WITHOUT_CHROMIUM }, () => {
  const bench = useBench(startTestServer);
  let fleet: LivelyFleet;
  before(async () => {
    fleet = await seedLivelyFleet(bench.server, { deviceCount: 12 });
  });
  after(() => fleet?.[Symbol.asyncDispose]());

  /** Goes from address to address as links do, without loading the console anew. */
  const walk = async (options: OpenOptions, look: (page: Page, path: string) => Promise<string[]>) => {
    const entry = await bench.blank({ ...options });
    const inside = await bench.open('/', { as: bench.server.admin, ...options });
    const found: string[] = [];
    for (const path of ENTRY_ADDRESSES) {
      await entry.goto(path);
      found.push(...((await unsettled(entry, path)) ?? (await look(entry, path))));
    }
    for (const path of addressesOf(fleet)) {
      await follow(inside, path);
      found.push(...((await unsettled(inside, path)) ?? (await look(inside, path))));
    }
    return found;
  };

  it('breaks no rule of WCAG 2.2 AA, in en, light', async () => {
    const look = (page: Page, path: string) => violations(page, path, { type: 'tag', values: TAGS });
    assert.deepEqual(await walk({ language: 'en', theme: 'light' }, look), []);
  });

  it('breaks no rule of WCAG 2.2 AA, in zh, dark', async () => {
    const look = (page: Page, path: string) => violations(page, path, { type: 'rule', values: LOOKS });
    assert.deepEqual(await walk({ language: 'zh', theme: 'dark' }, look), []);
  });

  it('fits a telephone of 390 px', async () => {
    assert.deepEqual(await walk({ language: 'zh', viewport: TELEPHONE }, overflow), []);
  });
});

/** Goes there as a link does. The heading that is left is marked, so that the next one is known from it. */
async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    document.querySelector('h1')?.classList.add('left');
    history.pushState({}, '', to);
  }, path);
}

/** Waits until the page has its heading and waits for nothing more. @returns what is wrong when it does not. */
async function unsettled(page: Page, path: string): Promise<string[] | undefined> {
  const isSettled = page.waitForFunction(
    () =>
      document.querySelector('h1:not(.left)') !== null && document.querySelector('.ant-skeleton') === null,
    undefined,
    { timeout: SETTLED_WITHIN_MS },
  );
  return isSettled.then(
    () => undefined,
    () => [`${path}: has no heading, or goes on loading`],
  );
}

async function violations(page: Page, path: string, rules: RunOnly): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    (runOnly): Promise<AxeResults> =>
      (window as unknown as { axe: typeof import('axe-core') }).axe.run({
        runOnly,
        resultTypes: ['violations'],
      }),
    rules,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${path}: ${id} at ${target.join(' ')}: ${failureSummary}`),
  );
}

/** What is scrolled inside the page is fine; the page itself is not to be wider than its window. */
function overflow(page: Page, path: string): Promise<string[]> {
  return page.evaluate((where) => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth ? [`${where} is ${scrollWidth} px wide in ${clientWidth} px`] : [];
  }, path);
}
