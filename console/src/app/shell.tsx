/** The frame around every page of a signed-in person: where to go, who is here, which language and theme. */
import {
  ApiOutlined,
  AuditOutlined,
  CloudServerOutlined,
  KeyOutlined,
  LogoutOutlined,
  MenuOutlined,
  SettingOutlined,
  TeamOutlined,
  UserOutlined,
} from '@ant-design/icons';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { Button, Drawer } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, queryClient } from '../api/client.ts';
import { LookChoice } from './look-choice.tsx';
import { useRights, useSession } from './rights.ts';
import { useSearchKey } from './search-key.ts';

export function Shell() {
  const { t } = useTranslation();
  const [isMenuOpen, setMenuOpen] = useState(false);
  const { pathname } = useRouterState({ select: ({ location }) => location });
  const main = useMainFocus(pathname);
  useSearchKey();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu.
  useEffect(() => setMenuOpen(false), [pathname]);
  return (
    <>
      <a className="skip-link" href="#content">
        {t('skipToContent')}
      </a>
      <div className="shell">
        <aside className="shell-side">
          <Navigation />
        </aside>
        <div className="shell-top">
          <Brand />
          <Button
            type="text"
            aria-label={t('menu')}
            icon={<MenuOutlined aria-hidden />}
            onClick={() => setMenuOpen(true)}
          />
        </div>
        <Drawer
          open={isMenuOpen}
          onClose={() => setMenuOpen(false)}
          placement="left"
          size={260}
          title={t('menu')}
          rootClassName="page-drawer"
        >
          <div className="page" style={{ background: 'none', minHeight: 'auto' }}>
            <Navigation />
          </div>
        </Drawer>
        <main id="content" className="shell-main" ref={main} tabIndex={-1} style={{ outline: 'none' }}>
          <Outlet />
        </main>
      </div>
    </>
  );
}

/** Another page begins at its top, for eyes and for screen readers. */
function useMainFocus(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return main;
}

function Brand() {
  return (
    <Link to="/" className="brand">
      <img src="/favicon.svg" alt="" />
      OpenCOTA
    </Link>
  );
}

function Navigation() {
  const { t } = useTranslation();
  const mayAdminister = useRights()('admin');
  return (
    <>
      <Brand />
      <nav className="nav" aria-label={t('mainNavigation')}>
        <Link to="/" activeOptions={{ exact: true }}>
          <CloudServerOutlined aria-hidden /> {t('fleet')}
        </Link>
        <div className="nav-title">{t('administration')}</div>
        {mayAdminister && (
          <Link to="/users">
            <TeamOutlined aria-hidden /> {t('users')}
          </Link>
        )}
        <Link to="/tokens">
          <KeyOutlined aria-hidden /> {t('tokens')}
        </Link>
        {mayAdminister && (
          <>
            <Link to="/audit">
              <AuditOutlined aria-hidden /> {t('audit')}
            </Link>
            <Link to="/settings">
              <SettingOutlined aria-hidden /> {t('settings')}
            </Link>
          </>
        )}
        <a href="/docs/" target="_blank" rel="noreferrer">
          <ApiOutlined aria-hidden /> {t('apiReference')}
        </a>
      </nav>
      <div className="shell-end">
        <nav className="nav" aria-label={t('account')}>
          <Account />
        </nav>
        <LookChoice />
      </div>
    </>
  );
}

function Account() {
  const { t } = useTranslation();
  const { name } = useSession();
  const signOut = async () => {
    await api.session.remove().catch(() => {});
    queryClient.clear();
    // A fresh page forgets everything that was read.
    location.assign('/sign-in');
  };
  return (
    <>
      <Link to="/account">
        <UserOutlined aria-hidden /> {name}
      </Link>
      <Button
        type="text"
        block
        className="nav-button"
        icon={<LogoutOutlined aria-hidden />}
        onClick={signOut}
      >
        {t('signOut')}
      </Button>
    </>
  );
}
