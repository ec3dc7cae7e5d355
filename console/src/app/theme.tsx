/** antd in the chosen theme and language. */
import { App, ConfigProvider, type ThemeConfig } from 'antd';
import type { Locale } from 'antd/es/locale';
import enUS from 'antd/es/locale/en_US';
import zhCN from 'antd/es/locale/zh_CN';
import { type ReactNode, useEffect } from 'react';
import { changeLanguage } from '../i18n/i18n.ts';
import { THEMES, type ThemeName } from '../theme/palette.ts';
import { type Language, usePreferences, useThemeName } from './preferences.ts';

const LOCALES: Readonly<Record<Language, Locale>> = { en: enUS, zh: zhCN };

/** Styles that antd makes in the page carry the nonce that the server gave with it. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

/** Whoever asked the system for less motion gets none. */
const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;

function themeOf(name: ThemeName): ThemeConfig {
  const { token, ...rest } = THEMES[name];
  return { ...rest, token: { ...token, motion: !isStill } };
}

const THEME_CONFIGS: Readonly<Record<ThemeName, ThemeConfig>> = {
  light: themeOf('light'),
  dark: themeOf('dark'),
};

export function Theme({ children }: { children: ReactNode }) {
  const { language } = usePreferences();
  const name = useThemeName();
  useEffect(() => void changeLanguage(language), [language]);
  useEffect(() => {
    document.documentElement.dataset.theme = name;
    document.documentElement.style.colorScheme = name;
  }, [name]);
  return (
    <ConfigProvider
      theme={THEME_CONFIGS[name]}
      locale={LOCALES[language]}
      csp={{ nonce }}
      button={{ autoInsertSpace: false }}
      // Not the body: for dialogs in it antd writes a style without the nonce, to keep it from scrolling.
      getPopupContainer={() => document.getElementById('root')!}
    >
      <App className="page">{children}</App>
    </ConfigProvider>
  );
}
