/** A configuration to look at: a version's content as devices get it. */
import { foldKeymap } from '@codemirror/language';
import { search, searchKeymap } from '@codemirror/search';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { useTranslation } from 'react-i18next';
import { useThemeName } from '../app/preferences.ts';
import { codeLook, readOnly } from './code-look.ts';
import { separatorOf } from './line-breaks.ts';
import { useElementView } from './use-element-view.ts';

export function CodeView({ text, label }: { text: string; label: string }) {
  const { i18n } = useTranslation();
  const theme = useThemeName();
  const element = useElementView(
    (parent) =>
      new EditorView({
        parent,
        doc: text,
        extensions: [
          EditorState.lineSeparator.of(separatorOf(text)),
          codeLook(label),
          readOnly(),
          search({ top: true }),
          keymap.of([...searchKeymap, ...foldKeymap]),
        ],
      }),
    [text, label, theme, i18n.language],
  );
  return <div ref={element} className="code" />;
}
