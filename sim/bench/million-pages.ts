/** Pages of the device list that are measured: every filter alone, and the mixes that ask most of the store. */
export type MeasuredPage = {
  name: string;
  query: string;
  /** The number in the name of the device that it comes after. */
  after?: string;
};

export const PAGES: readonly MeasuredPage[] = [
  { name: 'first', query: '' },
  { name: 'middle', query: '', after: '0500000' },
  { name: 'last', query: '', after: '0999940' },
  { name: 'of 500', query: 'limit=500', after: '0500000' },
  { name: 'name starts with one of many', query: 'search=unit-05' },
  { name: 'one name', query: 'search=unit-0512345' },
  { name: 'no such name', query: 'search=zzz' },
  { name: 'version of 900,000', query: 'version=10', after: '0500000' },
  { name: 'version of 80,000', query: 'version=9', after: '0500000' },
  { name: 'version of 1,000', query: 'version=0' },
  { name: 'version of none', query: 'version=7' },
  { name: 'tag of 10,000', query: 'tag=beta', after: '0500000' },
  { name: 'tag of 50,000', query: 'tag=site%3D7', after: '0500000' },
  { name: 'tag of none', query: 'tag=none' },
  { name: 'online, nearly all', query: 'online=true', after: '0500000' },
  { name: 'offline, few', query: 'online=false' },
  { name: 'offline, few, from the middle', query: 'online=false', after: '0500000' },
  { name: 'enabled, nearly all', query: 'enabled=true', after: '0500000' },
  { name: 'disabled, few', query: 'enabled=false' },
  { name: 'delivery applied, nearly all', query: 'state=applied', after: '0500000' },
  { name: 'delivery failed, 10,000', query: 'state=failed' },
  { name: 'delivery timed out, 5,000', query: 'state=timedOut', after: '0500000' },
  { name: 'delivery superseded, none', query: 'state=superseded' },
  { name: 'offline with a tag', query: 'online=false&tag=beta' },
  { name: 'offline with a tag of none', query: 'online=false&tag=none' },
  { name: 'offline on an older version', query: 'online=false&version=9' },
  { name: 'offline, failed', query: 'online=false&state=failed' },
  { name: 'offline, by name', query: 'online=false&search=unit-05' },
  { name: 'offline, disabled', query: 'online=false&enabled=false' },
  { name: 'a tag on an older version', query: 'tag=site%3D7&version=8' },
  { name: 'a tag, failed', query: 'tag=beta&state=failed' },
  { name: 'an older version, applied', query: 'version=9&state=applied' },
  { name: 'disabled, failed, by name', query: 'enabled=false&state=failed&search=unit-0' },
];
