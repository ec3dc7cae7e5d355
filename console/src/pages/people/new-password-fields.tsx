/** A new password, twice. The server judges it; here only what can be said while typing. */
import { Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';

/** As the server asks for (`PASSWORD_CHARS_MIN` in `domain/limits.ts`). */
const PASSWORD_CHARS_MIN = 8;

export function NewPasswordFields() {
  const { t } = useTranslation('people');
  return (
    <>
      <Form.Item
        name="newPassword"
        label={t('newPassword')}
        extra={t('passwordRule', { count: PASSWORD_CHARS_MIN })}
        rules={[
          { required: true, message: t('required') },
          { min: PASSWORD_CHARS_MIN, message: t('passwordTooShort', { count: PASSWORD_CHARS_MIN }) },
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Form.Item
        name="repeatPassword"
        label={t('repeatPassword')}
        dependencies={['newPassword']}
        rules={[
          { required: true, message: t('required') },
          ({ getFieldValue }) => ({
            validator: async (_rule, value) => {
              if (value && value !== getFieldValue('newPassword')) throw new Error(t('passwordsDiffer'));
            },
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
    </>
  );
}
