/** What a person chose for this browser: language and theme. Kept in the browser, readable before sign-in. */
import { useSyncExternalStore } from 'react';
import type { ThemeName } from '../theme/palette.ts';

export type Language = 'en' | 'zh';
export type ThemeChoice = ThemeName | 'system';
export type Preferences = { readonly language: Language; readonly theme: ThemeChoice };

const KEY = 'opencota.preferences';
const listeners = new Set<() => void>();
let current: Preferences = read();

function read(): Preferences {
  const preferred: Preferences = {
    language: navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en',
    theme: 'system',
  };
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return parse(kept, preferred);
  } catch {
    // Storage that is switched off or holds something else: the browser's own wishes count.
    return preferred;
  }
}

function parse(kept: unknown, fallback: Preferences): Preferences {
  if (typeof kept !== 'object' || kept === null) return fallback;
  const language = 'language' in kept && (kept.language === 'en' || kept.language === 'zh') && kept.language;
  const theme =
    'theme' in kept &&
    (kept.theme === 'light' || kept.theme === 'dark' || kept.theme === 'system') &&
    kept.theme;
  return { language: language || fallback.language, theme: theme || fallback.theme };
}

export function changePreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // It lasts until the page is left.
  }
  for (const listener of listeners) listener();
}

export function preferences(): Preferences {
  return current;
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const wantsDark = matchMedia('(prefers-color-scheme: dark)');

export function useThemeName(): ThemeName {
  const { theme } = usePreferences();
  const isDark = useSyncExternalStore(
    (listener) => {
      wantsDark.addEventListener('change', listener);
      return () => wantsDark.removeEventListener('change', listener);
    },
    () => wantsDark.matches,
  );
  if (theme !== 'system') return theme;
  return isDark ? 'dark' : 'light';
}
