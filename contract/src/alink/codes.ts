/**
 * The codes of Alink replies (`alink.md` 1.2, 3.6) and the ones our own SDK sends.
 *
 * Downlink codes are what the server answers; device reply codes are what a device says about a
 * configuration it was handed. 100000–110000 is the range Alink leaves to devices.
 */
export const ALINK_CODE = {
  ok: 200,
  requestError: 400,
  /** A wrong signature in `topo/add`; `combine/login` has a code of its own for that. */
  authError: 401,
  parameterError: 460,
  tooManyRequests: 429,
  serverError: 500,
  /** No configuration has been saved (or none is released to requests) for the product. */
  noConfig: 6710,
  /** The product's remote configuration switch is off. */
  switchOff: 6713,
  deviceNotFound: 6100,
  /** The sub-device is not one of this gateway's. */
  invalidTopology: 6401,
  /** A gateway that adds itself, or more sub-devices than it may have. */
  topologyRefused: 6402,
  invalidSign: 6287,
  noSession: 520,
} as const;

/** What `@opencota/device` answers to a push, beside 200 for "applied". */
export const DEVICE_REPLY_CODE = {
  applied: 200,
  downloadFailed: 100001,
  digestMismatch: 100002,
  sizeMismatch: 100003,
  notJson: 100004,
  /** The pushed version is lower than the one the device runs; it keeps what it has. */
  staleVersion: 100005,
  /** The device's disk refused the new configuration; it keeps what it has. */
  storeFailed: 100006,
  /** The handler threw; the last good configuration was applied again. */
  reverted: 100010,
  /** The handler threw and there was no earlier configuration, or it could not be applied again. */
  revertFailed: 100011,
} as const;
