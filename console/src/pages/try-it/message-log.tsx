/** Each message as it travelled, with a sentence on what it means. */
import { Button, Segmented } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timeFormat } from '../../ui/formats.ts';
import { ENTRIES_MAX, type Entry, pretty } from './journal.ts';
import { useSnapshot } from './use-virtual-device.ts';
import type { VirtualDevice } from './virtual-device.ts';

type Form = 'pretty' | 'raw';
/** This close to the end counts as being there. */
const NEAR_END_PX = 60;
const UPWARD_KEYS: readonly string[] = ['ArrowUp', 'PageUp', 'Home'];

export function MessageLog({ device }: { device: VirtualDevice }) {
  const { t } = useTranslation('tryIt');
  const { entries } = useSnapshot(device);
  const [form, setForm] = useState<Form>('pretty');
  const list = useFollowingScroll(entries.length);
  return (
    <section className="card try-log" aria-labelledby="try-messages">
      <div className="spread">
        <h2 id="try-messages" style={{ margin: 0 }}>
          {t('messages')} <small className="muted">{t('messagesAbout', { count: ENTRIES_MAX })}</small>
        </h2>
        <div className="row">
          <Segmented<Form>
            aria-label={t('form')}
            value={form}
            onChange={setForm}
            options={[
              { value: 'pretty', label: t('pretty') },
              { value: 'raw', label: t('raw') },
            ]}
          />
          <Button disabled={entries.length === 0} onClick={() => device.clear()}>
            {t('clear')}
          </Button>
        </div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <div className="try-entries" role="log" aria-label={t('messages')} ref={list} tabIndex={0}>
        {entries.length === 0 && <p className="muted">{t('noMessages')}</p>}
        {entries.map((entry) => (
          <Message key={entry.id} entry={entry} form={form} />
        ))}
      </div>
    </section>
  );
}

/** The list stays at its end, whatever else moves it, until a person scrolls up; and again when they are back there. */
function useFollowingScroll(length: number) {
  const list = useRef<HTMLDivElement>(null);
  const isFollowing = useRef(true);
  useEffect(() => {
    const box = list.current;
    if (box === null) return;
    const listening = new AbortController();
    const { signal } = listening;
    const leave = () => {
      isFollowing.current = false;
    };
    box.addEventListener('wheel', ({ deltaY }) => deltaY < 0 && leave(), { signal, passive: true });
    box.addEventListener('keydown', ({ key }) => UPWARD_KEYS.includes(key) && leave(), { signal });
    box.addEventListener('touchmove', leave, { signal, passive: true });
    box.addEventListener('pointerdown', leave, { signal });
    const onScroll = () => {
      if (box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX) isFollowing.current = true;
      else if (isFollowing.current) box.scrollTop = box.scrollHeight;
    };
    box.addEventListener('scroll', onScroll, { signal });
    return () => listening.abort();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when a message is added.
  useEffect(() => {
    if (isFollowing.current) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [length]);
  return list;
}

const MARKS = { out: 'outMark', in: 'inMark', self: 'selfMark' } as const;

function Message({ entry, form }: { entry: Entry; form: Form }) {
  const { t, i18n } = useTranslation('tryIt');
  const { direction, title, payload, note, values } = entry;
  return (
    <article className={`try-entry is-${direction}`}>
      <header>
        <span className="try-mark">{t(MARKS[direction])}</span>
        <time className="muted numbers" dateTime={new Date(entry.atMs).toISOString()}>
          {timeOfDay(entry.atMs, i18n.language)}
        </time>
      </header>
      <p>{t(`note.${note}`, values)}</p>
      {title !== '' && <code className="mono try-topic">{title}</code>}
      {payload !== '' && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        <pre className="mono" tabIndex={0}>
          {form === 'pretty' ? pretty(payload) : payload}
        </pre>
      )}
    </article>
  );
}

function timeOfDay(atMs: number, language: string): string {
  return timeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
  }).format(atMs);
}
