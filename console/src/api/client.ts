/** The public API, as any other client sees it. The session is the cookie of this origin. */
import { createClient } from '@opencota/contract/http/client';
import { QueryClient } from '@tanstack/react-query';
import { isProblem } from './problem.ts';

export const api = createClient({ url: location.origin });

const READ_TRIES_MAX = 3;

/**
 * Also where the browser takes itself for offline. Otherwise a push would wait without a word, and go out whenever
 * the network is back; and the server may well be on this machine or in this building.
 */
const networkMode = 'always';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      networkMode,
      staleTime: 5_000,
      // What the server refused it refuses again.
      retry: (count, error) => !isProblem(error) && count + 1 < READ_TRIES_MAX,
    },
    mutations: { networkMode, retry: false },
  },
});
