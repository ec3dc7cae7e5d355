/** What can be done with the text in the editor. */
import { RedoOutlined, SearchOutlined, UndoOutlined } from '@ant-design/icons';
import { Button, Tooltip } from 'antd';
import type { RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import type { CodeEditorHandle } from '../../editor/code-editor.tsx';
import { useAction } from '../../ui/use-action.ts';

type Props = {
  editor: RefObject<CodeEditorHandle | null>;
  mayWrite: boolean;
  onSave: () => void;
};

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const keyOf = (letter: string) => (isMac ? `⌘${letter}` : `Ctrl+${letter}`);

export function EditorTools({ editor, mayWrite, onSave }: Props) {
  const { t } = useTranslation('config');
  const format = useAction({
    async run() {
      const { formatEdits } = await import('../../editor/json-language.ts');
      const handle = editor.current;
      if (handle !== null) handle.apply(formatEdits(handle.document()));
    },
  });
  return (
    <div className="workbench-tools">
      {mayWrite && (
        <>
          <Tooltip title={t('formatHelp')}>
            <Button type="text" loading={format.isPending} onClick={() => format.mutate()}>
              {t('format')}
            </Button>
          </Tooltip>
          <Tooltip title={`${t('undo')} (${keyOf('Z')})`}>
            <Button
              type="text"
              aria-label={t('undo')}
              icon={<UndoOutlined aria-hidden />}
              onClick={() => editor.current?.undo()}
            />
          </Tooltip>
          <Tooltip title={t('redo')}>
            <Button
              type="text"
              aria-label={t('redo')}
              icon={<RedoOutlined aria-hidden />}
              onClick={() => editor.current?.redo()}
            />
          </Tooltip>
        </>
      )}
      <Tooltip title={keyOf('F')}>
        <Button
          type="text"
          icon={<SearchOutlined aria-hidden />}
          onClick={() => editor.current?.openSearch()}
        >
          {t('find')}
        </Button>
      </Tooltip>
      {mayWrite && (
        <>
          <span className="muted workbench-hint">{t('leaveHint')}</span>
          <Tooltip title={keyOf('S')}>
            <Button type="primary" className="workbench-save" onClick={onSave}>
              {t('saveVersion')}
            </Button>
          </Tooltip>
        </>
      )}
    </div>
  );
}
