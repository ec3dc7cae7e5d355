/** What is wrong with a draft, in the language of the page: the server says it in English. */
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { findingInChinese } from '../../i18n/zh/finding-words.ts';

/** @returns the sentence; undefined: there is only the server's. */
export function useFindingWords(): (message: string) => string | undefined {
  const { language } = useTranslation().i18n;
  return useCallback((message) => (language === 'zh' ? findingInChinese(message) : message), [language]);
}
