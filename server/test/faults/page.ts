import { join } from 'node:path';
import type { Fault } from './fault.ts';
export const FAULTS_PAGE = join(import.meta.dirname, '../../../docs/faults.md');
export function faultsPage(_faults: readonly Fault[]): string {
  return '';
}
