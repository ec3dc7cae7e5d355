/** What people do on several pages, in their own words: by role and visible text. */
import type { Page } from 'playwright-core';
import { until } from '../../../server/test/support/test-server.ts';

/** Resolves when this can be read on the page. */
export async function sees(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).filter({ visible: true }).first().waitFor();
}

export async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('button', { name }).click();
}

export const editorOf = (page: Page) => page.getByRole('textbox', { name: /^(Configuration of|.*的配置)/ });

/** Another text in the place of the one in the editor, as by hand. */
export async function write(page: Page, text: string): Promise<void> {
  const editor = editorOf(page);
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text);
}

/** Passes the security check with the code that the server prints. */
export async function passStepUp(
  page: Page,
  printed: readonly string[],
  language: keyof typeof STEP_UP = 'en',
): Promise<void> {
  const words = STEP_UP[language];
  const dialog = page.getByRole('dialog', { name: words.title });
  await dialog.getByText(words.where).waitFor();
  await dialog.getByRole('textbox', { name: words.code }).fill(await codeIn(printed));
  await dialog.getByRole('button', { name: words.verify }).click();
  await dialog.waitFor({ state: 'hidden' });
}

export function codeIn(printed: readonly string[]): Promise<string> {
  return until('a code is printed', () => /\b\d{6}\b/.exec(printed.at(-1) ?? '')?.[0]);
}

const STEP_UP = {
  en: {
    title: 'Security check',
    where: 'The code is in the server’s log.',
    code: '6-digit code',
    verify: 'Verify and go on',
  },
  zh: { title: '安全验证', where: '验证码已打印在服务器日志中。', code: '6 位验证码', verify: '验证并继续' },
} as const;
