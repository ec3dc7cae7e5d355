/** Where a device list comes from: a file that is chosen or dropped, or rows that are pasted. */
import { FileTextOutlined } from '@ant-design/icons';
import { Alert, Button, Input } from 'antd';
import { type DragEvent, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { numberFormat } from '../../ui/formats.ts';
import { bytes } from '../../ui/time-text.ts';
import { FILE_BYTES_MAX, type FileFault } from './csv-check.ts';
import { ROWS_MAX } from './device-csv.ts';
import type { Source } from './use-import.ts';

type Props = {
  fault: FileFault | undefined;
  /** Of the file that has the fault. */
  name: string | undefined;
  onSource: (source: Source) => void;
};

export function ImportSource({ fault, name, onSource }: Props) {
  const { t } = useTranslation('devices');
  const readFile = async (file: File) =>
    // A file that is too large is not even read: its size alone refuses it.
    onSource({
      name: file.name,
      content: new Uint8Array(await file.slice(0, FILE_BYTES_MAX + 1).arrayBuffer()),
    });
  return (
    <section className="card stack">
      <h2 style={{ margin: 0 }}>{t('importPage.source')}</h2>
      {fault !== undefined && <Fault fault={fault} name={name} />}
      <DropArea onFile={(file) => void readFile(file)} />
      <Paste onText={(content) => onSource({ name: t('importPage.pasted'), content })} />
    </section>
  );
}

function Fault({ fault, name }: { fault: FileFault; name: string | undefined }) {
  const { t, i18n } = useTranslation('devices');
  const limits = {
    rows: numberFormat(i18n.language).format(ROWS_MAX),
    tooLarge: `${FILE_BYTES_MAX / 1024 / 1024} MB`,
  };
  const values = { ...fault, max: fault.kind === 'tooLarge' ? limits.tooLarge : limits.rows };
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={name}
      // Each kind of fault has the values its sentence names.
      description={t(`importPage.faults.${fault.kind}`, values as { row: number; name: string; max: string })}
    />
  );
}

function DropArea({ onFile }: { onFile: (file: File) => void }) {
  const { t } = useTranslation('devices');
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (file !== undefined) onFile(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is for the pointer; the button below does the same.
    <div
      className={isOver ? 'drop-area is-over' : 'drop-area'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <FileTextOutlined aria-hidden style={{ fontSize: 28 }} />
      <div className="muted">
        {t('importPage.drop')} {t('importPage.or')}
      </div>
      <Button type="primary" onClick={() => input.current?.click()}>
        {t('importPage.choose')}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".csv,.txt,text/csv,text/plain"
        aria-label={t('importPage.choose')}
        tabIndex={-1}
        className="visually-hidden"
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          if (file !== undefined) onFile(file);
          // The same file, put right, can be chosen again.
          target.value = '';
        }}
      />
    </div>
  );
}

function Paste({ onText }: { onText: (text: string) => void }) {
  const { t, i18n } = useTranslation('devices');
  const id = useId();
  const [text, setText] = useState('');
  return (
    <div>
      <label htmlFor={id}>{t('importPage.paste')}</label>
      <Input.TextArea
        id={id}
        className="mono"
        rows={6}
        spellCheck={false}
        placeholder={'deviceName,tags\nlamp-0001,floor=1;beta'}
        value={text}
        onChange={({ target }) => setText(target.value)}
        style={{ marginTop: 4 }}
      />
      <div className="row" style={{ marginTop: 8 }}>
        <Button disabled={text.trim() === ''} onClick={() => onText(text)}>
          {t('importPage.checkPasted')}
        </Button>
        {text !== '' && <span className="muted">{bytes(text.length, i18n.language)}</span>}
      </div>
    </div>
  );
}
