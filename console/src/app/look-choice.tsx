/** Language and theme, for pages before and after sign-in. */
import { GlobalOutlined, MoonOutlined, SunOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { changePreferences, usePreferences, useThemeName } from './preferences.ts';

export function LookChoice() {
  const { t } = useTranslation();
  const { language } = usePreferences();
  const theme = useThemeName();
  const other = language === 'en' ? 'zh' : 'en';
  const otherTheme = theme === 'dark' ? 'light' : 'dark';
  const themeLabel = otherTheme === 'dark' ? t('themeDark') : t('themeLight');
  return (
    <div className="row" style={{ padding: '8px 2px', gap: 4 }}>
      <Button
        type="text"
        icon={<GlobalOutlined aria-hidden />}
        lang={other === 'zh' ? 'zh-CN' : 'en'}
        onClick={() => changePreferences({ language: other })}
      >
        {other === 'zh' ? '中文' : 'English'}
      </Button>
      <Button
        type="text"
        aria-label={themeLabel}
        title={themeLabel}
        icon={otherTheme === 'dark' ? <MoonOutlined aria-hidden /> : <SunOutlined aria-hidden />}
        onClick={() => changePreferences({ theme: otherTheme })}
      />
    </div>
  );
}
