import { PageHeader } from '../../ui/page-header.tsx';

export function ComparePage() {
  return <PageHeader title="ComparePage" />;
}
