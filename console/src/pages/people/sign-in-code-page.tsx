/** Confirms the sign-in of a program: somebody who is signed in says yes or no to the code it shows. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Alert, Button, Form, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/client.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { QueryView } from '../../ui/query-view.tsx';
import { Time } from '../../ui/time.tsx';
import { useAction } from '../../ui/use-action.ts';

export function SignInCodePage() {
  const { t } = useTranslation('people');
  const navigate = useNavigate();
  const { code } = useSearch({ from: '/in/sign-in-code' });
  return (
    <div style={{ maxWidth: 640 }}>
      <PageHeader title={t('codeTitle')} about={t('codeAbout')} />
      <section className="card stack">
        {code === undefined ? (
          <Form<{ code: string }>
            layout="vertical"
            onFinish={(fields) => void navigate({ to: '/sign-in-code', search: { code: fields.code } })}
          >
            <Form.Item name="code" label={t('code')} rules={[{ required: true, message: t('required') }]}>
              <Input className="mono" autoComplete="off" autoCapitalize="characters" spellCheck={false} />
            </Form.Item>
            <Button type="primary" htmlType="submit">
              {t('codeNext')}
            </Button>
          </Form>
        ) : (
          <Decision key={code} code={code} />
        )}
      </section>
    </div>
  );
}

function Decision({ code }: { code: string }) {
  const { t } = useTranslation('people');
  const [verdict, setVerdict] = useState<boolean>();
  const query = useQuery({
    queryKey: ['sign-in-code', code],
    queryFn: () => api.signInCodes.get(code),
    enabled: verdict === undefined,
  });
  const decide = useAction({
    run: (allow: boolean) => api.signInCodes.decide(code, { allow }),
    onDone: (_done, allow) => setVerdict(allow),
  });
  if (verdict !== undefined)
    return (
      <Alert
        type={verdict ? 'success' : 'info'}
        showIcon
        title={verdict ? t('codeAllowed') : t('codeDenied')}
      />
    );
  return (
    <QueryView query={query}>
      {(asked) => (
        <>
          <dl className="facts">
            <dt>{t('code')}</dt>
            <dd>
              <b className="mono">{asked.code}</b>
            </dd>
            <dt>{t('codeFrom')}</dt>
            <dd>{asked.remoteAddress}</dd>
            <dt>{t('codeProgram')}</dt>
            <dd>{asked.userAgent}</dd>
            <dt>{t('codeWhen')}</dt>
            <dd>
              <Time value={asked.createdAt} />
            </dd>
          </dl>
          <Alert type="warning" showIcon title={t('codeWarning')} />
          {decide.error !== null && <ProblemAlert error={decide.error} />}
          <div className="row">
            <Button type="primary" loading={decide.isPending} onClick={() => decide.mutate(true)}>
              {t('codeAllow')}
            </Button>
            <Button disabled={decide.isPending} onClick={() => decide.mutate(false)}>
              {t('codeDeny')}
            </Button>
          </div>
        </>
      )}
    </QueryView>
  );
}
