import { PageHeader } from '../../ui/page-header.tsx';

export function TryItPage() {
  return <PageHeader title="TryItPage" />;
}
