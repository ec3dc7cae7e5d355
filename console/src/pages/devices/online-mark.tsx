import { useTranslation } from 'react-i18next';

/** A dot and its word: nothing is told by colour alone. */
export function OnlineMark({ isOnline }: { isOnline: boolean }) {
  const { t } = useTranslation();
  return (
    <span className="online-mark">
      <i className={isOnline ? 'is-online' : ''} />
      {isOnline ? t('online') : t('offline')}
    </span>
  );
}
