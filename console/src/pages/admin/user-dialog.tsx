/** A new user with a one-time password, or changes to one. */
import type { UserView } from '@opencota/contract/http/people';
import { Checkbox, Form, Input, Modal, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { SecretOnce } from '../../ui/secret-once.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';
import { ROLES } from '../people/roles.tsx';
import { atLeastOne } from './at-least-one.ts';
import { fieldsOf, newUserOf, patchOf, USERNAME, type UserFields } from './user-form.ts';

const EMPTY: UserFields = { username: '', roles: ['viewer'], phone: '', email: '', language: 'en' };

export function NewUser({ onClose }: { onClose: () => void }) {
  const { t, i18n } = useTranslation(['admin', 'people']);
  useFocusBack();
  const [made, setMade] = useState<{ username: string; oneTimePassword: string }>();
  const create = useAction({
    run: (fields: UserFields) => api.users.create(newUserOf(fields)),
    invalidates: [['users']],
    done: ({ user }) => t('admin:user.created', { username: user.username }),
    onDone: ({ user, oneTimePassword = '' }) => setMade({ username: user.username, oneTimePassword }),
  });
  if (made !== undefined) return <OneTimePassword {...made} onClose={onClose} />;
  return (
    <UserDialog
      title={t('admin:user.new')}
      action={t('admin:user.create')}
      initial={{ ...EMPTY, language: i18n.language === 'zh' ? 'zh' : 'en' }}
      isNew
      isPending={create.isPending}
      error={create.error}
      onSubmit={create.mutate}
      onClose={onClose}
    />
  );
}

export function EditUser({ user, onClose }: { user: UserView; onClose: () => void }) {
  const { t } = useTranslation('admin');
  useFocusBack();
  const update = useAction({
    run: (fields: UserFields) => api.users.update(user.username, patchOf(user, fields)),
    invalidates: [['users'], ['session']],
    done: t('user.changed', { username: user.username }),
    onDone: onClose,
  });
  return (
    <UserDialog
      title={t('user.edit', { username: user.username })}
      action={t('save', { ns: 'common' })}
      initial={fieldsOf(user)}
      isNew={false}
      isPending={update.isPending}
      error={update.error}
      onSubmit={update.mutate}
      onClose={onClose}
    />
  );
}

type OneTime = { username: string; oneTimePassword: string; onClose: () => void };

export function OneTimePassword({ username, oneTimePassword, onClose }: OneTime) {
  const { t } = useTranslation(['admin', 'people']);
  return (
    <SecretOnce
      title={t('admin:user.oneTimeTitle', { username })}
      secrets={[
        { label: t('people:username'), value: username },
        { label: t('people:oneTimePassword'), value: oneTimePassword },
      ]}
      onClose={onClose}
    >
      <p style={{ margin: 0 }}>{t('admin:user.oneTimeAbout')}</p>
    </SecretOnce>
  );
}

type DialogProps = {
  title: string;
  action: string;
  initial: UserFields;
  isNew: boolean;
  isPending: boolean;
  error: unknown;
  onSubmit: (fields: UserFields) => void;
  onClose: () => void;
};

function UserDialog({ title, action, initial, isNew, isPending, error, onSubmit, onClose }: DialogProps) {
  const { t } = useTranslation(['admin', 'common']);
  const [form] = Form.useForm<UserFields>();
  return (
    <Modal
      open
      title={title}
      okText={action}
      cancelText={t('common:cancel')}
      confirmLoading={isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form<UserFields>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={initial}
        // The name of one who is there is no field of the form.
        onFinish={(fields) => onSubmit({ ...initial, ...fields })}
      >
        {isNew && <UsernameField />}
        <RolesField />
        <ContactFields />
      </Form>
      {error !== null && <ProblemAlert error={error} />}
    </Modal>
  );
}

function UsernameField() {
  const { t } = useTranslation(['admin', 'people']);
  return (
    <Form.Item
      name="username"
      label={t('people:username')}
      extra={t('admin:user.usernameHelp')}
      rules={[{ required: true, pattern: USERNAME, message: t('admin:user.usernameHelp') }]}
    >
      <Input autoFocus autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={64} />
    </Form.Item>
  );
}

function RolesField() {
  const { t } = useTranslation(['admin', 'account']);
  return (
    <fieldset className="admin-choices">
      <legend>{t('admin:user.roles')}</legend>
      <Form.Item name="roles" rules={[atLeastOne(t('admin:user.rolesNeeded'))]}>
        <Checkbox.Group className="admin-choice-list">
          {ROLES.map((role) => (
            <Checkbox key={role} value={role}>
              {t(`account:role.${role}`)}
              <small>{t(`account:roleMeaning.${role}`)}</small>
            </Checkbox>
          ))}
        </Checkbox.Group>
      </Form.Item>
    </fieldset>
  );
}

function ContactFields() {
  const { t } = useTranslation(['admin', 'account']);
  return (
    <>
      <Form.Item name="phone" label={t('account:phone')} extra={t('admin:user.phoneHelp')}>
        <Input type="tel" autoComplete="off" maxLength={32} placeholder="+86 138 0000 0000" />
      </Form.Item>
      <Form.Item name="email" label={t('account:email')}>
        <Input type="email" autoComplete="off" maxLength={254} />
      </Form.Item>
      <fieldset className="admin-choices">
        <legend>{t('account:messageLanguage')}</legend>
        <Form.Item name="language">
          <Radio.Group>
            <Radio value="en">{t('account:languageName.en')}</Radio>
            <Radio value="zh">{t('account:languageName.zh')}</Radio>
          </Radio.Group>
        </Form.Item>
      </fieldset>
    </>
  );
}
