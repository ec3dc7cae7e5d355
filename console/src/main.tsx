/** The console: a client of the public API, and nothing more. */
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/client.ts';
import { preferences } from './app/preferences.ts';
import { Theme } from './app/theme.tsx';
import { startLanguage } from './i18n/i18n.ts';
import { router } from './router.tsx';
import './theme/base.css';
import './app/shell.css';

// At once: the words, and whatever the page at this address needs.
await Promise.all([startLanguage(preferences().language), router.load()]);
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Theme>
        <RouterProvider router={router} />
      </Theme>
    </QueryClientProvider>
  </StrictMode>,
);
