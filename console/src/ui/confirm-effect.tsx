/** The question before something that cannot be taken back: names the effect and the count, and may ask for a word. */
import { Button, Input, Modal } from 'antd';
import { type ReactNode, useId, useState } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import { ProblemAlert } from './problem-alert.tsx';

type Props = {
  open: boolean;
  title: string;
  /** What will happen, to how many. */
  effect: ReactNode;
  /** What the button does, as a verb: never "OK". */
  action: string;
  /** To be typed first. */
  word?: string;
  isDangerous?: boolean;
  isPending?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onCancel: () => void;
};

export function ConfirmEffect(props: Props) {
  const { open, title, effect, action, word, isDangerous = true, isPending = false, error } = props;
  const { t } = useTranslation();
  const id = useId();
  const [typed, setTyped] = useState('');
  const mayConfirm = word === undefined || typed.trim() === word;
  const close = () => {
    setTyped('');
    props.onCancel();
  };
  return (
    <Modal
      open={open}
      title={title}
      onCancel={close}
      afterClose={() => setTyped('')}
      destroyOnHidden
      footer={[
        <Button key="cancel" onClick={close}>
          {t('cancel')}
        </Button>,
        <Button
          key="confirm"
          type="primary"
          danger={isDangerous}
          disabled={!mayConfirm}
          loading={isPending}
          onClick={props.onConfirm}
        >
          {action}
        </Button>,
      ]}
    >
      <div className="stack">
        <div>{effect}</div>
        {word !== undefined && (
          <div>
            <label htmlFor={id}>
              <Trans
                i18nKey="typeToConfirm"
                values={{ word }}
                components={{ code: <code className="mono" /> }}
              />
            </label>
            <Input
              id={id}
              value={typed}
              autoComplete="off"
              spellCheck={false}
              onChange={({ target }) => setTyped(target.value)}
              onPressEnter={() => mayConfirm && props.onConfirm()}
            />
          </div>
        )}
        {error !== undefined && error !== null && <ProblemAlert error={error} />}
      </div>
    </Modal>
  );
}
