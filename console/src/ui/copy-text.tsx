/** Text that is copied more often than read, and blocks of it. */
import { CheckOutlined, CopyOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import './copy-text.css';

const SAID_MS = 1_500;

export function CopyText({ text, shownAs = text }: { text: string; shownAs?: string }) {
  return (
    <span className="copy-text">
      <code className="mono">{shownAs}</code>
      <CopyButton text={text} />
    </span>
  );
}

export function CopyBlock({ text, label }: { text: string; label: string }) {
  return (
    <div className="copy-block">
      <section aria-label={label}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
        <pre className="mono" tabIndex={0}>
          {text}
        </pre>
      </section>
      <CopyButton text={text} />
    </div>
  );
}

export function CopyButton({ text }: { text: string }) {
  const { t } = useTranslation();
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await writeClipboard(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  const label = isCopied ? t('copied') : t('copy');
  return (
    <Button
      type="text"
      size="small"
      aria-label={label}
      title={label}
      icon={isCopied ? <CheckOutlined aria-hidden /> : <CopyOutlined aria-hidden />}
      onClick={copy}
    />
  );
}

/** A page that came over plain HTTP has no clipboard of its own; there a selection is copied as of old. */
export async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
