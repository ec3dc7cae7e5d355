/** A new product, and its secret, shown once. */
import { useNavigate } from '@tanstack/react-router';
import { Form, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { SecretOnce } from '../../ui/secret-once.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';

type Fields = { name: string; productKey?: string; productSecret?: string };
type Made = Awaited<ReturnType<typeof api.products.create>>;

export function NewProduct({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['fleet', 'common']);
  useFocusBack();
  const navigate = useNavigate();
  const [made, setMade] = useState<Made>();
  const [form] = Form.useForm<Fields>();
  const create = useAction({
    run: ({ name, productKey, productSecret }: Fields) =>
      api.products.create({
        name,
        ...(productKey && { productKey }),
        ...(productSecret && { productSecret }),
      }),
    invalidates: [['products']],
    done: ({ name }) => t('fleet:created', { name }),
    onDone: setMade,
  });
  if (made !== undefined)
    return (
      <SecretOnce
        title={t('fleet:secretTitle', { name: made.name })}
        secrets={[
          { label: t('fleet:productKey'), value: made.productKey },
          { label: t('fleet:productSecret'), value: made.productSecret },
        ]}
        onClose={() =>
          void navigate({ to: '/products/$productKey', params: { productKey: made.productKey } })
        }
      />
    );
  return (
    <Modal
      open
      title={t('fleet:newProduct')}
      okText={t('fleet:create')}
      cancelText={t('common:cancel')}
      confirmLoading={create.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form<Fields> form={form} layout="vertical" requiredMark={false} onFinish={create.mutate}>
        <Form.Item
          name="name"
          label={t('fleet:productName')}
          extra={t('fleet:productNameHelp')}
          rules={[{ required: true, whitespace: true, message: t('fleet:productName') }]}
        >
          <Input autoFocus maxLength={100} />
        </Form.Item>
        <details>
          <summary>{t('fleet:bringAlong')}</summary>
          <Form.Item name="productKey" label={t('fleet:productKey')} extra={t('fleet:productKeyHelp')}>
            <Input maxLength={64} spellCheck={false} />
          </Form.Item>
          <Form.Item
            name="productSecret"
            label={t('fleet:productSecret')}
            extra={t('fleet:productSecretHelp')}
          >
            <Input.Password maxLength={64} autoComplete="off" />
          </Form.Item>
        </details>
      </Form>
      {create.error !== null && <ProblemAlert error={create.error} />}
    </Modal>
  );
}
