/** Completion and hover by a product's schema, as extensions of an editor. */
import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  snippet,
} from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import { type EditorView, hoverTooltip, type Tooltip } from '@codemirror/view';
import type { SchemaHints } from './json-language.ts';

export function schemaHints(hints: SchemaHints): Extension {
  return [
    autocompletion({ override: [(context) => complete(hints, context)], icons: false }),
    hoverTooltip((view, position) => hover(hints, view, position)),
  ];
}

async function complete(hints: SchemaHints, context: CompletionContext): Promise<CompletionResult | null> {
  const { state, pos, explicit } = context;
  if (!explicit && context.matchBefore(/["\w:,{[]\s?$/) === null) return null;
  const found = await hints.complete(state.doc.toString(), pos);
  const [first] = found;
  if (first === undefined) return null;
  return {
    from: first.from,
    filter: false,
    options: byTyped(found, state.sliceDoc(first.from, pos)).map((hint) => ({
      label: hint.label,
      detail: hint.detail,
      ...(hint.info !== '' && { info: () => textNode(hint.info) }),
      apply: (view: EditorView, completion: Parameters<ReturnType<typeof snippet>>[1]) =>
        snippet(hint.insert)(view, completion, hint.from, Math.max(hint.to, view.state.selection.main.head)),
    })),
  };
}

/** The labels have no quotes, what is typed may have. */
function byTyped<Hint extends { label: string }>(hints: readonly Hint[], typed: string): Hint[] {
  const wanted = typed.replaceAll('"', '').toLowerCase();
  return hints.filter(({ label }) => label.replaceAll('"', '').toLowerCase().includes(wanted));
}

async function hover(hints: SchemaHints, view: EditorView, position: number): Promise<Tooltip | null> {
  const found = await hints.hover(view.state.doc.toString(), position);
  if (found === undefined) return null;
  return {
    pos: found.from,
    end: found.to,
    create: () => ({ dom: textNode(found.text) }),
  };
}

function textNode(text: string): HTMLElement {
  const element = document.createElement('div');
  element.className = 'code-hint';
  element.textContent = text;
  return element;
}
