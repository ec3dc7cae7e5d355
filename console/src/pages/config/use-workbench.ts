/** One text in the hands of three: the editor on the page, the keeper of the draft, and the texts set aside. */
import { App } from 'antd';
import { type RefObject, useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CodeEditorHandle } from '../../editor/code-editor.tsx';
import type { ServerDraft } from './draft-keeper.ts';
import { findSetAside, type SetAside, setAside } from './kept-text.ts';
import type { Opening } from './opening.ts';
import { type Draft, useDraft, useFollowing } from './use-draft.ts';

export type Owner = { productKey: string; username: string };
export type Workbench = Draft & {
  editor: RefObject<CodeEditorHandle | null>;
  text: string;
  aside: SetAside | undefined;
  /** What the editor says was typed. */
  edit: (text: string) => void;
  /** Another text in the place of this one, which undo brings back. */
  put: (text: string) => void;
  discardAside: () => void;
  /** Ends a conflict: the text that was not chosen is set aside. */
  settle: (chosen: string, theirs: ServerDraft) => void;
};

export function useWorkbench(owner: Owner, opening: Opening, mayWrite: boolean): Workbench {
  const { t } = useTranslation('config');
  const { message } = App.useApp();
  const editor = useRef<CodeEditorHandle>(null);
  const draft = useDraft(owner, opening.server, mayWrite);
  const { keeper } = draft;
  const [text, setText] = useState(keeper.text);
  const [aside, setAsideState] = useState(() => findSetAside(owner));
  const putAside = (next: SetAside | undefined) => {
    setAside(owner, next);
    setAsideState(next);
  };
  const edit = (next: string) => {
    setText(next);
    if (mayWrite) keeper.edit(next);
  };
  const follow = useCallback(
    (next: string) => {
      editor.current?.replace(next);
      setText(next);
      void message.info(t('followed'));
    },
    [message, t],
  );
  useFollowing(keeper, owner.productKey, follow);
  return {
    ...draft,
    editor,
    text,
    aside,
    edit,
    // The editor tells of it as of anything typed.
    put: (next) => editor.current?.replace(next),
    discardAside: () => putAside(undefined),
    settle(chosen, theirs) {
      const at = new Date().toISOString();
      if (chosen === theirs.text) putAside({ text, kind: 'mine', at });
      else putAside({ text: theirs.text, kind: 'theirs', at });
      keeper.resolve(chosen, theirs);
      setText(chosen);
    },
  };
}
