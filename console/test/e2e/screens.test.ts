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
import { openIt, openingsOf } from '../support/openings.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SETTLED_WITHIN_MS = 10_000;
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** There is one only where there is no room for it beside the page. */
const MENU = '.ant-drawer';
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

/** @returns what is wrong; `part`: only with this part of the page, as a selector of CSS. */
type Look = (page: Page, where: string, part?: string) => Promise<string[]>;

describe('every screen', { skip: WITHOUT_CHROMIUM }, () => {
  const bench = useBench(startTestServer);
  let fleet: LivelyFleet;
  before(async () => {
    fleet = await seedLivelyFleet(bench.server, { deviceCount: 12 });
  });
  after(() => fleet?.[Symbol.asyncDispose]());

  /** Goes from address to address as links do, without loading the console anew. */
  const pages = async (options: OpenOptions, look: Look) => {
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
    return { found, inside };
  };

  /** The pages, then what opens above them. */
  const everything = async (options: OpenOptions, look: Look) => {
    const { found, inside } = await pages(options, look);
    for (const opening of openingsOf(fleet)) {
      const { path, press, part } = opening;
      await follow(inside, path);
      const wrong = await unsettled(inside, path);
      if (wrong === undefined) await openIt(inside, opening);
      found.push(...(wrong ?? (await look(inside, `${path}, ${press.at(-1)}`, part))));
    }
    return found;
  };

  it('breaks no rule of WCAG 2.2 AA, in en, light', async () => {
    const look: Look = (page, where, part) => violations(page, where, { type: 'tag', values: TAGS }, part);
    assert.deepEqual(await everything({ language: 'en', theme: 'light' }, look), []);
  });

  it('breaks no rule of WCAG 2.2 AA, in zh, dark', async () => {
    const look: Look = (page, where, part) => violations(page, where, { type: 'rule', values: LOOKS }, part);
    assert.deepEqual(await everything({ language: 'zh', theme: 'dark' }, look), []);
  });

  it('fits a telephone of 390 px', async () => {
    // English, because it takes more room.
    const { found, inside } = await pages({ language: 'en', viewport: TELEPHONE }, overflow);
    await follow(inside, '/');
    await inside.getByRole('button', { name: 'Menu' }).click();
    await inside.locator(MENU).getByRole('link', { name: 'Users' }).waitFor();
    found.push(...(await violations(inside, 'the menu', { type: 'tag', values: TAGS }, MENU)));
    assert.deepEqual(found, []);
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

async function violations(page: Page, where: string, rules: RunOnly, part = 'html'): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    ([runOnly, include]): Promise<AxeResults> =>
      (window as unknown as { axe: typeof import('axe-core') }).axe.run(include, {
        runOnly,
        resultTypes: ['violations'],
      }),
    [rules, part] as const,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${where}: ${id} at ${target.join(' ')}: ${failureSummary}`),
  );
}

/** What is scrolled inside the page is fine; the page itself is not to be wider than its window. */
function overflow(page: Page, path: string): Promise<string[]> {
  return page.evaluate((where) => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth ? [`${where} is ${scrollWidth} px wide in ${clientWidth} px`] : [];
  }, path);
}
