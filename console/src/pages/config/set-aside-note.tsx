/** The text that was not chosen, or was replaced: it stays within reach until it is discarded. */
import { Alert, Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CodeView } from '../../editor/code-view.tsx';
import { CopyButton } from '../../ui/copy-text.tsx';
import { Time } from '../../ui/time.tsx';
import type { SetAside } from './kept-text.ts';

type Props = { aside: SetAside; onUse: (() => void) | undefined; onDiscard: () => void };

const WORDS = { mine: 'asideMine', theirs: 'asideTheirs', replaced: 'asideReplaced' } as const;

export function SetAsideNote({ aside, onUse, onDiscard }: Props) {
  const { t } = useTranslation('config');
  const [isOpen, setOpen] = useState(false);
  const words = t(WORDS[aside.kind], { time: '|' }).split('|');
  return (
    <>
      <Alert
        type="info"
        title={
          <>
            {words[0]}
            <Time value={aside.at} />
            {words[1]}
          </>
        }
        action={
          <div className="row">
            <Button size="small" onClick={() => setOpen(true)}>
              {t('asideLook')}
            </Button>
            <Button size="small" onClick={onDiscard}>
              {t('asideDiscard')}
            </Button>
          </div>
        }
      />
      <Modal
        open={isOpen}
        title={t('asideTitle')}
        width={860}
        onCancel={() => setOpen(false)}
        destroyOnHidden
        footer={
          <>
            <CopyButton text={aside.text} />
            <Button
              type="primary"
              disabled={onUse === undefined}
              onClick={() => {
                setOpen(false);
                onUse?.();
              }}
            >
              {t('asideUse')}
            </Button>
          </>
        }
      >
        <div className="diff-box">
          <CodeView text={aside.text} label={t('asideTitle')} />
        </div>
      </Modal>
    </>
  );
}
