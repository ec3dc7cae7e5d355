/** Two drafts in one place: beside each other, until a person has chosen or merged. Neither is lost. */

import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { Alert, Button } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useThemeName } from '../../app/preferences.ts';
import { codeLook, readOnly } from '../../editor/code-look.ts';
import { separatorOf } from '../../editor/line-breaks.ts';
import { useElementView } from '../../editor/use-element-view.ts';
import { Time } from '../../ui/time.tsx';
import type { Theirs } from './draft-keeper.ts';

type Props = {
  mine: string;
  theirs: Theirs;
  /** The text on the right, as it is typed: it is kept like any other. */
  onEdit: (text: string) => void;
  onTakeTheirs: () => void;
  onKeep: (text: string) => void;
};

export function Conflict({ mine, theirs, onEdit, onTakeTheirs, onKeep }: Props) {
  const { t } = useTranslation('config');
  const [first] = useState(mine);
  const { by, at } = theirs;
  const title = by === undefined ? t('conflictTitle') : t('conflictBy', { name: by });
  const theirsLabel = by === undefined ? t('theirs') : t('theirsBy', { name: by });
  return (
    <section className="stack" aria-label={t('conflictTitle')}>
      <Alert type="warning" showIcon role="alert" title={title} description={t('conflictText')} />
      <div className="scroll-x">
        <div className="conflict-heads">
          <h2>
            {theirsLabel}{' '}
            {at !== undefined && (
              <span className="muted">
                <Time value={at} />
              </span>
            )}
          </h2>
          <h2>{t('mine')}</h2>
        </div>
        <TwoTexts mine={first} theirs={theirs.text} theirsLabel={theirsLabel} onEdit={onEdit} />
      </div>
      <div className="row">
        <Button onClick={onTakeTheirs}>{t('takeTheirs')}</Button>
        <Button type="primary" onClick={() => onKeep(mine)}>
          {mine === first ? t('keepMine') : t('useMerged')}
        </Button>
      </div>
    </section>
  );
}

type TwoProps = { mine: string; theirs: string; theirsLabel: string; onEdit: (text: string) => void };

function TwoTexts({ mine, theirs, theirsLabel, onEdit }: TwoProps) {
  const { t, i18n } = useTranslation('config');
  const theme = useThemeName();
  const text = useRef(mine);
  const element = useElementView(
    (parent) => {
      const tell = EditorView.updateListener.of(({ docChanged, state }) => {
        if (!docChanged) return;
        text.current = state.sliceDoc();
        onEdit(text.current);
      });
      const separator = EditorState.lineSeparator.of(separatorOf(text.current));
      const keys = keymap.of([...historyKeymap, ...defaultKeymap]);
      return new MergeView({
        parent,
        a: { doc: theirs, extensions: [codeLook(theirsLabel), readOnly()] },
        b: { doc: text.current, extensions: [separator, codeLook(t('mine')), history(), keys, tell] },
        revertControls: 'a-to-b',
      });
    },
    [theirs, theirsLabel, theme, i18n.language],
  );
  return <div ref={element} className="code conflict-texts" />;
}
