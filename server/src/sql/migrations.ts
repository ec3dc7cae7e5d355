/**
 * The shape of the store, as numbered, forward-only steps. A step that was published is never edited.
 *
 * A server refuses a store whose number is higher than its own last step: it would not know what it
 * destroys. Each step runs in one transaction with the new number, so a killed migration leaves the old shape.
 *
 * Times are epoch milliseconds named `*_at` (wall) or service milliseconds named `*_ms` (`domain/clock.ts`).
 * Booleans are 0 or 1. `*_sealed` columns hold AES-256-GCM boxes (`service/sealing.ts`).
 */
export type Migration = { number: number; name: string; sql: string };

export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: 'the first shape',
    sql: `
CREATE TABLE product (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  product_key TEXT NOT NULL UNIQUE,
  secret_sealed BLOB NOT NULL,
  name TEXT NOT NULL,
  is_enabled INTEGER NOT NULL,
  cool_down_seconds INTEGER NOT NULL,
  done_when TEXT NOT NULL,
  request_policy TEXT NOT NULL,
  config_bytes_max INTEGER NOT NULL,
  attempt_timeout_seconds INTEGER NOT NULL,
  deadline_seconds INTEGER NOT NULL,
  is_registration_allowed INTEGER NOT NULL,
  is_unknown_device_allowed INTEGER NOT NULL,
  is_strong_sign_required INTEGER NOT NULL,
  retention_versions INTEGER,
  revision INTEGER NOT NULL,
  device_count INTEGER NOT NULL,
  online_count INTEGER NOT NULL,
  latest_version INTEGER NOT NULL,
  version_floor INTEGER NOT NULL,
  rolled_out_version INTEGER NOT NULL,
  link_epoch INTEGER NOT NULL,
  created_at INTEGER NOT NULL
);

CREATE TABLE draft (
  product_id INTEGER PRIMARY KEY REFERENCES product(id) ON DELETE CASCADE,
  content BLOB NOT NULL,
  revision INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL
);

CREATE TABLE config_schema (
  product_id INTEGER PRIMARY KEY REFERENCES product(id) ON DELETE CASCADE,
  content BLOB,
  revision INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  updated_by TEXT NOT NULL
);

-- A content is named by its digest; versions and deliveries point at it.
CREATE TABLE content (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  product_id INTEGER NOT NULL REFERENCES product(id) ON DELETE CASCADE,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (product_id, sha256)
);

CREATE TABLE version (
  product_id INTEGER NOT NULL REFERENCES product(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  config_id TEXT NOT NULL UNIQUE,
  content_id INTEGER NOT NULL REFERENCES content(id),
  author TEXT NOT NULL,
  note TEXT NOT NULL,
  origin TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (product_id, number)
);

CREATE INDEX version_by_content ON version (content_id);

CREATE TABLE device (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  product_id INTEGER NOT NULL REFERENCES product(id) ON DELETE CASCADE,
  device_name TEXT NOT NULL,
  secret_sealed BLOB NOT NULL,
  previous_secret_sealed BLOB,
  previous_secret_until INTEGER,
  tags TEXT NOT NULL,
  is_enabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER,
  downloaded_version INTEGER NOT NULL,
  downloaded_at INTEGER,
  confirmed_version INTEGER NOT NULL,
  confirmed_at INTEGER,
  error TEXT,
  UNIQUE (product_id, device_name)
);
CREATE INDEX device_by_product ON device (product_id, id);
CREATE INDEX device_by_version ON device (product_id, downloaded_version, device_name);
-- Devices that run something else than what they fetched last: their version must be kept.
CREATE INDEX device_left_behind ON device (product_id, confirmed_version) WHERE confirmed_version > 0 AND confirmed_version <> downloaded_version;

CREATE TABLE device_tag (
  product_id INTEGER NOT NULL,
  tag TEXT NOT NULL,
  device_name TEXT NOT NULL,
  device_id INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
  PRIMARY KEY (product_id, tag, device_name)
);
CREATE INDEX device_tag_by_device ON device_tag (device_id);

-- How many devices last downloaded which version: what the fleet runs, without counting it.
CREATE TABLE version_usage (
  product_id INTEGER NOT NULL REFERENCES product(id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  device_count INTEGER NOT NULL,
  PRIMARY KEY (product_id, version)
);

-- A device registered without a secret of its own connects with one of these (regnwl, connwl).
CREATE TABLE device_token (
  device_id INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
  client_id TEXT NOT NULL,
  token_sha256 TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (device_id, client_id)
);

CREATE TABLE topology (
  device_id INTEGER PRIMARY KEY REFERENCES device(id) ON DELETE CASCADE,
  gateway_id INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL
);
CREATE INDEX topology_by_gateway ON topology (gateway_id);

-- A live session names the replica that holds its connection.
CREATE TABLE session (
  device_id INTEGER PRIMARY KEY REFERENCES device(id) ON DELETE CASCADE,
  product_id INTEGER NOT NULL,
  device_name TEXT NOT NULL,
  replica TEXT NOT NULL,
  remote_address TEXT NOT NULL,
  opened_at INTEGER NOT NULL
);
CREATE INDEX session_by_product ON session (product_id, device_name);
CREATE INDEX session_by_replica ON session (replica, device_id);

CREATE TABLE rollout (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  product_id INTEGER NOT NULL REFERENCES product(id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  content_id INTEGER NOT NULL REFERENCES content(id),
  state TEXT NOT NULL,
  pause_reason TEXT,
  done_when TEXT NOT NULL,
  attempt_timeout_ms INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  is_reopening INTEGER NOT NULL,
  device_id_max INTEGER NOT NULL,
  expanded_to INTEGER NOT NULL,
  is_expanded INTEGER NOT NULL,
  device_total INTEGER NOT NULL,
  online_at_start INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  first_reached_ms INTEGER,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  note TEXT NOT NULL,
  deadline_at INTEGER NOT NULL,
  ended_at INTEGER,
  open_count INTEGER NOT NULL
);
CREATE INDEX rollout_by_product ON rollout (product_id, id);
CREATE INDEX rollout_at_work ON rollout (id) WHERE state IN ('running', 'paused') OR open_count > 0;

CREATE TABLE wave (
  rollout_id INTEGER NOT NULL REFERENCES rollout(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  device_total INTEGER NOT NULL,
  started_ms INTEGER,
  PRIMARY KEY (rollout_id, number)
);

CREATE TABLE rollout_counter (
  rollout_id INTEGER NOT NULL REFERENCES rollout(id) ON DELETE CASCADE,
  wave INTEGER NOT NULL,
  state TEXT NOT NULL,
  device_count INTEGER NOT NULL,
  PRIMARY KEY (rollout_id, wave, state)
);

CREATE TABLE delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  rollout_id INTEGER NOT NULL REFERENCES rollout(id) ON DELETE CASCADE,
  device_id INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
  wave INTEGER NOT NULL,
  version INTEGER NOT NULL,
  content_id INTEGER NOT NULL,
  state TEXT NOT NULL,
  is_open INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  timeouts INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  replica TEXT,
  due_ms INTEGER,
  code INTEGER,
  message TEXT,
  sent_at INTEGER,
  received_at INTEGER,
  downloaded_at INTEGER,
  applied_at INTEGER,
  ended_at INTEGER,
  UNIQUE (device_id, rollout_id)
);
CREATE INDEX delivery_by_state ON delivery (rollout_id, state, id);
-- What a device's connection or word may move, however many rollouts it has behind it.
CREATE INDEX delivery_open ON delivery (device_id) WHERE is_open = 1;
-- What a replica may hand over: pending deliveries of devices connected to it.
CREATE INDEX delivery_to_hand_over ON delivery (rollout_id, replica, due_ms) WHERE state = 'pending' AND replica IS NOT NULL;
CREATE INDEX delivery_running_out ON delivery (rollout_id, due_ms) WHERE is_open = 1 AND state <> 'pending';

CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  username TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  one_time_until INTEGER,
  roles TEXT NOT NULL,
  is_enabled INTEGER NOT NULL,
  phone TEXT,
  email TEXT,
  language TEXT NOT NULL,
  totp_sealed BLOB,
  totp_last_step INTEGER,
  created_at INTEGER NOT NULL
);

CREATE TABLE recovery_code (
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  code_sha256 TEXT NOT NULL,
  PRIMARY KEY (account_id, code_sha256)
);

CREATE TABLE web_session (
  id TEXT PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  remote_address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  wanted_push TEXT
);
CREATE INDEX web_session_by_account ON web_session (account_id);

CREATE TABLE api_token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  token_sha256 TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  created_by TEXT NOT NULL,
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
);

CREATE TABLE trusted_browser (
  token_sha256 TEXT PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);

CREATE TABLE step_up (
  id TEXT PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  session_id TEXT NOT NULL REFERENCES web_session(id) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  binding TEXT NOT NULL,
  code_hash TEXT,
  attempts_left INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL,
  verified_until_at INTEGER,
  verified_until_ms INTEGER,
  created_at INTEGER NOT NULL
);
CREATE INDEX step_up_by_session ON step_up (session_id);

CREATE TABLE throttle (
  name TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  window_ends_ms INTEGER NOT NULL
);

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  remote_address TEXT NOT NULL,
  action TEXT NOT NULL,
  outcome TEXT NOT NULL,
  product_key TEXT,
  target TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX audit_by_product ON audit (product_key, id);
CREATE INDEX audit_by_actor ON audit (actor, id);

CREATE TABLE idempotency (
  actor TEXT NOT NULL,
  key TEXT NOT NULL,
  request_sha256 TEXT NOT NULL,
  reference TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE replica (
  id TEXT PRIMARY KEY,
  started_at INTEGER NOT NULL,
  beat_ms INTEGER NOT NULL
);

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
`,
  },
  {
    number: 2,
    name: 'disabled devices are found without looking at the others',
    sql: 'CREATE INDEX device_disabled ON device (product_id, device_name) WHERE is_enabled = 0;',
  },
  {
    number: 3,
    name: 'devices that are not connected are found without looking at the others',
    // Exactly the devices with a session: a mark on the device's own row, because an index cannot look into another table.
    sql: `
ALTER TABLE device ADD COLUMN is_online INTEGER NOT NULL DEFAULT 0;
UPDATE device SET is_online = 1 WHERE id IN (SELECT device_id FROM session);
CREATE INDEX device_offline ON device (product_id, device_name) WHERE is_online = 0;`,
  },
];
