import { useTranslation } from 'react-i18next';
import type { RowProblem } from './csv-check.ts';
import { TAG_CHARS_MAX, TAGS_MAX } from './tags.ts';

/** What is wrong with a row, in words. */
export function useRowProblem(): (problem: RowProblem) => string {
  const { t } = useTranslation('devices');
  return (problem) => {
    switch (problem.kind) {
      case 'tag':
        return t('importPage.problems.tag', { tag: problem.tag.slice(0, 40), max: TAG_CHARS_MAX });
      case 'tags':
        return t('importPage.problems.tags', { count: problem.count, max: TAGS_MAX });
      case 'duplicate':
        return t('importPage.problems.duplicate', { firstRow: problem.firstRow });
      default:
        return t(`importPage.problems.${problem.kind}`);
    }
  };
}
