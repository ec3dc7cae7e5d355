/** A CPU profile of a running process, over its inspector: only of the time between two moments. */
import { once } from 'node:events';
import type { Child } from './child.ts';

type ProfileNode = {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
  children?: number[];
};

export type CpuProfile = {
  nodes: ProfileNode[];
  samples: number[];
  timeDeltas: number[];
};

export type Profiler = AsyncDisposable & { start(): Promise<void>; stop(): Promise<CpuProfile> };

const ATTACH_MS_MAX = 10_000;
const SAMPLING_MICROS = 250;

export async function attachProfiler(child: Child): Promise<Profiler> {
  const [, url = ''] = await child.findLine(/Debugger listening on (ws:\S+)/, ATTACH_MS_MAX);
  const socket = new WebSocket(url);
  await once(socket, 'open', { signal: AbortSignal.timeout(ATTACH_MS_MAX) });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data));
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result);
    else call?.reject(new Error(error.message));
  });
  socket.addEventListener('close', () => {
    for (const call of waiting.values()) call.reject(new Error('the inspector was closed'));
  });
  let lastId = 0;
  const call = (method: string, params: object = {}): Promise<unknown> => {
    const id = ++lastId;
    const pending = Promise.withResolvers<unknown>();
    waiting.set(id, pending);
    socket.send(JSON.stringify({ id, method, params }));
    return pending.promise;
  };
  await call('Profiler.enable');
  await call('Profiler.setSamplingInterval', { interval: SAMPLING_MICROS });
  return {
    async start() {
      await call('Profiler.start');
    },
    async stop() {
      // What the inspector's protocol promises.
      const { profile } = (await call('Profiler.stop')) as { profile: CpuProfile };
      return profile;
    },
    async [Symbol.asyncDispose]() {
      socket.close();
    },
  };
}

export type SelfTime = { name: string; where: string; share: number };

/** Who called a native function is told up to here: `run` of SQLite alone says nothing. */
const CALLERS_SHOWN = 3;

/** The functions in which the process spent most time itself, with their share of its busy time. */
export function findHottest(profile: CpuProfile, count: number): SelfTime[] {
  const microsById = new Map<number, number>();
  profile.samples.forEach((id, index) => {
    microsById.set(id, (microsById.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
  const callerOf = new Map<number, ProfileNode>();
  for (const node of profile.nodes) for (const child of node.children ?? []) callerOf.set(child, node);
  const byPlace = new Map<string, { name: string; where: string; micros: number }>();
  let busyMicros = 0;
  for (const node of profile.nodes) {
    const micros = microsById.get(node.id) ?? 0;
    if (node.callFrame.functionName === '(idle)') continue;
    busyMicros += micros;
    const { name, where } = placeOf(node, callerOf);
    const place = byPlace.get(`${name} ${where}`) ?? { name, where, micros: 0 };
    place.micros += micros;
    byPlace.set(`${name} ${where}`, place);
  }
  return [...byPlace.values()]
    .sort((a, b) => b.micros - a.micros)
    .slice(0, count)
    .map(({ name, where, micros }) => ({ name, where, share: micros / busyMicros }));
}

/** A function by its file and line; a native one by its callers. */
function placeOf(
  { id, callFrame }: ProfileNode,
  callerOf: ReadonlyMap<number, ProfileNode>,
): { name: string; where: string } {
  const { functionName, url, lineNumber } = callFrame;
  if (url !== '') {
    const file = url.replace(/^.*\/(?=[^/]+\/[^/]+$)/, '');
    return { name: functionName || '(anonymous)', where: `${file}:${lineNumber + 1}` };
  }
  const callers: string[] = [];
  for (
    let at = callerOf.get(id);
    at !== undefined && callers.length < CALLERS_SHOWN;
    at = callerOf.get(at.id)
  ) {
    if (at.callFrame.url !== '' && at.callFrame.functionName !== '') callers.push(at.callFrame.functionName);
  }
  return { name: functionName, where: callers.map((caller) => `← ${caller}`).join(' ') };
}
