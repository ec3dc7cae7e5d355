/** The frame of the pages before the console: one card, and the choice of language and theme. */
import type { ReactNode } from 'react';
import { LookChoice } from '../../app/look-choice.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import './entry-frame.css';

export function EntryFrame({
  title,
  about,
  children,
}: {
  title: string;
  about: string;
  children: ReactNode;
}) {
  return (
    <div className="entry">
      <header className="spread">
        <span className="brand">
          <img src="/favicon.svg" alt="" />
          OpenCOTA
        </span>
        <LookChoice />
      </header>
      <main className="card">
        <PageHeader title={title} about={about} />
        {children}
      </main>
    </div>
  );
}
