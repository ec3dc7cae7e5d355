/** What the pages of administration read. */
import { pages } from '@opencota/contract/http/client';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api } from './client.ts';

export type AuditFilter = { productKey?: string; actor?: string; action?: string };

const firstPage = undefined as string | undefined;
const nextOf = ({ nextCursor }: { nextCursor: string | null }) => nextCursor ?? undefined;

export const usersQuery = infiniteQueryOptions({
  queryKey: ['users'],
  queryFn: ({ pageParam }) => api.users.list({ limit: 100, cursor: pageParam }),
  initialPageParam: firstPage,
  getNextPageParam: nextOf,
});

export const tokensQuery = infiniteQueryOptions({
  queryKey: ['tokens'],
  queryFn: ({ pageParam }) => api.tokens.list({ limit: 100, cursor: pageParam }),
  initialPageParam: firstPage,
  getNextPageParam: nextOf,
});

/** The names of the tokens that a person made: they end with the account. */
export const tokensOfQuery = (username: string) =>
  queryOptions({
    queryKey: ['tokens', 'of', username],
    queryFn: async () => {
      const names: string[] = [];
      for await (const { name, createdBy } of pages((cursor) => api.tokens.list({ limit: 500, cursor })))
        if (createdBy === username) names.push(name);
      return names;
    },
  });

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam }) => api.audit.list({ ...filter, limit: 50, cursor: pageParam }),
    initialPageParam: firstPage,
    getNextPageParam: nextOf,
  });
