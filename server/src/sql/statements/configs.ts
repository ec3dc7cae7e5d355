import { assert } from '../../domain/errors.ts';
import type { ConfigStore, NewVersion, SchemaRow } from '../../domain/store-port.ts';
import type { ConfigVersion, Draft, VersionOrigin } from '../../domain/version.ts';
import { bytes, json, marks, number, type Row, type Sql, text } from '../sql.ts';

const VERSION_COLUMNS = `v.product_id, v.number, v.config_id, v.author, v.note, v.origin, v.created_at, c.sha256, c.bytes`;
const VERSION_FROM = 'FROM version v JOIN content c ON c.id = v.content_id';
const DRAFT_COLUMNS = 'content, revision, updated_at, updated_by';

export function configStore(sql: Sql): ConfigStore {
  return {
    async findDraft(productId) {
      const row = await findText(sql, 'draft', productId);
      return row === undefined ? undefined : toDraft(row);
    },
    async putDraft(productId, content, ifRevision, by, at) {
      const row = await putText(sql, 'draft', { productId, content, ifRevision, by, at });
      return row === undefined ? undefined : toDraft(row);
    },
    async findSchema(productId) {
      const row = await findText(sql, 'config_schema', productId);
      return row === undefined ? undefined : toSchema(row);
    },
    async putSchema(productId, content, ifRevision, by, at) {
      const row = await putText(sql, 'config_schema', { productId, content, ifRevision, by, at });
      return row === undefined ? undefined : toSchema(row);
    },
    saveVersion: (version) => saveVersion(sql, version),
    async findVersion(productId, versionNumber) {
      const row = await sql.one(
        `SELECT ${VERSION_COLUMNS} ${VERSION_FROM} WHERE v.product_id = ? AND v.number = ?`,
        [productId, versionNumber],
      );
      return row === undefined ? undefined : toVersion(row);
    },
    async findContent(productId, versionNumber) {
      const row = await sql.one(`SELECT c.body ${VERSION_FROM} WHERE v.product_id = ? AND v.number = ?`, [
        productId,
        versionNumber,
      ]);
      return row === undefined ? undefined : bytes(row, 'body');
    },
    async listVersions(productId, { after, limit }) {
      const rows = await sql.all(
        `SELECT ${VERSION_COLUMNS} ${VERSION_FROM} WHERE v.product_id = ? AND v.number < ? ORDER BY v.number DESC LIMIT ?`,
        [productId, after ?? Number.MAX_SAFE_INTEGER, limit],
      );
      return rows.map(toVersion);
    },
    removeOldVersions: (productId, keep, limit) => removeOldVersions(sql, productId, keep, limit),
  };
}

/** The two texts of a product that are written under a revision. */
type TextTable = 'draft' | 'config_schema';
type TextWrite = {
  productId: number;
  content: Uint8Array | null;
  ifRevision: number;
  by: string;
  at: number;
};

function findText(sql: Sql, table: TextTable, productId: number): Promise<Row | undefined> {
  return sql.one(`SELECT ${DRAFT_COLUMNS} FROM ${table} WHERE product_id = ?`, [productId]);
}

/** Writes when the revision is still the expected one; 0: when there is none yet. */
function putText(sql: Sql, table: TextTable, write: TextWrite): Promise<Row | undefined> {
  const { productId, content, ifRevision, by, at } = write;
  if (ifRevision === 0) {
    return sql.one(
      `INSERT INTO ${table} (product_id, content, revision, updated_at, updated_by) VALUES (?, ?, 1, ?, ?)
       ON CONFLICT (product_id) DO NOTHING RETURNING ${DRAFT_COLUMNS}`,
      [productId, content, at, by],
    );
  }
  return sql.one(
    `UPDATE ${table} SET content = ?, revision = revision + 1, updated_at = ?, updated_by = ?
     WHERE product_id = ? AND revision = ? RETURNING ${DRAFT_COLUMNS}`,
    [content, at, by, productId, ifRevision],
  );
}

async function saveVersion(sql: Sql, version: NewVersion): Promise<ConfigVersion> {
  await sql.run(
    `INSERT INTO content (product_id, sha256, bytes, body) VALUES (?, ?, ?, ?) ON CONFLICT (product_id, sha256) DO NOTHING`,
    [version.productId, version.sha256, version.content.length, version.content],
  );
  const counter = await sql.one(
    `UPDATE product SET latest_version = CASE WHEN version_floor > latest_version THEN version_floor ELSE latest_version END + 1
     WHERE id = ? RETURNING latest_version`,
    [version.productId],
  );
  assert(counter !== undefined, 'a version is saved for a product that exists');
  const versionNumber = number(counter, 'latest_version');
  await sql.run(
    `INSERT INTO version (product_id, number, config_id, content_id, author, note, origin, created_at)
     VALUES (?, ?, ?, (SELECT id FROM content WHERE product_id = ? AND sha256 = ?), ?, ?, ?, ?)`,
    [
      version.productId,
      versionNumber,
      version.configId,
      version.productId,
      version.sha256,
      version.author,
      version.note,
      JSON.stringify(version.origin),
      version.createdAt,
    ],
  );
  const { productId, configId, sha256, author, note, origin, createdAt } = version;
  return {
    productId,
    number: versionNumber,
    configId,
    bytes: version.content.length,
    sha256,
    author,
    note,
    origin,
    createdAt,
  };
}

async function removeOldVersions(
  sql: Sql,
  productId: number,
  keep: number,
  limit: number,
): Promise<number[]> {
  const rows = await sql.all(
    `SELECT v.number FROM version v
     WHERE v.product_id = ?
       AND v.number < (SELECT min(number) FROM (SELECT number FROM version WHERE product_id = ? ORDER BY number DESC LIMIT ?))
       AND NOT EXISTS (SELECT 1 FROM version_usage u WHERE u.product_id = v.product_id AND u.version = v.number AND u.device_count > 0)
       AND NOT EXISTS (SELECT 1 FROM device d WHERE d.product_id = v.product_id AND d.confirmed_version = v.number
         AND d.confirmed_version > 0 AND d.confirmed_version <> d.downloaded_version)
       AND NOT EXISTS (SELECT 1 FROM rollout r WHERE r.product_id = v.product_id AND r.version = v.number)
     ORDER BY v.number LIMIT ?`,
    [productId, productId, keep, limit],
  );
  const numbers = rows.map((row) => number(row, 'number'));
  if (numbers.length === 0) return [];
  await sql.run(`DELETE FROM version WHERE product_id = ? AND number IN (${marks(numbers.length)})`, [
    productId,
    ...numbers,
  ]);
  await sql.run(
    `DELETE FROM content WHERE product_id = ? AND NOT EXISTS (SELECT 1 FROM version v WHERE v.content_id = content.id)
       AND NOT EXISTS (SELECT 1 FROM rollout r WHERE r.content_id = content.id)`,
    [productId],
  );
  return numbers;
}

function toVersion(row: Row): ConfigVersion {
  return {
    productId: number(row, 'product_id'),
    number: number(row, 'number'),
    configId: text(row, 'config_id'),
    bytes: number(row, 'bytes'),
    sha256: text(row, 'sha256'),
    author: text(row, 'author'),
    note: text(row, 'note'),
    // Written by saveVersion from the domain's own type.
    origin: json(row, 'origin') as VersionOrigin,
    createdAt: number(row, 'created_at'),
  };
}

function toDraft(row: Row): Draft {
  return {
    content: bytes(row, 'content'),
    revision: number(row, 'revision'),
    updatedAt: number(row, 'updated_at'),
    updatedBy: text(row, 'updated_by'),
  };
}

function toSchema(row: Row): SchemaRow {
  return {
    content: row.content === null ? null : bytes(row, 'content'),
    revision: number(row, 'revision'),
    updatedAt: number(row, 'updated_at'),
    updatedBy: text(row, 'updated_by'),
  };
}
