/**
 * What the schema of a product says about the place where the cursor is, and formatting. Loaded when it is
 * first needed.
 *
 * The server alone decides what a save refuses: nothing is validated here. Patterns are taken out of the
 * schema first, so that none of them can hold the page up.
 */
import {
  getLanguageService,
  type JSONSchema,
  type MarkupContent,
  type Position,
  type TextDocument,
} from 'vscode-json-languageservice';

const DOCUMENT_URI = 'opencota://config.json';
/** Of the Language Server Protocol. */
const KIND_PROPERTY = 10;
const FORMAT_SNIPPET = 2;
const TAB_SPACES = 2;

export type Hint = { label: string; detail: string; info: string; insert: string; from: number; to: number };
export type Hover = { text: string; from: number; to: number };
export type Edit = { from: number; to: number; insert: string };
export type SchemaHints = ReturnType<typeof createSchemaHints>;

/** Places are offsets into a text whose line breaks are `\n`. */
export function createSchemaHints(schemaText: string) {
  const service = getLanguageService({});
  service.configure({
    validate: false,
    allowComments: false,
    schemas: [{ uri: 'opencota://schema.json', fileMatch: ['*'], schema: withoutPatterns(schemaText) }],
  });
  const read = (text: string, offset: number) => {
    const document = documentOf(text);
    const position = document.positionAt(offset);
    return { document, position, tree: service.parseJSONDocument(document) };
  };
  return {
    async complete(text: string, offset: number): Promise<Hint[]> {
      const { document, position, tree } = read(text, offset);
      const found = await service.doComplete(document, position, tree);
      return (found?.items ?? []).map((item) => {
        const edit = item.textEdit;
        const range = edit !== undefined && 'range' in edit ? edit.range : { start: position, end: position };
        const insert = edit?.newText ?? item.insertText ?? item.label;
        const isSnippet = item.insertTextFormat === FORMAT_SNIPPET;
        return {
          label: item.label,
          detail: item.kind === KIND_PROPERTY ? '' : (item.detail ?? ''),
          info: plain(item.documentation),
          insert: isSnippet ? toSnippet(insert) : insert.replaceAll(/[#$]\{/g, '\\$&'),
          from: document.offsetAt(range.start),
          to: document.offsetAt(range.end),
        };
      });
    },
    async hover(text: string, offset: number): Promise<Hover | undefined> {
      const { document, position, tree } = read(text, offset);
      const found = await service.doHover(document, position, tree);
      const said = [found?.contents ?? []].flat().map(plain).join('\n').trim();
      if (said === '' || found?.range === undefined) return undefined;
      return {
        text: said,
        from: document.offsetAt(found.range.start),
        to: document.offsetAt(found.range.end),
      };
    },
  };
}

/** The language service's view of a text: lines and characters, from 0. */
function documentOf(text: string): TextDocument {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const startOf = (line: number) => starts[line] ?? text.length;
  const offsetAt = ({ line, character }: Position) => Math.min(startOf(line) + character, text.length);
  return {
    uri: DOCUMENT_URI,
    languageId: 'json',
    version: 0,
    lineCount: starts.length,
    getText: (range) => (range === undefined ? text : text.slice(offsetAt(range.start), offsetAt(range.end))),
    getLineRange: (line) => ({
      start: { line, character: 0 },
      end: { line, character: startOf(line + 1) - startOf(line) },
    }),
    getEOLCharacters: () => '\n',
    offsetAt,
    positionAt(offset) {
      const line = starts.findLastIndex((start) => start <= offset);
      return { line, character: offset - starts[line]! };
    },
  };
}

/** White space only: every token stays as it was typed. */
export function formatEdits(text: string): Edit[] {
  const document = documentOf(text);
  const options = { tabSize: TAB_SPACES, insertSpaces: true, insertFinalNewline: true };
  return getLanguageService({})
    .format(document, undefined, options)
    .map(({ range, newText }) => ({
      from: document.offsetAt(range.start),
      to: document.offsetAt(range.end),
      insert: newText,
    }));
}

/** `$1` and `${1:x}` of the language service, in CodeMirror's words. */
export function toSnippet(text: string): string {
  return text
    .replaceAll(/\$(\d+)/g, (_, place: string) => `\${${place}}`)
    .replaceAll(/\\([$}\\])/g, (_, character: string) => (character === '\\' ? '\\\\' : character));
}

function plain(said: MarkupContent | string | { value: string } | undefined): string {
  const text = typeof said === 'string' ? said : (said?.value ?? '');
  // Markdown that the service made of plain text.
  return text.replaceAll(/\\([\\`*_{}[\]()#+\-.!>])/g, '$1').replaceAll(/&nbsp;/g, ' ');
}

function withoutPatterns(schemaText: string): JSONSchema {
  // The server keeps only schemas that are JSON; which members it has is the service's to look at.
  return JSON.parse(schemaText, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const { pattern, patternProperties, ...kept } = value as Record<string, unknown>;
    // A property may be called "pattern"; as a keyword it is a text.
    return typeof pattern === 'object' ? { ...kept, pattern } : kept;
  }) as JSONSchema;
}
