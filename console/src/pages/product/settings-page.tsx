import { PageHeader } from '../../ui/page-header.tsx';

export function ProductSettingsPage() {
  return <PageHeader title="ProductSettingsPage" />;
}
