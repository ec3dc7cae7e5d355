/**
 * The thread in which schemas are compiled and run. `schema-check.ts` starts it, gives it one request
 * at a time and ends it when it takes too long; nothing here has to think about time.
 */
import { parentPort } from 'node:worker_threads';
import { CONFIG_BYTES_CEILING, CONFIG_DEPTH_MAX, checkConfig } from './check-config.ts';
import { type CompiledSchema, compileSchema } from './schema-compile.ts';
import {
  SCHEMA_FINDINGS_MAX,
  type SchemaReply,
  type SchemaRequest,
  type WorkerMessage,
} from './schema-types.ts';
import { boundText, sayViolation } from './schema-violation.ts';

/** Compiled schemas kept for the next draft of the same product. */
const COMPILED_SCHEMAS_MAX = 8;

/** By text; the one used last is at the end. */
const compiledSchemas = new Map<string, CompiledSchema>();

function compileOnce(schemaText: string): CompiledSchema {
  const compiled = compiledSchemas.get(schemaText) ?? compileSchema(schemaText);
  compiledSchemas.delete(schemaText);
  compiledSchemas.set(schemaText, compiled);
  for (const oldest of compiledSchemas.keys()) {
    if (compiledSchemas.size <= COMPILED_SCHEMAS_MAX) break;
    compiledSchemas.delete(oldest);
  }
  return compiled;
}

function validateConfig(schemaText: string, configText: string): SchemaReply {
  const { validate, problems } = compileOnce(schemaText);
  if (validate === undefined) return { kind: 'schema-refused', problems };
  const limits = { bytesMax: CONFIG_BYTES_CEILING, depthMax: CONFIG_DEPTH_MAX };
  const refused = checkConfig(Buffer.from(configText, 'utf8'), limits).problems[0];
  if (refused !== undefined) {
    const { line, column, message } = refused;
    return { kind: 'config-refused', message: `Line ${line}, column ${column}: ${message}` };
  }
  if (validate(JSON.parse(configText))) return { kind: 'validated', violations: [] };
  const violations = (validate.errors ?? []).slice(0, SCHEMA_FINDINGS_MAX).map(sayViolation);
  validate.errors = null;
  return { kind: 'validated', violations };
}

function answer(request: SchemaRequest): SchemaReply {
  switch (request.kind) {
    case 'check-schema':
      return { kind: 'schema-checked', problems: compileOnce(request.schemaText).problems };
    case 'validate':
      return validateConfig(request.schemaText, request.configText);
    default:
      return request satisfies never;
  }
}

function answerOrFail(request: SchemaRequest): SchemaReply {
  try {
    return answer(request);
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'recursed' };
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', message: boundText(detail) };
  }
}

const port = parentPort;
if (port === null) throw new Error('schema-worker.ts runs as a worker thread only.');
const send = (message: WorkerMessage) => port.postMessage(message);
port.on('message', (request: SchemaRequest) => send(answerOrFail(request)));
send({ kind: 'ready' });
