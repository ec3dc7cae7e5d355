import { PageHeader } from '../../ui/page-header.tsx';

export function PushPage() {
  return <PageHeader title="PushPage" />;
}
