/** Said while a product has no draft: what to write, or what the text began with. */
import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { DraftSnapshot } from './draft-keeper.ts';
import { NOTHING_ETAG, type Opening } from './opening.ts';

const EXAMPLE = `{
  "reportEverySeconds": 60,
  "brightness": 40,
  "schedule": ["18:30", "06:00"]
}
`;

type Props = { opening: Opening; snapshot: DraftSnapshot; onInsert: (text: string) => void };

export function FirstSteps({ opening, snapshot, onInsert }: Props) {
  const { t } = useTranslation('config');
  if (snapshot.server.etag !== NOTHING_ETAG) return null;
  if (opening.startedFrom !== 0)
    return <Alert type="info" showIcon title={t('startedFrom', { number: opening.startedFrom })} />;
  return (
    <Alert
      type="info"
      title={t('emptyTitle')}
      description={t('emptyText')}
      action={<Button onClick={() => onInsert(EXAMPLE)}>{t('insertExample')}</Button>}
    />
  );
}
