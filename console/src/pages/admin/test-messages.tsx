/** How codes reach people, and trying it out: a message to one's own telephone or mailbox. */
import { MailOutlined, MessageOutlined } from '@ant-design/icons';
import type { ServerView, TestMessageView } from '@opencota/contract/http/server';
import { Link } from '@tanstack/react-router';
import { Alert, Button, Tag } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { Static } from 'typebox';
import { api } from '../../api/client.ts';
import { hasCode, shown } from '../../api/problem.ts';
import { useSession } from '../../app/rights.ts';
import { CopyText } from '../../ui/copy-text.tsx';
import { ProblemAlert } from '../../ui/problem-alert.tsx';
import { ServerWords } from '../../ui/server-words.tsx';
import { useAction } from '../../ui/use-action.ts';

const CHANNELS = ['sms', 'email'] as const;
type Channel = (typeof CHANNELS)[number];

/** What switches a channel on. The rest of its settings is listed below on the page. */
const SETTING: Readonly<Record<Channel, string>> = {
  sms: 'OPENCOTA_SMS_PROVIDER',
  email: 'OPENCOTA_SMTP_URL',
};
const ICONS = { sms: <MessageOutlined aria-hidden />, email: <MailOutlined aria-hidden /> } as const;

export function TestMessages({ server }: { server: ServerView }) {
  const { t } = useTranslation('admin');
  const title = useId();
  const isConfigured = { sms: server.smsConfigured, email: server.emailConfigured };
  return (
    <section className="card stack" aria-labelledby={title}>
      <div>
        <h2 id={title} style={{ marginBottom: 4 }}>
          {t('message.title')}
        </h2>
        <p className="muted" style={{ margin: 0 }}>
          {t('message.about')}
        </p>
      </div>
      {!isConfigured.sms && !isConfigured.email && (
        <Alert type="warning" showIcon title={t('message.log')} description={t('message.logWhy')} />
      )}
      <div className="cards">
        {CHANNELS.map((channel) => (
          <ChannelTest key={channel} channel={channel} isConfigured={isConfigured[channel]} />
        ))}
      </div>
    </section>
  );
}

function ChannelTest({ channel, isConfigured }: { channel: Channel; isConfigured: boolean }) {
  const { t } = useTranslation('admin');
  return (
    <div className="message-channel">
      <h3>
        {ICONS[channel]} {t(`message.channel.${channel}`)}{' '}
        <Tag color={isConfigured ? 'success' : 'default'}>
          {isConfigured ? t('message.configured') : t('message.notConfigured')}
        </Tag>
      </h3>
      {isConfigured ? <SendTest channel={channel} /> : <HowTo channel={channel} />}
    </div>
  );
}

function HowTo({ channel }: { channel: Channel }) {
  const { t } = useTranslation('admin');
  return (
    <p style={{ margin: 0 }}>
      {t('message.setFirst')} <code className="mono">{SETTING[channel]}</code>
      {t('message.setThen')} <code className="mono">docs/settings.md</code>
      {t('message.end')}
    </p>
  );
}

function SendTest({ channel }: { channel: Channel }) {
  const { t } = useTranslation('admin');
  const { user } = useSession();
  const address = channel === 'sms' ? user?.phone : user?.email;
  const send = useAction({ run: () => api.server.sendTestMessage({ channel }) });
  if (address == null)
    return (
      <>
        <p style={{ margin: '0 0 4px' }}>{t(`message.noAddress.${channel}`)}</p>
        <Link to="/users">{t('message.toUsers')}</Link>
      </>
    );
  return (
    <div className="stack" style={{ alignItems: 'flex-start' }}>
      <Button loading={send.isPending} onClick={() => send.mutate()}>
        {t('message.send', { address })}
      </Button>
      <div role="status">{send.data !== undefined && <Sent {...send.data} />}</div>
      {send.error !== null && <Failed error={send.error} />}
    </div>
  );
}

/** The provider took it over. That it arrived, only the recipient knows. */
function Sent({ provider, address }: Static<typeof TestMessageView>) {
  const { t } = useTranslation('admin');
  return (
    <Alert
      type="success"
      showIcon
      title={t('message.sent', { provider, address })}
      description={t('message.sentWhy')}
    />
  );
}

const FAILURES = ['recipient', 'refused', 'unreachable', 'timeout', 'aborted'] as const;

/** What the provider said comes first: it is what has to be put right. */
function Failed({ error }: { error: unknown }) {
  const { t } = useTranslation('admin');
  const failure = hasCode(error, 'unavailable')
    ? FAILURES.find((each) => each === error.members.failure)
    : undefined;
  if (failure === undefined) return <ProblemAlert error={error} />;
  const { detail, requestId } = shown(error);
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={t(`message.failure.${failure}`)}
      description={
        <>
          <ServerWords text={detail} />
          <div className="muted">
            {t('requestId', { ns: 'common' })} <CopyText text={requestId} />
          </div>
        </>
      }
    />
  );
}
