/** The tags of a device, and a way to change them. */
import { EditOutlined } from '@ant-design/icons';
import { Button, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { useRights } from '../../app/rights.ts';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { useAction } from '../../ui/use-action.ts';
import { type DeviceDetail, deviceKey } from './device-queries.ts';
import { addTags, type TagsDraft } from './tags.ts';
import { TagsInput } from './tags-input.tsx';

export function DeviceTags({ device }: { device: DeviceDetail }) {
  const { t } = useTranslation('devices');
  const mayWrite = useRights()('devices:write');
  const [isEditing, setEditing] = useState(false);
  if (isEditing) return <TagsForm device={device} onClose={() => setEditing(false)} />;
  return (
    <span className="row" style={{ gap: 4 }}>
      {device.tags.length === 0 && <span className="muted">{t('tagsInput.none')}</span>}
      {device.tags.map((tag) => (
        <Tag key={tag} style={{ margin: 0 }}>
          {tag}
        </Tag>
      ))}
      {mayWrite && (
        <Button size="small" type="text" icon={<EditOutlined aria-hidden />} onClick={() => setEditing(true)}>
          {t('tagsInput.edit')}
        </Button>
      )}
    </span>
  );
}

function TagsForm({ device, onClose }: { device: DeviceDetail; onClose: () => void }) {
  const { t } = useTranslation(['devices', 'common']);
  const { productKey, deviceName } = device;
  const [draft, setDraft] = useState<TagsDraft>({ tags: device.tags, typed: '' });
  const added = addTags(draft);
  const save = useAction({
    run: (tags: string[]) => api.devices.update(productKey, deviceName, { tags }),
    invalidates: [deviceKey(productKey, deviceName), ['product', productKey, 'devices']],
    done: t('devices:tagsInput.saved'),
    onDone: onClose,
  });
  return (
    <div className="stack" style={{ maxWidth: 480, gap: 10 }}>
      <TagsInput draft={draft} onChange={setDraft} autoFocus />
      {save.error !== null && <ProblemAlert error={save.error} />}
      <div className="row">
        <Button
          type="primary"
          loading={save.isPending}
          onClick={() => added.kind === 'added' && save.mutate(added.tags)}
        >
          {t('common:save')}
        </Button>
        <Button onClick={onClose}>{t('common:cancel')}</Button>
      </div>
    </div>
  );
}
