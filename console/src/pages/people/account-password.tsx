/** Another password for oneself. */
import { Button, Form, Input } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { useAction } from '../../ui/use-action.ts';
import { NewPasswordFields } from './new-password-fields.tsx';
import { OwnProblem } from './own-problem.tsx';

type Fields = { currentPassword: string; newPassword: string };

export function AccountPassword() {
  const { t } = useTranslation('account');
  const title = useId();
  const [form] = Form.useForm<Fields>();
  const change = useAction({
    run: ({ currentPassword, newPassword }: Fields) =>
      api.session.changePassword({ currentPassword, newPassword }),
    invalidates: [['session']],
    done: t('passwordChanged'),
    onDone: () => form.resetFields(),
  });
  return (
    <section className="card" aria-labelledby={title}>
      <h2 id={title}>{t('passwordTitle')}</h2>
      <p className="muted">{t('passwordAbout')}</p>
      <Form<Fields> form={form} layout="vertical" requiredMark={false} onFinish={change.mutate}>
        <Form.Item
          name="currentPassword"
          label={t('currentPassword')}
          rules={[{ required: true, message: t('required', { ns: 'people' }) }]}
        >
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <NewPasswordFields />
        <div className="stack" style={{ alignItems: 'flex-start' }}>
          <OwnProblem error={change.error} />
          <Button type="primary" htmlType="submit" loading={change.isPending}>
            {t('changePassword')}
          </Button>
        </div>
      </Form>
    </section>
  );
}
