/** Findings in the editor itself: underlined where they stand, as long as the text is the one that was checked. */
import { type RefObject, useEffect, useMemo } from 'react';
import type { CodeEditorHandle } from '../../editor/code-editor.tsx';
import type { DraftSnapshot } from './draft-keeper.ts';
import { type PlacedFinding, placeFindings } from './placed-findings.ts';
import { useFindingWords } from './use-finding-words.ts';
import type { Checked } from './use-findings.ts';

type Input = { checked: Checked; snapshot: DraftSnapshot; text: string };

/** @returns undefined when nothing was checked yet. */
export function useMarks(
  editor: RefObject<CodeEditorHandle | null>,
  { checked: { findings }, snapshot, text }: Input,
): PlacedFinding[] | undefined {
  const checkedText = snapshot.server.text;
  const placed = useMemo(() => findings && placeFindings(checkedText, findings), [findings, checkedText]);
  const wordsOf = useFindingWords();
  const isCurrent = text === checkedText;
  useEffect(() => {
    // While something newer is typed, CodeMirror moves the marks along.
    if (placed === undefined || !isCurrent) return;
    editor.current?.mark(
      placed.map(({ severity, message, from, to }) => ({
        from,
        to,
        message: wordsOf(message) ?? message,
        severity: severity === 'problem' ? 'error' : 'warning',
      })),
    );
  }, [editor, placed, isCurrent, wordsOf]);
  return placed;
}
