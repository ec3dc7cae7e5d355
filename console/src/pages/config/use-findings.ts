/** What a save would object to, for the text that is on the server: from the write itself, and by the schema. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { DraftSnapshot, Findings } from './draft-keeper.ts';
import { checkText, NOTHING_ETAG, type Opening } from './opening.ts';

export type Checked = {
  /** undefined: nothing was checked yet. */
  findings: Findings | undefined;
  error: unknown;
};

type Input = { productKey: string; opening: Opening; snapshot: DraftSnapshot; hasSchema: boolean };

export function useFindings({ productKey, opening, snapshot, hasSchema }: Input): Checked {
  const { server, findings } = snapshot;
  const isOpened = server.etag === opening.server.etag;
  // A write says what is wrong with the text, but not with its schema.
  const isEnough = findings !== undefined && (findings.problems.length > 0 || !hasSchema);
  const { data, error } = useQuery({
    queryKey: ['draft-check', productKey, server.etag, hasSchema],
    queryFn: () => checkText(productKey, isOpened ? opening.bytes : server.text),
    enabled: server.etag !== NOTHING_ETAG && !isEnough,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    placeholderData: keepPreviousData,
  });
  if (isEnough) return { findings, error: null };
  // What breaks the schema is said without the warnings.
  const warnings = findings?.warnings ?? data?.warnings ?? [];
  return { findings: data === undefined ? findings : { ...data, warnings }, error };
}
