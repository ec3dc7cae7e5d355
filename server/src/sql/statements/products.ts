import type { DoneWhen } from '../../domain/delivery.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Product, ProductSettings, RequestPolicy } from '../../domain/product.ts';
import type { ProductStore } from '../../domain/store-port.ts';
import { bit, bytes, flag, number, numberOrNull, type Row, type Sql, type SqlValue, text } from '../sql.ts';
import { listStandings } from './product-standings.ts';

const COLUMNS = `id, product_key, name, is_enabled, cool_down_seconds, done_when, request_policy, config_bytes_max,
  attempt_timeout_seconds, deadline_seconds, is_registration_allowed, is_unknown_device_allowed, is_strong_sign_required,
  retention_versions, revision, device_count, online_count, latest_version, version_floor, rolled_out_version, link_epoch, created_at`;

const SETTING_COLUMNS = [
  'name',
  'is_enabled',
  'cool_down_seconds',
  'done_when',
  'request_policy',
  'config_bytes_max',
  'attempt_timeout_seconds',
  'deadline_seconds',
  'is_registration_allowed',
  'is_unknown_device_allowed',
  'is_strong_sign_required',
  'retention_versions',
];

export function productStore(sql: Sql): ProductStore {
  const findWhere = async (condition: string, value: SqlValue) => {
    const row = await sql.one(`SELECT ${COLUMNS} FROM product WHERE ${condition} = ?`, [value]);
    return row === undefined ? undefined : toProduct(row);
  };
  return {
    async create({ productKey, secretSealed, settings, createdAt }) {
      const row = await sql.one(
        `INSERT INTO product (product_key, secret_sealed, created_at, revision, device_count, online_count, latest_version,
           version_floor, rolled_out_version, link_epoch, ${SETTING_COLUMNS.join(', ')})
         VALUES (?, ?, ?, 1, 0, 0, 0, 0, 0, 1, ${SETTING_COLUMNS.map(() => '?').join(', ')})
         ON CONFLICT (product_key) DO NOTHING RETURNING ${COLUMNS}`,
        [productKey, secretSealed, createdAt, ...settingValues(settings)],
      );
      if (row === undefined)
        throw new DomainError('already-exists', `A product with the key ${productKey} exists already.`);
      return toProduct(row);
    },
    find: (productKey) => findWhere('product_key', productKey),
    findById: (id) => findWhere('id', id),
    async list({ after, limit }) {
      const rows = await sql.all(
        `SELECT ${COLUMNS} FROM product WHERE product_key > ? ORDER BY product_key LIMIT ?`,
        [after ?? '', limit],
      );
      return rows.map(toProduct);
    },
    async update(id, settings) {
      const row = await sql.one(
        `UPDATE product SET link_epoch = link_epoch + CASE WHEN is_enabled > ? THEN 1 ELSE 0 END, revision = revision + 1,
           ${SETTING_COLUMNS.map((name) => `${name} = ?`).join(', ')} WHERE id = ? RETURNING ${COLUMNS}`,
        [bit(settings.isEnabled), ...settingValues(settings), id],
      );
      if (row === undefined)
        throw new DomainError('product-not-found', 'This product does not exist any more.');
      return toProduct(row);
    },
    async findSecret(id) {
      const row = await sql.one('SELECT secret_sealed FROM product WHERE id = ?', [id]);
      return row === undefined ? undefined : bytes(row, 'secret_sealed');
    },
    async setSecret(id, secretSealed) {
      await sql.run('UPDATE product SET secret_sealed = ?, revision = revision + 1 WHERE id = ?', [
        secretSealed,
        id,
      ]);
    },
    async listUsage(id, limit) {
      const rows = await sql.all(
        'SELECT version, device_count FROM version_usage WHERE product_id = ? AND device_count > 0 ORDER BY version DESC LIMIT ?',
        [id, limit],
      );
      return rows.map((row) => ({
        version: number(row, 'version'),
        deviceCount: number(row, 'device_count'),
      }));
    },
    listStandings: (ids) => listStandings(sql, ids),
    async raiseVersion(id, atLeast) {
      await sql.run('UPDATE product SET version_floor = ? WHERE id = ? AND version_floor < ?', [
        atLeast,
        id,
        atLeast,
      ]);
    },
    async setRolledOut(id, version) {
      await sql.run('UPDATE product SET rolled_out_version = ? WHERE id = ?', [version, id]);
    },
  };
}

function settingValues(settings: ProductSettings): SqlValue[] {
  return [
    settings.name,
    bit(settings.isEnabled),
    settings.coolDownSeconds,
    settings.doneWhen,
    settings.requestPolicy,
    settings.configBytesMax,
    settings.attemptTimeoutSeconds,
    settings.deadlineSeconds,
    bit(settings.isRegistrationAllowed),
    bit(settings.isUnknownDeviceAllowed),
    bit(settings.isStrongSignRequired),
    settings.retentionVersions,
  ];
}

function toProduct(row: Row): Product {
  return {
    id: number(row, 'id'),
    productKey: text(row, 'product_key'),
    name: text(row, 'name'),
    isEnabled: flag(row, 'is_enabled'),
    coolDownSeconds: number(row, 'cool_down_seconds'),
    // Both were written from the domain's own literals.
    doneWhen: text(row, 'done_when') as DoneWhen,
    requestPolicy: text(row, 'request_policy') as RequestPolicy,
    configBytesMax: number(row, 'config_bytes_max'),
    attemptTimeoutSeconds: number(row, 'attempt_timeout_seconds'),
    deadlineSeconds: number(row, 'deadline_seconds'),
    isRegistrationAllowed: flag(row, 'is_registration_allowed'),
    isUnknownDeviceAllowed: flag(row, 'is_unknown_device_allowed'),
    isStrongSignRequired: flag(row, 'is_strong_sign_required'),
    retentionVersions: numberOrNull(row, 'retention_versions'),
    revision: number(row, 'revision'),
    deviceCount: number(row, 'device_count'),
    onlineCount: number(row, 'online_count'),
    latestVersion: number(row, 'latest_version'),
    versionFloor: number(row, 'version_floor'),
    rolledOutVersion: number(row, 'rolled_out_version'),
    linkEpoch: number(row, 'link_epoch'),
    createdAt: number(row, 'created_at'),
  };
}
