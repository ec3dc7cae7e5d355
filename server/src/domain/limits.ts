/**
 * The limits of the core, in one place. Each adapter has a page of its own for the limits of its wire.
 *
 * A limit that an operator may change is a setting (`config.ts`) or a product's setting; its default is here, and
 * its bounds stand in the API's schema (`contract/src/http/products.ts`).
 */

// Configurations (R3)
export const CONFIG_BYTES_DEFAULT = 64 * 1024;
export const CONFIG_BYTES_CEILING = 1024 * 1024;
export const CONFIG_DEPTH_MAX = 64;
export const SCHEMA_BYTES_MAX = 64 * 1024;
export const NAME_CHARS_MAX = 100;

// Devices (R2)
export const BULK_ROWS_MAX = 100_000;
/** Empty lines cost time too. */
export const BULK_LINES_MAX = 2 * BULK_ROWS_MAX;
/** Three are read; a spreadsheet may bring more. */
export const BULK_COLUMNS_MAX = 100;
export const TAGS_MAX = 32;
export const TAG_CHARS_MAX = 64;

// Links (R17)
export const LINK_LIFETIME_MS = 30 * 60_000;
export const LINK_CHARS_MAX = 254;

// Contents in messages
/** A larger content goes by its link only. Escaped, it is at most twice as long. */
export const INLINE_BYTES_MAX = 8 * 1024;

// Pushing (R11, R13)
export const COOL_DOWN_SECONDS_DEFAULT = 3600;
/** A push that has devices to reach holds the cool-down this long before the first of them answers. */
export const PUSH_SETTLE_MS = 60_000;
export const DEADLINE_SECONDS_DEFAULT = 7 * 86_400;

// One delivery's way
export const ATTEMPT_TIMEOUT_SECONDS_DEFAULT = 60;
/** Attempts that ended without progress while the device was connected. */
export const ATTEMPTS_MAX = 5;
export const RETRY_BACKOFF_MIN_MS = 2_000;
export const RETRY_BACKOFF_MAX_MS = 120_000;
/**
 * How long a download waits for a confirmation or a failure before it counts as done, where
 * `downloaded` is enough. A device with our SDK answers within milliseconds.
 */
export const CONFIRM_GRACE_MS = 3_000;

// Bounded work per turn of the reconciler
export const EXPAND_BATCH = 2_000;
export const CLAIM_BATCH = 500;
export const EXPIRE_BATCH = 500;
export const CLOSE_BATCH = 2_000;
export const REPORT_BATCH = 500;
export const PRESENCE_BATCH = 500;

// Step-up (R10)
export const STEP_UP_CODE_LIFETIME_MS = 5 * 60_000;
export const STEP_UP_ATTEMPTS_MAX = 5;
export const STEP_UP_VERIFIED_MS = 10 * 60_000;
export const STEP_UP_CHALLENGES_PER_HOUR = 10;
/** Of one administrator who tries out the channels. */
export const TEST_MESSAGES_PER_HOUR = 10;

// People (R20)
export const PASSWORD_CHARS_MIN = 8;
export const PASSWORD_CHARS_MAX = 256;
export const SESSION_IDLE_MS = 8 * 3_600_000;
export const SESSION_LIFETIME_MS = 7 * 86_400_000;
export const ONE_TIME_PASSWORD_LIFETIME_MS = 24 * 3_600_000;
export const TRUSTED_BROWSER_LIFETIME_MS = 30 * 86_400_000;
export const SIGN_IN_FAILURES_PER_WINDOW = 10;
export const SIGN_IN_WINDOW_MS = 15 * 60_000;
/** How long a program waits for a person to confirm its sign-in in a browser. */
export const SIGN_IN_CODE_LIFETIME_MS = 10 * 60_000;
export const SIGN_IN_CODES_MAX = 1_000;
export const SIGN_IN_CODES_PER_ADDRESS_MAX = 10;
/** How often the program may ask whether somebody did. */
export const SIGN_IN_CODE_POLL_SECONDS = 2;

// HTTP
export const PAGE_SIZE_DEFAULT = 50;
export const PAGE_SIZE_MAX = 500;
export const IDEMPOTENCY_KEY_CHARS_MAX = 128;
export const IDEMPOTENCY_LIFETIME_MS = 24 * 3_600_000;
