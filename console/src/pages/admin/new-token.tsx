/** A new API token: what it may do, for how long; then the token itself, once. */
import type { NewTokenView } from '@opencota/contract/http/people';
import { Alert, Checkbox, Form, Input, InputNumber, Modal, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Static } from 'typebox';
import { api } from '../../api/client.ts';
import { useRights } from '../../app/rights.ts';
import { CopyBlock } from '../../ui/copy-text.tsx';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { SecretOnce } from '../../ui/secret-once.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';
import { atLeastOne } from './at-least-one.ts';
import { isDangerous, missingScopes, rightFor, SCOPES, type Scope, scopeKey } from './scopes.ts';
import { tokenExample } from './token-example.ts';

type Fields = { name: string; scopes: Scope[]; expiresInDays: number };
type Made = Static<typeof NewTokenView>;

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const DAYS_DEFAULT = 90;
const DAYS_MAX = 365;

export function NewToken({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['admin', 'common']);
  useFocusBack();
  const [made, setMade] = useState<Made>();
  const [form] = Form.useForm<Fields>();
  const create = useAction({
    run: (fields: Fields) => api.tokens.create(fields),
    invalidates: [['tokens']],
    done: ({ name }) => t('admin:token.created', { name }),
    onDone: setMade,
  });
  if (made !== undefined) return <TokenMade made={made} onClose={onClose} />;
  return (
    <Modal
      open
      title={t('admin:token.new')}
      okText={t('admin:token.create')}
      cancelText={t('common:cancel')}
      confirmLoading={create.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form<Fields>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ scopes: ['read'], expiresInDays: DAYS_DEFAULT }}
        onFinish={create.mutate}
      >
        <Form.Item
          name="name"
          label={t('admin:token.name')}
          extra={t('admin:token.nameHelp')}
          rules={[{ required: true, pattern: NAME, message: t('admin:token.nameHelp') }]}
        >
          <Input autoFocus autoComplete="off" spellCheck={false} maxLength={64} />
        </Form.Item>
        <ScopesField />
        <ScopeNotes />
        <Form.Item
          name="expiresInDays"
          label={t('admin:token.days')}
          extra={t('admin:token.daysHelp', { max: DAYS_MAX })}
          rules={[{ required: true, message: t('admin:token.daysHelp', { max: DAYS_MAX }) }]}
        >
          <InputNumber min={1} max={DAYS_MAX} precision={0} />
        </Form.Item>
      </Form>
      {create.error !== null && <ProblemAlert error={create.error} />}
    </Modal>
  );
}

function ScopesField() {
  const { t } = useTranslation('admin');
  const has = useRights();
  return (
    <fieldset className="admin-choices">
      <legend>{t('token.scopes')}</legend>
      <Form.Item name="scopes" rules={[atLeastOne(t('token.scopesNeeded'))]}>
        <Checkbox.Group className="admin-choice-list">
          {SCOPES.map((scope) => {
            const mayGive = has(rightFor(scope));
            return (
              <Checkbox key={scope} value={scope} disabled={!mayGive}>
                <code className="mono">{scope}</code>{' '}
                {isDangerous(scope) && <Tag color="error">{t('token.dangerous')}</Tag>}
                <small>
                  {t(`scope.${scopeKey(scope)}`)}
                  {!mayGive &&
                    ` ${scope === 'rollouts:unattended' ? t('token.adminsOnly') : t('token.notYours')}`}
                </small>
              </Checkbox>
            );
          })}
        </Checkbox.Group>
      </Form.Item>
    </fieldset>
  );
}

/** What follows from what is ticked. */
function ScopeNotes() {
  const { t } = useTranslation('admin');
  const scopes: readonly Scope[] = Form.useWatch('scopes', Form.useFormInstance<Fields>()) ?? [];
  const missing = missingScopes(scopes);
  return (
    <div className="stack" aria-live="polite" style={{ marginBottom: 16 }}>
      {scopes.includes('rollouts:unattended') && (
        <Alert type="error" showIcon title={t('token.unattendedWarning')} />
      )}
      {missing.length > 0 && (
        <Alert type="info" showIcon title={t('token.missing', { scopes: missing.join(', ') })} />
      )}
    </div>
  );
}

function TokenMade({ made, onClose }: { made: Made; onClose: () => void }) {
  const { t } = useTranslation('admin');
  const example = tokenExample({ ...made, origin: location.origin });
  return (
    <SecretOnce
      title={t('token.madeTitle', { name: made.name })}
      secrets={[{ label: t('token.token'), value: made.token }]}
      onClose={onClose}
    >
      <div className="token-example">
        <p style={{ margin: '0 0 8px' }}>{t('token.tryIt')}</p>
        <CopyBlock text={example} label={t('token.tryIt')} />
      </div>
    </SecretOnce>
  );
}
