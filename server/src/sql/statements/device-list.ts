/**
 * The device list: any mix of filters, by name, a page at a time, over a million devices.
 *
 * Each filter has an index that ends in the device name, so each is a way in that gives names in
 * order, and the others are probed on the way. The way matters: a page comes quickly along one of
 * few entries, or along any when what is probed holds for many. So where filters are mixed, counts
 * choose.
 */
import type { Device } from '../../domain/device.ts';
import type { DeviceFilter, PageOf } from '../../domain/store-port.ts';
import { bit, number, type Sql, type SqlValue } from '../sql.ts';
import { DEVICE_COLUMNS, toDevice } from './device-rows.ts';

/** So few entries are walked from end to end within milliseconds. */
const FEW = 20_000;
/** Looking for the delivery of a device costs as much as passing so many entries. */
const COST_OF_DELIVERY = 5;

/** After every text that starts with what stands before it. */
const LAST_CHAR = '\u{10FFFF}';

type Way = 'name' | 'tag' | 'version' | 'online' | 'offline' | 'disabled' | 'delivery';

/** A part of a statement with its values. */
type Piece = { text: string; values: SqlValue[] };

type WayIn = Piece & { from: string; order: string };

/** The range of names that the page is in. */
type Names = { than: '>' | '>='; from: string; below: string | undefined };

export async function listDevices(sql: Sql, filter: DeviceFilter, page: PageOf<string>): Promise<Device[]> {
  const way = await chooseWay(sql, filter);
  const first = wayIn(way, filter, page);
  const pieces: Piece[] = [first, ...probes(way, filter)];
  const rows = await sql.all(
    `SELECT ${DEVICE_COLUMNS} FROM ${first.from} WHERE ${pieces.map((piece) => piece.text).join(' AND ')} ORDER BY ${first.order} LIMIT ?`,
    [...pieces.flatMap((piece) => piece.values), page.limit],
  );
  return rows.map(toDevice);
}

async function chooseWay(sql: Sql, filter: DeviceFilter): Promise<Way> {
  const asked = waysAsked(filter);
  if (asked.length === 0) return 'name';
  if (asked.length === 1 && asked[0] !== 'delivery') return asked[0]!;
  let cheapest: { way: Way; cost: number } | undefined;
  for (const way of asked) {
    const count = await countAlong(sql, way, filter);
    const isDeliveryLookedFor = filter.delivery !== undefined && way !== 'delivery';
    const cost = count * (isDeliveryLookedFor ? COST_OF_DELIVERY : 1);
    if (count <= FEW && (cheapest === undefined || cost < cheapest.cost)) cheapest = { way, cost };
  }
  return cheapest?.way ?? asked.find((way) => way !== 'delivery') ?? 'name';
}

/** Those that few devices are on come first: where none has few, the first one serves. */
function waysAsked({ tag, version, isOnline, isEnabled, delivery }: DeviceFilter): Way[] {
  return [
    ...(delivery === undefined ? [] : ['delivery' as const]),
    ...(isEnabled === false ? ['disabled' as const] : []),
    ...(tag === undefined ? [] : ['tag' as const]),
    ...(isOnline === true ? ['online' as const] : []),
    ...(version === undefined ? [] : ['version' as const]),
    ...(isOnline === false ? ['offline' as const] : []),
  ];
}

/** How many devices a way passes, from counts that are kept, or else counted until they are no longer few. */
async function countAlong(sql: Sql, way: Way, filter: DeviceFilter): Promise<number> {
  const { productId, tag, version, delivery } = filter;
  const count = async (text: string, ...values: SqlValue[]) => {
    const row = await sql.one(text, values);
    return row === undefined ? 0 : number(row, 'found');
  };
  const bounded = (entries: string) =>
    `SELECT count(*) AS found FROM (SELECT 1 FROM ${entries} LIMIT ${FEW + 1})`;
  switch (way) {
    case 'delivery':
      return count(
        'SELECT coalesce(sum(device_count), 0) AS found FROM rollout_counter WHERE rollout_id = ? AND state = ?',
        delivery?.rolloutId ?? 0,
        delivery?.state ?? '',
      );
    case 'disabled':
      return count(bounded('device WHERE product_id = ? AND is_enabled = 0'), productId);
    case 'tag':
      return count(bounded('device_tag WHERE product_id = ? AND tag = ?'), productId, tag ?? '');
    case 'online':
      return count('SELECT online_count AS found FROM product WHERE id = ?', productId);
    case 'offline':
      return count('SELECT device_count - online_count AS found FROM product WHERE id = ?', productId);
    case 'version':
      return version === 0
        ? count(
            `SELECT device_count - (SELECT coalesce(sum(device_count), 0) FROM version_usage WHERE product_id = product.id) AS found
             FROM product WHERE id = ?`,
            productId,
          )
        : count(
            'SELECT coalesce(sum(device_count), 0) AS found FROM version_usage WHERE product_id = ? AND version = ?',
            productId,
            version ?? 0,
          );
    case 'name':
      return Number.POSITIVE_INFINITY;
    default:
      return way satisfies never;
  }
}

function wayIn(way: Way, filter: DeviceFilter, { after = '' }: PageOf<string>): WayIn {
  const { productId, tag, version, namePrefix = '', delivery } = filter;
  const names: Names = {
    // One lower bound, not two: an index is entered at one.
    than: after < namePrefix ? '>=' : '>',
    from: after < namePrefix ? namePrefix : after,
    below: namePrefix === '' ? undefined : namePrefix + LAST_CHAR,
  };
  switch (way) {
    case 'name':
      return along('device d', 'd', productId, names);
    case 'tag': {
      const tagged = along('device_tag t JOIN device d ON d.id = t.device_id', 't', productId, names);
      return { ...tagged, text: `t.tag = ? AND ${tagged.text}`, values: [tag ?? '', ...tagged.values] };
    }
    case 'online':
      return along('session o JOIN device d ON d.id = o.device_id', 'o', productId, names);
    case 'offline': {
      const offline = along('device d', 'd', productId, names);
      return { ...offline, text: `d.is_online = 0 AND ${offline.text}` };
    }
    case 'version':
      return alongVersion(productId, version ?? 0, names);
    case 'disabled': {
      const disabled = along('device d', 'd', productId, names);
      return { ...disabled, text: `d.is_enabled = 0 AND ${disabled.text}` };
    }
    case 'delivery':
      return alongDeliveries(delivery, names);
    default:
      return way satisfies never;
  }
}

function along(from: string, alias: string, productId: number, names: Names): WayIn {
  const range = rangeOf(`${alias}.device_name`, names);
  return {
    from,
    order: `${alias}.device_name`,
    text: `${alias}.product_id = ? AND ${range.text}`,
    values: [productId, ...range.values],
  };
}

function rangeOf(column: string, { than, from, below }: Names): Piece {
  return below === undefined
    ? { text: `${column} ${than} ?`, values: [from] }
    : { text: `${column} ${than} ? AND ${column} < ?`, values: [from, below] };
}

/** Every delivery in the state is walked and sorted, so there must be few. */
function alongDeliveries(delivery: DeviceFilter['delivery'], names: Names): WayIn {
  const range = rangeOf('d.device_name', names);
  return {
    // CROSS keeps SQLite from walking the devices instead.
    from: 'delivery w CROSS JOIN device d',
    order: 'd.device_name',
    text: `w.rollout_id = ? AND w.state = ? AND d.id = w.device_id AND ${range.text}`,
    values: [delivery?.rolloutId ?? 0, delivery?.state ?? '', ...range.values],
  };
}

/** Written as ranges over the whole index, because SQLite prefers the index of names once it sees a range of them. */
function alongVersion(productId: number, version: number, { than, from, below }: Names): WayIn {
  const key = '(d.product_id, d.downloaded_version, d.device_name)';
  return {
    from: 'device d',
    order: 'd.product_id, d.downloaded_version, d.device_name',
    text: `${key} ${than} (?, ?, ?) AND ${key} < (?, ?, ?)`,
    values: [
      ...[productId, version, from],
      ...(below === undefined ? [productId, version + 1, ''] : [productId, version, below]),
    ],
  };
}

/** What is asked besides the way in. */
function probes(way: Way, filter: DeviceFilter): Piece[] {
  const { tag, version, isOnline, isEnabled, delivery } = filter;
  const pieces: Piece[] = [];
  if (way !== 'tag' && tag !== undefined) {
    pieces.push({
      text: 'EXISTS (SELECT 1 FROM device_tag t WHERE t.product_id = d.product_id AND t.tag = ? AND t.device_name = d.device_name)',
      values: [tag],
    });
  }
  if (way !== 'version' && version !== undefined)
    pieces.push({ text: 'd.downloaded_version = ?', values: [version] });
  if (way !== 'online' && way !== 'offline' && isOnline !== undefined)
    pieces.push({ text: 'd.is_online = ?', values: [bit(isOnline)] });
  if (way !== 'disabled' && isEnabled !== undefined)
    pieces.push({ text: 'd.is_enabled = ?', values: [bit(isEnabled)] });
  if (way !== 'delivery' && delivery !== undefined) {
    pieces.push({
      text: 'EXISTS (SELECT 1 FROM delivery y WHERE y.device_id = d.id AND y.rollout_id = ? AND y.state = ?)',
      values: [delivery.rolloutId, delivery.state],
    });
  }
  return pieces;
}
