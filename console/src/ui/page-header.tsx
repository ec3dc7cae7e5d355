import type { ReactNode } from 'react';
import { useEffect } from 'react';

type Props = {
  title: ReactNode;
  /** The name in the browser's tab, when the title is more than text. */
  name?: string;
  about?: ReactNode;
  actions?: ReactNode;
};

/** The head of a page: what it is, what can be done. */
export function PageHeader({ title, name, about, actions }: Props) {
  const text = name ?? (typeof title === 'string' ? title : undefined);
  useEffect(() => {
    if (text !== undefined) document.title = `${text} · OpenCOTA`;
  }, [text]);
  return (
    <header className="page-header">
      <div>
        <h1>{title}</h1>
        {about !== undefined && <p>{about}</p>}
      </div>
      {actions !== undefined && <div className="row">{actions}</div>}
    </header>
  );
}
