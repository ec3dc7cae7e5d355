/**
 * Every address of the console. A page's state lives in its address, so that a reload, a link and the back
 * button do what people expect. Pages are chunks of their own.
 */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { queryClient } from './api/client.ts';
import { hasCode } from './api/problem.ts';
import { productQuery, sessionQuery } from './api/queries.ts';
import { FailurePage, NotFoundPage } from './app/failure-page.tsx';
import { ProductLayout } from './app/product-layout.tsx';
import { Shell } from './app/shell.tsx';
import {
  auditSearch,
  compareSearch,
  deviceSearch,
  rolloutSearch,
  signInCodeSearch,
  signInSearch,
} from './search.ts';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./pages/people/sign-in-page.tsx'), 'SignInPage'),
});
const firstPassword = createRoute({
  getParentRoute: () => root,
  path: '/first-password',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./pages/people/first-password-page.tsx'), 'FirstPasswordPage'),
});

/** Everything behind sign-in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'in',
  component: Shell,
  async beforeLoad({ location }) {
    const session = await queryClient.ensureQueryData(sessionQuery).catch((error: unknown) => {
      if (hasCode(error, 'unauthenticated'))
        throw redirect({ to: '/sign-in', search: { next: location.href } });
      throw error;
    });
    if (session.user?.mustChangePassword)
      throw redirect({ to: '/first-password', search: { next: location.href } });
  },
});

const fleet = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/fleet/fleet-page.tsx'), 'FleetPage'),
});
const users = createRoute({
  getParentRoute: () => inside,
  path: '/users',
  component: lazyRouteComponent(() => import('./pages/admin/users-page.tsx'), 'UsersPage'),
});
const tokens = createRoute({
  getParentRoute: () => inside,
  path: '/tokens',
  component: lazyRouteComponent(() => import('./pages/admin/tokens-page.tsx'), 'TokensPage'),
});
const audit = createRoute({
  getParentRoute: () => inside,
  path: '/audit',
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import('./pages/admin/audit-page.tsx'), 'AuditPage'),
});
const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/admin/settings-page.tsx'), 'SettingsPage'),
});
const account = createRoute({
  getParentRoute: () => inside,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/people/account-page.tsx'), 'AccountPage'),
});

const signInCode = createRoute({
  getParentRoute: () => inside,
  path: '/sign-in-code',
  validateSearch: signInCodeSearch,
  component: lazyRouteComponent(() => import('./pages/people/sign-in-code-page.tsx'), 'SignInCodePage'),
});

const product = createRoute({
  getParentRoute: () => inside,
  path: '/products/$productKey',
  component: ProductLayout,
  // Starts the read while the page's code loads; the page shows what became of it.
  loader: ({ params }) => void queryClient.prefetchQuery(productQuery(params.productKey)),
});
const overview = createRoute({
  getParentRoute: () => product,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/product/overview-page.tsx'), 'OverviewPage'),
});
const config = createRoute({
  getParentRoute: () => product,
  path: '/config',
  component: lazyRouteComponent(() => import('./pages/config/editor-page.tsx'), 'EditorPage'),
});
const versions = createRoute({
  getParentRoute: () => product,
  path: '/versions',
  component: lazyRouteComponent(() => import('./pages/versions/versions-page.tsx'), 'VersionsPage'),
});
const compare = createRoute({
  getParentRoute: () => product,
  path: '/versions/compare',
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import('./pages/versions/compare-page.tsx'), 'ComparePage'),
});
const version = createRoute({
  getParentRoute: () => product,
  path: '/versions/$number',
  component: lazyRouteComponent(() => import('./pages/versions/version-page.tsx'), 'VersionPage'),
});
const push = createRoute({
  getParentRoute: () => product,
  path: '/versions/$number/push',
  component: lazyRouteComponent(() => import('./pages/rollouts/push-page.tsx'), 'PushPage'),
});
const rollouts = createRoute({
  getParentRoute: () => product,
  path: '/rollouts',
  component: lazyRouteComponent(() => import('./pages/rollouts/rollouts-page.tsx'), 'RolloutsPage'),
});
const rollout = createRoute({
  getParentRoute: () => product,
  path: '/rollouts/$id',
  validateSearch: rolloutSearch,
  component: lazyRouteComponent(() => import('./pages/rollouts/rollout-page.tsx'), 'RolloutPage'),
});
const devices = createRoute({
  getParentRoute: () => product,
  path: '/devices',
  validateSearch: deviceSearch,
  component: lazyRouteComponent(() => import('./pages/devices/devices-page.tsx'), 'DevicesPage'),
});
const deviceImport = createRoute({
  getParentRoute: () => product,
  path: '/import-devices',
  component: lazyRouteComponent(() => import('./pages/devices/import-page.tsx'), 'ImportPage'),
});
const device = createRoute({
  getParentRoute: () => product,
  path: '/devices/$deviceName',
  component: lazyRouteComponent(() => import('./pages/devices/device-page.tsx'), 'DevicePage'),
});
const tryIt = createRoute({
  getParentRoute: () => product,
  path: '/try',
  component: lazyRouteComponent(() => import('./pages/try-it/try-it-page.tsx'), 'TryItPage'),
});
const productSettings = createRoute({
  getParentRoute: () => product,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/product/settings-page.tsx'), 'ProductSettingsPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    firstPassword,
    inside.addChildren([
      fleet,
      users,
      tokens,
      audit,
      settings,
      account,
      signInCode,
      product.addChildren([
        overview,
        config,
        versions,
        compare,
        version,
        push,
        rollouts,
        rollout,
        devices,
        deviceImport,
        device,
        tryIt,
        productSettings,
      ]),
    ]),
  ]),
  defaultErrorComponent: FailurePage,
  defaultNotFoundComponent: NotFoundPage,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
