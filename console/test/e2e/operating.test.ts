/** Who pushes, who may not, and what happens to a rollout on its way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startSdkDevice } from '../../../server/test/support/sdk-device.ts';
import {
  createDevice,
  createProduct,
  findDevice,
  untilOnline,
} from '../../../server/test/support/test-product.ts';
import { startTestServer, until } from '../../../server/test/support/test-server.ts';
import { useBench } from '../support/bench.ts';
import { WITHOUT_CHROMIUM } from '../support/chromium.ts';
import { editorOf, passStepUp, press, sees, write } from '../support/words.ts';

describe('an operator', { skip: WITHOUT_CHROMIUM }, () => {
  const bench = useBench(startTestServer);

  it('turns the switch off during a rollout: it pauses before the eyes, and goes on only when told', async () => {
    const { admin, mqttPort, push } = bench.server;
    const { productKey } = await createProduct(admin, { name: 'Boiler', doneWhen: 'applied' });
    const identity = await createDevice(admin, productKey, 'boiler-1');
    await admin.saveVersion(productKey, '{"celsius": 60}');
    const [started, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using devices = new AsyncDisposableStack();
    const device = devices.use(
      await startSdkDevice(mqttPort, identity, async ({ version }) => {
        if (version !== 2) return;
        started.resolve();
        await slow.promise;
      }),
    );
    devices.defer(() => slow.resolve());
    await until('it runs version 1', () => device.applied.length === 1);
    await admin.saveVersion(productKey, '{"celsius": 65}');
    const { id } = await push(productKey, 2);
    await started.promise;

    const olga = await bench.server.signInAs('olga', ['operator']);
    const rollout = await bench.open(`/products/${productKey}/rollouts/${id}`, { as: olga });
    await rollout.getByRole('heading', { name: /Running/ }).waitFor();
    const overview = await bench.open(`/products/${productKey}`, { as: olga });
    await press(overview, 'Turn off…');
    const dialog = overview.getByRole('dialog');
    const turnOff = dialog.getByRole('button', { name: 'Turn off', exact: true });
    await sees(overview, 'Pushes stop: the running rollout is paused with 1 open deliveries.');
    await sees(overview, 'Devices that ask are refused: 1 of 1 devices are online now.');
    assert.ok(await turnOff.isDisabled(), 'before the product key is typed');
    await dialog.getByRole('textbox').fill(productKey);
    await turnOff.click();
    await rollout.getByRole('heading', { name: /Paused/ }).waitFor();
    await sees(rollout, 'Paused: remote configuration of the product is off.');

    await dialog.waitFor({ state: 'hidden' });
    await overview.getByRole('button', { name: 'Turn on…' }).first().click();
    await sees(overview, /This resumes nothing by itself/);
    await dialog.getByRole('button', { name: 'Turn on', exact: true }).click();
    await sees(overview, 'Remote configuration is on');
    await rollout.getByRole('heading', { name: /Paused/ }).waitFor();
    await press(rollout, 'Resume');
    await rollout.getByRole('heading', { name: /Running/ }).waitFor();
    slow.resolve();
    await rollout.getByRole('heading', { name: /Completed/ }).waitFor();
  });

  it('is not a viewer: who may only read is told why, and the server refuses as well', async () => {
    const { admin, signInAs } = bench.server;
    const { productKey } = await createProduct(admin, { name: 'Meter' });
    await admin.saveVersion(productKey, '{"unit": "kWh"}');
    const vera = await signInAs('vera', ['viewer']);
    const page = await bench.open(`/products/${productKey}/versions/1/push`, { as: vera });
    await sees(page, 'Your role may look at this but not push. Ask an operator.');
    assert.ok(await page.getByRole('button', { name: /^Push version 1/ }).isDisabled());
    await page.getByRole('link', { name: 'Editor', exact: true }).click();
    await sees(page, /^You can read this draft but not change it/);
    assert.equal(await page.getByRole('button', { name: /^Save/ }).count(), 0);
    await page.getByRole('link', { name: 'Versions' }).click();
    const restore = page.getByRole('button', { name: 'Restore to editor…' }).first();
    await restore.focus();
    await sees(page, /^Restoring changes the draft: that needs the role editor/);
    await restore.press('Enter');
    assert.equal(await page.getByRole('dialog').count(), 0, 'it says why, and does nothing');
    await page.getByRole('link', { name: 'Overview' }).click();
    assert.ok(await page.getByRole('button', { name: 'Turn off…' }).isDisabled());
    assert.equal(await page.getByRole('link', { name: 'Users' }).count(), 0);
    const pushed = await vera.post(`/products/${productKey}/rollouts`, { version: 1 });
    assert.equal(pushed.status, 403);
  });

  it('finds back from an address that names no page of the list', async () => {
    const { admin } = bench.server;
    const { productKey } = await createProduct(admin, { name: 'Fan' });
    await createDevice(admin, productKey, 'fan-1');
    const page = await bench.open(`/products/${productKey}/devices?cursor=cut-in-half`, { as: admin });
    await page.getByRole('button', { name: 'First page' }).click();
    await page.getByRole('link', { name: 'fan-1' }).waitFor();
    assert.equal(new URL(page.url()).searchParams.has('cursor'), false);
  });

  it('works in Chinese, from the sign-in to the rollout that every device has', async () => {
    const { admin, mqttPort, printed, signInAs } = bench.server;
    const { productKey } = await createProduct(admin, { name: '路灯' });
    const identity = await createDevice(admin, productKey, 'lamp-1');
    await admin.saveVersion(productKey, '{"亮度": 40}');
    await using _device = await startSdkDevice(mqttPort, identity);
    await untilOnline(admin, productKey, 1);
    await signInAs('wangwei', ['editor', 'operator']);

    const page = await bench.open('/');
    await press(page, '中文');
    await page.getByLabel('用户名').fill('wangwei');
    await page.getByLabel('密码', { exact: true }).fill('wangwei has a long password');
    await press(page, /登\s?录/);
    await page.getByRole('link', { name: '路灯' }).click();
    await page.getByRole('link', { name: '配置编辑' }).click();
    await write(page, '{"亮度": 60}');
    await sees(page, /^草稿已于/);
    await press(page, '保存为版本…');
    const dialog = page.getByRole('dialog');
    await sees(page, '保存不会下发任何内容。');
    await dialog.getByLabel('备注').fill('冬季');
    await dialog.getByRole('button', { name: /^保\s?存$/ }).click();
    await page.getByRole('link', { name: '批量更新版本 2' }).click();
    await press(page, '将版本 2 批量更新到 1 台设备');
    await dialog.getByRole('button', { name: '将版本 2 批量更新到 1 台设备' }).click();
    await passStepUp(page, printed, 'zh');
    await page.getByRole('heading', { name: /版本 2.*已结束/s }).waitFor();
    await sees(page, '已结束，全部设备更新完成。');

    await page.getByRole('link', { name: '配置版本', exact: true }).click();
    await page.getByRole('row', { name: /v1/ }).getByRole('button', { name: '恢复至此版本…' }).click();
    await dialog.getByRole('button', { name: '替换草稿' }).click();
    await editorOf(page).getByText('{"亮度": 40}').waitFor();
  });

  it('sees with a device in the browser how one asks, is pushed to and confirms', async () => {
    const { admin, push } = bench.server;
    const { productKey } = await createProduct(admin, { name: 'Sensor' });
    await admin.saveVersion(productKey, '{"every": 60}');
    const page = await bench.open(`/products/${productKey}/try`, { as: admin });
    await press(page, 'Make a device and connect');
    await sees(page, 'The server knows the device and has checked the HMAC.');
    await press(page, 'Request configuration');
    await page.getByRole('definition').getByText('Version 1').waitFor();
    await admin.saveVersion(productKey, '{"every": 30}');
    await push(productKey, 2);
    await sees(page, /^A push: version 2, 13 bytes/);
    await sees(page, /^Code 200: applied/);
    await page.getByRole('definition').getByText('Version 2').waitFor();

    const { items } = (await admin.get(`/products/${productKey}/devices`)).body;
    const [{ deviceName }] = items;
    await until('the server knows', async () => {
      const { confirmedVersion } = await findDevice(admin, { productKey, deviceName });
      return confirmedVersion === 2;
    });
    await press(page, 'Remove…');
    await press(page, 'Remove the device');
    await sees(page, 'Make a device and connect');
    assert.deepEqual((await admin.get(`/products/${productKey}/devices`)).body.items, []);
  });
});
