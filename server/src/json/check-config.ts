/**
 * Decides whether the bytes an author typed may become a configuration, and says what to change.
 *
 * Devices get these very bytes, so the check reads them and never writes them again. It refuses what
 * two JSON readers would understand differently (duplicate keys, a byte order mark, bytes that are not
 * UTF-8) and what could hurt a small device (size, depth). It warns about what JSON allows but some
 * devices lose: numbers that a double cannot hold, and halves of surrogate pairs.
 *
 * After a syntax error or too deep a nesting the rest of the text cannot be read, so the check ends
 * there; everything found before is still reported.
 */
import { createCheckVisitor } from './check-visitor.ts';
import {
  byteOrderMark,
  type ConfigProblemReason,
  emptyText,
  type Finding,
  type Findings,
  invalidUtf8,
  notContainer,
  scanStopped,
  tooLarge,
} from './config-finding.ts';
import { scanJson } from './json-scan.ts';
import { skipWhitespace } from './json-token.ts';
import { locateOffsets } from './text-position.ts';
import { findInvalidUtf8 } from './utf8.ts';

/** The size limit of a product that has not set its own. */
export const CONFIG_BYTES_DEFAULT = 64 * 1024;
/** The largest size limit a setting may ask for. */
export const CONFIG_BYTES_CEILING = 1024 * 1024;
/** How many objects and arrays may lie in each other. */
export const CONFIG_DEPTH_MAX = 64;
/** At most this many problems, and as many warnings, are reported for one text. */
export const CONFIG_PROBLEMS_MAX = 100;
const BYTE_ORDER_MARK_LENGTH = 3;

export type ConfigLimits = { readonly bytesMax: number; readonly depthMax: number };

export type ConfigProblem = {
  readonly reason: ConfigProblemReason;
  /** What is wrong and what to do, for the author. */
  readonly message: string;
  /** From 1. LF, CR LF and a lone CR end a line. */
  readonly line: number;
  /** From 1, in Unicode code points. */
  readonly column: number;
  /** From 0, in bytes. */
  readonly offset: number;
  /** JSON Pointer of the value or member, where there is one and it is not excessively long. */
  readonly path?: string;
};

/** The text may be saved when `problems` is empty. Both lists are in the order of the text. */
export type ConfigCheck = {
  readonly problems: readonly ConfigProblem[];
  /** `number-not-exact` and `lone-surrogate`: worth a look, not refused. */
  readonly warnings: readonly ConfigProblem[];
};

/** Checks the bytes of a configuration; any bytes are welcome, and it never throws. */
export function checkConfig(bytes: Uint8Array, limits: ConfigLimits): ConfigCheck {
  const findings: Findings = { problems: [], warnings: [] };
  if (bytes.length > limits.bytesMax) {
    findings.problems.push(tooLarge(bytes.length, limits.bytesMax));
  } else {
    const invalidAt = findInvalidUtf8(bytes);
    if (invalidAt >= 0) findings.problems.push(invalidUtf8(bytes[invalidAt]!, invalidAt));
    else checkText(bytes, limits, findings);
  }
  return placeFindings(bytes, findings);
}

function checkText(bytes: Uint8Array, limits: ConfigLimits, findings: Findings): void {
  const start = hasByteOrderMark(bytes) ? BYTE_ORDER_MARK_LENGTH : 0;
  if (start > 0) findings.problems.push(byteOrderMark());
  const first = skipWhitespace(bytes, start);
  if (first >= bytes.length) {
    findings.problems.push(emptyText());
    return;
  }
  const visitor = createCheckVisitor(bytes, findings, CONFIG_PROBLEMS_MAX);
  const fault = scanJson(bytes, { visitor, depthMax: limits.depthMax, start });
  if (fault !== undefined) {
    // What ended the scan is reported even when the list is full.
    findings.problems.splice(CONFIG_PROBLEMS_MAX - 1);
    findings.problems.push(scanStopped(bytes, fault, limits.depthMax));
  } else if (!isContainerStart(bytes[first])) {
    findings.problems.push(notContainer(first));
  }
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function isContainerStart(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b;
}

function placeFindings(bytes: Uint8Array, findings: Findings): ConfigCheck {
  const all = [...findings.problems, ...findings.warnings];
  const offsets = all.flatMap(({ offset, relatedOffset }) =>
    relatedOffset === undefined ? [offset] : [offset, relatedOffset],
  );
  const positions = locateOffsets(bytes, offsets);
  const place = ({ reason, offset, relatedOffset, path, say }: Finding): ConfigProblem => ({
    reason,
    message: say(relatedOffset === undefined ? undefined : positions.get(relatedOffset)),
    ...positions.get(offset)!,
    offset,
    ...(path === undefined ? {} : { path }),
  });
  return { problems: findings.problems.map(place), warnings: findings.warnings.map(place) };
}
