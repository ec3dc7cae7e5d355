/** How much of the limit the text takes, in bytes. */
import { useTranslation } from 'react-i18next';
import { numberFormat } from '../../ui/formats.ts';

export function SizeGauge({ size, max }: { size: number; max: number }) {
  const { t, i18n } = useTranslation('config');
  const number = (count: number) => numberFormat(i18n.language).format(count);
  const isOver = size > max;
  const words = isOver
    ? t('sizeOver', { size: number(size), max: number(max), over: number(size - max) })
    : t('sizeOf', { size: number(size), max: number(max) });
  return (
    <span className={`size-gauge numbers ${isOver ? 'size-over' : ''}`}>
      <span className="size-track" aria-hidden="true">
        <span style={{ width: `${Math.min(100, (100 * size) / max)}%` }} />
      </span>
      {words}
    </span>
  );
}
