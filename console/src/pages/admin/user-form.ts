/** From the form of a user to requests: a new one, or what changed of one. */
import type { NewUserBody, UserPatch, UserView } from '@opencota/contract/http/people';
import type { Static } from 'typebox';
import type { Role } from '../people/roles.tsx';

export type UserFields = {
  username: string;
  roles: Role[];
  phone: string;
  email: string;
  language: 'en' | 'zh';
};

/** As the server asks for it. */
export const USERNAME = /^[a-z0-9._@-]{2,64}$/;

export function fieldsOf({ username, roles, phone, email, language }: UserView): UserFields {
  return { username, roles, phone: phone ?? '', email: email ?? '', language };
}

/** A field left empty is no address. */
const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());

export function newUserOf({
  username,
  roles,
  phone,
  email,
  language,
}: UserFields): Static<typeof NewUserBody> {
  return { username: username.trim(), roles, phone: orNull(phone), email: orNull(email), language };
}

/** Only what is different: an untouched field is not written over another administrator's change. */
export function patchOf(user: UserView, fields: UserFields): Static<typeof UserPatch> {
  const { roles, phone, email, language } = newUserOf(fields);
  const hasRolesChanged = roles !== undefined && [...roles].sort().join() !== [...user.roles].sort().join();
  return {
    ...(hasRolesChanged && { roles }),
    ...(phone !== undefined && phone !== user.phone && { phone }),
    ...(email !== undefined && email !== user.email && { email }),
    ...(language !== undefined && language !== user.language && { language }),
  };
}
