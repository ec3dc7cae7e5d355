/**
 * The editor of JSON text. What is in it belongs to CodeMirror while it is open: the page hears each change and
 * acts on it through the handle.
 */
import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab, redo, undo } from '@codemirror/commands';
import { bracketMatching, foldKeymap, indentOnInput, indentUnit } from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension, Text } from '@codemirror/state';
import {
  drawSelection,
  dropCursor,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
} from '@codemirror/view';
import { type RefObject, useEffect, useImperativeHandle, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useThemeName } from '../app/preferences.ts';
import { codeLook, readOnly } from './code-look.ts';
import type { Edit } from './json-language.ts';
import { separatorOf } from './line-breaks.ts';

export type CodeEditorHandle = {
  /** Another text in the place of this one; undo brings this one back. */
  replace(text: string): void;
  /** Places count each line break as one. */
  apply(edits: readonly Edit[]): void;
  /** The text with `\n` for each line break: what `apply` counts in. */
  document(): string;
  jump(from: number, to: number): void;
  mark(diagnostics: readonly Diagnostic[]): void;
  openSearch(): void;
  undo(): void;
  redo(): void;
  focus(): void;
};

type Props = {
  ref?: RefObject<CodeEditorHandle | null>;
  initialText: string;
  label: string;
  isReadOnly?: boolean;
  /** More of CodeMirror, such as completion. */
  extras?: Extension;
  onChange?: (text: string) => void;
  onCursor?: (line: number, column: number) => void;
};

export function CodeEditor({ ref, initialText, label, isReadOnly = false, extras = [], ...events }: Props) {
  const { i18n } = useTranslation();
  const theme = useThemeName();
  const element = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(events);
  latest.current = events;
  const compartments = useRef({
    look: new Compartment(),
    extras: new Compartment(),
    breaks: new Compartment(),
  }).current;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is CodeMirror's once the editor is open.
  useEffect(() => {
    const made = new EditorView({
      parent: element.current!,
      doc: initialText,
      extensions: [
        compartments.breaks.of(EditorState.lineSeparator.of(separatorOf(initialText))),
        compartments.look.of(codeLook(label)),
        compartments.extras.of(extras),
        isReadOnly ? [readOnly(), search({ top: true }), keymap.of(searchKeymap)] : editing(),
        EditorView.updateListener.of(({ docChanged, selectionSet, state }) => {
          if (docChanged) latest.current.onChange?.(state.sliceDoc());
          if (docChanged || selectionSet) tellCursor(state, latest.current.onCursor);
        }),
      ],
    });
    view.current = made;
    return () => made.destroy();
  }, [isReadOnly]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme and language change what codeLook gives.
  useEffect(
    () => view.current?.dispatch({ effects: compartments.look.reconfigure(codeLook(label)) }),
    [label, theme, i18n.language],
  );
  useEffect(
    () => view.current?.dispatch({ effects: compartments.extras.reconfigure(extras) }),
    [extras, compartments],
  );
  useImperativeHandle(ref, () => handleOf(() => view.current!, compartments.breaks), [compartments]);
  return <div ref={element} className="code code-editor" />;
}

/** What an editor can do beyond showing. */
function editing(): Extension {
  return [
    history(),
    drawSelection(),
    dropCursor(),
    indentOnInput(),
    indentUnit.of('  '),
    // Said for what looks for it: text that can be edited takes the focus anyway.
    EditorView.contentAttributes.of({ tabindex: '0' }),
    closeBrackets(),
    bracketMatching(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    lintGutter(),
    search({ top: true }),
    EditorView.clipboardInputFilter.of((text, state) => text.replaceAll(/\r\n?|\n/g, state.lineBreak)),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...lintKeymap,
      ...defaultKeymap,
      // Escape, then Tab, leaves the editor by keyboard.
      indentWithTab,
    ]),
  ];
}

function tellCursor(state: EditorState, tell: Props['onCursor']): void {
  const line = state.doc.lineAt(state.selection.main.head);
  const before = state.sliceDoc(line.from, state.selection.main.head);
  tell?.(line.number, [...before].length + 1);
}

function handleOf(view: () => EditorView, breaks: Compartment): CodeEditorHandle {
  return {
    replace(text) {
      const separator = separatorOf(text);
      const insert = Text.of(text.split(separator));
      view().dispatch({
        changes: { from: 0, to: view().state.doc.length, insert },
        effects: breaks.reconfigure(EditorState.lineSeparator.of(separator)),
        selection: { anchor: 0 },
        scrollIntoView: true,
      });
    },
    apply(edits) {
      view().dispatch({
        changes: edits.map(({ from, to, insert }) => ({ from, to, insert: Text.of(insert.split('\n')) })),
      });
    },
    document: () => view().state.doc.toString(),
    jump(from, to) {
      view().dispatch({
        selection: { anchor: from, head: to },
        effects: EditorView.scrollIntoView(from, { y: 'center' }),
      });
      view().focus();
    },
    mark: (diagnostics) => view().dispatch(setDiagnostics(view().state, diagnostics)),
    openSearch: () => void openSearchPanel(view()),
    undo: () => void undo(view()),
    redo: () => void redo(view()),
    focus: () => view().focus(),
  };
}
