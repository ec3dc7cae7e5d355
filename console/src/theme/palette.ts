/**
 * Colours: antd's tokens for both themes, and one colour per delivery state.
 *
 * Text on every fill and fill on every ground reaches the contrast WCAG 2.2 AA asks for; the accessibility
 * tests hold the pages to it. A state is never told by its colour alone.
 */
import { type ThemeConfig, theme } from 'antd';

export type ThemeName = 'light' | 'dark';

const SHARED = {
  borderRadius: 8,
  fontFamily:
    "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'PingFang SC', 'Microsoft YaHei', 'WenQuanYi Micro Hei', 'Noto Sans SC', sans-serif",
  fontFamilyCode:
    "ui-monospace, SFMono-Regular, 'JetBrains Mono', Menlo, Consolas, 'WenQuanYi Micro Hei Mono', monospace",
  motionUnit: 0.07,
};

const LIGHT: ThemeConfig = {
  algorithm: theme.defaultAlgorithm,
  token: {
    ...SHARED,
    colorPrimary: '#1d4ed8',
    colorPrimaryHover: '#2b5de0',
    colorInfo: '#1d4ed8',
    colorLink: '#1d4ed8',
    colorSuccess: '#147a39',
    colorSuccessBg: '#e3f7ea',
    colorSuccessBorder: '#a9dfbd',
    colorWarning: '#b45309',
    colorWarningBg: '#fdf3dc',
    colorWarningBorder: '#f0d49a',
    colorError: '#c81e1e',
    colorErrorBg: '#fdeaea',
    colorErrorBorder: '#f3b9b9',
    colorTextSecondary: '#4b5565',
    colorTextTertiary: '#5b6575',
    colorTextDescription: '#4b5565',
    colorTextPlaceholder: '#667085',
    colorTextDisabled: '#667085',
    colorBgLayout: '#f5f6f8',
    colorBorderSecondary: '#e4e7ec',
  },
};

const DARK: ThemeConfig = {
  algorithm: theme.darkAlgorithm,
  token: {
    ...SHARED,
    colorPrimary: '#3268e8',
    colorPrimaryHover: '#2d5fd8',
    colorInfo: '#7ba3ff',
    colorLink: '#8fb1ff',
    colorLinkHover: '#b3caff',
    colorSuccess: '#4ade80',
    colorWarning: '#fbbf24',
    colorError: '#ff8a8a',
    colorTextSecondary: '#b3bac6',
    colorTextTertiary: '#a2aab8',
    colorTextDescription: '#b3bac6',
    colorTextPlaceholder: '#98a1b0',
    colorTextDisabled: '#98a1b0',
    colorBgLayout: '#0f1218',
    colorBgContainer: '#171b23',
    colorBgElevated: '#1e232d',
    colorBorder: '#3a4150',
    colorBorderSecondary: '#2a303c',
  },
  // White on the light red of this theme would be too faint.
  components: { Button: { dangerColor: '#1c0606' } },
};

export const THEMES: Readonly<Record<ThemeName, ThemeConfig>> = { light: LIGHT, dark: DARK };
