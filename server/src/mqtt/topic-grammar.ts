/**
 * What makes a topic name or a topic filter well formed (MQTT 3.1.1, section 4.7).
 *
 * The standard lets a receiver close the connection over control characters and non-characters in
 * a string (1.5.3); in a topic they have no honest use and would reach logs, so it is done here.
 */
import type { ProtocolFault } from './faults.ts';

const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;

/** How many levels a topic has: one more than its slashes. */
export function topicLevels(topic: string): number {
  let levels = 1;
  for (let index = 0; index < topic.length; index++) if (topic.charCodeAt(index) === SLASH) levels++;
  return levels;
}

export function findTopicNameFault(topic: string): ProtocolFault | undefined {
  if (topic.length === 0) return 'topic-empty';
  for (let index = 0; index < topic.length; index++) {
    const code = topic.charCodeAt(index);
    if (code === PLUS || code === HASH) return 'topic-with-wildcard';
    if (isForbidden(code)) return 'topic-with-control-character';
  }
  return undefined;
}

export function findTopicFilterFault(filter: string): ProtocolFault | undefined {
  if (filter.length === 0) return 'filter-empty';
  for (let index = 0; index < filter.length; index++) {
    const code = filter.charCodeAt(index);
    if (isForbidden(code)) return 'filter-with-control-character';
    if (code !== PLUS && code !== HASH) continue;
    const startsLevel = index === 0 || filter.charCodeAt(index - 1) === SLASH;
    const isLast = index === filter.length - 1;
    if (code === HASH && !(startsLevel && isLast)) return 'filter-multi-level-misplaced';
    if (code === PLUS && !(startsLevel && (isLast || filter.charCodeAt(index + 1) === SLASH))) {
      return 'filter-single-level-misplaced';
    }
  }
  return undefined;
}

/** Whether a topic name is covered by a filter. Both are well formed. */
export function filterMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (let index = 0; index < wanted.length; index++) {
    if (wanted[index] === '#') return true;
    if (wanted[index] !== '+' && wanted[index] !== levels[index]) return false;
    if (index >= levels.length) return false;
  }
  return wanted.length === levels.length;
}

/** Control characters and non-characters. `isLineBreakAllowed` for client ids: one SDK puts them there. */
export function hasForbiddenCharacter(text: string, isLineBreakAllowed: boolean): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isForbidden(code) && !(isLineBreakAllowed && (code === 0x0a || code === 0x0d || code === 0x09)))
      return true;
  }
  return false;
}

function isForbidden(code: number): boolean {
  if (code >= 0x20 && code < 0x7f) return false;
  return code <= 0x9f || (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe;
}
