/** A first request with a new token: something that its scopes allow, and that changes nothing. */
export function tokenExample({
  token,
  scopes,
  origin,
}: {
  token: string;
  scopes: readonly string[];
  origin: string;
}): string {
  const at = scopes.includes('read') ? 'products' : 'session';
  return `curl -H "Authorization: Bearer ${token}" \\\n  ${origin}/api/v1/${at}`;
}
