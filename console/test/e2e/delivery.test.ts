/** How the console gets to the browser: little, compressed, kept, and under a strict policy. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Page, Response } from 'playwright-core';
import { CONSOLE_DIRECTORY } from '../../../server/src/http/console.ts';
import { createProduct } from '../../../server/test/support/test-product.ts';
import { startTestServer } from '../../../server/test/support/test-server.ts';
import { useBench } from '../support/bench.ts';
import { WITHOUT_CHROMIUM } from '../support/chromium.ts';

const SCRIPT_BYTES_MAX = 400 * 1024;
/** As in `vite.config.ts`. */
const COMPRESSED_BYTES_MIN = 1024;
/** A class of CodeMirror's: wherever it is, the editor is. */
const EDITOR_MARK = 'cm-editor';

describe('the console as it was built', { skip: WITHOUT_CHROMIUM }, () => {
  it('needs at most 400 KB of compressed script before it shows anything', () => {
    const bytes = [...firstScripts()].reduce((sum, path) => sum + compressedBytes(path), 0);
    assert.ok(bytes > 50 * 1024, `${bytes} bytes: something is missing in the sum`);
    assert.ok(bytes <= SCRIPT_BYTES_MAX, `${bytes} bytes`);
  });
});

describe('the console as it is loaded', { skip: WITHOUT_CHROMIUM }, () => {
  const bench = useBench(startTestServer);

  it('takes at most 400 KB of script to the fleet and on to a product, and no editor', async () => {
    const { productKey } = await createProduct(bench.server.admin);
    const page = await bench.blank({ as: bench.server.admin, isFresh: true });
    const scripts = gatherScripts(page);
    await page.goto('/');
    await page.getByRole('link', { name: 'Lamp', exact: true }).click();
    await page.getByRole('heading', { name: 'Lamp', level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    const { bytes, texts } = await scripts();
    assert.ok(bytes > 50 * 1024 && bytes <= SCRIPT_BYTES_MAX, `${bytes} bytes`);
    assert.ok(!texts.some((text) => text.includes(EDITOR_MARK)), 'the editor is loaded before it is opened');

    await page.goto(`/products/${productKey}/config`);
    await page.getByRole('textbox', { name: /^Configuration of/ }).waitFor();
    assert.ok((await scripts()).texts.some((text) => text.includes(EDITOR_MARK)));
  });

  it('keeps its files for good and its page not at all, and asks for nothing again', async () => {
    const page = await bench.open('/sign-in');
    const heading = page.getByRole('heading', { name: 'Sign in' });
    await heading.waitFor();
    await page.waitForLoadState('networkidle');
    const responses: Response[] = [];
    page.on('response', (response) => responses.push(response));
    await page.reload();
    await heading.waitFor();
    await page.waitForLoadState('networkidle');
    const assets = responses.filter((response) => new URL(response.url()).pathname.startsWith('/assets/'));
    assert.ok(assets.length > 1);
    for (const asset of assets) {
      const { 'cache-control': caching, 'content-encoding': encoding } = await asset.allHeaders();
      assert.equal(caching, 'public, max-age=31536000, immutable');
      const isSmall = statSync(builtFile(asset)).size < COMPRESSED_BYTES_MIN;
      assert.ok(isSmall || encoding === 'br', `${asset.url()} is sent as ${encoding}`);
    }
    const fromNetwork = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter((entry) => entry.name.includes('/assets/') && 'transferSize' in entry && entry.transferSize)
        .map(({ name }) => name),
    );
    assert.deepEqual(fromNetwork, [], 'a reload reads its files from the browser itself');
  });

  it('lets no inline script run, wherever it comes from', async () => {
    bench.tolerate(/Content Security Policy/);
    const page = await bench.open('/sign-in');
    const answer = await fetch(bench.server.baseUrl, { headers: { accept: 'text/html' } });
    const policy = answer.headers.get('content-security-policy')!;
    assert.match(policy, /script-src 'self'(;|$)/);
    assert.ok(!policy.includes('unsafe'), policy);
    const ran = await page.evaluate(async () => {
      const broken = new Promise((resolve) => addEventListener('securitypolicyviolation', resolve));
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
      await broken;
      return 'ran' in window;
    });
    assert.equal(ran, false);
  });
});

/** The files that the page asks for by itself, and what these import before they run. */
function firstScripts(): Set<string> {
  const html = readFileSync(join(CONSOLE_DIRECTORY, 'index.html'), 'utf8');
  const found = new Set<string>();
  const visit = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    const text = readFileSync(path, 'utf8');
    for (const [, name] of text.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+\.js)"/g))
      visit(join(path, '..', name!));
  };
  for (const [, name] of html.matchAll(/"\/(assets\/[^"]+\.js)"/g)) visit(join(CONSOLE_DIRECTORY, name!));
  return found;
}

/** As the least capable browser gets it. */
function compressedBytes(path: string): number {
  return statSync(`${path}.gz`, { throwIfNoEntry: false })?.size ?? statSync(path).size;
}

/** @returns what was loaded until the moment of asking. */
function gatherScripts(page: Page): () => Promise<{ bytes: number; texts: string[] }> {
  const responses: Response[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') responses.push(response);
  });
  return async () => {
    const sizes = await Promise.all(responses.map((response) => response.request().sizes()));
    return {
      bytes: sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0),
      texts: responses.map((response) => readFileSync(builtFile(response), 'utf8')),
    };
  };
}

const builtFile = (response: Response) => join(CONSOLE_DIRECTORY, new URL(response.url()).pathname);
