import { PageHeader } from '../../ui/page-header.tsx';

export function EditorPage() {
  return <PageHeader title="EditorPage" />;
}
