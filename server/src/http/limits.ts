/**
 * The limits of HTTP: what a connection, a request, a body and a stream may cost. What an answer means is the
 * core's, and so are the limits of that (`domain/limits.ts`).
 */

// Connections
/** Connections of people, programs and downloading devices; a descriptor each, beside those of MQTT. */
export const CONNECTIONS_MAX = 10_000;
/** Of them: with more, a download's connection is closed behind it, as a fleet downloads once and then idles. */
export const CROWDED_PERCENT = 50;
/** For a whole request to arrive, and for a connection on which nothing moves. */
export const REQUEST_MS = 30_000;
/** How often requests that take too long are looked for. */
export const REQUEST_CHECK_EVERY_MS = 5_000;
export const KEEP_ALIVE_MS = 5_000;
/** A drain waits this long for answers under way. */
export const CLOSE_WITHIN_MS = 8_000;
export const CLOSE_IDLE_EVERY_MS = 200;

// Requests
export const HEADER_BYTES_MAX = 16 * 1024;
/** A product key, a device name or a user name, and some room. */
export const PATH_PART_CHARS_MAX = 100;
export const JSON_BYTES_MAX = 256 * 1024;
/** A draft may be larger than a version, so that an author can see what is too much. */
export const RAW_BYTES_MAX = 2 * 1024 * 1024;
export const CSV_BYTES_MAX = 16 * 1024 * 1024;

// Registration of devices
export const REGISTRATION_BYTES_MAX = 4 * 1024;
export const REGISTRATION_BODY_MS = 10_000;
/** Of one address. A fleet behind one NAT succeeds, and successes do not count. */
export const REGISTRATION_FAILURES_PER_MINUTE = 60;
export const REGISTRATION_ADDRESSES_MAX = 10_000;

// Progress of rollouts, as a stream
export const STREAMS_MAX = 500;
/** The shortest time between two events of one stream. */
export const STREAM_EVENT_INTERVAL_MS = 200;
/** What devices report is announced by nobody, so a stream looks by itself. */
export const STREAM_LOOK_EVERY_MS = 1_000;
/** A comment keeps proxies from closing a quiet stream. */
export const STREAM_HEARTBEAT_MS = 5_000;

/** A disk that has not taken a write for longer than this is stuck rather than slow: the server is not ready. */
export const WRITE_WAIT_MS_MAX = 20_000;
