/**
 * How configuration text looks: colours from the page's own custom properties, so both themes are one look, and
 * the words of CodeMirror's panels in the language of the page.
 */
import { json } from '@codemirror/lang-json';
import { foldGutter, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, highlightSpecialChars, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import i18next from 'i18next';
import './code.css';

const highlight = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--code-key)' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: [tags.bool, tags.null], color: 'var(--code-word)' },
]);

/** Styles that CodeMirror makes in the page carry the nonce that the server gave with it. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

const isDark = () => document.documentElement.dataset.theme === 'dark';

/** What every text of this console has: JSON colours, line numbers, folding. */
export function codeLook(label: string): Extension {
  return [
    EditorView.cspNonce.of(nonce),
    EditorView.darkTheme.of(isDark()),
    EditorState.phrases.of(phrases()),
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', autocorrect: 'off' }),
    json(),
    syntaxHighlighting(highlight),
    lineNumbers(),
    foldGutter(),
    highlightSpecialChars(),
    EditorView.lineWrapping,
  ];
}

/** Text that is only looked at, still reachable by keyboard. */
export function readOnly(): Extension {
  return [
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({ tabindex: '0' }),
  ];
}

/** CodeMirror's own English words are the keys. */
function phrases(): Record<string, string> {
  const found: unknown = i18next.getResource(i18next.language, 'config', 'phrases');
  return typeof found === 'object' && found !== null ? { ...found } : {};
}
