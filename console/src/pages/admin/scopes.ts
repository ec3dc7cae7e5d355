/** The scopes of API tokens, and which of them deserve a second look. The server decides who may give which. */
import type { Right } from '../../app/rights.ts';

export const SCOPES = [
  'read',
  'configs:write',
  'rollouts:write',
  'products:switch',
  'devices:write',
  'products:write',
  'admin',
  'rollouts:unattended',
] as const;
export type Scope = (typeof SCOPES)[number];

const DANGEROUS: ReadonlySet<string> = new Set<Scope>(['admin', 'rollouts:unattended']);

export function isDangerous(scope: string): boolean {
  return DANGEROUS.has(scope);
}

/** What a person must have to give a token this scope: the right itself, or, to go without a second factor, to be an administrator. */
export function rightFor(scope: Scope): Right {
  return scope === 'rollouts:unattended' ? 'admin' : scope;
}

/** Keys of translations hold no colon: it parts the area from the key. */
export function scopeKey<Given extends string>(scope: Given) {
  // The type of the result is what replaceAll makes of it.
  return scope.replaceAll(':', '-') as Given extends `${infer Head}:${infer Tail}`
    ? `${Head}-${Tail}`
    : Given;
}

/** Scopes that do nothing without another one. */
export function missingScopes(scopes: readonly string[]): Scope[] {
  const has = (scope: Scope) => scopes.includes(scope);
  return [
    ...(has('rollouts:unattended') && !has('rollouts:write') ? (['rollouts:write'] as const) : []),
    ...(scopes.length > 0 && !has('read') ? (['read'] as const) : []),
  ];
}
