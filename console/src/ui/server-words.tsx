/** What the server said, which it says in English: in another language it stands small below that language's words. */
import { useTranslation } from 'react-i18next';

export function ServerWords({ text }: { text: string }) {
  const { i18n } = useTranslation();
  if (i18n.language === 'en') return <div>{text}</div>;
  return (
    <div className="server-words" lang="en">
      {text}
    </div>
  );
}
