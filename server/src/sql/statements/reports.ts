/**
 * What devices did, stored in batches (promise P2, `domain/device.ts`).
 *
 * Each report finds the delivery it speaks of among its own device's rows, never by a number that the
 * device could make up: a message id counts only for a delivery of the device that sent it. Reports
 * that match nothing still tell what the device runs.
 */
import { DEVICE_REPLY_CODE } from '@opencota/contract/alink/codes';
import type { Instant } from '../../domain/clock.ts';
import { attemptOfMessageId, messageIdOf } from '../../domain/delivery.ts';
import type { DeviceError, DeviceReport } from '../../domain/device.ts';
import { inChunks, marks, number, numberOrNull, type Sql, type SqlValue, text, textOrNull } from '../sql.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryChanges,
  type DeliveryRow,
  deliveryChanges,
  loadPolicies,
  toDeliveryRow,
} from './delivery-rows.ts';

/** The columns of a device's row that reports move. */
type DeviceState = {
  readonly productId: number;
  readonly oldDownloadedVersion: number;
  downloadedVersion: number;
  downloadedAt: number | null;
  confirmedVersion: number;
  confirmedAt: number | null;
  error: string | null;
  hasChanged: boolean;
};

/** A delivery that a report may be about, with the digest it carries. */
type Candidate = DeliveryRow & { readonly sha256: string };

const CANDIDATE_COLUMNS = `${DELIVERY_COLUMNS.split(',')
  .map((name) => `y.${name.trim()}`)
  .join(', ')}, c.sha256`;

type Reply = DeviceReport & { kind: 'replied' };

type Batch = {
  changes: DeliveryChanges;
  deliveries: Map<number, Candidate[]>;
  devices: Map<number, DeviceState>;
  /** The newest version of each digest that a device refused. */
  versions: Map<string, number>;
  /** Versions that were confirmed with the digest they have, by `versionKey`. */
  confirmed: ReadonlySet<string>;
};

export async function recordReports(sql: Sql, reports: readonly DeviceReport[], now: Instant): Promise<void> {
  const ids = idsOf(reports);
  const rows = await loadCandidates(sql, ids);
  const changes = deliveryChanges(sql, await loadPolicies(sql, rows), now);
  changes.add(rows);
  // An acknowledgement says nothing of what the device runs.
  const devices = await loadDevices(sql, idsOf(reports.filter(({ kind }) => kind !== 'received')));
  const batch: Batch = {
    changes,
    deliveries: Map.groupBy(rows, (row) => row.deviceId),
    devices,
    versions: await loadRefusedVersions(sql, reports),
    confirmed: await loadConfirmedVersions(sql, reports, devices),
  };
  for (const report of reports) recordOne(batch, report);
  await changes.flush();
  await writeDevices(sql, batch.devices);
}

const idsOf = (reports: readonly DeviceReport[]) => [...new Set(reports.map(({ deviceId }) => deviceId))];

/** Devices' open deliveries and the newest of each, which a late word may still move. Newest first. */
async function loadCandidates(sql: Sql, deviceIds: readonly number[]): Promise<Candidate[]> {
  const rows: Candidate[] = [];
  await inChunks(deviceIds, async (chunk) => {
    const found = await sql.all(
      `SELECT ${CANDIDATE_COLUMNS} FROM delivery y JOIN content c ON c.id = y.content_id
       WHERE y.id IN (
         SELECT o.id FROM delivery o WHERE o.device_id IN (${marks(chunk.length)}) AND o.is_open = 1
         UNION SELECT (SELECT n.id FROM delivery n WHERE n.device_id = d.id ORDER BY n.rollout_id DESC LIMIT 1)
           FROM device d WHERE d.id IN (${marks(chunk.length)}))
       ORDER BY y.rollout_id DESC`,
      [...chunk, ...chunk],
    );
    for (const row of found) rows.push({ ...toDeliveryRow(row), sha256: text(row, 'sha256') });
  });
  return rows;
}

function recordOne(batch: Batch, report: DeviceReport): void {
  const { changes, deliveries, devices } = batch;
  const own = deliveries.get(report.deviceId) ?? [];
  if (report.kind === 'received') {
    recordReceipt(changes, own, report.messageId);
    return;
  }
  const device = devices.get(report.deviceId);
  // Deleted meanwhile: there is nobody to tell about.
  if (device === undefined) return;
  switch (report.kind) {
    case 'downloaded':
      // A file asked for with `get` moves an open push of the same version as well.
      for (const { id, version } of own)
        if (version === report.version) changes.apply(id, { kind: 'downloaded' });
      recordPossession(changes, own, device, report);
      return;
    case 'replied':
      recordReply(batch, own, device, report);
      return;
    default:
      report satisfies never;
  }
}

/** The device has the content of a version now; deliveries of lower ones have nothing left to do (P4). */
function recordPossession(
  changes: DeliveryChanges,
  own: readonly Candidate[],
  device: DeviceState,
  { version, at }: { version: number; at: number },
): void {
  for (const row of own) if (row.version < version) changes.apply(row.id, { kind: 'superseded' });
  device.downloadedVersion = version;
  device.downloadedAt = at;
  device.hasChanged = true;
}

function recordReceipt(changes: DeliveryChanges, own: readonly Candidate[], messageId: number): void {
  for (const { id, rolloutId } of own) {
    const attempt = attemptOfMessageId(messageId, changes.current(id)!);
    if (attempt === undefined) continue;
    changes.apply(id, { kind: 'received', attempt });
    changes.reached(rolloutId);
  }
}

function recordReply(
  { changes, versions, confirmed }: Batch,
  own: readonly Candidate[],
  device: DeviceState,
  report: Reply,
): void {
  const { delivery, attempt, isOver } = findReplied(changes, own, report);
  const { code, message, at } = report;
  if (code === DEVICE_REPLY_CODE.applied) {
    if (delivery !== undefined) changes.apply(delivery.id, { kind: 'confirmed' });
    // A content that came inside a message was fetched all the same, though no download tells of it.
    const version = report.version ?? 0;
    if (version > device.downloadedVersion && confirmed.has(versionKey(report)))
      recordPossession(changes, own, device, { version, at });
    // A device that names the version it runs knows best: two versions may have the same content.
    recordConfirmation(device, report.version || (delivery?.version ?? 0), at);
  } else if (!isOver) {
    if (delivery !== undefined) changes.apply(delivery.id, { kind: 'refused', attempt, code, message });
    const version = delivery?.version ?? versions.get(digestKey(report)) ?? report.version ?? 0;
    recordRefusal(device, { version, code, message, at });
  }
}

/** A device's versions only rise (P4): a word about a lower one than it confirmed is late, and moves nothing back. */
function recordConfirmation(device: DeviceState, version: number, at: number): void {
  if (version === 0 || version < device.confirmedVersion) return;
  device.confirmedVersion = version;
  device.confirmedAt = at;
  if (device.error !== null && errorVersion(device.error) <= version) device.error = null;
  device.hasChanged = true;
}

/** Version 0: the device did not say which, and it may be any. */
function recordRefusal(device: DeviceState, error: DeviceError): void {
  if (error.version !== 0 && error.version < device.confirmedVersion) return;
  device.error = JSON.stringify(error);
  device.hasChanged = true;
}

/** Written by `recordRefusal`. */
function errorVersion(error: string): number {
  return (JSON.parse(error) as DeviceError).version;
}

/** The lowest message id that is ever given out. Below it a reply names no push. */
const MESSAGE_ID_MIN = messageIdOf(1, 0);

/** `isOver`: the reply is about a push that a newer one took the place of. It speaks of no other. */
type Replied = { delivery: DeliveryRow | undefined; attempt: number | null; isOver: boolean };

/**
 * The delivery a reply is about: by message id; by digest or version for a device that names it; and, for a text
 * that could not be read, the one the device was last handed (`alink.md` 1.3: a failure report).
 */
function findReplied(changes: DeliveryChanges, own: readonly Candidate[], report: Reply): Replied {
  const { messageId, sha256 } = report;
  if (messageId !== null) {
    for (const row of own) {
      const delivery = changes.current(row.id)!;
      const attempt = attemptOfMessageId(messageId, delivery);
      // A restored older store gives numbers out again; the digest tells whose word this is.
      const isSameContent = sha256 === undefined || sha256 === row.sha256;
      if (attempt !== undefined && isSameContent) return { delivery, attempt, isOver: false };
    }
    if (messageId >= MESSAGE_ID_MIN) return { delivery: undefined, attempt: null, isOver: true };
  }
  const found = own.find((row) => isAbout(report, row, changes.current(row.id)!));
  return { delivery: found && changes.current(found.id), attempt: null, isOver: false };
}

/** `row` as it was loaded, `current` as it is after earlier reports of the batch. */
function isAbout(report: Reply, row: Candidate, current: DeliveryRow): boolean {
  const isSameVersion = report.version === row.version;
  const isSure = report.code !== DEVICE_REPLY_CODE.applied || report.version === null || isSameVersion;
  if (report.sha256 !== undefined) return row.sha256 === report.sha256 && isSure;
  if (report.version !== null) return isSameVersion;
  return report.messageId === null && current.isOpen && current.state !== 'pending';
}

const versionKey = ({ productId, version, sha256 }: Reply) => `${productId} ${version} ${sha256}`;
const digestKey = ({ productId, sha256 = '' }: Reply) => `${productId} ${sha256}`;

/** A fleet that refuses a configuration refuses the same one: a handful of digests at most, usually one. */
async function loadRefusedVersions(sql: Sql, reports: readonly DeviceReport[]): Promise<Map<string, number>> {
  const versions = new Map<string, number>();
  for (const report of reports) {
    if (report.kind !== 'replied' || report.code === DEVICE_REPLY_CODE.applied || report.sha256 === undefined)
      continue;
    if (versions.has(digestKey(report))) continue;
    const row = await sql.one(
      `SELECT coalesce(max(v.number), 0) AS number FROM content c JOIN version v ON v.content_id = c.id AND v.product_id = c.product_id
       WHERE c.product_id = ? AND c.sha256 = ?`,
      [report.productId, report.sha256],
    );
    versions.set(digestKey(report), row === undefined ? 0 : number(row, 'number'));
  }
  return versions;
}

/** Which versions that devices confirm, and were not seen to download, are what they say. One read for a fleet. */
async function loadConfirmedVersions(
  sql: Sql,
  reports: readonly DeviceReport[],
  devices: ReadonlyMap<number, DeviceState>,
): Promise<Set<string>> {
  const found = new Map<string, boolean>();
  for (const report of reports) {
    if (report.kind !== 'replied' || report.code !== DEVICE_REPLY_CODE.applied) continue;
    const { deviceId, productId, version, sha256 } = report;
    const isNews = (version ?? 0) > (devices.get(deviceId)?.downloadedVersion ?? 0);
    if (version === null || sha256 === undefined || !isNews || found.has(versionKey(report))) continue;
    const row = await sql.one(
      `SELECT v.number FROM version v JOIN content c ON c.id = v.content_id
       WHERE v.product_id = ? AND v.number = ? AND c.sha256 = ?`,
      [productId, version, sha256],
    );
    found.set(versionKey(report), row !== undefined);
  }
  return new Set([...found].filter(([, isGenuine]) => isGenuine).map(([key]) => key));
}

async function loadDevices(sql: Sql, ids: readonly number[]): Promise<Map<number, DeviceState>> {
  const devices = new Map<number, DeviceState>();
  await inChunks(ids, async (chunk) => {
    const rows = await sql.all(
      `SELECT id, product_id, downloaded_version, downloaded_at, confirmed_version, confirmed_at, error FROM device
       WHERE id IN (${marks(chunk.length)})`,
      chunk,
    );
    for (const row of rows) {
      devices.set(number(row, 'id'), {
        productId: number(row, 'product_id'),
        oldDownloadedVersion: number(row, 'downloaded_version'),
        downloadedVersion: number(row, 'downloaded_version'),
        downloadedAt: numberOrNull(row, 'downloaded_at'),
        confirmedVersion: number(row, 'confirmed_version'),
        confirmedAt: numberOrNull(row, 'confirmed_at'),
        error: textOrNull(row, 'error'),
        hasChanged: false,
      });
    }
  });
  return devices;
}

async function writeDevices(sql: Sql, devices: ReadonlyMap<number, DeviceState>): Promise<void> {
  const changed = [...devices].filter(([, device]) => device.hasChanged);
  await inChunks(changed, async (chunk) => {
    const values: SqlValue[] = chunk.flatMap(([id, device]) => [
      id,
      device.downloadedVersion,
      device.downloadedAt,
      device.confirmedVersion,
      device.confirmedAt,
      device.error,
    ]);
    await sql.run(
      `WITH moved (id, downloaded_version, downloaded_at, confirmed_version, confirmed_at, error) AS
         (VALUES ${new Array(chunk.length).fill(`(${marks(6)})`).join(', ')})
       UPDATE device SET downloaded_version = moved.downloaded_version, downloaded_at = moved.downloaded_at,
         confirmed_version = moved.confirmed_version, confirmed_at = moved.confirmed_at, error = moved.error
       FROM moved WHERE device.id = moved.id`,
      values,
    );
  });
  await moveUsage(
    sql,
    changed.map(([, device]) => device),
  );
}

async function moveUsage(sql: Sql, devices: readonly DeviceState[]): Promise<void> {
  const usage = new Map<string, { productId: number; version: number; by: number }>();
  const count = (productId: number, version: number, by: number) => {
    if (version === 0) return;
    const entry = usage.get(`${productId} ${version}`) ?? { productId, version, by: 0 };
    entry.by += by;
    usage.set(`${productId} ${version}`, entry);
  };
  for (const { productId, oldDownloadedVersion, downloadedVersion } of devices) {
    if (oldDownloadedVersion === downloadedVersion) continue;
    count(productId, oldDownloadedVersion, -1);
    count(productId, downloadedVersion, 1);
  }
  for (const { productId, version, by } of usage.values()) {
    await sql.run(
      `INSERT INTO version_usage (product_id, version, device_count) VALUES (?, ?, ?)
       ON CONFLICT (product_id, version) DO UPDATE SET device_count = version_usage.device_count + excluded.device_count`,
      [productId, version, by],
    );
  }
}
