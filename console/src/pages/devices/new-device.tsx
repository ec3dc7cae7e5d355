/** A new device, and its secret, shown once. */
import { DEVICE_NAME_PATTERN } from '@opencota/contract/alink/topics';
import { useNavigate } from '@tanstack/react-router';
import { Form, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { SecretOnce } from '../../ui/secret-once.tsx';
import { useAction } from '../../ui/use-action.ts';
import { useFocusBack } from '../../ui/use-focus-back.ts';
import { addTags, type TagsDraft } from './tags.ts';
import { TagsInput } from './tags-input.tsx';

const SECRET_PATTERN = /^[\x21-\x7e]{16,64}$/;

type Fields = { deviceName: string; deviceSecret?: string };
type Made = Awaited<ReturnType<typeof api.devices.create>>;

export function NewDevice({ productKey, onClose }: { productKey: string; onClose: () => void }) {
  const { t } = useTranslation(['devices', 'common']);
  useFocusBack();
  const [made, setMade] = useState<Made>();
  const [draft, setDraft] = useState<TagsDraft>({ tags: [], typed: '' });
  const added = addTags(draft);
  const [form] = Form.useForm<Fields>();
  const create = useAction({
    run: ({ deviceName, deviceSecret, tags }: Fields & { tags: string[] }) =>
      api.devices.create(productKey, { deviceName, tags, ...(deviceSecret && { deviceSecret }) }),
    invalidates: [
      ['product', productKey, 'devices'],
      ['product', productKey],
    ],
    done: ({ deviceName }) => t('devices:new.created', { name: deviceName }),
    onDone: setMade,
  });
  if (made !== undefined) return <MadeDevice made={made} />;
  return (
    <Modal
      open
      title={t('devices:new.title')}
      okText={t('devices:new.create')}
      cancelText={t('common:cancel')}
      confirmLoading={create.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      <Form<Fields>
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(fields) => added.kind === 'added' && create.mutate({ ...fields, tags: added.tags })}
      >
        <Form.Item
          name="deviceName"
          label={t('devices:new.name')}
          extra={t('devices:new.nameRule')}
          rules={[{ required: true, pattern: DEVICE_NAME_PATTERN, message: t('devices:new.nameWrong') }]}
        >
          <Input autoFocus maxLength={32} spellCheck={false} autoCapitalize="none" />
        </Form.Item>
        <Form.Item label={t('devices:tags')}>
          <TagsInput draft={draft} onChange={setDraft} />
        </Form.Item>
        <details>
          <summary>{t('devices:new.bringAlong')}</summary>
          <Form.Item
            name="deviceSecret"
            label={t('devices:new.secret')}
            extra={t('devices:new.secretHelp')}
            rules={[{ pattern: SECRET_PATTERN, message: t('devices:new.secretRule') }]}
          >
            <Input.Password maxLength={64} autoComplete="off" />
          </Form.Item>
        </details>
      </Form>
      {create.error !== null && <ProblemAlert error={create.error} />}
    </Modal>
  );
}

function MadeDevice({ made: { productKey, deviceName, deviceSecret } }: { made: Made }) {
  const { t } = useTranslation('devices');
  const navigate = useNavigate();
  const open = () =>
    navigate({ to: '/products/$productKey/devices/$deviceName', params: { productKey, deviceName } });
  return (
    <SecretOnce
      title={t('new.secretTitle', { name: deviceName })}
      secrets={[
        { label: 'productKey', value: productKey },
        { label: 'deviceName', value: deviceName },
        { label: 'deviceSecret', value: deviceSecret },
      ]}
      onClose={() => void open()}
    />
  );
}
