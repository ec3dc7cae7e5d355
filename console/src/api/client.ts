/** The public API, as any other client sees it. The session is the cookie of this origin. */
import { createClient } from '@opencota/contract/http/client';
import { QueryClient } from '@tanstack/react-query';
import { isProblem } from './problem.ts';

export const api = createClient({ url: location.origin });

const READ_TRIES_MAX = 3;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused it refuses again.
      retry: (count, error) => !isProblem(error) && count + 1 < READ_TRIES_MAX,
    },
    mutations: { retry: false },
  },
});
