/** Sign-in. */
import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, queryClient } from '../../api/client.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { EntryFrame } from './entry-frame.tsx';

type Fields = { username: string; password: string };

export function SignInPage() {
  const { t } = useTranslation('people');
  const navigate = useNavigate();
  const { next = '/' } = useSearch({ from: '/sign-in' });
  const signIn = useMutation({
    mutationFn: (fields: Fields) => api.session.create(fields),
    onSuccess: async ({ mustChangePassword }) => {
      queryClient.clear();
      if (mustChangePassword) await navigate({ to: '/first-password', search: { next } });
      else await navigate({ to: next });
    },
  });
  const rules = [{ required: true, message: t('required') }];
  return (
    <EntryFrame title={t('signInTitle')} about={t('signInAbout')}>
      <Form<Fields> layout="vertical" requiredMark={false} onFinish={(fields) => signIn.mutate(fields)}>
        <Form.Item name="username" label={t('username')} rules={rules}>
          <Input autoFocus autoComplete="username" autoCapitalize="none" spellCheck={false} />
        </Form.Item>
        <Form.Item name="password" label={t('password')} rules={rules}>
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <div className="stack">
          {signIn.error !== null && <ProblemAlert error={signIn.error} />}
          <Button type="primary" htmlType="submit" block size="large" loading={signIn.isPending}>
            {t('signIn')}
          </Button>
        </div>
      </Form>
      <details className="muted">
        <summary>{t('firstTime')}</summary>
        <p>{t('firstTimeText')}</p>
      </details>
    </EntryFrame>
  );
}
