/** The first quarter of an hour: from the one-time password to a device that confirms its first configuration. */
import { describe, it } from 'node:test';
import { startSdkDevice } from '../../../server/test/support/sdk-device.ts';
import { useBench } from '../support/bench.ts';
import { WITHOUT_CHROMIUM } from '../support/chromium.ts';
import { startFirstServer } from '../support/first-server.ts';
import { passStepUp, press, sees } from '../support/words.ts';

describe('a first start', { skip: WITHOUT_CHROMIUM }, () => {
  const bench = useBench(startFirstServer);

  it('leads from the one-time password to the first confirmed device', async () => {
    const { oneTimePassword, mqttPort, printed } = bench.server;
    const page = await bench.open('/');

    await page.getByLabel('User name').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill(oneTimePassword);
    await press(page, 'Sign in');
    await page.getByRole('heading', { name: 'Choose your password' }).waitFor();
    await page.getByLabel('One-time password').fill(oneTimePassword);
    await page.getByLabel('New password', { exact: true }).fill('my own long words');
    await page.getByLabel('New password again').fill('my own long words');
    await press(page, 'Set password');

    await page.getByRole('heading', { name: 'No product yet' }).waitFor();
    await press(page, 'New product');
    await page.getByLabel('Name', { exact: true }).fill('Street lamp');
    await press(page, 'Create product');
    await sees(page, 'This is shown once.');
    await press(page, 'Close');
    await page.getByRole('heading', { name: 'Street lamp', level: 1 }).waitFor();
    const productKey = new URL(page.url()).pathname.split('/')[2]!;

    await page.getByRole('link', { name: 'Open the editor' }).click();
    await press(page, 'Insert an example');
    await sees(page, /^Draft saved at/);
    await press(page, 'Save version…');
    await page.getByLabel('Note').fill('The first one');
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await sees(page, 'Version 1 is saved');
    await press(page, 'Go on editing');

    const overview = page.getByRole('link', { name: 'Overview' });
    await overview.click();
    await page.getByRole('link', { name: 'Add devices' }).click();
    await press(page, 'Add device');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Device name').fill('lamp-1');
    await dialog.getByRole('button', { name: 'Add device' }).click();
    await sees(page, 'This is shown once.');
    const deviceSecret = (await dialog.getByRole('definition').last().innerText()).trim();
    await press(page, 'Close');
    await page.getByRole('heading', { name: 'lamp-1' }).waitFor();
    await using _device = await startSdkDevice(mqttPort, { productKey, deviceName: 'lamp-1', deviceSecret });

    await overview.click();
    await page.getByRole('region', { name: 'Next step' }).getByRole('button', { name: 'Turn on…' }).click();
    await dialog.getByRole('button', { name: 'Turn on', exact: true }).click();
    await page.getByRole('link', { name: 'Push version 1…' }).click();

    await press(page, 'Push version 1 to 1 device');
    await page.getByRole('dialog').getByRole('button', { name: 'Push version 1 to 1 device' }).click();
    await passStepUp(page, printed);
    await page.getByRole('heading', { name: /version 1.*Completed/s }).waitFor();
    await sees(page, 'Completed: every device has it.');
    await page.getByRole('row', { name: /^lamp-1 Applied/ }).waitFor();
    await page.getByRole('link', { name: 'lamp-1' }).click();
    await sees(page, 'It runs version 1, as it says itself.');
  });
});
