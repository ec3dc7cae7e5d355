/** A configuration from the editor to the devices, and everything that must not be lost on the way. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { ApiClient } from '../../../server/test/support/api-client.ts';
import { startSdkDevice } from '../../../server/test/support/sdk-device.ts';
import {
  createDevices,
  createProduct,
  numbered,
  untilOnline,
} from '../../../server/test/support/test-product.ts';
import { startTestServer, until } from '../../../server/test/support/test-server.ts';
import { useBench } from '../support/bench.ts';
import { WITHOUT_CHROMIUM } from '../support/chromium.ts';
import { editorOf, passStepUp, press, sees, write } from '../support/words.ts';

const SAVED = /^Draft saved at/;

describe('a configuration', { skip: WITHOUT_CHROMIUM }, () => {
  const bench = useBench(startTestServer);
  let ada: ApiClient;
  let nils: ApiClient;
  before(async () => {
    ada = await bench.server.signInAs('ada', ['editor', 'operator']);
    nils = await bench.server.signInAs('nils', ['editor']);
  });

  const productOf = (name: string, more = {}) => createProduct(bench.server.admin, { name, ...more });
  const draftOf = async (productKey: string) => (await ada.get(`/products/${productKey}/draft`)).text;

  it('is refused with its place, put right, saved, pushed with a code, and followed until all have it', async () => {
    const { admin, mqttPort, printed } = bench.server;
    const { productKey } = await productOf('Pump', { doneWhen: 'applied' });
    const identities = await createDevices(admin, productKey, numbered('pump', 2));
    await admin.saveVersion(productKey, '{"flow": 40}');
    const slow = Promise.withResolvers<void>();
    await using devices = new AsyncDisposableStack();
    for (const [index, identity] of identities.entries())
      devices.use(
        await startSdkDevice(mqttPort, identity, async ({ version }) => {
          if (index === 0 && version === 2) await slow.promise;
        }),
      );
    devices.defer(() => slow.resolve());
    await untilOnline(admin, productKey, 2);

    const page = await bench.open(`/products/${productKey}/config`, { as: ada });
    await write(page, '{\n  "flow": 55\n  "mode": "night"\n}');
    await sees(page, '1 problem: it must be fixed before saving');
    await press(page, 'Line 3, column 3');
    assert.ok(await editorOf(page).evaluate((element) => element === document.activeElement));
    for (const key of ['ArrowLeft', 'ArrowUp', 'End', ',']) await page.keyboard.press(key);
    await sees(page, 'No problems');
    await sees(page, '2 changes against version 1');
    assert.equal(await draftOf(productKey), '{\n  "flow": 55,\n  "mode": "night"\n}');

    await page.keyboard.press('ControlOrMeta+s');
    const dialog = page.getByRole('dialog');
    await sees(page, 'Saving sends nothing.');
    await dialog.getByLabel('Note').fill('Quieter at night');
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('link', { name: 'Push version 2' }).click();

    await press(page, 'Push version 2 to 2 devices');
    await dialog.getByRole('button', { name: 'Push version 2 to 2 devices' }).click();
    await passStepUp(page, printed);

    await page.getByRole('heading', { name: /version 2.*Running/s }).waitFor();
    await sees(page, /^Live$/);
    await sees(page, '1 of 2 devices done');
    await sees(page, /^Waiting for devices: 1 to /);
    slow.resolve();
    await page.getByRole('heading', { name: /version 2.*Completed/s }).waitFor();
    await sees(page, '2 of 2 devices done');
    await page.reload();
    await sees(page, 'Completed: every device has it.');
  });

  it('is restored from an old version into the editor, and nothing else changes', async () => {
    const { productKey } = await productOf('Valve');
    await ada.saveVersion(productKey, '{"open": 1.0}');
    await ada.saveVersion(productKey, '{"open": 2}');
    const page = await bench.open(`/products/${productKey}/versions`, { as: ada });
    await page.getByRole('row', { name: /v1/ }).getByRole('button', { name: 'Restore to editor…' }).click();
    await sees(page, 'Nothing else changes: no version is saved, nothing is sent.');
    await page.getByRole('dialog').getByRole('button', { name: 'Replace the draft' }).click();
    await editorOf(page).getByText('"open": 1.0').waitFor();
    await sees(page, 'The draft that a restored version replaced');
    assert.equal(await draftOf(productKey), '{"open": 1.0}');
    const { body } = await ada.get(`/products/${productKey}`);
    assert.deepEqual([body.latestVersion, body.rolledOutVersion], [2, 0]);
  });

  it('that two people change at once is shown side by side, and neither text is lost', async () => {
    const { productKey } = await productOf('Fan');
    await ada.saveVersion(productKey, '{"speed": 1}');
    const path = `/products/${productKey}/config`;
    const [adas, nilses] = [await bench.open(path, { as: ada }), await bench.open(path, { as: nils })];
    // An editor in which nothing was typed follows the other one: so his is written to first, and hers saved first.
    const herTurn = Promise.withResolvers<void>();
    const drafts = '**/draft';
    await nilses.context().route(drafts, async (route) => {
      if (route.request().method() === 'PUT') await herTurn.promise;
      await route.continue();
    });
    await write(nilses, '{"speed": 3}');
    await sees(nilses, 'Saving the draft…');
    await write(adas, '{"speed": 2}');
    await sees(adas, SAVED);
    herTurn.resolve();
    await sees(nilses, 'ada changed this draft while you were editing it.');
    assert.equal(await draftOf(productKey), '{"speed": 2}');
    await nilses.getByRole('textbox', { name: 'Theirs, by ada' }).getByText('{"speed": 2}').waitFor();
    await nilses.getByRole('textbox', { name: 'Yours (edit here)' }).getByText('{"speed": 3}').waitFor();

    await nilses.context().unroute(drafts);

    await press(nilses, 'Keep mine');
    await sees(nilses, SAVED);
    assert.equal(await draftOf(productKey), '{"speed": 3}');
    await press(nilses, 'Look at it');
    await nilses.getByRole('dialog').getByText('{"speed": 2}').waitFor();
  });

  it('is not lost by leaving the editor at once, or by a tab closed while the server is out of reach', async () => {
    const { productKey } = await productOf('Gate');
    const page = await bench.open(`/products/${productKey}/config`, { as: ada });
    await write(page, '{"left": "at once"}');
    await page.getByRole('link', { name: 'Versions' }).click();
    await page.getByRole('heading', { name: 'Versions', level: 1 }).waitFor();
    await until(
      'the text is on the server',
      async () => (await draftOf(productKey)) === '{"left": "at once"}',
    );

    await page.getByRole('link', { name: 'Editor', exact: true }).click();
    await editorOf(page).waitFor();
    const drafts = '**/draft';
    await page.context().route(drafts, (route) => route.abort());
    await write(page, '{"left": "without a network"}');
    await sees(page, /^Not saved: the server cannot be reached/);
    await page.close({ runBeforeUnload: false });
    await page.context().unroute(drafts);
    const again = await page.context().newPage();
    await again.goto(`/products/${productKey}/config`);
    await sees(again, 'Text that had not reached the server was restored from this browser.');
    await editorOf(again).getByText('without a network').waitFor();
    await until('the text is on the server', async () => (await draftOf(productKey)).includes('without'));
  });
});
