import { PageHeader } from '../../ui/page-header.tsx';

export function ImportPage() {
  return <PageHeader title="ImportPage" />;
}
