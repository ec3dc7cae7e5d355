/**
 * Which methods an address answers to, so that a wrong method is not taken for a wrong address (RFC 9110 15.5.6).
 *
 * The framework looks up a method and an address together and does not say which of the two was unknown.
 */
import type { Api } from './api.ts';

/** Watches routes being registered, so it comes first. @returns the methods of an address; none: it is unknown. */
export function collectMethods(app: Api): (url: string) => string[] {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>();
  app.addHook('onRoute', ({ method, url }) => {
    // The last part is anything: whether something is there is found out by asking for it.
    if (url.includes('*')) return;
    const entry = known.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const each of [method].flat()) entry.methods.add(each);
    known.set(url, entry);
  });
  return (url) => {
    const path = url.split('?')[0]!;
    const matching = [...known.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].toSorted();
  };
}

/** `/products/:productKey` → one part of any kind after `/products/`. */
function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part)));
  return new RegExp(`^${parts.join('/')}$`);
}
