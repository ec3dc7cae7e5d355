import { PageHeader } from '../../ui/page-header.tsx';

export function DevicePage() {
  return <PageHeader title="DevicePage" />;
}
