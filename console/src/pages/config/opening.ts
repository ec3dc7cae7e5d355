/** What the editor opens with: the draft, or what to start from where there is none. */
import type { ApiProblem } from '@opencota/contract/http/client';
import { queryOptions } from '@tanstack/react-query';
import { api, queryClient } from '../../api/client.ts';
import { hasCode } from '../../api/problem.ts';
import { productQuery, versionContentQuery } from '../../api/queries.ts';
import type { Finding, Findings, ServerDraft, Theirs } from './draft-keeper.ts';

/** The ETag of a draft or schema that nobody wrote yet. */
export const NOTHING_ETAG = '"0"';
/** What an editor without a draft and without a version begins with. */
export const BLANK_TEXT = '{\n}\n';

export type Opening = {
  readonly server: ServerDraft;
  /** As it came: a draft may be any bytes. */
  readonly bytes: Uint8Array;
  readonly isUtf8: boolean;
  /** There is no draft; the text is that of this version, or blank (0). */
  readonly startedFrom: number | undefined;
};

export const openingQuery = (productKey: string) =>
  queryOptions({
    queryKey: ['draft-opening', productKey],
    queryFn: () => open(productKey),
    // Read once when the page opens; from then on the text is the editor's.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

async function open(productKey: string): Promise<Opening> {
  const { content, etag } = await api.drafts.get(productKey);
  if (etag !== NOTHING_ETAG)
    return {
      server: { text: decode(content), etag },
      bytes: content,
      isUtf8: isUtf8(content),
      startedFrom: undefined,
    };
  const { latestVersion } = await queryClient.fetchQuery(productQuery(productKey));
  const text =
    latestVersion === 0
      ? BLANK_TEXT
      : await queryClient.fetchQuery(versionContentQuery(productKey, latestVersion));
  return {
    server: { text, etag },
    bytes: new TextEncoder().encode(text),
    isUtf8: true,
    startedFrom: latestVersion,
  };
}

export async function readDraft(productKey: string): Promise<ServerDraft> {
  const { content, etag } = await api.drafts.get(productKey);
  return { text: decode(content), etag };
}

/** The draft that stands in the way of a write, and whose it is. */
export async function readTheirs(productKey: string, refusal?: ApiProblem): Promise<Theirs> {
  const { updatedBy, updatedAt } = refusal?.members ?? {};
  return {
    ...(await readDraft(productKey)),
    by: typeof updatedBy === 'string' ? updatedBy : undefined,
    at: typeof updatedAt === 'string' ? updatedAt : undefined,
  };
}

/** What a save would object to, the schema included. */
export async function checkText(productKey: string, content: string | Uint8Array): Promise<Findings> {
  try {
    return { problems: [], ...(await api.products.validate(productKey, content)) };
  } catch (error) {
    if (!hasCode(error, 'config-invalid', 'schema-violated')) throw error;
    return { problems: findingsOf(error), warnings: [] };
  }
}

export function findingsOf(error: ApiProblem): Finding[] {
  const { problems = [], violations = [] } = error.members;
  // The contract says what these two codes carry.
  const invalid = problems as Finding[];
  const breaking = violations as { pointer: string; message: string }[];
  return [
    ...invalid,
    ...breaking.map(({ pointer, message }) => ({ reason: 'schema', message, path: pointer })),
  ];
}

/** A byte order mark stays in sight. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
