/** Programs in tabs, operated as the ARIA pattern for tabs says. */
import { type KeyboardEvent, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyBlock } from '../../ui/copy-text.tsx';
import type { Snippet } from './snippets.ts';

export function SnippetTabs({ snippets }: { snippets: readonly Snippet[] }) {
  const { t } = useTranslation('product');
  const [shownIndex, setShownIndex] = useState(0);
  const tabs = useRef<HTMLDivElement>(null);
  const id = useId();
  const shown = snippets[shownIndex]!;
  const nameOf = ({ kind, name }: Snippet) => (kind === 'check' ? t('quickCheck') : name);
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = (shownIndex + step + snippets.length) % snippets.length;
    setShownIndex(next);
    tabs.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };
  return (
    <>
      <div className="snippet-tabs" role="tablist" aria-label={t('programs')} ref={tabs} onKeyDown={onKey}>
        {snippets.map((snippet, index) => (
          <button
            key={snippet.kind}
            type="button"
            role="tab"
            id={`${id}-${snippet.kind}`}
            aria-selected={index === shownIndex}
            aria-controls={`${id}-panel`}
            tabIndex={index === shownIndex ? 0 : -1}
            onClick={() => setShownIndex(index)}
          >
            {nameOf(snippet)}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${shown.kind}`}>
        <p className="muted flush snippet-about">{t(`snippet.${shown.kind}`)}</p>
        <CopyBlock text={shown.text} label={nameOf(shown)} />
      </div>
    </>
  );
}
