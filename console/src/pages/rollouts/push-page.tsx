/** Before a push: what changes, for how many devices, and what stands in the way. */
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { hasCode } from '../../api/problem.ts';
import { productQuery } from '../../api/queries.ts';
import { NotFoundPage } from '../../app/failure-page.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Time } from '../../ui/time.tsx';
import { PushDevices } from './push-devices.tsx';
import { PushDiff } from './push-diff.tsx';
import { PushForm } from './push-form.tsx';
import { previewQuery } from './queries.ts';
import './rollouts.css';

export function PushPage() {
  const { t } = useTranslation(['rollouts', 'common']);
  const { productKey, number: text } = useParams({ from: '/in/products/$productKey/versions/$number/push' });
  const number = Number(text);
  const product = useQuery(productQuery(productKey));
  const preview = useQuery(previewQuery(productKey, number));
  if (hasCode(preview.error, 'version-not-found', 'invalid-request')) return <NotFoundPage />;
  return (
    <QueryView query={preview}>
      {({ version, devices, enabled, nextAllowedAt }) => (
        <>
          <PageHeader
            title={t('rollouts:push.title', { number })}
            about={
              <>
                {version.note !== '' && <>“{version.note}” · </>}
                {t('rollouts:push.savedBy', { name: version.author })} <Time value={version.createdAt} />
              </>
            }
          />
          <QueryView query={product}>
            {(found) => (
              <div className="push-columns">
                <PushDiff productKey={productKey} from={found.rolledOutVersion} to={number} />
                <div className="stack">
                  <PushDevices product={found} version={number} devices={devices} />
                  <PushForm
                    key={`${productKey} ${number}`}
                    product={found}
                    version={number}
                    devices={devices}
                    isEnabled={enabled}
                    nextAllowedAt={nextAllowedAt}
                  />
                </div>
              </div>
            )}
          </QueryView>
        </>
      )}
    </QueryView>
  );
}
