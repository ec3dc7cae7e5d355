/** The current password, asked for again: whoever finds an open browser must not get further. */
import { Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { OwnProblem } from './own-problem.tsx';

type Props = {
  /** What the button does. */
  action: string;
  isDangerous?: boolean;
  isPending: boolean;
  error: unknown;
  onSubmit: (currentPassword: string) => void;
};

export function PasswordForm({ action, isDangerous = false, isPending, error, onSubmit }: Props) {
  const { t } = useTranslation('account');
  return (
    <Form<{ currentPassword: string }>
      layout="vertical"
      requiredMark={false}
      onFinish={({ currentPassword }) => onSubmit(currentPassword)}
    >
      <Form.Item
        name="currentPassword"
        label={t('currentPassword')}
        extra={t('passwordWhy')}
        rules={[{ required: true, message: t('required', { ns: 'people' }) }]}
      >
        <Input.Password autoFocus autoComplete="current-password" />
      </Form.Item>
      <div className="stack">
        <OwnProblem error={error} />
        <Button type="primary" htmlType="submit" danger={isDangerous} loading={isPending}>
          {action}
        </Button>
      </div>
    </Form>
  );
}
