/** Two configurations as text, beside each other or in one, with what changed marked. */
import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { EditorView } from '@codemirror/view';
import { useTranslation } from 'react-i18next';
import { useThemeName } from '../app/preferences.ts';
import { codeLook, readOnly } from './code-look.ts';
import { useElementView } from './use-element-view.ts';

type Props = {
  from: string;
  to: string;
  fromLabel: string;
  toLabel: string;
  layout: 'split' | 'unified';
};

/** Large texts that have little in common are compared less exactly, but soon. */
const DIFF_CONFIG = { scanLimit: 2_000, timeout: 500 };
const COLLAPSE = { margin: 3, minSize: 6 };

export function CodeDiff({ from, to, fromLabel, toLabel, layout }: Props) {
  const { i18n } = useTranslation();
  const theme = useThemeName();
  const element = useElementView(
    (parent) => {
      const look = (label: string) => [codeLook(label), readOnly()];
      const common = { diffConfig: DIFF_CONFIG, collapseUnchanged: COLLAPSE };
      if (layout === 'split')
        return new MergeView({
          parent,
          a: { doc: from, extensions: look(fromLabel) },
          b: { doc: to, extensions: look(toLabel) },
          ...common,
        });
      const diff = unifiedMergeView({ original: from, mergeControls: false, ...common });
      return new EditorView({ parent, doc: to, extensions: [look(toLabel), diff] });
    },
    [from, to, fromLabel, toLabel, layout, theme, i18n.language],
  );
  return <div ref={element} className="code" />;
}
