/** Roles in words: what each lets a person do (`domain/people.ts` of the server decides). */
import type { UserView } from '@opencota/contract/http/people';
import { useTranslation } from 'react-i18next';

export type Role = UserView['roles'][number];
export const ROLES: readonly Role[] = ['viewer', 'editor', 'operator', 'admin'];

export function RoleMeanings({ roles }: { roles: readonly Role[] }) {
  const { t } = useTranslation('account');
  return (
    <ul className="role-meanings">
      {ROLES.filter((role) => roles.includes(role)).map((role) => (
        <li key={role}>
          <b>{t(`role.${role}`)}</b>
          <span className="muted">{t(`roleMeaning.${role}`)}</span>
        </li>
      ))}
    </ul>
  );
}
