/** Completion and hover by the schema: the language service is loaded only when there is one. */
import type { Extension } from '@codemirror/state';
import { useEffect, useState } from 'react';

const NONE: Extension = [];

export function useSchemaHints(schemaText: string | undefined): Extension {
  const [hints, setHints] = useState<Extension>(NONE);
  useEffect(() => {
    setHints(NONE);
    if (schemaText === undefined) return;
    let isWanted = true;
    const load = async () => {
      const [{ createSchemaHints }, { schemaHints }] = await Promise.all([
        import('../../editor/json-language.ts'),
        import('../../editor/schema-hints.ts'),
      ]);
      if (isWanted) setHints(schemaHints(createSchemaHints(schemaText)));
    };
    // Without hints the editor still edits.
    load().catch(() => {});
    return () => {
      isWanted = false;
    };
  }, [schemaText]);
  return hints;
}
