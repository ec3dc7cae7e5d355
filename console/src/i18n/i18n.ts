/**
 * The two languages. English gives the keys; Chinese must have each of them (`i18n/zh/index.ts` is typed by it).
 *
 * Each language is a chunk of its own: a page loads the one it shows.
 */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Language } from '../app/preferences.ts';
import type { Texts } from './texts.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    resources: Texts;
  }
}

const LOADERS: Readonly<Record<Language, () => Promise<Texts>>> = {
  en: async () => (await import('./en/index.ts')).en,
  zh: async () => (await import('./zh/index.ts')).zh,
};

export const HTML_LANGUAGE: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' };

export async function startLanguage(language: Language): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    defaultNS: 'common',
    resources: { [language]: { ...(await LOADERS[language]()) } },
    // React escapes what it shows.
    interpolation: { escapeValue: false },
  });
  document.documentElement.lang = HTML_LANGUAGE[language];
}

export async function changeLanguage(language: Language): Promise<void> {
  for (const [area, texts] of Object.entries(await LOADERS[language]()))
    i18next.addResourceBundle(language, area, texts, true, true);
  await i18next.changeLanguage(language);
  document.documentElement.lang = HTML_LANGUAGE[language];
}
