/** From the one-time password to one's own. */
import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { App, Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, queryClient } from '../../api/client.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { EntryFrame } from './entry-frame.tsx';
import { NewPasswordFields } from './new-password-fields.tsx';

type Fields = { currentPassword: string; newPassword: string };

export function FirstPasswordPage() {
  const { t } = useTranslation('people');
  const navigate = useNavigate();
  const { message } = App.useApp();
  const { next = '/' } = useSearch({ from: '/first-password' });
  const change = useMutation({
    mutationFn: ({ currentPassword, newPassword }: Fields) =>
      api.session.changePassword({ currentPassword, newPassword }),
    onSuccess: async () => {
      queryClient.clear();
      void message.success(t('passwordSet'));
      await navigate({ to: next });
    },
  });
  return (
    <EntryFrame title={t('firstPasswordTitle')} about={t('firstPasswordAbout')}>
      <Form<Fields> layout="vertical" requiredMark={false} onFinish={(fields) => change.mutate(fields)}>
        <Form.Item
          name="currentPassword"
          label={t('oneTimePassword')}
          rules={[{ required: true, message: t('required') }]}
        >
          <Input.Password autoFocus autoComplete="current-password" />
        </Form.Item>
        <NewPasswordFields />
        <div className="stack">
          {change.error !== null && <ProblemAlert error={change.error} />}
          <Button type="primary" htmlType="submit" block size="large" loading={change.isPending}>
            {t('setPassword')}
          </Button>
        </div>
      </Form>
    </EntryFrame>
  );
}
