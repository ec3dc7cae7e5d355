/** What opens above a page: dialogs, menus and lists of choices, and how a person opens each, in either language. */
import type { Page } from 'playwright-core';
import type { LivelyFleet } from './lively-fleet.ts';

export type Opening = {
  path: string;
  /** What is pressed: a button, unless said otherwise. */
  role?: 'button' | 'combobox';
  /** Their names, one after the other; the last of them opens it. */
  press: readonly RegExp[];
  /** What opened, as a selector of CSS. */
  part: string;
};

const DIALOG = '.ant-modal';
const PUSH = /^(Push version 4 to|将版本 4 批量更新到)/;

/** No page twice in a row. */
export function openingsOf({ productKey, devices }: LivelyFleet): Opening[] {
  const product = `/products/${productKey}`;
  return [
    { path: '/', press: [/^(New product|创建产品)$/], part: DIALOG },
    { path: product, press: [/^(Turn off…|关闭…)$/], part: DIALOG },
    { path: `${product}/config`, press: [/^(Save version…|保存为版本…)$/], part: DIALOG },
    { path: `${product}/versions/2`, press: [/^(Restore to editor…|恢复至此版本…)$/], part: DIALOG },
    { path: `${product}/devices`, press: [/^(Add device|添加设备)$/], part: DIALOG },
    { path: `${product}/versions/1`, press: [/^(Roll back now…|立即回滚…)$/], part: DIALOG },
    {
      path: `${product}/devices?online=true`,
      role: 'combobox',
      press: [/^(Rollout state|下发状态)$/],
      part: '.ant-select-dropdown',
    },
    { path: `${product}/versions/4/push`, press: [PUSH], part: DIALOG },
    { path: `${product}/devices/${devices.failed}`, press: [/^(New secret|重置密钥)$/], part: DIALOG },
    { path: '/users', press: [/^(New user|创建用户)$/], part: DIALOG },
    { path: '/tokens', press: [/^(New token|创建令牌)$/], part: DIALOG },
    { path: '/users', press: [/^(More actions for mei|mei 的更多操作)$/], part: '.ant-dropdown' },
    { path: '/audit', press: [/^(Export|导出)$/], part: DIALOG },
    // The last one: what it leaves behind waits for a code.
    { path: `${product}/versions/4/push`, press: [PUSH, PUSH], part: '.ant-modal:has(.code-boxes)' },
  ];
}

/** @returns when it is there and has what it reads. */
export async function openIt(page: Page, { role = 'button', press, part }: Opening): Promise<void> {
  for (const [index, name] of press.entries()) {
    // What comes second is in what opened first, also where both have the same name.
    const place = index === 0 ? page : page.getByRole('dialog');
    await place.getByRole(role, { name }).click();
  }
  await page.locator(part).waitFor();
  await page.locator(part).locator('.ant-skeleton').waitFor({ state: 'detached' });
}
