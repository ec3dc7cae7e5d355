/**
 * People and their rights (R20). Editing and pushing are separate rights.
 */
export const ROLES = ['viewer', 'editor', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What the API asks for, one per route. */
export const PERMISSIONS = [
  'read',
  'configs:write',
  'rollouts:write',
  'products:switch',
  'devices:write',
  'products:write',
  'admin',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** A scope of an API token: a permission, or the right to push without a second factor (R10). */
export const SCOPES = [...PERMISSIONS, 'rollouts:unattended'] as const;
export type Scope = (typeof SCOPES)[number];

const EVERYTHING: readonly Permission[] = PERMISSIONS;

/** Who may do what. Editor and operator do not include each other. */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['read'],
  editor: ['read', 'configs:write'],
  operator: ['read', 'rollouts:write', 'products:switch', 'devices:write'],
  admin: EVERYTHING,
};

/** A user may hold several roles, for instance editor and operator. */
export function isPermitted(roles: readonly Role[], permission: Permission): boolean {
  return roles.some((role) => ROLE_PERMISSIONS[role].includes(permission));
}

export type User = {
  readonly id: number;
  readonly username: string;
  readonly roles: readonly Role[];
  readonly isEnabled: boolean;
  readonly phone: string | null;
  readonly email: string | null;
  readonly hasTotp: boolean;
  readonly language: 'en' | 'zh';
  /** The password was made by the server and must be replaced. */
  readonly mustChangePassword: boolean;
  readonly createdAt: number;
};

/** Who does something: a signed-in person, a token, the server itself. */
export type Actor = {
  readonly kind: 'user' | 'token' | 'system';
  /** Unique and readable: `admin`, `token:ci`, `system`. */
  readonly name: string;
  readonly userId: number | null;
  readonly permissions: ReadonlySet<Permission>;
  /** True for a token with `rollouts:unattended`. */
  readonly isUnattended: boolean;
  readonly sessionId: string | null;
  /** Of an API token, by which it is found again. */
  readonly tokenSha256?: string;
  readonly remoteAddress: string;
};
