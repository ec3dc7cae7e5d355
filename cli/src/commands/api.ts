/** `api`: any call of the HTTP API, as whoever is signed in. */
import { type ApiRequest, type Client, type Page, pages } from '@opencota/contract/http/client';
import type { Command } from 'commander';
import { usageError } from '../exit.ts';
import { readInput } from '../input.ts';
import { action, examples } from '../shell.ts';

type Options = { method?: string; data?: string; header?: string[]; type?: string; all?: boolean };
const API_PREFIX = '/api/v1';
const LINE_END = 0x0a;

export function addApi(program: Command): void {
  program
    .command('api')
    .description('call the HTTP API and print the body of the answer')
    .argument('<path>', 'such as /products; the reference is at /docs of the server')
    .option('-X, --method <method>', 'default: GET, with -d POST')
    .option('-d, --data <text>', 'the body; @file or @- reads it')
    .option('-H, --header <line>', 'such as \'If-Match: "3"\'; may be repeated', repeat)
    .option('--all', 'follow the pages of a list and print one')
    .addHelpText(
      'after',
      examples(
        'api /products',
        'api /products/a1Lock -X PATCH -d \'{"enabled":true}\'',
        'api "/audit?actor=ci" --all',
      ),
    )
    .action(
      action<[string], Options>(async ({ out, connect }, [path], options) => {
        const client = await connect();
        const request = await readRequest(path, options);
        if (options.all) {
          const items = await readAll(client, request);
          const page = { items, nextCursor: null };
          out.print(page, () => JSON.stringify(page));
          return;
        }
        const response = await client.send(request);
        const body = new Uint8Array(await response.arrayBuffer());
        out.write(body);
        // Bytes stay as they are; only a person's prompt gets a line of its own.
        if (process.stdout.isTTY && body.length > 0 && body.at(-1) !== LINE_END)
          out.write(Uint8Array.of(LINE_END));
      }),
    );
}

const repeat = (line: string, before: readonly string[] = []) => [...before, line];

async function readRequest(path: string, { method, data, header = [] }: Options): Promise<ApiRequest> {
  const headers = Object.fromEntries(header.map(readHeader));
  const type = headers['content-type'] ?? 'application/json';
  const content = data?.startsWith('@') ? await readInput(data.slice(1)) : data;
  return {
    method: method?.toUpperCase() ?? (data === undefined ? 'GET' : 'POST'),
    path: apiPath(path),
    headers,
    ...(content === undefined ? {} : { raw: { content, type } }),
  };
}

function readHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw usageError(`A header is a name, a colon and a value, not "${line}".`);
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

/** The token must not follow an address elsewhere. */
function apiPath(text: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(text) || text.startsWith('//'))
    throw usageError(
      `Give a path below ${API_PREFIX}, not "${text}".`,
      'Another server: --url or --context.',
    );
  const path = text.startsWith('/') ? text : `/${text}`;
  return path.startsWith(`${API_PREFIX}/`) ? path.slice(API_PREFIX.length) : path;
}

async function readAll(client: Client, request: ApiRequest): Promise<unknown[]> {
  if (request.method !== 'GET') throw usageError('--all is for lists: GET only.');
  const [path = '', given = ''] = request.path.split('?', 2);
  const query = Object.fromEntries(new URLSearchParams(given));
  const items: unknown[] = [];
  const list = async (cursor: string | undefined) => {
    const page = await client.json<Page<unknown>>({
      ...request,
      path,
      query: { ...query, ...(cursor && { cursor }) },
    });
    if (!Array.isArray(page.items)) throw usageError(`${path} is not a list.`, 'Leave --all away.');
    return page;
  };
  for await (const item of pages(list)) items.push(item);
  return items;
}
